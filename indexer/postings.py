"""The terms of a question in all segments of a generation: where they stand, and how rare they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indexer import kernel
from indexer.inverted import term_hash
from indexer.segment import Segment
from indexer.state import SegmentState

# how many terms are remembered, about 0.2 KB each
_MOST = 65_536
_hash = lru_cache(_MOST)(term_hash)


@dataclass(frozen=True, slots=True)
class TermStatistics:
    """How rare a term is."""

    # live articles and sections that have it
    articles: int
    sections: int
    # ln(1 + (N - n + 0.5) / (n + 0.5)) (Robertson & Zaragoza 2009) over live articles, and over live sections
    article_idf: float
    section_idf: float

    @property
    def occurs(self) -> bool:
        """Whether any live document has it."""
        return self.articles + self.sections > 0


class Postings:
    """All terms of one generation. Safe for threads: a term looked up twice at once is merely looked up twice."""

    def __init__(self, segments: Sequence[Segment], states: Sequence[SegmentState]) -> None:
        self._segments = segments
        self._states = states
        sections = [np.diff(s.sections)[state.live].sum() for s, state in zip(segments, states, strict=True)]
        # live articles and sections
        self.articles = sum(int(np.count_nonzero(state.live)) for state in states)
        self.sections = int(sum(sections))
        self._kept: dict[tuple[str, str], TermStatistics] = {}

    def statistics(self, stream: str, text: str) -> TermStatistics:
        """How rare a term of a stream is; remembered."""
        found = self._kept.get((stream, text))
        if found is None:
            if len(self._kept) >= _MOST:
                self._kept = {}
            _, in_articles, in_sections = self.look_up([stream[0] + text])
            articles, sections = int(in_articles[0]), int(in_sections[0])
            found = TermStatistics(
                articles, sections, _idf(self.articles, articles), _idf(self.sections, sections)
            )  # fmt: skip
            self._kept[(stream, text)] = found
        return found

    def look_up(self, terms: Sequence[str]) -> tuple[list[NDArray[np.int64]], NDArray[np.int64], NDArray[np.int64]]:
        """Where marked terms stand in each segment, int64 [terms, 4] (`indexer.inverted`, zeros where nowhere), and in how
        many live articles and sections, int64 [terms] each."""
        hashes = np.array([_hash(term) for term in terms], np.uint64)
        found = []
        in_articles, in_sections = np.zeros(len(terms), np.int64), np.zeros(len(terms), np.int64)
        for segment, state in zip(self._segments, self._states, strict=True):
            places = np.empty((len(terms), 4), np.int64)
            kernel.look_up(segment.term_hashes, segment.term_places, hashes, places)
            found.append(places)
            in_articles += places[:, 2]
            in_articles -= places[:, 0]
            in_sections += places[:, 1]
            in_sections -= places[:, 2]
            if len(state.gone):
                _subtract_gone(state, places, in_articles, in_sections)
        return found, in_articles, in_sections


def _subtract_gone(
    state: SegmentState, places: NDArray[np.int64], in_articles: NDArray[np.int64], in_sections: NDArray[np.int64]
) -> None:
    """Take off the deleted articles and sections that hold each term."""
    at = np.minimum(state.gone.searchsorted(places[:, 3]), len(state.gone) - 1)
    hit = (state.gone[at] == places[:, 3]) & (places[:, 1] > places[:, 0])
    in_articles -= np.where(hit, state.gone_articles[at], 0)
    in_sections -= np.where(hit, state.gone_sections[at], 0)


def _idf(total: int, having: int) -> float:
    return math.log(1 + (total - having + 0.5) / (having + 0.5))
