"""What an index was made with: one fingerprint of code, libraries and lexicon. Another recipe would keep the same article otherwise."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import indexer
import kb

# the code between a file's bytes and what the index keeps of it
_CODE = {
    "kb": (
        "articles body_rules clock codec copies cutting details dictionary fields frontmatter intents lexicon_words lookup mixed "
        "naming normalize numerals outline pinyin prepared preparing quantities registry render sections smallest spoken "
        "strings_table text tones types views"
    ),
    "indexer": (
        "analysis batch bundle checksums documents field_postings fields forward inverted learned segment state whoosh_codec whoosh_index "
        "whoosh_lengths whoosh_writer wording"
    ),
}
_LIBRARIES = ("jieba", "whoosh", "opencc-python-reimplemented", "markdown", "nh3", "pypinyin")


def recipe_fingerprint(lexicon: str) -> str:
    """The fingerprint with a lexicon's own."""
    return hashlib.sha256(lexicon.encode() + _DIGEST).hexdigest()[:16]


def _digest() -> bytes:
    digest = hashlib.sha256()
    for package, names in _CODE.items():
        folder = Path(str((kb if package == "kb" else indexer).__file__)).parent
        for name in names.split():
            digest.update((folder / f"{name}.py").read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library}={version(library)};".encode())
    return digest.digest()


# read once, so that files replaced while this process runs do not count
_DIGEST = _digest()
