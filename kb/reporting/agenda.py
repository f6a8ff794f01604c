"""What of the articles needs somebody: what begins and ends soon, what was to be verified, what leads nowhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kb.library import in_force, periods
from kb.types import Article, Problem

# days that are looked ahead (row 75)
AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Due:
    """An article version and the moment, or day, that matters."""

    id: str
    title: str
    version: int
    owner: str
    # ISO date, or moment with offset
    when: str


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is coming, the soonest first, and what is late, the latest first."""

    begins: tuple[Due, ...]
    # an article of which nothing follows
    ends: tuple[Due, ...]
    overdue: tuple[Due, ...]
    # problems of files, with their places: errors first
    problems: tuple[Problem, ...]


def agenda(articles: Iterable[Article], problems: Iterable[Problem], at: datetime) -> Agenda:
    """The agenda of a moment; `articles`: all versions."""
    versions = list(articles)
    spans = periods(versions)
    last = {a.id: a for a in sorted(versions, key=lambda a: (a.effective, a.version))}
    now = in_force(versions, at)
    begins = [(a.effective, a) for a in versions if at < a.effective <= at + AHEAD]
    ends = [(end, a) for a in now if (end := spans[a.key][1]) and end <= at + AHEAD and last[a.id].key == a.key]
    overdue = [(day, a) for a in now if (day := _verify_by(a)) and day < at.date()]
    return Agenda(
        tuple(_due(a, moment.isoformat()) for moment, a in sorted(begins, key=_first)),
        tuple(_due(a, moment.isoformat()) for moment, a in sorted(ends, key=_first)),
        tuple(_due(a, day.isoformat()) for day, a in sorted(overdue, key=_first)),
        tuple(sorted(problems, key=lambda p: (p.level != "error", p.path, p.line))),
    )


def _first(row: tuple[date | datetime, Article]) -> tuple[date | datetime, str]:
    return row[0], row[1].key


def _verify_by(article: Article) -> date | None:
    """The last day on which it counts as verified."""
    return article.verified + timedelta(days=article.review_days) if article.verified else None


def _due(article: Article, when: str) -> Due:
    return Due(article.id, article.title, article.version, article.owner, when)
