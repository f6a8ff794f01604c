"""Working days in China: weekdays without the holidays that the State Council arranges, and the weekends that make up for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Any

from kb.clock import parse_date

# Monday to Friday
_WEEKDAYS = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days differ from what the day of the week says. A year it does not know has its weekends only."""

    days_off: frozenset[date] = frozenset()
    working_weekends: frozenset[date] = frozenset()

    def knows_year(self, year: int) -> bool:
        """Whether the arrangement of a year is known; without it, a date worked out may be wrong by some days."""
        return any(day.year == year for day in self.days_off)

    def is_workday(self, day: date) -> bool:
        """Whether banks' back offices work on a day."""
        return day in self.working_weekends or (day.weekday() < _WEEKDAYS and day not in self.days_off)

    def add_working_days(self, start: date, days: int) -> date:
        """The day so many working days after a day; that day itself does not count. `days` is not negative."""
        if days < 0:
            raise ValueError(days)
        day = start
        while days:
            day += timedelta(days=1)
            days -= self.is_workday(day)
        return day


def read_calendar(said: Mapping[str, Any]) -> tuple[Calendar, list[str]]:
    """The calendar that `year: {off: […], work: […]}` describes, and what of it cannot be understood.

    A day is `2026-01-01`, a span `2026-01-01..2026-01-03`, both ends included.
    """
    wrong: list[str] = []
    off: list[Iterable[date]] = []
    work: list[Iterable[date]] = []
    for year, entry in said.items():
        listed = entry if isinstance(entry, dict) else {}
        for name, into in (("off", off), ("work", work)):
            values = listed.get(name, [])
            for value in values if isinstance(values, list) else [values]:
                days = _span(str(value))
                if days is None or any(str(day.year) != str(year) for day in days):
                    wrong.append(f"{year} 年的 {name} 里“{value}”看不懂，请写成 2026-01-01 或 2026-01-01..2026-01-03。")
                else:
                    into.append(days)
    return Calendar(frozenset(chain.from_iterable(off)), frozenset(chain.from_iterable(work))), wrong


def _span(text: str) -> list[date] | None:
    first, _, last = text.partition("..")
    try:
        start, end = parse_date(first), parse_date(last or first)
    except ValueError:
        return None
    length = (end - start).days
    return [start + timedelta(days=n) for n in range(length + 1)] if 0 <= length < 32 else None
