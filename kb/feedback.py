"""What agents say about articles: the kinds there are, by when each is answered, and how words are kept. Pure rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from kb.clock import SHANGHAI
from kb.errors import Refused
from kb.privacy import mask

Kind = Literal["wrong", "unclear", "outdated", "praise"]
# in the order of the keys 1 to 4
KINDS: dict[Kind, str] = {"wrong": "内容有误", "unclear": "没说清", "outdated": "已过时", "praise": "有用"}
State = Literal["open", "done", "declined"]
STATES: dict[State, str] = {"open": "待处理", "done": "已处理", "declined": "不采纳"}
# working days until the reporter gets an answer; praise needs none
WORKING_DAYS: dict[Kind, int] = {"wrong": 1, "unclear": 3, "outdated": 1, "praise": 0}
# characters of a free text: a report, an answer
MOST = 500
# within which a report can be taken back, longer than the page offers it
UNDO = timedelta(seconds=60)
# the day so many working days after a day
WorkingDays = Callable[[date, int], date]
# control characters (line breaks and tabs excepted) and lone surrogates: no database holds all of them
# masking makes a text shorter, not more than so many times; what is longer is refused before any work on it
_MOST_SHORTER = 20
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said about a version of an article, and what became of it."""

    id: int
    kind: Kind
    # id@version, as the reporter saw it
    article_key: str
    article_id: str
    # the question under which it was found, numbers masked; empty where there was none
    question: str
    text: str
    reporter_id: int | None
    reporter: str
    at: datetime
    due: datetime
    state: State
    answer: str
    # name of who answered, empty if nobody has
    answered_by: str
    answered: datetime | None
    # when the reporter read the answer
    seen: datetime | None
    draft_id: int | None
    # of that draft, empty if there is none
    draft_state: str

    @property
    def kind_name(self) -> str:
        """The kind, in Chinese."""
        return KINDS[self.kind]

    @property
    def state_name(self) -> str:
        """The state, in Chinese."""
        return "" if self.kind == "praise" else STATES[self.state]

    @property
    def being_mended(self) -> bool:
        """Whether a draft of the article is on its way."""
        return self.draft_state in ("draft", "review", "approved")

    def is_late(self, at: datetime) -> bool:
        """Whether an answer is overdue."""
        return self.state == "open" and self.due < at


def due(kind: Kind, at: datetime, after: WorkingDays) -> datetime:
    """By when something reported at a moment is answered: the end of a working day."""
    day = at.astimezone(SHANGHAI).date()
    if WORKING_DAYS[kind]:
        day = after(day, WORKING_DAYS[kind])
    return datetime.combine(day, time(23, 59, 59), SHANGHAI)


def weekdays_after(start: date, days: int) -> date:
    """The day so many weekdays after a day, where no calendar of holidays is known."""
    day = start
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def words(text: str, most: int, what: str, *, required: bool = False) -> str:
    """What somebody typed, as it is kept: card, ID and phone numbers masked (row 78).

    Raises Refused with `what` it is about if it is longer than `most`, or empty and required.
    """
    if len(text) > most * _MOST_SHORTER:
        raise Refused(f"{what}有 {len(text)} 个字，最多 {most} 个字，请删短 {len(text) - most} 个字。")
    kept = mask(_UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip())
    if required and not kept:
        raise Refused(f"{what}还没有写。")
    if len(kept) > most:
        raise Refused(f"{what}有 {len(kept)} 个字，最多 {most} 个字，请删短 {len(kept) - most} 个字。")
    return kept


def line(text: str, most: int, what: str, *, required: bool = False) -> str:
    """The same for what stands on one line: a title, a question."""
    return words(" ".join(text.split()), most, what, required=required)
