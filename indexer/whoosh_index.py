"""What Whoosh is told of our fields, and opening what was written. Terms are ours; Whoosh only keeps them.

Whoosh's files are pickles: open only folders that this service wrote.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexer.documents import Terms
from indexer.fields import FIELDS, STREAMS, stream_field

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh import fields, formats, index
    from whoosh.analysis import Analyzer as WhooshAnalyzer


class CountedTerms(formats.Format):  # type: ignore[misc]
    """Posting format: a term's count, taken ready-made from `{term: count}`, is its weight. Nothing else is kept."""

    posting_size = 0

    def word_values(self, value: Terms, analyzer: object, **_: object) -> Iterator[tuple[str, int, float, bytes]]:
        """(term, count, weight, nothing) for each term."""
        for term, count in value.items():
            yield term, count, float(count), b""


class _Ready(WhooshAnalyzer):  # type: ignore[misc]
    """Whoosh wants an analyser for a field; ours has already run."""

    def __call__(self, value: object, **_: object) -> Iterator[object]:
        return iter(())


class TermCounts(fields.FieldType):  # type: ignore[misc]
    """A field filled with `{term: count}`."""

    def __init__(self) -> None:
        self.format = CountedTerms()
        self.analyzer = _Ready()
        self.scorable = True
        self.stored = False
        self.unique = False
        self.vector = None
        self.spelling = False

    def index(self, value: Terms, **_: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Postings for Whoosh's writer."""
        return ((t.encode("utf-8"), c, w, v) for t, c, w, v in self.format.word_values(value, None))


def schema() -> fields.Schema:
    """Every stream of every field, the version's key, and the anchor of a section."""
    streams = {stream_field(f, s): TermCounts() for f in FIELDS for s in STREAMS}
    return fields.Schema(key=fields.ID(stored=True), anchor=fields.STORED, **streams)


def open_reader(folder: Path) -> Any:
    """A reader of the latest commit. One thread at a time may use it."""
    return index.open_dir(folder, readonly=True).reader()
