"""Scores of all documents for a question: BM25 over the fields, times how much of the question a document covers."""

from __future__ import annotations

import numpy as np

from indexer.fields import ARTICLE_FIELDS, FIELDS, SECTION_FIELDS, STREAMS, stream_field
from indexer.postings import Postings, Scores
from kb.query import Query


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
