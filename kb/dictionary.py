"""jieba's dictionary: read from jieba once, then from a copy in a folder of this service, in a quarter of the time."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from pathlib import Path

from kb.copies import kept
from kb.strings_table import numbers_of, pack_numbers

_FILE = "words"


def load(cache: Path) -> tuple[dict[str, int], int]:
    """(word → count, beginning of a word → 0; total count). A copy that is damaged or of another jieba is made anew."""
    total, words, counts = kept(cache / _FILE, version("jieba"), _copied)
    return dict(zip(str(words, "utf-8").split("\n"), numbers_of(counts), strict=True)), numbers_of(total)[0]


def _copied() -> list[bytes]:
    frequency, total = _from_jieba()
    return [pack_numbers([total]), "\n".join(frequency).encode(), pack_numbers(frequency.values())]


def _from_jieba() -> tuple[dict[str, int], int]:
    """Read the dictionary that comes with jieba; takes seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba

    tokenizer = jieba.Tokenizer()
    frequency, total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    return frequency, total
