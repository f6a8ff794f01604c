"""A cutter that cuts a lexicon's words whole: their counts are worked out once, and read from a copy while the lexicon stays."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from kb import dictionary
from kb.copies import kept
from kb.cutting import Cutter
from kb.strings_table import numbers_of, pack_numbers

_FILE = "lexicon-words"


def cutter_with(words: Collection[str], cache: Path) -> Cutter:
    """A cutter with the words of jieba and these, what is there twice added twice; `cache`: folder for copies."""
    if not words:
        return Cutter(*dictionary.load(cache))
    # in one order: a count depends on the words added before
    ordered = sorted(words)
    name = f"{version('jieba')} {sha256(chr(10).join(ordered).encode('utf-8', 'replace')).hexdigest()}"
    totals, texts, counts = kept(cache / _FILE, name, lambda: _counted(ordered, cache))
    total, shared = numbers_of(totals)
    found, _ = dictionary.load(cache)
    found.add_all(dict(zip(str(texts, "utf-8").split("\n"), numbers_of(counts), strict=True)), total)
    return Cutter(found, shared)


def _counted(words: Collection[str], cache: Path) -> list[bytes]:
    """Both totals with the words added; the words and their beginnings; the count of each."""
    cutter = Cutter(*dictionary.load(cache))
    for word in words:
        cutter.add(word)
    known = cutter.frequency
    beginnings = dict.fromkeys(word[:end] for word in words for end in range(1, len(word) + 1))
    return [
        pack_numbers([known.total, cutter.total]),
        "\n".join(beginnings).encode(),
        pack_numbers(known[beginning] for beginning in beginnings),
    ]
