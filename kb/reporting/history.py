"""Earlier nights, read from the reports that were kept: for the plots, the list in the browser and `kb report`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from kb.dated import dated
from kb.reporting.night import OUTCOMES, Night, Outcome


@dataclass(frozen=True, slots=True)
class Past:
    """A night in short."""

    day: date
    outcome: Outcome
    articles: int
    # shares of the golden questions whose article stood first, and among the first three; None: they were not asked
    hit1: float | None
    hit3: float | None
    # how long it took, and how much went wrong beside it
    seconds: float
    troubles: int


def report_file(folder: Path, day: date, form: str) -> Path:
    """Where the report of a day is; `form`: json, txt or html."""
    return folder / f"night-{day.isoformat()}.{form}"


def days(folder: Path) -> list[date]:
    """The days of which there is a report, the newest first."""
    return sorted({day for path in folder.glob("night-*.json") if (day := dated(path))}, reverse=True)


def past(folder: Path, until: date, most: int) -> list[Past]:
    """At most so many nights before `until`, the oldest first; a report that cannot be read is left out."""
    earlier = [day for day in days(folder) if day < until][:most]
    found = (_read(report_file(folder, day, "json"), day) for day in reversed(earlier))
    return [one for one in found if one]


def short(night: Night) -> Past:
    """A night as later ones see it."""
    after = night.golden.after if night.golden else None
    began, ended = datetime.fromisoformat(night.began), datetime.fromisoformat(night.ended)
    return Past(
        began.date(),
        night.outcome,
        night.articles,
        after.hit1 if after else None,
        after.hit3 if after else None,
        (ended - began).total_seconds(),
        len(night.troubles),
    )


def _read(path: Path, day: date) -> Past | None:
    try:
        return _past(json.loads(path.read_bytes()), day)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _past(said: Mapping[str, Any], day: date) -> Past:
    if said["outcome"] not in OUTCOMES:
        raise ValueError(said["outcome"])
    after = (said.get("golden") or {}).get("after") or {}
    began, ended = (datetime.fromisoformat(said[moment]) for moment in ("began", "ended"))
    return Past(
        day,
        cast(Outcome, said["outcome"]),
        int(said["articles"]),
        _share(after.get("hit1")),
        _share(after.get("hit3")),
        (ended - began).total_seconds(),
        len(said.get("troubles") or ()),
    )


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
