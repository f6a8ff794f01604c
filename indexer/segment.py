"""A segment: articles that were indexed together. Three files, never changed afterwards.

`<name>.serve` holds postings, keys, anchors and what answers are made of, `<name>.texts` the whole articles; `<name>.build` holds
the terms of every document, for explanations, merging and rebuilding. The name is that of the Whoosh segment with the same
documents in the same order.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.bundle import Arrays, open_bundle, packed, part, write_bundle
from indexer.catalogue import Catalogue
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


class Segment(Catalogue):
    """A segment opened for questions on the machine that has its files."""

    def __init__(self, folder: Path, name: str) -> None:
        """Raises IndexCorrupt or OSError."""
        serve, texts, self._build = (folder / file for file in segment_files(name))
        super().__init__(name, open_bundle(serve))
        self._texts = open_bundle(texts)
        # what `indexer.inverted` describes: documents uint32 [postings] and impacts float32 [postings]
        self.posting_documents, self.posting_impacts = self.arrays["documents"], self.arrays["impacts"]
        self.wording = Wording(self.arrays)

    @cached_property
    def handed(self) -> Handed:
        """The part that builds; opened when first asked for."""
        return Handed(open_bundle(self._build), self.prepared, self.stored)

    def anchor(self, section: int) -> str:
        """Anchor of a section."""
        return part(self.arrays, "anchor", section).decode()

    def prepared(self, article: int) -> memoryview:
        """Bytes of what an answer needs of an article, where they lie."""
        start, end = self.arrays["prepared_ends"][article : article + 2].tolist()
        return self.arrays["prepared"].data[start:end]

    def stored(self, article: int) -> bytes:
        """Bytes of the whole stored article."""
        return part(self._texts, "stored", article)
