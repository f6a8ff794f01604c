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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer import kernel
from indexer.fields import COVERAGE, SECTION_COVERAGE
from indexer.postings import Postings
from indexer.segment import Segment
from kb.query import Query, Term

Scores = NDArray[np.float32]
# at most so many clauses of one regulation among the hits
CLAUSES_PER_ARTICLE = 5


class Found(NamedTuple):
    """An article or clause among the best of its segment, by their numbers; `section` is -1 for the article itself."""

    score: float
    article: int
    section: int
    # section to name as the place of the answer, or -1
    named: int
    coverage: float
    # score by terms alone, once `score` is the final one
    lexical: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A question's terms, looked up and weighed once for all segments; those of one place of the question side by side."""

    # of each segment: where the terms' postings are, int64 [terms, 4]
    places: list[NDArray[np.int64]]
    # number of the place of each term in the question, -1 for terms that count for no coverage, int64 [terms]
    groups: NDArray[np.int64]
    # float64 [4, terms], see `kernel.weigh`
    weighed: NDArray[np.float64]


def plan(query: Query, postings: Postings) -> Plan:
    """Look up and weigh a question's terms."""
    spans: dict[tuple[int, int], list[Term]] = {}
    others = []
    for term in query.terms:
        if term.stream == "word":
            spans.setdefault((term.start, term.end), []).append(term)
        else:
            others.append(term)
    terms = [term for held in spans.values() for term in held] + others
    groups = [number for number, held in enumerate(spans.values()) for _ in held] + [-1] * len(others)
    places, in_articles, in_sections = postings.look_up([t.stream[0] + t.text for t in terms])
    numbers, weights = np.array(groups, np.int64), np.array([t.weight for t in terms], np.float64)
    weighed = np.zeros((4, len(terms)))
    kernel.weigh(in_articles, in_sections, postings.articles, postings.sections, numbers, weights, weighed)
    return Plan(places, numbers, weighed)


class _Scratch(threading.local):
    """Buffers of a thread, used again for every question."""

    def __init__(self) -> None:
        self._sums: dict[int, Scores] = {}
        self._marks: dict[int, NDArray[np.int32]] = {}
        self._best: dict[int, tuple[Scores, NDArray[np.int64]]] = {}

    def documents(self, size: int) -> tuple[Scores, NDArray[np.int32]]:
        """Uninitialised sums float32 [size, 2] and marks int32 [size]."""
        if size not in self._sums:
            self._sums[size], self._marks[size] = np.empty((size, 2), np.float32), np.empty(size, np.int32)
        return self._sums[size], self._marks[size]

    def best(self, size: int) -> tuple[Scores, NDArray[np.int64]]:
        """Uninitialised scores float32 and numbers int64 [size]."""
        if size not in self._best:
            self._best[size] = np.empty(size, np.float32), np.empty(size, np.int64)
        return self._best[size]


_SCRATCH = _Scratch()


def sums(planned: Plan, number: int, segment: Segment) -> Scores:
    """Σ weight · idf · impact, and e · coverage, of every document of a segment, float32 [documents, 2]; this thread's buffer."""
    found, marks = _SCRATCH.documents(segment.documents)
    kernel.add_up(
        segment.posting_documents,
        segment.posting_impacts,
        planned.places[number],
        planned.groups,
        planned.weighed,
        found,
        marks,
    )
    return found


def coverage(share: float, *, of_section: bool) -> float:
    """The coverage in a document's sum e · coverage, 0 to 1."""
    return min(1.0, share / (SECTION_COVERAGE if of_section else COVERAGE))


def best(planned: Plan, number: int, segment: Segment, admitted: Scores, limit: int) -> list[Found]:
    """The best articles and clauses of a segment, best first, equal ones in the order of article and section.

    `admitted`: float32 [articles], 0 for those that may not be shown, else `segment.article_weights`.
    """
    summed = sums(planned, number, segment)
    scores, numbers = _SCRATCH.best(limit)
    held = kernel.pick_articles(summed, admitted, scores, numbers)
    chosen = numbers[:held].tolist()
    found = [
        Found(score, article, -1, _named(segment, summed, article), coverage(share, of_section=False), score)
        for score, article, share in zip(
            scores[:held].tolist(), chosen, summed[chosen, 1].tolist() if held else (), strict=True
        )
    ]
    if segment.has_clauses:
        found += _clauses(segment, summed, admitted, limit)
        found.sort(key=lambda f: (-f.score, f.article, f.section))
    return found


def _clauses(segment: Segment, summed: Scores, admitted: Scores, limit: int) -> list[Found]:
    """The best clauses, at most CLAUSES_PER_ARTICLE of an article."""
    scores, numbers = _SCRATCH.best(limit * (CLAUSES_PER_ARTICLE + 2) + 20)
    held = kernel.pick_clauses(summed, admitted, segment.owners, segment.clauses, scores, numbers)
    best_scores, sections = scores[:held].tolist(), numbers[:held].tolist()
    found = []
    for place in _spread(segment, sections, limit):
        section = sections[place]
        owner = int(segment.owners[section])
        covered = coverage(float(summed[owner, 1]), of_section=False)
        found.append(Found(best_scores[place], owner, section, section, covered, best_scores[place]))
    return found


def _spread(segment: Segment, sections: Sequence[int], limit: int) -> list[int]:
    """Places of the first sections, at most CLAUSES_PER_ARTICLE of an article."""
    taken: dict[int, int] = {}
    chosen: list[int] = []
    for place, section in enumerate(sections):
        owner = int(segment.owners[section])
        taken[owner] = taken.get(owner, 0) + 1
        if taken[owner] <= CLAUSES_PER_ARTICLE:
            chosen.append(place)
        if len(chosen) == limit:
            break
    return chosen


def _named(segment: Segment, summed: Scores, article: int) -> int:
    """The article's best section among those that cover enough of the question, or -1."""
    if not segment.has_sections:
        return -1
    start, end = segment.section_range(article)
    return kernel.pick_section(summed, segment.articles, start, end) if end > start else -1
