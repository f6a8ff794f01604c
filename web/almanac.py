"""What of the day and the registry stands on cards: the date that deadlines count from, holidays, how departments are reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from kb.registry import Registry, load_part

_FILES = ("holidays.yml", "departments.yml")


@dataclass(frozen=True, slots=True)
class Today:
    """A day, and holidays and departments as the registry has them."""

    day: date
    registry: Registry


class Almanac:
    """Reads holidays and departments, and again when their files are others. Safe for threads."""

    def __init__(self, articles: Path) -> None:
        """`articles`: the folder with `_registry`; where it is missing, years have their weekends only."""
        self._articles = articles
        self._paths = [articles / "_registry" / name for name in _FILES]
        self._kept: tuple[list[int], Registry] | None = None

    def today(self, at: datetime) -> Today:
        """The day of a moment."""
        times = [_modified(path) for path in self._paths]
        kept = self._kept
        if kept is None or kept[0] != times:
            kept = self._kept = (times, load_part(self._articles, *_FILES))
        return Today(at.date(), kept[1])


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
