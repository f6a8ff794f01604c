"""The terms of a question in all segments of a generation: where they stand, and how rare they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer import kernel
from indexer.catalogue import Catalogue
from indexer.fields import STREAMS
from indexer.inverted import term_hash
from indexer.state import SegmentState

# how many terms are remembered, about 0.2 KB each
_MOST = 65_536
Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class _Hashes(dict[str, int]):
    """Term → hash of the term with the mark of its stream; remembered."""

    def __init__(self, stream: str) -> None:
        super().__init__()
        self._mark = stream[0]

    def __missing__(self, term: str) -> int:
        if len(self) >= _MOST:
            self.clear()
        found = self[term] = term_hash(self._mark + term)
        return found


# stream → hashes of its terms
HASHES = {stream: _Hashes(stream) for stream in STREAMS}


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

    def __init__(self, segments: Sequence[Catalogue], states: Sequence[SegmentState]) -> None:
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
            _, in_articles, in_sections = self.look_up(np.array([HASHES[stream][text]], np.uint64))
            articles, sections = int(in_articles[0]), int(in_sections[0])
            found = TermStatistics(
                articles, sections, _idf(self.articles, articles), _idf(self.sections, sections)
            )  # fmt: skip
            self._kept[(stream, text)] = found
        return found

    def look_up(self, hashes: Hashes) -> tuple[list[Ints], Ints, Ints]:
        """Where terms stand in each segment, int64 [terms, 4] (`indexer.inverted`, zeros where nowhere), and in how many live
        articles and sections, int64 [terms] each. `hashes`: of the terms (`HASHES`), uint64."""
        found = []
        in_articles, in_sections = np.zeros((2, len(hashes)), np.int64)
        for segment, state in zip(self._segments, self._states, strict=True):
            places = np.empty((len(hashes), 4), np.int64)
            kernel.look_up_and_count(
                segment.term_hashes, segment.term_places, hashes, state.gone, state.gone_articles, state.gone_sections,
                places, in_articles, in_sections,
            )  # fmt: skip
            found.append(places)
        return found, in_articles, in_sections


def _idf(total: int, having: int) -> float:
    return math.log(1 + (total - having + 0.5) / (having + 0.5))
