"""A segment: articles that were indexed together. Three files, never changed afterwards.

`<name>.serve` holds postings, keys, anchors and what answers are made of, `<name>.texts` the whole articles; `<name>.build` holds
the terms of every document, for explanations, merging and rebuilding. The name is that of the Whoosh segment with the same
documents in the same order.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.bundle import Arrays, open_bundle, packed, part, write_bundle
from indexer.fields import CLAUSE_ARTICLE
from indexer.forward import Forward, Handed, forward_arrays
from indexer.inverted import Inverted
from indexer.wording import Wording, held_arrays, wording_arrays
from kb.lookup import write_table
from kb.naming import Naming

_ENDINGS = (".serve", ".texts", ".build")


def segment_files(name: str) -> tuple[str, str, str]:
    """Names of a segment's files: what answers, whole articles, what builds."""
    serve, texts, build = (name + ending for ending in _ENDINGS)
    return serve, texts, build


def write_segment(folder: Path, name: str, made: Forward, inverted: Inverted, average: NDArray[np.float64]) -> None:
    """Write the files of a new segment."""
    entries = made.entries
    sections = np.cumsum([0, *(len(e.anchors) for e in entries)], dtype=np.int64)
    table = write_table(Naming.from_row(e.naming) for e in entries)
    serve: Arrays = {
        **inverted.arrays(average),
        "sections": sections,
        **packed("key", [e.key.encode() for e in entries]),
        **packed("anchor", [a.encode() for e in entries for a in e.anchors]),
        "clauses": np.array([c for e in entries for c in e.clauses], bool),
        "by_clause": np.array([e.by_clause for e in entries], bool),
        "alerts": np.array([e.is_alert for e in entries], bool),
        "restricted": np.array([e.restricted for e in entries], bool),
        **packed("prepared", [e.prepared for e in entries]),
        "lookup": np.frombuffer(table, np.uint8),
        **wording_arrays([e.naming for e in entries]),
        **held_arrays(made),
    }
    texts = packed("stored", [e.stored for e in entries])
    for file, arrays in zip(segment_files(name), (serve, texts, forward_arrays(made)), strict=True):
        write_bundle(folder / file, arrays)


class Segment:
    """A segment opened for questions. Articles and sections are numbered from 0; a section's document is articles + number."""

    def __init__(self, folder: Path, name: str) -> None:
        """Raises IndexCorrupt or OSError."""
        self.name = name
        serve, texts, self._build = (folder / file for file in segment_files(name))
        self._arrays = open_bundle(serve)
        self._texts = open_bundle(texts)
        # what `indexer.inverted` describes: hashes uint64 [terms], places int64 [terms, 4], documents uint32 [postings] and
        # impacts float32 [postings]
        self.term_hashes, self.term_places = self._arrays["hashes"], self._arrays["places"]
        self.posting_documents, self.posting_impacts = self._arrays["documents"], self._arrays["impacts"]
        # where each article's sections begin, int64 [articles + 1]
        self.sections: NDArray[np.int64] = self._arrays["sections"]
        self.articles = len(self.sections) - 1
        self.documents = self.articles + int(self.sections[-1])
        self.clauses: NDArray[np.bool_] = self._arrays["clauses"]
        self.by_clause: NDArray[np.bool_] = self._arrays["by_clause"]
        self.alerts: NDArray[np.bool_] = self._arrays["alerts"]
        self.restricted: NDArray[np.bool_] = self._arrays["restricted"]
        self.lookup = self._arrays["lookup"].data
        self.wording = Wording(self._arrays)
        self.has_sections = self.documents > self.articles
        self.has_clauses = bool(self.clauses.any())

    @cached_property
    def handed(self) -> Handed:
        """The part that builds; opened when first asked for."""
        return Handed(open_bundle(self._build), self.prepared, self.stored)

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """Number of the article of each section, int64 [sections]."""
        return np.repeat(np.arange(self.articles, dtype=np.int64), np.diff(self.sections))

    @cached_property
    def article_weights(self) -> NDArray[np.float32]:
        """How much an article counts as a whole beside its clauses, float32 [articles]."""
        return np.where(self.by_clause, np.float32(CLAUSE_ARTICLE), np.float32(1))

    def section_range(self, article: int) -> tuple[int, int]:
        """First section of an article, and the one after its last."""
        start, end = self.sections[article : article + 2].tolist()
        return start, end

    def key(self, article: int) -> str:
        """Key of an article version."""
        return part(self._arrays, "key", article).decode()

    def anchor(self, section: int) -> str:
        """Anchor of a section."""
        return part(self._arrays, "anchor", section).decode()

    def find(self, key: str) -> int | None:
        """Number of a version by its key."""
        at = bisect_left(range(self.articles), key, key=self.key)
        return at if at < self.articles and self.key(at) == key else None

    def versions(self, article_id: str) -> list[int]:
        """Numbers of all versions of an article."""
        first, end = f"{article_id}@", f"{article_id}A"  # A follows @
        low, high = (bisect_left(range(self.articles), k, key=self.key) for k in (first, end))
        return list(range(low, high))

    def prepared(self, article: int) -> memoryview:
        """Bytes of what an answer needs of an article, where they lie."""
        start, end = self._arrays["prepared_ends"][article : article + 2].tolist()
        return self._arrays["prepared"].data[start:end]

    def stored(self, article: int) -> bytes:
        """Bytes of the whole stored article."""
        return part(self._texts, "stored", article)
