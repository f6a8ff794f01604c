"""The terms of a segment's documents, document by document: what a segment is made from, and what it hands on when merged.

Documents are numbered articles first, in the order of their keys, then sections in the order of article and place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.batch import Batch, Entry, ranges
from indexer.bundle import Arrays, packed, part, parts
from indexer.fields import STREAM_FIELDS


@dataclass(frozen=True, slots=True)
class Forward:
    """The documents of a segment with their terms."""

    entries: list[Entry]
    # terms with their stream's mark in front, in the order of their UTF-8 bytes
    vocabulary: list[str]
    # where each document's terms begin and end, int64 [documents + 1]
    bounds: NDArray[np.int64]
    # of each term in a document: stream field uint8, place in the vocabulary uint32, count uint16
    fields: NDArray[np.uint8]
    terms: NDArray[np.uint32]
    counts: NDArray[np.uint16]
    # terms in each stream field of each document, int64 [documents, stream fields]
    lengths: NDArray[np.int64]

    @property
    def stored(self) -> list[tuple[str, str]]:
        """(key, anchor) of each document."""
        return [(e.key, "") for e in self.entries] + [(e.key, a) for e in self.entries for a in e.anchors]


def forward(batch: Batch) -> Forward:
    """Put a batch into the order of a segment. Its keys must differ."""
    order = sorted(range(len(batch.entries)), key=lambda i: batch.entries[i].key)
    sizes = np.array([e.documents for e in batch.entries], np.int64)
    firsts = np.cumsum(sizes) - sizes
    place = np.array(order, np.int64)
    documents = np.concatenate([firsts[place], ranges(firsts[place] + 1, sizes[place] - 1)])
    starts = batch.bounds[:-1][documents]
    spans = batch.bounds[1:][documents] - starts
    rows = ranges(starts, spans)
    vocabulary, terms = _sorted_terms(batch.vocabulary, batch.terms[rows])
    fields, counts = batch.fields[rows], batch.counts[rows]
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(spans)])
    lengths = _lengths(bounds, fields, counts)
    return Forward([batch.entries[i] for i in order], vocabulary, bounds, fields, terms, counts, lengths)


def _sorted_terms(vocabulary: list[str], terms: NDArray[np.uint32]) -> tuple[list[str], NDArray[np.uint32]]:
    """The terms that occur, sorted, and the places renumbered."""
    used = np.flatnonzero(np.bincount(terms, minlength=len(vocabulary))).tolist()
    ordered = sorted(used, key=vocabulary.__getitem__)
    number = np.zeros(len(vocabulary), np.uint32)
    number[ordered] = np.arange(len(ordered), dtype=np.uint32)
    return [vocabulary[i] for i in ordered], number[terms]


def _lengths(bounds: NDArray[np.int64], fields: NDArray[np.uint8], counts: NDArray[np.uint16]) -> NDArray[np.int64]:
    documents, width = len(bounds) - 1, len(STREAM_FIELDS)
    owner = np.repeat(np.arange(documents, dtype=np.int64), np.diff(bounds))
    sums = np.bincount(owner * width + fields, weights=counts, minlength=documents * width)
    return sums.astype(np.int64).reshape(documents, width)


def forward_arrays(made: Forward) -> Arrays:
    """What `Handed` reads."""
    return {
        **packed("vocabulary", [t.encode() for t in made.vocabulary]),
        **packed("header", [e.header() + b"," for e in made.entries]),
        **packed("naming", [_compact(e.naming) for e in made.entries]),
        "bounds": made.bounds,
        "fields": made.fields,
        "terms": made.terms,
        "counts": made.counts,
        "lengths": made.lengths.astype(np.uint32),
    }


class Handed:
    """What an older segment hands on: its entries and their terms, read from its files when asked for."""

    def __init__(
        self, forward_part: Arrays, prepared: Callable[[int], memoryview], stored: Callable[[int], bytes]
    ) -> None:
        """`forward_part`: of `forward_arrays`; `prepared`, `stored`: the bytes that answer for an article, by its number."""
        self._arrays = forward_part
        self._prepared = prepared
        self._stored = stored
        self.lengths: NDArray[np.uint32] = forward_part["lengths"]
        self.articles = len(forward_part["header_ends"]) - 1

    def headers(self) -> list[list[Any]]:
        """The parsed headers of all entries (see `Entry.header`)."""
        text = self._arrays["header"].tobytes()
        found: list[list[Any]] = json.loads(b"[" + text.removesuffix(b",") + b"]")
        return found

    def header(self, article: int) -> list[Any]:
        """The header of one entry."""
        found: list[Any] = json.loads(part(self._arrays, "header", article).removesuffix(b","))
        return found

    def terms_of(self, document: int) -> list[tuple[str, int, int]]:
        """(term with its mark, stream field, count) of one document."""
        rows = self.counts_of(document)
        return [(part(self._arrays, "vocabulary", n).decode(), field, count) for n, field, count in rows]

    def vocabulary(self) -> list[str]:
        """All terms with their marks, by their numbers."""
        return [t.decode() for t in parts(self._arrays, "vocabulary")]

    def counts_of(self, document: int) -> list[tuple[int, int, int]]:
        """(number of the term, stream field, count) of one document."""
        rows = slice(*self._arrays["bounds"][document : document + 2].tolist())
        arrays = self._arrays
        return list(
            zip(arrays["terms"][rows].tolist(), arrays["fields"][rows].tolist(), arrays["counts"][rows].tolist(), strict=True)
        )  # fmt: skip

    def rows_of(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """(document, term) of every distinct term in some documents."""
        rows, sizes = self._rows(documents)
        pairs = np.repeat(documents, sizes) << 32 | self._arrays["terms"][rows]
        found = np.unique(pairs)
        return found >> 32, (found & 0xFFFFFFFF).astype(np.uint32)

    def batch(self, articles: Sequence[int], sections: NDArray[np.int64]) -> Batch:
        """Some entries with their documents; `sections`: where each article's sections begin, int64 [articles + 1]."""
        chosen = np.array(articles, np.int64)
        sizes = np.diff(sections)[chosen]
        firsts = np.cumsum(sizes + 1) - (sizes + 1)
        documents = np.empty(int((sizes + 1).sum()), np.int64)
        documents[firsts] = chosen
        documents[ranges(firsts + 1, sizes)] = self.articles + ranges(sections[:-1][chosen], sizes)
        rows, spans = self._rows(documents)
        parsed = self.headers()
        entries = [
            Entry.from_header(
                parsed[i],
                json.loads(part(self._arrays, "naming", i)),
                bytes(self._prepared(i)),
                self._stored(i),
            )
            for i in articles
        ]
        bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(spans)])
        arrays = self._arrays
        return Batch(
            entries, self.vocabulary(), bounds, arrays["fields"][rows], arrays["terms"][rows], arrays["counts"][rows]
        )

    def _rows(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        starts = self._arrays["bounds"][:-1][documents]
        sizes = self._arrays["bounds"][1:][documents] - starts
        return ranges(starts, sizes), sizes


def _compact(row: list[Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
