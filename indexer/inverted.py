"""Term → documents: the postings of a segment as arrays, each with its BM25 part ready.

A document's score for a term is idf(term) · Σ fields boost · tf·(k1+1) / (tf + k1·(1 - b + b·length/average)) (Robertson & Zaragoza
2009, one idf for all fields of a class). Only the sum is kept here: idf changes with every update, the sum does not, because the
averages are rounded and a segment is made again when they move (`averages`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from indexer.bundle import Arrays
from indexer.field_postings import FieldPostings
from indexer.fields import FIELDS, K1, STREAM_FIELDS, STREAMS
from indexer.forward import Forward
from kb.errors import IndexProblem

Averages = NDArray[np.float64]
_COUNT_BITS, _FIELD_BITS, _DOCUMENT_BITS, _TERM_BITS = 16, 3, 21, 24
# averages are rounded to powers of this
_STEP = 2 ** (1 / 4)
_BOOSTS = np.array([FIELDS[f].boost * STREAMS[s] for f in FIELDS for s in STREAMS])
_B = np.array([FIELDS[f].b for f in FIELDS for _ in STREAMS])


def term_hash(term: str) -> int:
    """64 bits by which a term with its mark is looked up."""
    return int.from_bytes(blake2b(term.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def averages(lengths: NDArray[np.int64]) -> Averages:
    """Average length of each stream field over the documents that have it, rounded to powers of 2^(1/4).

    `lengths`: as stored, [documents, stream fields]. Rounded, because a BM25 part holds for as long as its average does.
    """
    filled = np.count_nonzero(lengths, axis=0)
    exact = lengths.sum(axis=0) / np.maximum(filled, 1)
    logs = np.log(np.where(exact > 0, exact, 1.0)) / np.log(_STEP)
    rounded: Averages = np.where(exact > 0, _STEP ** np.rint(logs), 1.0)
    return rounded


class Inverted:
    """The rows (term, document, field, count) of a segment in the order of term, document and field."""

    def __init__(self, made: Forward, stored_lengths: NDArray[np.int64]) -> None:
        """`stored_lengths`: as Whoosh keeps them, [documents, stream fields]. Raises IndexProblem if there are too many."""
        documents = len(made.bounds) - 1
        if len(made.vocabulary) >> _TERM_BITS or documents >> _DOCUMENT_BITS:
            raise IndexProblem(f"一段索引最多 {1 << _DOCUMENT_BITS} 个文档、{1 << _TERM_BITS} 个词，请拆成几个知识库。")
        self._made = made
        self._lengths = stored_lengths
        rows = made.terms.astype(np.uint64) << np.uint64(_DOCUMENT_BITS)
        rows |= np.repeat(np.arange(documents, dtype=np.uint64), np.diff(made.bounds))
        rows <<= np.uint64(_FIELD_BITS + _COUNT_BITS)
        rows |= (made.fields // len(STREAMS)).astype(np.uint64) << np.uint64(_COUNT_BITS)
        rows |= made.counts
        rows.sort()
        self.counts = (rows & np.uint64((1 << _COUNT_BITS) - 1)).astype(np.int32)
        rows >>= np.uint64(_COUNT_BITS)
        self.fields = (rows & np.uint64((1 << _FIELD_BITS) - 1)).astype(np.uint8)
        rows >>= np.uint64(_FIELD_BITS)
        self._pairs = rows
        self.documents = (rows & np.uint64((1 << _DOCUMENT_BITS) - 1)).astype(np.int64)
        self.terms = (rows >> np.uint64(_DOCUMENT_BITS)).astype(np.int64)

    def arrays(self, average: Averages) -> Arrays:
        """Postings merged over fields, and the table that finds them.

        `hashes` uint64 [terms] ascending; `places` int64 [terms, 4] in their order: where a term's postings begin and end, where
        those of section documents begin, and the term's number; `documents` uint32, articles first, and `impacts` float32 [postings].
        """
        made = self._made
        total = len(made.vocabulary)
        first = (
            np.flatnonzero(np.diff(self._pairs, prepend=~self._pairs[:1]))
            if len(self._pairs)
            else np.empty(0, np.int64)
        )
        summed = np.add.reduceat(self._impacts(average), first) if len(first) else np.empty(0)
        documents, terms = self.documents[first], self.terms[first]
        sizes = np.bincount(terms, minlength=total)
        bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        in_articles = np.bincount(terms[documents < len(made.entries)], minlength=total)
        hashes = np.array([term_hash(t) for t in made.vocabulary], np.uint64)
        order = np.argsort(hashes, kind="stable")
        if total > 1 and not np.diff(hashes[order]).all():
            raise IndexProblem("两个词的散列值相同，无法建立索引。")
        return {
            "hashes": hashes[order],
            "places": np.stack([bounds[:-1], bounds[1:], bounds[:-1] + in_articles, np.arange(total)], axis=1)[order],
            "documents": documents.astype(np.uint32),
            "impacts": summed.astype(np.float32),
        }

    def _impacts(self, average: Averages) -> NDArray[np.float64]:
        """boost · BM25 part of each row."""
        streams = self.streams()
        return bm25_parts(self.counts, self._lengths[self.documents, streams], streams, average)

    def streams(self) -> NDArray[np.int64]:
        """Number of each row's stream field."""
        marks = [s[0] for s in STREAMS]
        of_term = np.array([marks.index(t[0]) for t in self._made.vocabulary], np.int64)
        return self.fields * len(STREAMS) + of_term[self.terms]

    def by_field(self) -> Iterator[FieldPostings]:
        """The postings of each stream field, in the order of field names, for Whoosh."""
        streams = self.streams()
        for number in sorted(range(len(STREAM_FIELDS)), key=STREAM_FIELDS.__getitem__):
            chosen = np.flatnonzero(streams == number)
            if not len(chosen):
                continue
            terms = self.terms[chosen]
            starts = np.flatnonzero(np.diff(terms, prepend=-1))
            texts = [self._made.vocabulary[t][1:].encode("utf-8", "replace") for t in terms[starts].tolist()]
            yield FieldPostings(
                STREAM_FIELDS[number],
                texts,
                np.append(starts, len(terms)).astype(np.int64),
                self.documents[chosen].astype(np.int32),
                self.counts[chosen],
            )


def bm25_parts(
    counts: NDArray[np.int32], lengths: NDArray[np.int64], streams: NDArray[np.int64] | Sequence[int], average: Averages
) -> NDArray[np.float64]:
    """boost · tf·(k1+1) / (tf + k1·(1 - b + b·length/average)) of term counts in fields of some lengths, element by element."""
    b = _B[streams]
    tf = counts.astype(np.float64)
    norm = K1 * (1 - b + b * lengths / average[streams])
    parts: NDArray[np.float64] = _BOOSTS[streams] * tf * (K1 + 1) / (tf + norm)
    return parts
