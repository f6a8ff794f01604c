"""jieba's dictionary: read from jieba once, then from a copy in a folder of this service, in a quarter of the time."""

from __future__ import annotations

import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from zlib import crc32

from kb.strings_table import join, numbers_of, pack_numbers, split

_FILE = "words"


def load(cache: Path) -> tuple[dict[str, int], int]:
    """(word → count, beginning of a word → 0; total count). A copy that is damaged or of another jieba is made anew."""
    jieba = version("jieba")
    try:
        return _unpack((cache / _FILE).read_bytes(), jieba)
    except (OSError, ValueError):
        pass
    frequency, total = _from_jieba()
    with tempfile.NamedTemporaryFile(dir=cache, delete=False) as file:
        file.write(_pack(frequency, total, jieba))
    Path(file.name).replace(cache / _FILE)
    return frequency, total


def _from_jieba() -> tuple[dict[str, int], int]:
    """Read the dictionary that comes with jieba; takes seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba

    tokenizer = jieba.Tokenizer()
    frequency, total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    return frequency, total


def _pack(frequency: dict[str, int], total: int, jieba: str) -> bytes:
    body = join(
        (jieba.encode(), pack_numbers([total]), "\n".join(frequency).encode(), pack_numbers(frequency.values()))
    )
    return join((pack_numbers([crc32(body)]), body))


def _unpack(data: bytes, jieba: str) -> tuple[dict[str, int], int]:
    """Raises ValueError for what is not the whole copy of this version."""
    checksum, body = split(data)
    if len(checksum) != 4 or numbers_of(checksum)[0] != crc32(body):
        raise ValueError("a damaged copy")
    made_with, total, words, counts = split(body)
    if made_with != jieba.encode():
        raise ValueError("a copy of another version")
    return dict(zip(str(words, "utf-8").split("\n"), numbers_of(counts), strict=True)), numbers_of(total)[0]
