"""Writing documents into Whoosh, and opening what was written. Terms are ours; Whoosh only keeps them.

Whoosh's files are pickles: open only folders that this service wrote.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from indexer.documents import Document, Terms
from indexer.fields import FIELDS, STREAMS, stream_field

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh import fields, formats, index
    from whoosh.analysis import Analyzer as WhooshAnalyzer

MEMORY_MB = 256


class CountedTerms(formats.Frequency):  # type: ignore[misc]
    """Posting format: a term's count, taken ready-made from `{term: count}`."""

    def word_values(self, value: Terms, analyzer: object, **_: object) -> Iterator[tuple[str, int, float, bytes]]:
        """(term, count, weight, encoded count) for each term."""
        for term, count in value.items():
            yield term, count, float(count), formats.pack_uint(count)


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
    """Every stream of every field, the version's key, and what is stored."""
    streams = {stream_field(f, s): TermCounts() for f in FIELDS for s in STREAMS}
    return fields.Schema(key=fields.ID(stored=True), anchor=fields.STORED, payload=fields.STORED, **streams)


def create(folder: Path) -> None:
    """An empty Whoosh index in a new folder."""
    folder.mkdir(parents=True)
    index.create_in(folder, schema()).close()


def write(folder: Path, removed: Iterable[str], added: Iterable[tuple[list[Document], bytes]]) -> None:
    """One commit: remove versions by key, add versions (their documents, and the payload of the first).

    Old segments stay untouched (no merge, no optimise): another generation may share their files.
    """
    opened = index.open_dir(folder)
    writer = opened.writer(limitmb=MEMORY_MB)
    try:
        for key in removed:
            writer.delete_by_term("key", key)
        for made, payload in added:
            for document in made:
                stored = {"payload": payload} if not document.anchor else {}
                filled = {name: terms for name, terms in document.streams.items() if terms}
                writer.add_document(key=document.key, anchor=document.anchor, **stored, **filled)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(merge=False)
    opened.close()


def open_reader(folder: Path) -> Any:
    """A reader of the latest commit. One thread at a time may use it."""
    return index.open_dir(folder, readonly=True).reader()
