"""The moment that a request asks about, and moments as they are said."""

from __future__ import annotations

from datetime import datetime

from kb.clock import now, parse_moment
from kb.errors import NotAllowed, QuestionError
from kb.people import Actor

# what is counted on from a moment must stay within the years that Python knows
_LAST_YEAR = 2999


def moment(text: str, actor: Actor) -> datetime:
    """The moment that is written, or the present one where nothing is.

    Raises QuestionError, with how to write it, and NotAllowed: only who edits may look ahead (row 43).
    """
    try:
        at = parse_moment(text) if text else now()
    except ValueError as error:
        raise QuestionError(f"日期“{text[:40]}”看不懂，请写成 2026-12-01 或 2026-12-01 08:30（北京时间）。") from error
    if at.year > _LAST_YEAR:
        raise QuestionError(f"日期“{text[:40]}”太远了，最远到 {_LAST_YEAR} 年。")
    if text and at > now() and not actor.may("edit"):
        raise NotAllowed("还没生效的内容只有编辑能提前看：请用有编辑权限的账号登录，或者去掉日期。")
    return at


def day(moment: datetime, at: datetime) -> str:
    """The day of a moment as it is said: with the year only where it is another one."""
    year = f"{moment.year}年" if moment.year != at.year else ""
    return f"{year}{moment.month}月{moment.day}日"
