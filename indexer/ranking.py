"""From a question to the best hits: BM25 over the fields, times how much of the question a document covers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from indexer.fields import (
    ARTICLE_FIELDS,
    CLAUSE_ARTICLE,
    CLAUSE_OWN,
    FIELDS,
    SECTION_FIELDS,
    SECTION_NAMED,
    STREAMS,
    stream_field,
)
from indexer.layout import Layout
from indexer.postings import Postings, Scores
from kb.backend import Hit
from kb.query import Query

# at most so many clauses of one regulation among the hits
CLAUSES_PER_ARTICLE = 5


def score(query: Query, postings: Postings, emphasis: Scores) -> tuple[Scores, Scores]:
    """(score, coverage) of each document, both float32 [documents].

    score = (1 - e + e · coverage) · Σ terms Σ fields  weight · boost · BM25, e being the document's `emphasis` (float32
    [documents]). Coverage keeps one rare word that stands in a title from beating an article that holds the whole question.
    """
    covered = coverage(query, postings, len(emphasis))
    return bm25(query, postings, len(emphasis)) * (1 - emphasis + emphasis * covered), covered


def bm25(query: Query, postings: Postings, documents: int) -> Scores:
    """The sum over terms and fields of weight · boost · BM25, float32 [documents]."""
    scores = np.zeros(documents, np.float32)
    for term in query.terms:
        for field, weight in FIELDS.items():
            found, impacts = postings(stream_field(field, term.stream), term.text)
            if len(found):
                scores[found] += impacts * np.float32(weight.boost * STREAMS[term.stream] * term.weight)
    return scores


def coverage(query: Query, postings: Postings, documents: int) -> Scores:
    """Share of the question's words, weighted by inverse document frequency, that each document holds; float32, 0 to 1.

    Terms read from the same place of the question (a word, its concept, its correction) count once.
    """
    places: dict[tuple[int, int], list[str]] = {}
    for term in query.terms:
        if term.stream == "word":
            places.setdefault((term.start, term.end), []).append(term.text)
    shares = np.zeros(documents, np.float32)
    for fields in (tuple(ARTICLE_FIELDS), tuple(SECTION_FIELDS)):
        held = np.zeros(documents, np.float32)
        total = 0.0
        for terms in places.values():
            found, idf = postings.anywhere(fields, tuple(terms))
            held[found] += np.float32(idf)
            total += idf
        shares += held / np.float32(total or 1.0)
    return shares


def rank(layout: Layout, scores: Scores, covered: Scores, shown: NDArray[np.bool_], limit: int) -> list[Hit]:
    """The best articles and clauses for scores and coverage of all documents; `shown`: bool [articles]."""
    articles = scores[layout.article_document]
    sections = scores[layout.sections]
    whole = np.where(layout.by_clause, CLAUSE_ARTICLE * articles, articles)
    found = layout.clauses & (sections > 0)
    clauses = np.where(found, CLAUSE_ARTICLE * articles[layout.owners] + CLAUSE_OWN * sections, 0)
    whole[~shown] = 0
    clauses[~shown[layout.owners]] = 0
    named = np.where(covered[layout.sections] >= SECTION_NAMED, sections, 0)
    return [
        replace(hit, coverage=float(covered[layout.article_document[layout.number[hit.key]]]))
        for hit in _merged(layout, clauses, whole, named, limit)
    ]


def _merged(layout: Layout, clauses: Scores, whole: Scores, named: Scores, limit: int) -> list[Hit]:
    """Clauses and articles in one list, best first; equal scores in the order of article and place."""
    together = np.concatenate([clauses, whole])
    hits: list[Hit] = []
    taken: dict[int, int] = {}
    for i in _best(together, limit * (CLAUSES_PER_ARTICLE + 2) + 20):
        clause = i < len(clauses)
        owner = int(layout.owners[i]) if clause else i - len(clauses)
        if taken.get(owner, 0) >= (CLAUSES_PER_ARTICLE if clause else 1):
            continue
        taken[owner] = taken.get(owner, 0) + 1
        anchor = layout.anchors[i] if clause else _named_section(layout, owner, named)
        hits.append(Hit(layout.keys[owner], anchor, float(together[i]), 0.0))
        if len(hits) == limit:
            break
    return hits


def _best(scores: Scores, count: int) -> list[int]:
    """Places of at least the `count` best positive scores, best first, ties in the order of place."""
    if not len(scores):
        return []
    count = min(len(scores), count)
    bound = np.partition(scores, len(scores) - count)[len(scores) - count]
    # everything as good as the worst of them takes part in the sort, so that ties do not depend on the partition
    top = np.flatnonzero(scores >= max(bound, 1e-9))
    return [int(i) for i in top[np.lexsort((top, -scores[top]))]]


def _named_section(layout: Layout, article: int, named: Scores) -> str | None:
    """Anchor of the article's best section among those that cover enough of the question (the others have 0)."""
    own = layout.sections_of(article)
    if own.start == own.stop:
        return None
    best = own.start + int(np.argmax(named[own]))
    return layout.anchors[best] if named[best] > 0 else None
