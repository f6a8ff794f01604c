"""Where the marks of a plot stand, in per cents of its width and height, so that text keeps its size on every screen. Pure.

The page draws them as SVG in its template, which escapes whatever is written there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# share of a bar's place that stays free
_GAP = 0.25


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar or a point. `x` and `y` are its left upper corner, or its middle; `value` is what it stands for."""

    x: float
    y: float
    width: float
    height: float
    value: float
    # which of the values it is, from 0
    number: int


@dataclass(frozen=True, slots=True)
class Line:
    """Points and the strokes between them; a missing value parts two strokes."""

    points: tuple[Mark, ...]
    # each `x,y x,y`, as SVG writes it
    strokes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """What the lower and the upper edge of a plot stand for."""

    low: float
    high: float

    def height(self, value: float) -> float:
        """How far up a value is, from 0 to 100."""
        return 100 * (value - self.low) / (self.high - self.low)


def upwards(values: Sequence[float]) -> Range:
    """From 0 to a round number that no value passes."""
    most = max(values, default=0)
    if most <= 0:
        return Range(0, 1)
    step = 10 ** math.floor(math.log10(most))
    return Range(0, next(step * n for n in (1, 2, 5, 10) if step * n >= most))


def around(values: Sequence[float], step: float, most: float = math.inf) -> Range:
    """From the round number below all values to the one above, `most` at most: for what hardly changes."""
    low, high = min(values, default=0), max(values, default=0)
    bottom = math.floor(low / step) * step
    top = min(math.ceil(high / step) * step, most)
    if top > bottom:
        return Range(bottom, top)
    # all are the same round number: it stands in the middle
    return Range(max(bottom - step, 0), min(bottom + step, most))


def bars(values: Sequence[float], span: Range) -> list[Mark]:
    """A bar for each value, from the left to the right."""
    place = 100 / len(values) if values else 0
    return [
        Mark(
            _short(place * (number + _GAP / 2)), _short(100 - span.height(value)),
            _short(place * (1 - _GAP)), _short(span.height(value)), value, number,
        )
        for number, value in enumerate(values)
    ]  # fmt: skip


def line(values: Sequence[float | None], span: Range) -> Line:
    """Points from the left to the right, each in the middle of its place."""
    place = 100 / len(values) if values else 0
    points = [
        Mark(_short(place * (number + 0.5)), _short(100 - span.height(value)), 0, 0, value, number)
        for number, value in enumerate(values)
        if value is not None
    ]
    return Line(tuple(points), tuple(_strokes(points)))


def _strokes(points: Sequence[Mark]) -> Iterator[str]:
    stroke: list[Mark] = []
    for point in points:
        if stroke and point.number != stroke[-1].number + 1:
            yield _written(stroke)
            stroke = []
        stroke.append(point)
    if stroke:
        yield _written(stroke)


def _written(stroke: Sequence[Mark]) -> str:
    return " ".join(f"{point.x},{point.y}" for point in stroke)


def _short(value: float) -> float:
    return round(value, 2)
