"""What a generation says of its segments beyond their files: what is deleted, and when each version is in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.bundle import open_bundle, write_bundle
from indexer.segment import Segment

FILE = "state.arrays"


@dataclass(frozen=True, slots=True)
class SegmentState:
    """The state of one segment in one generation."""

    # articles that are not deleted, bool [articles]
    live: NDArray[np.bool_]
    # in force from … until, seconds since 1970, int64 [articles]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    # terms of deleted documents, ascending int64 [n], and in how many deleted articles and sections each stands
    gone: NDArray[np.int64]
    gone_articles: NDArray[np.int64]
    gone_sections: NDArray[np.int64]

    def deleted_documents(self, segment: Segment) -> NDArray[np.int64]:
        """Numbers of the deleted articles and of their sections."""
        return documents_of(segment, np.flatnonzero(~self.live))


def documents_of(segment: Segment, articles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Document numbers of some articles and of their sections, ascending."""
    sections = np.isin(segment.owners, articles)
    return np.concatenate([articles, segment.articles + np.flatnonzero(sections)])


def state_of(
    segment: Segment, live: NDArray[np.bool_], start: NDArray[np.int64], end: NDArray[np.int64]
) -> SegmentState:
    """The state of a segment, the terms of its deleted documents counted."""
    dead = documents_of(segment, np.flatnonzero(~live))
    if not len(dead):
        nothing = np.empty(0, np.int64)
        return SegmentState(live, start, end, nothing, nothing, nothing)
    documents, terms = segment.handed.rows_of(dead)
    gone, place = np.unique(terms.astype(np.int64), return_inverse=True)
    in_articles = np.bincount(place[documents < segment.articles], minlength=len(gone))
    in_sections = np.bincount(place[documents >= segment.articles], minlength=len(gone))
    return SegmentState(live, start, end, gone, in_articles.astype(np.int64), in_sections.astype(np.int64))


_PARTS = ("live", "start", "end", "gone", "gone_articles", "gone_sections")


def write_states(folder: Path, states: Mapping[str, SegmentState]) -> None:
    """Write the states of a generation's segments, by name."""
    write_bundle(folder / FILE, {f"{name}.{p}": getattr(state, p) for name, state in states.items() for p in _PARTS})


def open_states(folder: Path, names: Iterable[str]) -> dict[str, SegmentState]:
    """The states of a generation's segments. Raises IndexCorrupt, OSError or KeyError."""
    arrays = open_bundle(folder / FILE)
    return {name: SegmentState(*(arrays[f"{name}.{p}"] for p in _PARTS)) for name in names}
