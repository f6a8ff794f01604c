"""Working days: holidays, weekends that make up for them, and years nobody has arranged yet."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.registry import load_registry
from kb.workdays import Calendar, read_calendar

CALENDAR = load_registry(Path(__file__).resolve().parents[2] / "articles")[0].calendar


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 11, 25), 1, date(2026, 11, 26)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2025, 12, 31), 1, date(2026, 1, 4)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 9, 30), 2, date(2026, 10, 9)),
        (date(2026, 10, 9), 1, date(2026, 10, 10)),
        (date(2026, 11, 25), 0, date(2026, 11, 25)),
    ],
)
def test_the_arrangement_of_2026(start, days, end):  # row 28
    assert CALENDAR.add_working_days(start, days) == end


def test_a_year_that_is_not_arranged_has_its_weekends_and_says_so():  # row 28
    assert CALENDAR.knows_year(2026)
    assert not CALENDAR.knows_year(2027)
    assert CALENDAR.is_workday(date(2027, 10, 1))


@given(st.dates(date(2025, 1, 1), date(2028, 1, 1)), st.integers(0, 40))
def test_exactly_so_many_working_days_lie_between(start, days):
    end = CALENDAR.add_working_days(start, days)
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(map(CALENDAR.is_workday, between)) == days
    assert days == 0 or CALENDAR.is_workday(end)


def test_time_does_not_run_backwards():
    with pytest.raises(ValueError, match="-1"):
        Calendar().add_working_days(date(2026, 1, 1), -1)


@pytest.mark.parametrize(
    "value", ["2026-13-01", "国庆", "2026-10-07..2026-10-01", "2027-01-01", "2026-01-01..2027-01-01"]
)
def test_what_is_no_day_is_said(value):  # row 41
    calendar, wrong = read_calendar({"2026": {"off": ["2026-01-01", value]}})
    assert calendar.days_off == {date(2026, 1, 1)}
    assert value in wrong[0]


def test_problems_of_the_file_are_problems_of_the_library(tmp_path):  # row 41
    (tmp_path / "_registry").mkdir()
    (tmp_path / "_registry/holidays.yml").write_text('"2026":\n  off: [元旦]\n', encoding="utf-8")
    (problem,) = load_registry(tmp_path)[1]
    assert "元旦" in problem.message
