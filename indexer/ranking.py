"""From a question to the best hits: BM25 over the fields, times how much of the question a document covers.

score = (1 - e + e · coverage) · Σ terms weight · idf · impact, with e = COVERAGE for articles and SECTION_COVERAGE for sections.
Coverage is the share of the question's words, weighted by idf, that a document holds: it keeps one rare word in a title from
beating an article that holds the whole question. Terms read from the same place of the question (a word, its concept, its
correction) count once there, with the idf of the commonest.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.fields import CLAUSE_ARTICLE, CLAUSE_OWN, COVERAGE, SECTION_COVERAGE, SECTION_NAMED
from indexer.postings import Postings, SegmentPostings, TermPostings
from indexer.segment import Segment
from kb.query import Query

Scores = NDArray[np.float32]
Ids = NDArray[np.int64]
# at most so many clauses of one regulation among the hits
CLAUSES_PER_ARTICLE = 5
# from so many articles on, the best are looked for among the greatest of blocks
_BLOCKS_FROM, _BLOCK = 4096, 64
_LEAST = np.float32(1e-9)


class Found(NamedTuple):
    """An article or clause among the best of its segment, by their numbers; `section` is -1 for the article itself."""

    score: float
    article: int
    section: int
    # section to name as the place of the answer, or -1
    named: int
    coverage: float


@dataclass(slots=True)
class Plan:
    """A question's terms, looked up once for all segments."""

    # with their weights; frequent terms come first, one by one, the others are joined: calls cost more than postings
    frequent: list[tuple[TermPostings, float]]
    rare: list[tuple[TermPostings, float]]
    # words that stand for one place of the question; what the place adds to the factor of an article, and of a section
    places: list[tuple[list[TermPostings], float, float]]


def plan(query: Query, postings: Postings) -> Plan:
    """Look up a question's terms."""
    frequent: list[tuple[TermPostings, float]] = []
    rare: list[tuple[TermPostings, float]] = []
    places: dict[tuple[int, int], list[TermPostings]] = {}
    for text, stream, weight, start, end in query.terms:
        found = postings(stream, text)
        if found.frequent:
            frequent.append((found, weight))
        elif found.occurs:
            rare.append((found, weight))
        if stream == "word":
            places.setdefault((start, end), []).append(found)
    of_articles = of_sections = 0.0
    shares: list[tuple[list[TermPostings], float, float]] = []
    for held in places.values():
        article_idf = min([t.article_idf for t in held])
        section_idf = min([t.section_idf for t in held])
        of_articles += article_idf
        of_sections += section_idf
        if any(t.occurs for t in held):
            shares.append((held, article_idf, section_idf))
    to_articles, to_sections = COVERAGE / (of_articles or 1.0), SECTION_COVERAGE / (of_sections or 1.0)
    return Plan(frequent, rare, [(held, a * to_articles, s * to_sections) for held, a, s in shares])


class _Scratch(threading.local):
    """Buffers of a thread, used again for every question."""

    def __init__(self) -> None:
        self._buffers: dict[tuple[str, int], NDArray[np.generic]] = {}

    def floats(self, name: str, size: int) -> Scores:
        """An uninitialised float32 array."""
        found = self._buffers.get((name, size))
        if found is None:
            found = self._buffers[(name, size)] = np.empty(size, np.float32)
        return found  # type: ignore[return-value]

    def flags(self, size: int) -> NDArray[np.bool_]:
        """A bool array of False; who sets any, resets them."""
        found = self._buffers.get(("flags", size))
        if found is None:
            found = self._buffers[("flags", size)] = np.zeros(size, bool)
        return found  # type: ignore[return-value]


_SCRATCH = _Scratch()


def score(planned: Plan, number: int, segment: Segment) -> tuple[Scores, Scores]:
    """(score, factor) of every document of a segment, float32 [documents] each; buffers of this thread.

    The factor is 1 - e + e · coverage; `coverage` takes it apart again.
    """
    scores = _SCRATCH.floats("scores", segment.documents)
    factor = _SCRATCH.floats("factor", segment.documents)
    scores.fill(0)
    factor[: segment.articles] = 1 - COVERAGE
    factor[segment.articles :] = 1 - SECTION_COVERAGE
    for term, weight in planned.frequent:
        held = term.segments[number]
        if held is None:
            continue
        if held.dense is not None:
            scores += held.dense if weight == 1.0 else held.dense * np.float32(weight)
        else:
            np.add.at(scores, held.documents, held.scores if weight == 1.0 else held.scores * np.float32(weight))
    documents: list[Ids] = []
    parts: list[Scores] = []
    for term, weight in planned.rare:
        held = term.segments[number]
        if held is not None:
            documents.append(held.documents)
            parts.append(held.scores if weight == 1.0 else held.scores * np.float32(weight))
    if documents:
        np.add.at(scores, np.concatenate(documents), np.concatenate(parts))
    _cover(factor, planned, number)
    np.multiply(scores, factor, out=scores)
    return scores, factor


def _cover(factor: Scores, planned: Plan, number: int) -> None:
    """Add the share of each place of the question to the documents that hold any of its words."""
    documents: list[Ids] = []
    shares: list[float] = []
    sizes: list[int] = []
    for alternatives, *of_place in planned.places:
        found = [held for t in alternatives if (held := t.segments[number]) is not None]
        lists = [(held.documents, held.articles) for held in found]
        for where, articles in lists if len(lists) < 2 else _distinct(found, len(factor)):
            if alternatives[0].frequent:
                np.add.at(factor, where[:articles], np.float32(of_place[0]))
                np.add.at(factor, where[articles:], np.float32(of_place[1]))
            else:
                documents.append(where)
                shares += of_place
                sizes += (articles, len(where) - articles)
    if documents:
        np.add.at(factor, np.concatenate(documents), np.repeat(np.array(shares, np.float32), sizes))


def coverage(factor: float, *, of_section: bool) -> float:
    """The coverage in a document's factor, 0 to 1."""
    e = SECTION_COVERAGE if of_section else COVERAGE
    return min(1.0, max(0.0, (factor - (1 - e)) / e))


def _distinct(found: Sequence[SegmentPostings], documents: int) -> list[tuple[Ids, int]]:
    """Documents of each, without those that stand in one before, and how many of them are articles."""
    seen = _SCRATCH.flags(documents)
    taken = []
    for held in found:
        fresh = ~seen[held.documents]
        where = held.documents[fresh]
        seen[where] = True
        taken.append((where, int(np.count_nonzero(fresh[: held.articles]))))
    for where, _ in taken:
        seen[where] = False
    return taken


def best(planned: Plan, number: int, segment: Segment, allowed: Scores | None, limit: int) -> list[Found]:
    """The best articles and clauses of a segment, best first, equal ones in the order of article and section.

    `allowed`: float32 [articles], 0 for those that may not be shown, else 1; None: all may.
    """
    scores, factor = score(planned, number, segment)
    articles = scores[: segment.articles]
    clauses = None
    if segment.has_clauses:
        clauses = _clause_scores(segment, scores, allowed)
        articles *= segment.article_weights
    if allowed is not None:
        articles *= allowed
    top = _top(articles, limit)
    numbers = top.tolist()
    named = [_named(segment, scores, factor, a) for a in numbers] if segment.has_sections else [-1] * limit
    held = [coverage(f, of_section=False) for f in factor[top].tolist()]
    found = list(map(Found, articles[top].tolist(), numbers, [-1] * limit, named, held))
    if clauses is not None:
        wanted = limit * (CLAUSES_PER_ARTICLE + 2) + 20
        for s in _spread(segment, _top(clauses, wanted).tolist(), limit):
            owner = int(segment.owners[s])
            covered = coverage(float(factor[owner]), of_section=False)
            found.append(Found(float(clauses[s]), owner, s, s, covered))
        found.sort(key=lambda f: (-f.score, f.article, f.section))
    return found


def _clause_scores(segment: Segment, scores: Scores, allowed: Scores | None) -> Scores:
    """Score of each section as a clause, float32 [sections]; 0 for those that are none or do not match."""
    own = scores[segment.articles :]
    owners = segment.owners
    both: Scores = CLAUSE_ARTICLE * scores[: segment.articles][owners] + CLAUSE_OWN * own
    both[(own <= 0) | ~segment.clauses] = 0
    if allowed is not None:
        both *= allowed[owners]
    return both


def _spread(segment: Segment, sections: Sequence[int], limit: int) -> list[int]:
    """The first sections, at most CLAUSES_PER_ARTICLE of an article."""
    taken: dict[int, int] = {}
    chosen: list[int] = []
    for section in sections:
        owner = int(segment.owners[section])
        taken[owner] = taken.get(owner, 0) + 1
        if taken[owner] <= CLAUSES_PER_ARTICLE:
            chosen.append(section)
        if len(chosen) == limit:
            break
    return chosen


def _named(segment: Segment, scores: Scores, factor: Scores, article: int) -> int:
    """The article's best section among those that cover enough of the question, or -1."""
    start, end = segment.section_range(article)
    if end == start:
        return -1
    documents = slice(segment.articles + start, segment.articles + end)
    enough = 1 - SECTION_COVERAGE + SECTION_COVERAGE * SECTION_NAMED
    own = np.where(factor[documents] >= enough, scores[documents], 0)
    at = int(np.argmax(own))
    return start + at if own[at] > 0 else -1


def _top(scores: Scores, count: int) -> NDArray[np.int64]:
    """Places of the `count` best positive scores, int64, best first, ties in the order of place."""
    size = len(scores)
    if not size:
        return np.empty(0, np.int64)
    count = min(count, size)
    if size >= _BLOCKS_FROM and count <= size // _BLOCK:
        # the k-th greatest of the blocks' maxima: at least k scores are as great
        pool = np.maximum.reduce(scores[: size // _BLOCK * _BLOCK].reshape(_BLOCK, -1), axis=0)
    else:
        pool = scores.copy()
    pool.partition(len(pool) - count)
    top = (scores >= max(pool[len(pool) - count], _LEAST)).nonzero()[0]
    # stable: equal scores stay in the order of place
    order = (-scores[top]).argsort(kind="stable")[:count]
    found: Ids = top[order]
    return found
