"""How a score came about: what each term of a question added in each field of an article and its sections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from indexer.fields import STREAM_FIELDS
from indexer.inverted import Averages, bm25_parts
from indexer.postings import Postings
from indexer.segment import Segment
from indexer.whoosh_lengths import stored_lengths
from kb.backend import Contribution
from kb.query import Query


class Counted(NamedTuple):
    """The terms of one document."""

    # the article itself, or one of its sections
    is_article: bool
    # of its stream fields, as they were counted
    lengths: Sequence[int]
    # (term with its mark, stream field, count)
    terms: Sequence[tuple[str, int, int]]


def counted(segment: Segment, article: int) -> list[Counted]:
    """An article and its sections."""
    start, end = segment.section_range(article)
    handed = segment.handed
    return [
        Counted(document < segment.articles, handed.lengths[document].tolist(), handed.terms_of(document))
        for document in [article, *range(segment.articles + start, segment.articles + end)]
    ]


def contributions(
    query: Query, postings: Postings, documents: Sequence[Counted], average: Averages
) -> list[Contribution]:
    """The best contribution of each term in each field of an article and its sections, greatest first, coverage not counted."""
    wanted = {t.stream[0] + t.text: t for t in query.terms}
    best: dict[tuple[str, str], Contribution] = {}
    for is_article, own_lengths, terms in documents:
        lengths = stored_lengths(np.array(own_lengths, np.int64))
        for text, field, count in terms:
            term = wanted.get(text)
            if term is None:
                continue
            held = postings.statistics(term.stream, term.text)
            streams = np.array([field])
            part = float(bm25_parts(np.array([count], np.int32), lengths[streams], streams, average)[0])
            score = term.weight * (held.article_idf if is_article else held.section_idf) * part
            frequency = held.articles if is_article else held.sections
            made = Contribution(term.text, STREAM_FIELDS[field], term.weight, frequency, score)
            name = (made.term, made.field)
            if name not in best or best[name].score < score:
                best[name] = made
    return sorted(best.values(), key=lambda c: (-c.score, c.field, c.term))
