"""The smallest numbers of any stretch of a long list, one after the other, without looking at the whole stretch."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

_FAN = 8


def minima(numbers: Sequence[int]) -> list[array[int]]:
    """For `ascending`: the minima of 8 numbers each, of 8 of those, and so on up to the last few."""
    levels: list[array[int]] = []
    below = numbers
    while len(below) > _FAN:
        level = array("I", (min(below[i : i + _FAN]) for i in range(0, len(below), _FAN)))
        levels.append(level)
        below = level
    return levels


def ascending(levels: Sequence[Sequence[int]], start: int, end: int) -> Iterator[int]:
    """The distinct numbers of levels[0][start:end] from the smallest on; `levels`: the numbers and their `minima`."""
    heap = list(_cover(levels, start, end))
    heapify(heap)
    last = -1
    while heap:
        number, level, at = heappop(heap)
        while level:
            level -= 1
            first = at * _FAN
            below = list(levels[level][first : first + _FAN])
            at = first + below.index(number)
            for place, other in enumerate(below, first):
                if place != at:
                    heappush(heap, (other, level, place))
        if number != last:
            yield number
            last = number


def _cover(levels: Sequence[Sequence[int]], start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(minimum, level, place) of the few largest blocks that make up a stretch."""
    for level, numbers in enumerate(levels):
        if end - start <= 2 * _FAN or level == len(levels) - 1:
            yield from ((numbers[i], level, i) for i in range(start, end))
            return
        above, last = -(-start // _FAN), end // _FAN
        yield from ((numbers[i], level, i) for i in range(start, above * _FAN))
        yield from ((numbers[i], level, i) for i in range(last * _FAN, end))
        start, end = above, last
