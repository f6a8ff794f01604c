"""The last night, as its report tells it: for whoever watches the service."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kb.reporting.history import days, report_file
from kb.reporting.night import OUTCOMES

# reports that are tried, where the newest cannot be read
_TRIED = 7


@dataclass(frozen=True, slots=True)
class LastNight:
    """How the newest reported night went."""

    began: datetime
    ended: datetime
    # a key of OUTCOMES
    outcome: str
    # why it was not done, in Chinese
    reasons: tuple[str, ...]
    # files with errors whose last good version serves
    quarantined: int

    @property
    def good(self) -> bool:
        """Whether a new index came of it."""
        return self.outcome == "done"

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended - self.began).total_seconds()

    @property
    def sentence(self) -> str:
        """When it was and how it ended, for people; why is for operators and stands in `reasons`."""
        said = next((text for name, text in OUTCOMES.items() if name == self.outcome), self.outcome)
        return f"{self.began:%Y-%m-%d %H:%M} {said}"


def last_night(folder: Path) -> LastNight | None:
    """The newest report of a folder that can be read; None where there is none."""
    newest = days(folder)[:_TRIED]
    return next((night for day in newest if (night := _read(report_file(folder, day, "json")))), None)


def is_reported(folder: Path, began: datetime) -> bool:
    """Whether there is a report of the run that began at a moment."""
    night = _read(report_file(folder, began.date(), "json"))
    return night is not None and night.began == began


def _read(path: Path) -> LastNight | None:
    try:
        said = json.loads(path.read_text("utf-8"))
        return LastNight(
            began=datetime.fromisoformat(said["began"]),
            ended=datetime.fromisoformat(said["ended"]),
            outcome=str(said["outcome"]),
            reasons=tuple(str(reason) for reason in said["reasons"]),
            quarantined=len(said["quarantined"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
