"""What must hold for an evaluation to pass, and why it does not, in Chinese. For jobs that run at night."""

from __future__ import annotations

from dataclasses import dataclass

from kb.editing.effect import Effect
from kb.evaluating.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Gate:
    """Limits; None: anything will do. Shares from 0 to 1."""

    min_hit1: float | None = None
    min_hit3: float | None = None
    min_mrr: float | None = None
    # share of questions that find nothing
    max_zero: float | None = None
    # number of questions that find what they must not
    max_violated: int | None = None
    # number of questions that are answered worse than by the other generation
    max_lost: int | None = None

    @property
    def open(self) -> bool:
        """Whether nothing is asked for."""
        return self == Gate()

    def refusals(self, evaluation: Evaluation, effect: Effect | None) -> list[str]:
        """A sentence for each limit that is not kept; `effect`: compared with another generation, if it was."""
        made = evaluation.figures
        lost = len(effect.lost) if effect else None
        return [
            *_too_low("第 1 条就答对的占", made.hit1, self.min_hit1),
            *_too_low("前 3 条里有的占", made.hit3, self.min_hit3),
            *([f"MRR@10 是 {made.mrr10:.4f}，低于要求的 {self.min_mrr:g}。"] if _below(made.mrr10, self.min_mrr) else []),
            *([f"什么也没搜到的占 {percent(made.zero)}，高于允许的 {self.max_zero:.2%}。"]
              if self.max_zero is not None and made.zero > self.max_zero else []),
            *_too_many("不该找到却找到的有", len(evaluation.violated), self.max_violated),
            *_too_many("比另一代索引答得差的有", lost, self.max_lost),
        ]  # fmt: skip


def percent(share: float) -> str:
    """A share as it is printed everywhere."""
    return f"{share:.2%}"


def _below(share: float, least: float | None) -> bool:
    return least is not None and share < least


def _too_low(what: str, share: float, least: float | None) -> list[str]:
    return [f"{what} {percent(share)}，低于要求的 {least:.2%}。"] if _below(share, least) else []


def _too_many(what: str, number: int | None, most: int | None) -> list[str]:
    return [f"{what} {number} 题，多于允许的 {most} 题。"] if most is not None and (number or 0) > most else []
