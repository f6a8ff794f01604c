"""A night as one HTML page that needs nothing else: no script, no request; for a browser, a mail and A4 paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from kb.reporting import plots
from kb.reporting.history import Past, short
from kb.reporting.night import OUTCOMES, Night
from kb.reporting.text import headline
from kb.types import Problem

# nights that the plots show, the reported one included
NIGHTS = 30
# rows that a table shows before one asks for the rest
_SHOWN = 10
_HERE = Path(__file__).parent
_PURGED = {
    "questions": "提问记录", "reports": "报告", "sessions": "登录", "links": "链接和密钥", "feedback": "反馈",
    "gaps": "缺口", "handovers": "转交", "readings": "阅读记录",
}  # fmt: skip
_WEEKDAYS = "一二三四五六日"


def as_page(night: Night, earlier: Sequence[Past] = ()) -> str:
    """The report as HTML. `earlier`: nights before it, the oldest first, for the plots."""
    nights = [*earlier, short(night)][-NIGHTS:]
    agenda = night.agenda
    errors, remarks = _by_level(agenda.problems if agenda else ())
    return _template().render(
        night=night, agenda=agenda, errors=errors, remarks=remarks, headline=headline(night), outcomes=OUTCOMES,
        nights=nights, first=nights[0].day, last=nights[-1].day, total=nights[-1].seconds,
        golden=_golden(nights), size=_size(nights), hours=_hours(night), steps=_steps(night),
        purged=[(_PURGED.get(name, name), count) for name, count in night.purged.items() if count],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Series:
    """A line, how it is called, and its class in the style sheet."""

    name: str
    line: plots.Line
    look: str = ""


@dataclass(frozen=True, slots=True)
class _Trend:
    """Lines over the nights, in one range."""

    span: plots.Range
    series: tuple[_Series, ...]


def _golden(nights: Sequence[Past]) -> _Trend | None:
    """Hit@1 and hit@3; None where there is nothing to compare."""
    first, third = [n.hit1 for n in nights], [n.hit3 for n in nights]
    known = [value for value in (*first, *third) if value is not None]
    if sum(value is not None for value in first) < 2:
        return None
    span = plots.around(known, 0.1, 1)
    return _Trend(
        span,
        (
            _Series("第 1 条就对", plots.line(first, span)),
            _Series("前 3 条里有", plots.line(third, span), "is-second"),
        ),
    )


def _size(nights: Sequence[Past]) -> _Trend | None:
    """How many articles there were."""
    counts = [float(n.articles) for n in nights]
    if len(counts) < 2:
        return None
    # a tenth of the size, as a round number
    step = max(plots.upwards([max(counts) / 10]).high, 10)
    span = plots.around(counts, step)
    return _Trend(span, (_Series("文章", plots.line(counts, span)),))


@dataclass(frozen=True, slots=True)
class _Bars:
    """Bars over a day."""

    span: plots.Range
    marks: list[plots.Mark]


def _hours(night: Night) -> _Bars | None:
    if night.asked is None or not any(night.asked.hours):
        return None
    span = plots.upwards(night.asked.hours)
    return _Bars(span, plots.bars(night.asked.hours, span))


def _steps(night: Night) -> list[float]:
    """How long each part took, in per cents of the longest."""
    most = max((step.seconds for step in night.steps), default=0) or 1
    return [round(100 * step.seconds / most, 1) for step in night.steps]


def _by_level(problems: Sequence[Problem]) -> tuple[list[Problem], list[Problem]]:
    return [p for p in problems if p.level == "error"], [p for p in problems if p.level != "error"]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = (_HERE / "page.css").read_text("utf-8")
    environment.filters.update(moment=_moment, day=_day, share=_share, delta=_delta, lasted=_lasted, count=_count)
    environment.globals.update(
        # our own file, and the hash that lets the browser use this style and no other
        style=Markup(style),  # noqa: S704
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        shown=_SHOWN,
        as_share=_share,
        as_count=_count,
    )
    return environment.get_template("page.html")


def _moment(written: str) -> str:
    """`2026-12-01 08:30`, or the day alone where no time is given."""
    return written if len(written) == len("2026-12-01") else f"{datetime.fromisoformat(written):%Y-%m-%d %H:%M}"


def _day(day: date | str) -> str:
    """`2026年12月1日 周二`."""
    day = datetime.fromisoformat(day).date() if isinstance(day, str) else day
    return f"{day.year}年{day.month}月{day.day}日 周{_WEEKDAYS[day.weekday()]}"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _delta(now: float, before: float) -> str:
    """By how many points a share has changed."""
    change = round(100 * (now - before), 1)
    return f"{'+' if change > 0 else '−' if change < 0 else '±'}{abs(change):.1f}"


def _lasted(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} 秒"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} 分 {rest} 秒" if minutes < 60 else f"{minutes // 60} 小时 {minutes % 60} 分"


def _count(value: float) -> str:
    return f"{value:,.0f}"
