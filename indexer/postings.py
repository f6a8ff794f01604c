"""Postings of one generation as NumPy arrays, read from Whoosh when a term is first asked for and kept."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.fields import FIELDS, K1, STREAMS, stream_field

Ids = NDArray[np.int32]
Scores = NDArray[np.float32]
_NOTHING: tuple[Ids, Scores] = (np.empty(0, np.int32), np.empty(0, np.float32))


class Postings:
    """Term → (documents, int32 [n], ascending; BM25 scores with weight 1, float32 [n]). Deleted documents are left out."""

    def __init__(self, reader: Any, live: Ids) -> None:
        """`reader`: of Whoosh; `live`: numbers of all documents that are not deleted."""
        self._reader = reader
        self._lock = threading.Lock()
        self._cache: dict[tuple[str, str], tuple[Ids, Scores]] = {}
        self._unions: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Ids, float]] = {}
        self._lengths = {name: _lengths(reader, name, live) for name in _stream_names()}
        self._count = {name: int(np.count_nonzero(lengths)) for name, lengths in self._lengths.items()}

    def __call__(self, name: str, term: str) -> tuple[Ids, Scores]:
        """The postings of a term in a field stream such as `title_word`; empty arrays where it does not occur."""
        found = self._cache.get((name, term))
        if found is None:
            with self._lock:  # a Whoosh reader is for one thread at a time
                found = self._read(name, term)
            self._cache[(name, term)] = found
        return found

    def document_frequency(self, name: str, term: str) -> int:
        """In how many live documents the term stands."""
        return len(self(name, term)[0])

    def anywhere(self, fields: tuple[str, ...], terms: tuple[str, ...]) -> tuple[Ids, float]:
        """Documents (int32, ascending) that hold any of some words in any of some fields, and the idf of that set.

        idf = ln(1 + (N - n + 0.5) / (n + 0.5)), N being the documents that have the first of the fields
        (Robertson & Zaragoza 2009).
        """
        found = self._unions.get((fields, terms))
        if found is None:
            parts = [self(stream_field(f, "word"), t)[0] for f in fields for t in terms]
            documents = np.unique(np.concatenate(parts))
            total = max(self._count[stream_field(f, "word")] for f in fields)
            idf = math.log(1 + (max(total - len(documents), 0) + 0.5) / (len(documents) + 0.5))
            found = self._unions[(fields, terms)] = (documents, idf)
        return found

    def _read(self, name: str, term: str) -> tuple[Ids, Scores]:
        text = term.encode("utf-8", "replace")
        if (name, text) not in self._reader:
            return _NOTHING
        matcher = self._reader.postings(name, text)
        ids: list[int] = []
        counts: list[float] = []
        while matcher.is_active():
            ids.append(matcher.id())
            counts.append(matcher.weight())
            matcher.next()
        return self._scored(name, np.array(ids, np.int32), np.array(counts, np.float64))

    def _scored(self, name: str, ids: Ids, counts: NDArray[np.float64]) -> tuple[Ids, Scores]:
        """BM25 of each posting: idf · tf·(k1+1) / (tf + k1·(1 - b + b·length/average))."""
        lengths = self._lengths[name]
        total, n = self._count[name], len(ids)
        if not n:
            return _NOTHING
        average = float(lengths.sum()) / max(total, 1)
        b = FIELDS[name.rpartition("_")[0]].b
        idf = math.log(1 + (total - n + 0.5) / (n + 0.5))
        norm = K1 * (1 - b + b * lengths[ids] / average)
        return ids, (idf * counts * (K1 + 1) / (counts + norm)).astype(np.float32)


def _stream_names() -> list[str]:
    return [stream_field(f, s) for f in FIELDS for s in STREAMS]


def _lengths(reader: Any, name: str, live: Ids) -> NDArray[np.float64]:
    """Length in terms of each document's field, float64 [documents], 0 for deleted ones. Whoosh keeps them in one byte."""
    lengths = np.zeros(reader.doc_count_all(), np.float64)
    for number in live.tolist():
        lengths[number] = reader.doc_field_length(number, name, 0)
    return np.nan_to_num(lengths)  # Whoosh decodes "no such field here" as nan
