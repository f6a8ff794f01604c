"""Two people changed one text: what each changed, what goes together by itself, and what somebody has to decide. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from merge3 import Merge3

Pick = Literal["mine", "theirs", "both"]


@dataclass(frozen=True, slots=True)
class Hunk:
    """A stretch of lines, as each side has it."""

    # same: nobody changed it, or both alike; conflict: both changed it, each in another way
    kind: Literal["same", "mine", "theirs", "conflict"]
    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


def three_way(base: str, mine: str, theirs: str) -> tuple[Hunk, ...]:
    """The hunks of two texts that both came from `base`, from top to bottom."""
    a, b, c = base.split("\n"), mine.split("\n"), theirs.split("\n")
    found = []
    for kind, *spans in Merge3(a, b, c).merge_regions():
        if kind == "conflict":
            z1, z2, a1, a2, b1, b2 = (n or 0 for n in spans)
            found += _narrowed(tuple(a[z1:z2]), tuple(b[a1:a2]), tuple(c[b1:b2]))
            continue
        first, last = spans[0] or 0, spans[1] or 0
        source = {"unchanged": a, "same": b, "a": b, "b": c}[kind]
        lines = tuple(source[first:last])
        name: Literal["same", "mine", "theirs"] = {"a": "mine", "b": "theirs"}.get(kind, "same")  # type: ignore[assignment]
        found.append(Hunk(name, lines if name == "same" else (), lines, lines))
    return tuple(found)


def _narrowed(base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> list[Hunk]:
    """A conflict, line by line where all sides have as many: neighbouring fields are not one another's business."""
    if not len(base) == len(mine) == len(theirs):
        return [Hunk("conflict", base, mine, theirs)]
    found = []
    for was, one, other in zip(base, mine, theirs, strict=True):
        if was == other:
            found.append(Hunk("mine", (), (one,), (one,)))
        elif was == one:
            found.append(Hunk("theirs", (), (other,), (other,)))
        elif one == other:
            found.append(Hunk("same", (one,), (one,), (one,)))
        else:
            found.append(Hunk("conflict", (was,), (one,), (other,)))
    return found


def settled(hunks: tuple[Hunk, ...], picks: Mapping[int, Pick]) -> str | None:
    """The text with a pick for every conflict (by its place among the hunks); None while one is undecided."""
    lines: list[str] = []
    for number, hunk in enumerate(hunks):
        pick = picks.get(number) if hunk.kind == "conflict" else "theirs"
        if pick is None:
            return None
        if pick in ("mine", "both"):
            lines += hunk.mine
        if pick in ("theirs", "both"):
            lines += hunk.theirs
    return "\n".join(lines)
