"""The way of a draft: which step may follow which, and who may take it. Pure decisions; nothing is read or written.

draft → review → published, with the ways back. Scheduled, in force and expired are not states: they follow from dates.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kb.people import Actor, Right

State = Literal["draft", "review", "approved", "published", "withdrawn"]
Step = Literal["save", "submit", "recall", "send_back", "approve", "withdraw", "comment", "urgent"]
STATES: dict[str, str] = {
    "draft": "草稿",
    "review": "待审核",
    "approved": "发布中",
    "published": "已发布",
    "withdrawn": "已撤回",
}
STEPS: dict[str, str] = {
    "save": "修改",
    "submit": "送审",
    "recall": "取回修改",
    "send_back": "退回修改",
    "approve": "通过并发布",
    "withdraw": "作废",
    "comment": "留言",
    "urgent": "改加急标记",
}
Phase = Literal["scheduled", "in_force", "expired"]
PHASES: dict[str, str] = {"scheduled": "待生效", "in_force": "生效中", "expired": "已失效"}


@dataclass(frozen=True, slots=True)
class _Rule:
    """From which states a step is taken, with which right, and where it leads (None: the state stays)."""

    states: tuple[State, ...]
    right: Right
    to: State | None


_RULES: dict[Step, _Rule] = {
    "save": _Rule(("draft",), "edit", None),
    "submit": _Rule(("draft",), "edit", "review"),
    "recall": _Rule(("review",), "edit", "draft"),
    "send_back": _Rule(("review",), "approve", "draft"),
    "approve": _Rule(("review",), "approve", "approved"),
    "withdraw": _Rule(("draft", "review"), "edit", "withdrawn"),
    "comment": _Rule(("draft", "review"), "edit", None),
    "urgent": _Rule(("draft", "review"), "edit", None),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules need to know of a draft."""

    state: State
    author_id: int
    # everybody who changed the text
    editors: frozenset[int]


def refusal(step: Step, draft: Standing, actor: Actor) -> str | None:
    """Why somebody may not take a step now, a Chinese sentence; None: it is allowed."""
    rule = _RULES[step]
    if not actor.may(rule.right):
        return f"您没有“{STEPS[step]}”的权限。"
    if draft.state not in rule.states:
        return f"这一稿现在是“{STATES[draft.state]}”，不能{STEPS[step]}。"
    if step == "approve" and actor.id in draft.editors | {draft.author_id}:
        return "自己写的或改过的稿子不能自己审核，请另一位审核人来审。"
    return None


def allowed(step: Step, actor: Actor) -> bool:
    """Whether somebody may ever take a step, whatever the draft."""
    return actor.may(_RULES[step].right)


def steps_for(draft: Standing, actor: Actor) -> tuple[Step, ...]:
    """The steps somebody may take now."""
    return tuple(step for step in _RULES if refusal(step, draft, actor) is None)


def after(step: Step, state: State) -> State:
    """The state that a step leads to."""
    return _RULES[step].to or state


def phase(start: datetime, end: datetime | None, at: datetime) -> Phase:
    """Whether a version is scheduled, in force or expired at a moment; [start, end) is its period (see kb.library.periods)."""
    if at < start:
        return "scheduled"
    return "in_force" if end is None or at < end else "expired"


def file_name(article_id: str, effective: datetime, at: datetime, taken: Collection[str] = ()) -> str:
    """Name of the file that holds a version: `<id>.md` if it is in force at once, else `<id>@<date>[T<time>].md`.

    `taken`: names of the article's other scheduled files that another version holds.
    """
    if effective <= at:
        return f"{article_id}.md"
    exact = effective.strftime("%Y-%m-%dT%H%M")
    short = effective.strftime("%Y-%m-%d")
    midnight = (effective.hour, effective.minute) == (0, 0)
    name = f"{article_id}@{short if midnight else exact}.md"
    return name if name not in taken else f"{article_id}@{exact}-{effective.strftime('%S')}.md"
