"""Durations that an article states → the dates on which they end: 15日内答复 is 最晚12月8日（周二）前答复您.

The day of asking does not count, the next is the first (民法典第二百零一条; hours count at once). A period of the law that ends
on a day off ends with the next working day (第二百零三条); the bank's own calendar days are not extended, so that nobody is told
a later date than the bank means. Working days are those of `kb/workdays.py`.

A wrong date is worse than none: what begins with something that has not happened yet (还清后, 次日起, 提前5个工作日) has none, nor
has what is counted from the trade (T+1) or is a day of a month (次月10日).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from kb.numerals import parse_number
from kb.types import Channel, ComplaintDetail, Detail
from kb.workdays import Calendar

NOT_ARRANGED = "按周末推算，节假日安排未公布"
_WEEKDAYS = "一二三四五六日"
_FRIDAY = 4
_LONGEST = 366

_NUMBER = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3})"
# the rest of a longer number, of a date or of T+1
_PART = r"(?<![\d.+＋月年百千零〇一二两三四五六七八九十])"
_PERIOD = re.compile(
    rf"{_PART}(?P<about>大约|一般|通常|预计|约)?(?P<most>可到|最长不超过|最长|不超过)?(?:(?P<least>{_NUMBER})[至到–—~～-])?"
    rf"(?P<n>{_NUMBER})\s?(?:个?(?P<work>工作日)|(?P<hours>个?小时)|个?自然日|[日天])(?P<within>以内|之内|内)?"
)
_NEXT = re.compile(
    r"(?:约|一般|预计)?(?:(?P<work>下一?个?工作日|次一?个?工作日)|次日|第二天)(?=前?(?:到账|答复|联系|确认|寄出|入账|出结果))"
)
# what comes before a period that does not begin today
_OTHER_BEGINNING = re.compile(
    "后|起|满|提前|逾|每|再|延长|近|前|过|连续|累计|间隔|有效|第|少于|不足|另|可$"
    r"|[TDtd]\s?[+＋]|[月周号]\s?(?:大?约)?$"
)
# what comes after one that is no deadline
_NO_DEADLINE = re.compile("[后起前不未没的间以左]|有效|至|到期")
# without 内 a period is a deadline where something comes of it
_OUTCOME = re.compile(
    "到账|到货|到位|寄到|送到|送达|出结果|有结果|有回音|办好|办结|备好|完成|答复|联系|处理|确认|批|放款|查清|恢复"
)
_SENT = re.compile("(?:邮寄|寄送|寄出|审核|审批|核查|处理|核实)$")
_TO_CUSTOMER = re.compile("(?<=联系|告诉|通知|答复|回复)客户")
_PLAIN_PROMISE = re.compile("[^，客]{0,4}(?:客户经理)?(?:答复|联系|回复|通知)")


@dataclass(frozen=True, slots=True)
class Deadline:
    """What is due on a day, as it is said to the customer."""

    text: str
    day: date
    # what to know before saying it: `12月13日是周日，顺延`, `按周末推算，节假日安排未公布`; mostly empty
    note: str = ""


# how long something takes, by when the bank answers, by when the law wants it
Field = Literal["duration", "bank", "law"]


def find_deadlines(text: str, today: date, calendar: Calendar, field: Field = "duration") -> tuple[Deadline, ...]:
    """The deadlines that the text of a field states, counted from a day, in their order."""
    found: list[Deadline] = []
    for sentence in re.split("[；;。]", text):
        before = ""
        for clause in re.split("[，,]", sentence):
            deadline = _in_clause(clause.strip(), before, today, calendar, field)
            if deadline:
                found.append(deadline)
            before = clause
    return tuple(found)


def deadlines_of(
    detail: Detail, channels: Iterable[Channel], today: date, calendar: Calendar
) -> dict[str, tuple[Deadline, ...]]:
    """The text of each field that states deadlines → these; fields without any are left out."""
    found = {c.duration: find_deadlines(c.duration, today, calendar) for c in channels}
    if isinstance(detail, ComplaintDetail):
        found[detail.internal_deadline] = find_deadlines(detail.internal_deadline, today, calendar, "bank")
        found[detail.legal_deadline] = find_deadlines(detail.legal_deadline, today, calendar, "law")
    return {text: deadlines for text, deadlines in found.items() if deadlines}


def may_have_deadlines(detail: Detail, channels: Iterable[Channel]) -> bool:
    """Whether it is worth while to look: cheap, and never false where there are some."""
    return isinstance(detail, ComplaintDetail) or any(
        "日" in c.duration or "天" in c.duration or "小时" in c.duration for c in channels
    )


def day_name(day: date, today: date) -> str:
    """`12月8日（周二）`, with the year where it is another one than today's."""
    year = "" if day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def _in_clause(clause: str, before: str, today: date, calendar: Calendar, field: Field) -> Deadline | None:
    if before.endswith(("后", "起", "时", "之日", "以前", "前")):
        return None
    return _next_day(clause, today, calendar) or _period(clause, today, calendar, field)


def _next_day(clause: str, today: date, calendar: Calendar) -> Deadline | None:
    match = _NEXT.match(clause)
    if not match:
        return None
    day = calendar.add_working_days(today, 1) if match["work"] else today + timedelta(days=1)
    note = _not_arranged(today, day, calendar) if match["work"] else ""
    return Deadline(_to_customer(day_name(day, today), clause[match.end() :]), day, note)


def _period(clause: str, today: date, calendar: Calendar, field: Field) -> Deadline | None:
    match = _PERIOD.search(clause)
    if not match:
        return None
    head, rest = clause[: match.start()], clause[match.end() :]
    if _OTHER_BEGINNING.search(head) or _NO_DEADLINE.match(rest) or not _is_deadline(match, head, rest, field):
        return None
    last = _end(match["n"], match, today, calendar)
    first = _end(match["least"], match, today, calendar) if match["least"] else None
    if last is None or (first is not None and first > last):
        return None
    day, note = _end_of_law(last, today, calendar) if field == "law" and not match["work"] else (last, "")
    if match["work"]:
        note = _not_arranged(today, day, calendar)
    return Deadline(head + _to_customer(_when(match, first, day, today, field), rest), day, note)


def _is_deadline(match: re.Match[str], head: str, rest: str, field: Field) -> bool:
    if match["hours"]:
        return bool(match["within"]) and int(parse_number(match["n"]) or 0) % 24 == 0
    if match["within"]:
        return True
    if field != "duration" and (match["most"] or not rest):
        return True
    return bool(_OUTCOME.match(rest) or (not rest and _SENT.search(head)))


def _end(number: str, match: re.Match[str], today: date, calendar: Calendar) -> date | None:
    value = parse_number(number)
    if value is None or not 1 <= value <= _LONGEST:
        return None
    count = int(value)
    if match["work"]:
        return calendar.add_working_days(today, count)
    return today + timedelta(days=count // 24 if match["hours"] else count)


def _end_of_law(last: date, today: date, calendar: Calendar) -> tuple[date, str]:
    """The last day of a period of the law, and what is to be known of it."""
    day = last if calendar.is_workday(last) else calendar.add_working_days(last, 1)
    if day == last:
        return day, "" if calendar.knows_year(day.year) else NOT_ARRANGED
    why = f"是周{_WEEKDAYS[last.weekday()]}" if last.weekday() > _FRIDAY else "放假"
    moved = f"{last.month}月{last.day}日{why}，顺延"
    return day, moved if calendar.knows_year(day.year) else f"{moved}；{NOT_ARRANGED}"


def _not_arranged(today: date, day: date, calendar: Calendar) -> str:
    years = range(today.year, day.year + 1)
    return "" if all(calendar.knows_year(year) for year in years) else NOT_ARRANGED


def _when(match: re.Match[str], first: date | None, day: date, today: date, field: Field) -> str:
    """How the date is said: a limit is 最晚, what is usual is not."""
    if match["most"] in ("最长不超过", "最长", "不超过"):
        return f"最长到{day_name(day, today)}"
    if match["within"] or match["most"] or field != "duration":
        return f"最晚{day_name(day, today)}{'这个钟点' if match['hours'] else ''}前"
    if first:
        return f"预计{day_name(first, today)}至{day_name(day, today)}"
    return f"{'大约' if match['about'] else '预计'}{day_name(day, today)}"


def _to_customer(when: str, rest: str) -> str:
    """The date and what happens by then, said to the customer."""
    if _PLAIN_PROMISE.fullmatch(rest):
        return f"{when}{rest}您"
    return when + _TO_CUSTOMER.sub("您", rest)
