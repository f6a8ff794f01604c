"""Analysed articles on their way into a segment: what is kept of each, and the terms of its documents, counted."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.documents import Document
from indexer.fields import STREAM_FIELDS, STREAMS

_NUMBER = {name: i for i, name in enumerate(STREAM_FIELDS)}
# the first character of a term in a vocabulary says its stream
_MARKS = [stream[0] for stream in STREAMS]
_MOST = 65_535


@dataclass(frozen=True, slots=True)
class Source:
    """The file an article was read from, and how to see that it changed."""

    path: str
    modified_ns: int
    size: int
    # of the file's bytes, its name and the registry
    digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index keeps of one article version, besides its terms."""

    key: str
    source: Source
    # rows of kb.outline.Outline and kb.lookup.Naming
    outline: list[Any]
    naming: list[Any]
    # bytes of kb.prepared.Prepared and kb.backend.StoredArticle
    prepared: bytes
    stored: bytes
    # anchors of its section documents, in order, and which of them are clauses found by themselves
    anchors: tuple[str, ...]
    clauses: tuple[bool, ...]
    # laws without phrasings are answered clause by clause
    by_clause: bool
    is_alert: bool
    # not everybody may see it
    restricted: bool

    @property
    def documents(self) -> int:
        """How many documents it has: itself and its sections."""
        return 1 + len(self.anchors)

    def header(self) -> bytes:
        """All but the blobs, as JSON; `from_header` reads it."""
        s = self.source
        row = [self.key, s.path, s.modified_ns, s.size, s.digest, self.outline, self.anchors, self.clauses,
               self.by_clause, self.is_alert, self.restricted]  # fmt: skip
        return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()

    @staticmethod
    def from_header(row: list[Any], naming: list[Any], prepared: bytes, stored: bytes) -> Entry:
        """The entry of a parsed `header` and its blobs."""
        key, path, modified, size, digest, outline, anchors, clauses, by_clause, is_alert, restricted = row
        source = Source(path, modified, size, digest)
        return Entry(key, source, outline, naming, prepared, stored, tuple(anchors), tuple(clauses), by_clause,
                     is_alert, restricted)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries and the terms of their documents; an entry's documents follow one another, the article first."""

    entries: list[Entry]
    # distinct terms, the stream's mark in front: `w手机`, `b手机`
    vocabulary: list[str]
    # where each document's terms begin and end, int64 [documents + 1]
    bounds: NDArray[np.int64]
    # of each term in a document: stream field uint8, place in the vocabulary uint32, count uint16
    fields: NDArray[np.uint8]
    terms: NDArray[np.uint32]
    counts: NDArray[np.uint16]


class BatchBuilder:
    """Collects entries and documents into a batch."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        # term → its number in its stream, given when it is first met
        self._numbers = [defaultdict[str, int](count().__next__) for _ in STREAMS]
        self._bounds = [0]
        self._fields: list[int] = []
        self._terms: list[int] = []
        self._counts: list[int] = []

    def add(self, entry: Entry, documents: Sequence[Document]) -> None:
        """Add an entry with its documents, the article's first, then its sections'."""
        self._entries.append(entry)
        for document in documents:
            for name, terms in document.streams.items():
                if terms:
                    field = _NUMBER[name]
                    self._fields += [field] * len(terms)
                    self._terms += map(self._numbers[field % len(STREAMS)].__getitem__, terms)
                    self._counts += terms.values()
            self._bounds.append(len(self._terms))

    def batch(self) -> Batch:
        """Everything added so far."""
        fields = np.array(self._fields, np.uint8)
        firsts = np.cumsum([0, *map(len, self._numbers)])[:-1]
        terms = np.array(self._terms, np.int64) + firsts[fields % len(STREAMS)]
        marked = [mark + term for mark, numbers in zip(_MARKS, self._numbers, strict=True) for term in numbers]
        counts = np.minimum(np.array(self._counts, np.int64), _MOST).astype(np.uint16)
        return Batch(self._entries, marked, np.array(self._bounds, np.int64), fields, terms.astype(np.uint32), counts)


def joined_batches(batches: Iterable[Batch]) -> Batch:
    """Several batches as one."""
    entries: list[Entry] = []
    number: dict[str, int] = {}
    bounds: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    fields: list[NDArray[np.uint8]] = []
    terms: list[NDArray[np.uint32]] = []
    counts: list[NDArray[np.uint16]] = []
    total = 0
    for batch in batches:
        entries += batch.entries
        places = np.array([number.setdefault(t, len(number)) for t in batch.vocabulary], np.uint32)
        bounds.append(batch.bounds[1:] + total)
        total += int(batch.bounds[-1])
        fields.append(batch.fields)
        terms.append(places[batch.terms] if len(batch.terms) else batch.terms)
        counts.append(batch.counts)
    return Batch(
        entries,
        list(number),
        np.concatenate(bounds),
        np.concatenate([np.empty(0, np.uint8), *fields]),
        np.concatenate([np.empty(0, np.uint32), *terms]),
        np.concatenate([np.empty(0, np.uint16), *counts]),
    )


def selected(batch: Batch, keep: Sequence[int]) -> Batch:
    """The entries at some places of a batch, in that order, with their documents; the vocabulary stays whole."""
    firsts = np.cumsum([0, *(e.documents for e in batch.entries)])
    documents = np.concatenate([np.empty(0, np.int64), *(np.arange(firsts[i], firsts[i + 1]) for i in keep)])
    starts = batch.bounds[:-1][documents]
    sizes = batch.bounds[1:][documents] - starts
    rows = ranges(starts, sizes)
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    entries = [batch.entries[i] for i in keep]
    return Batch(entries, batch.vocabulary, bounds, batch.fields[rows], batch.terms[rows], batch.counts[rows])


def ranges(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """start, start + 1, … start + size - 1 for each start and size, one after the other; int64 [sum of sizes]."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    found: NDArray[np.int64] = np.arange(total, dtype=np.int64) + np.repeat(starts - (ends - sizes), sizes)
    return found
