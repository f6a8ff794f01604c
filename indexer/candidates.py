"""What matches a question best, as columns: filled by compiled loops, put in order as arrays, read as rows by whoever asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from indexer.columns import FOUND_COLUMNS, SCORE, VALUE_COLUMNS

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


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


class Candidates(Sequence[tuple[int, Found]]):
    """Candidates in an order. As a sequence: (number of the segment, found), made when it is looked at."""

    __slots__ = ("found", "values")

    def __init__(self, found: Ints, values: Doubles) -> None:
        """`found` [candidates, FOUND_COLUMNS], `values` [candidates, VALUE_COLUMNS]: see `indexer.columns`."""
        self.found = found
        self.values = values

    @staticmethod
    def empty(size: int) -> Candidates:
        """Space for so many."""
        return Candidates(np.empty((size, FOUND_COLUMNS), np.int64), np.empty((size, VALUE_COLUMNS)))

    @staticmethod
    def together(parts: Sequence[Candidates]) -> Candidates:
        """Those of several segments, one after another."""
        return Candidates(np.concatenate([p.found for p in parts]), np.concatenate([p.values for p in parts]))

    def at(self, places: Ints | list[int]) -> Candidates:
        """Those at some places, in that order."""
        return Candidates(self.found[places], self.values[places])

    @property
    def best(self) -> float:
        """The greatest score."""
        return float(self.values[:, SCORE].max())

    def __len__(self) -> int:
        return len(self.found)

    @overload
    def __getitem__(self, place: int) -> tuple[int, Found]: ...
    @overload
    def __getitem__(self, place: slice) -> Candidates: ...
    def __getitem__(self, place: int | slice) -> tuple[int, Found] | Candidates:
        if isinstance(place, slice):
            return Candidates(self.found[place], self.values[place])
        return next(iter(self[place : place + 1 or None]))

    def __iter__(self) -> Iterator[tuple[int, Found]]:
        for (segment, article, section, named, _), (score, coverage, lexical) in zip(
            self.found.tolist(), self.values.tolist(), strict=True
        ):
            yield segment, Found(score, article, section, named, coverage, lexical)
