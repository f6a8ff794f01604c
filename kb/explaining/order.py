"""What put an article in its place besides its words: comparisons of the whole sentence, and what was learned, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.backend import Influence

# the parts that are told apart, and the engine's names in each
PARTS: dict[str, tuple[str, ...]] = {
    "词的得分": ("nearest", "score", "coverage", "nearest_held", "keyword", "sentence"),
    "整句和标题、问法像不像": ("title_covered", "characters", "pairs", "run", "in_order", "dividing", "length"),
    "问的是不是一回事（怎么办、多少钱、什么时候……）": ("intents_same", "intents_extra", "intents_missing"),
    "渠道对不对": ("channel_extra", "channel_other", "channel_same"),
    "从客户问法学到的": ("learned", "unlearned"),
    "编辑写明不该找到它的问题": ("refused",),
}
OTHERS = "其他"


@dataclass(frozen=True, slots=True)
class OrderPart:
    """A part of what decides the order: points of the explained article and of the one beside it; more is better."""

    name: str
    points: float
    beside: float


def order_parts(own: Sequence[Influence], beside: Sequence[Influence]) -> tuple[OrderPart, ...]:
    """The parts of both, those that the engine does not tell apart together at the end; empty where nothing was compared."""
    if not own:
        return ()
    group = {name: part for part, names in PARTS.items() for name in names}
    names = [*PARTS, *([OTHERS] if any(i.name not in group for i in own) else [])]
    return tuple(OrderPart(name, _sum(own, group, name), _sum(beside, group, name)) for name in names)


def _sum(influences: Sequence[Influence], group: dict[str, str], part: str) -> float:
    return sum(i.points for i in influences if group.get(i.name, OTHERS) == part)
