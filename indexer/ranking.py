"""From a question to the best hits: BM25 over the fields, times how much of the question a document covers.

score = (1 - e + e · coverage) · Σ terms weight · idf · impact, with e = COVERAGE for articles and SECTION_COVERAGE for sections.
Coverage is the share of the question's words, weighted by idf, that a document holds: it keeps one rare word in a title from
beating an article that holds the whole question. Terms read from the same place of the question (a word, its concept, its
correction) count once there: in articles with the idf of the commonest, in sections of the rarest, for what a caller says and a law
puts otherwise is as rare as the caller's word (docs/decisions/0013-clauses.md).

Every document is scored: the inner loops are compiled (`indexer.kernel`).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from operator import itemgetter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer import kernel
from indexer.candidates import Candidates
from indexer.columns import ARTICLE, SCORE, SECTION
from indexer.postings import HASHES, Postings
from kb.query import Query

Scores = NDArray[np.float32]
# at most so many clauses of one regulation among the hits
CLAUSES_PER_ARTICLE = 5


@dataclass(frozen=True, slots=True)
class Sought:
    """A question's terms as arrays, those of one place of the question side by side."""

    # uint64 [terms], see `indexer.postings.HASHES`
    hashes: NDArray[np.uint64]
    # number of the place of each term in the question, -1 for terms that count for no coverage, int64 [terms]
    groups: NDArray[np.int64]
    # float64 [terms]
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """A question's terms, looked up and weighed once for all segments."""

    # of each segment: where the terms' postings are, int64 [terms, 4]
    places: list[NDArray[np.int64]]
    groups: NDArray[np.int64]
    # float64 [4, terms], see `kernel.weigh`
    weighed: NDArray[np.float64]


class Searched(Protocol):
    """Documents with their postings: articles, then their sections. Arrays as in `indexer.segment.Segment`."""

    documents: int
    posting_documents: NDArray[np.uint32]
    posting_impacts: Scores
    sections: NDArray[np.int64]
    by_clause: NDArray[np.bool_]
    clauses: NDArray[np.bool_]
    has_clauses: bool

    @property
    def owners(self) -> NDArray[np.int64]:
        """Number of the article of each section."""


_group = itemgetter(0)


def sought(query: Query) -> Sought:
    """The terms of a question, for any index."""
    words, pairs = HASHES["word"], HASHES["bigram"]
    spans: dict[tuple[int, int], int] = {}
    # (number of the place in the question, hash, weight)
    terms: list[tuple[int, int, float]] = []
    others: list[tuple[int, int, float]] = []
    for text, stream, weight, start, end in query.terms:
        if stream == "word":
            terms.append((spans.setdefault((start, end), len(spans)), words[text], weight))
        else:
            others.append((-1, pairs[text], weight))
    terms.sort(key=_group)
    terms += others
    return Sought(
        np.array([hash_ for _, hash_, _ in terms], np.uint64),
        np.array([group for group, _, _ in terms], np.int64),
        np.array([weight for _, _, weight in terms], np.float64),
    )


def plan(query: Query, postings: Postings) -> Plan:
    """Look up and weigh a question's terms."""
    return planned(sought(query), postings)


def planned(terms: Sought, postings: Postings) -> Plan:
    """`plan` of a question whose terms are arrays already."""
    places, in_articles, in_sections = postings.look_up(terms.hashes)
    weighed = np.zeros((4, len(terms.groups)))
    kernel.weigh(
        in_articles, in_sections, postings.articles, postings.sections, terms.groups, terms.weights, weighed
    )  # fmt: skip
    return Plan(places, terms.groups, weighed)


def replanned(asked: Plan, places: NDArray[np.int64]) -> Plan:
    """The same terms with the same weights over other postings; `places`: where they are there, int64 [terms, 4]."""
    return Plan([places], asked.groups, asked.weighed)


class _Scratch(threading.local):
    """Buffers of a thread, used again for every question."""

    def __init__(self) -> None:
        self._sums, self._marks = np.empty((0, 2), np.float32), np.empty(0, np.int32)

    def documents(self, size: int) -> tuple[Scores, NDArray[np.int32]]:
        """Uninitialised sums float32 [size, 2] and marks int32 [size]."""
        if len(self._marks) < size:
            # candidates of a cluster are another number each time
            room = max(size, 2 * len(self._marks))
            self._sums, self._marks = np.empty((room, 2), np.float32), np.empty(room, np.int32)
        return self._sums[:size], self._marks[:size]


_SCRATCH = _Scratch()


def best(asked: Plan, number: int, segment: Searched, admitted: Scores, limit: int) -> Candidates:
    """The best articles and clauses of a segment, best first, equal ones in the order of article and section.

    `admitted`: float32 [articles], 0 for those that may not be shown, else `segment.article_weights`.
    """
    sums, marks = _SCRATCH.documents(segment.documents)
    made = Candidates.empty(2 * limit if segment.has_clauses else limit)
    held = kernel.best(
        segment.posting_documents, segment.posting_impacts, asked.places[number], asked.groups, asked.weighed,
        admitted, segment.sections, segment.by_clause, segment.owners, segment.clauses,
        number, limit, CLAUSES_PER_ARTICLE if segment.has_clauses else 0,
        sums, marks, made.found, made.values,
    )  # fmt: skip
    found = made[:held]
    if not segment.has_clauses:
        return found
    return found.at(np.lexsort((found.found[:, SECTION], found.found[:, ARTICLE], -found.values[:, SCORE])))
