"""A question with some of its parts read otherwise, and the way back to where they stand as typed.

What is read is analysed as one sentence with what stands around it, so that 换 shoujihao finds what 换手机号 finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_SPACE_BEFORE = re.compile(r"\s+$")
_SPACE_AFTER = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Swap:
    """A part of a question (raw offsets) and what it is read as."""

    kind: Literal["spelling", "pinyin"]
    start: int
    end: int
    read: str
    # less likely readings of the parts of it, with their share of the weight
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Reread:
    """The question as it was read."""

    text: str
    # for each of its characters: where it stands as typed, and the swap that it comes from
    _origins: tuple[tuple[int, int, Swap | None], ...]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The span as typed of a non-empty span of the text."""
        return self._origins[start][0], self._origins[end - 1][1]

    def swaps(self, start: int, end: int) -> set[Swap]:
        """The swaps that a span of the text comes from."""
        return {swap for _, _, swap in self._origins[start:end] if swap}


def reread(raw: str, swaps: Iterable[Swap]) -> Reread:
    """The question with its swaps, which must not overlap; blanks beside a swap are dropped, for Chinese has none."""
    text: list[str] = []
    origins: list[tuple[int, int, Swap | None]] = []
    at = 0

    def keep(end: int, dropped: re.Pattern[str] | None) -> None:
        kept = dropped.sub("", raw[at:end]) if dropped else raw[at:end]
        text.append(kept)
        origins.extend((at + i, at + i + 1, None) for i in range(len(kept)))

    for swap in sorted(swaps, key=lambda swap: swap.start):
        keep(swap.start, _SPACE_BEFORE)
        text.append(swap.read)
        origins += [(swap.start, swap.end, swap)] * len(swap.read)
        blank = _SPACE_AFTER.match(raw, swap.end)
        at = blank.end() if blank else swap.end
    keep(len(raw), None)
    return Reread("".join(text), tuple(origins))
