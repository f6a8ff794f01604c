"""The postings of a term over all segments of a generation, with its inverse document frequency; kept for the next question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.inverted import term_hash
from indexer.segment import Segment
from indexer.state import SegmentState

# how many terms are kept ready, about 1 KB each, and how many bytes of scores
_MOST, _MOST_BYTES = 16_384, 64 << 20
# a term of so many documents is added up by itself, and as a whole row if it is of this share of a segment's documents
_FREQUENT, _DENSE = 2048, 0.2


@dataclass(slots=True)
class SegmentPostings:
    """Where a term stands in one segment: documents int64 [n] ascending, and scores (idf · impact) float32 [n]."""

    documents: NDArray[np.int64]
    scores: NDArray[np.float32]
    # how many of them, the first ones, are articles
    articles: int
    # the scores of all documents of the segment, float32 [documents], where that is shorter to add up
    dense: NDArray[np.float32] | None


@dataclass(slots=True)
class TermPostings:
    """A term: how rare it is among articles and among sections, and where it stands."""

    # ln(1 + (N - n + 0.5) / (n + 0.5)) (Robertson & Zaragoza 2009) over live articles, and over live sections
    article_idf: float
    section_idf: float
    # live articles and sections that have it
    articles: int
    sections: int
    # one for each segment, None where the term does not occur
    segments: tuple[SegmentPostings | None, ...]
    # whether any live document has it, and whether many have
    occurs: bool
    frequent: bool


class Postings:
    """All terms of one generation. Safe for threads: a term looked up twice at once is merely looked up twice."""

    def __init__(self, segments: Sequence[Segment], states: Sequence[SegmentState]) -> None:
        self._segments = segments
        self._states = states
        sections = [np.diff(s.sections)[state.live].sum() for s, state in zip(segments, states, strict=True)]
        # live articles and sections
        self.articles = sum(int(np.count_nonzero(state.live)) for state in states)
        self.sections = int(sum(sections))
        self._kept: dict[str, TermPostings] = {}
        self._bytes = 0

    def __call__(self, stream: str, text: str) -> TermPostings:
        """The postings of a term in a stream."""
        term = stream[0] + text
        found = self._kept.get(term)
        if found is None:
            if len(self._kept) >= _MOST or self._bytes >= _MOST_BYTES:
                self._kept, self._bytes = {}, 0
            found = self._kept[term] = self._look_up(term)
        return found

    def _look_up(self, term: str) -> TermPostings:
        hashed = np.uint64(term_hash(term))
        found = [segment.find_term(hashed) for segment in self._segments]
        articles = sections = 0
        for place, state in zip(found, self._states, strict=True):
            if place is not None:
                start, end, split, number = place
                gone_articles, gone_sections = _gone(state, number)
                articles += split - start - gone_articles
                sections += end - split - gone_sections
        having = articles + sections
        idf = _idf(self.articles, articles), _idf(self.sections, sections)
        held = [p and self._held(s, p, *idf) for s, p in zip(self._segments, found, strict=True)]
        return TermPostings(*idf, articles, sections, tuple(held), having > 0, having >= _FREQUENT)

    def _held(
        self, segment: Segment, place: tuple[int, int, int, int], article_idf: float, section_idf: float
    ) -> SegmentPostings:
        start, end, split, _ = place
        articles = split - start
        documents, impacts = segment.postings(start, end)
        scores = impacts * np.float32(article_idf)
        if split < end:
            scores[articles:] = impacts[articles:] * np.float32(section_idf)
        dense = None
        if end - start >= max(_FREQUENT, _DENSE * segment.documents):
            dense = np.zeros(segment.documents, np.float32)
            dense[documents] = scores
            self._bytes += dense.nbytes
        self._bytes += scores.nbytes
        return SegmentPostings(documents, scores, articles, dense)


def _gone(state: SegmentState, row: int) -> tuple[int, int]:
    """In how many deleted articles and sections a term stands."""
    if not len(state.gone):
        return 0, 0
    at = int(np.searchsorted(state.gone, row))
    if at < len(state.gone) and state.gone[at] == row:
        return int(state.gone_articles[at]), int(state.gone_sections[at])
    return 0, 0


def _idf(total: int, having: int) -> float:
    return math.log(1 + (total - having + 0.5) / (having + 0.5))
