"""The log of questions on disk: a file for each day in Asia/Shanghai, `questions-2026-12-01.jsonl`, one JSON object a line.

Every worker appends to the same file; a line is one write, so that lines of several processes do not mix (POSIX, O_APPEND).
What cannot be written is counted and said once: an answer never waits for a disk. Lines of desks stand in files beside it.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from kb.clock import SHANGHAI, timestamp
from kb.reporting.night import Asked

_LOG = logging.getLogger("kb.questions_file")
_NAME = re.compile(r"(\w+)=%")
# questions without a good answer that a report names
_MISSED = 20


def day_file(folder: Path, day: date) -> Path:
    """The file of a day."""
    return folder / f"questions-{day.isoformat()}.jsonl"


def desk_file(folder: Path, day: date, source: str) -> Path:
    """A file of what was asked on desks that day; `source`: what else it was fetched from gets another name."""
    return folder / f"questions-{day.isoformat()}.desks-{source}.jsonl"


class DayFiles(logging.Handler):
    """Writes records of `kb.questions` to the file of their day. A new day begins a new file."""

    def __init__(self, folder: Path, on_lost: Callable[[], None] = lambda: None) -> None:
        """The folder is made when it is needed, readable by its owner only. `on_lost` is called for each line that is lost."""
        super().__init__(logging.INFO)
        self._on_lost = on_lost
        self._folder = folder
        self._day: date | None = None
        self._file = -1
        # lines that could not be written
        self.lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Append one record; never raises."""
        try:
            at = datetime.fromtimestamp(record.created, SHANGHAI)
            if at.date() != self._day:
                self._open(at.date())
            os.write(self._file, line(record, at))
        except OSError as error:
            self._day = None
            self.lost += 1
            self._on_lost()
            if self.lost == 1:
                _LOG.warning("questions are not logged: %s", error)

    def _open(self, day: date) -> None:
        self._shut()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(day_file(self._folder, day), flags, 0o600)
        self._day = day

    def _shut(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._day = -1, None

    def close(self) -> None:
        """Let go of the file."""
        self._shut()
        super().close()


def line(record: logging.LogRecord, at: datetime) -> bytes:
    """The values of a record by the names in its format; numbers of people are masked by what the values are."""
    values = record.args if isinstance(record.args, tuple) else ()
    said = {
        name: value if isinstance(value, (int, float)) else str(value)
        for name, value in zip(_NAME.findall(str(record.msg)), values, strict=False)
    }
    return json.dumps({"at": timestamp(at), **said}, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


@dataclass(frozen=True, slots=True)
class Day:
    """What was asked on a day: each question (masked) with how often it was asked, and how the day went."""

    day: date
    questions: Counter[str]
    # of those: without any answer, without a good one
    zero: Counter[str]
    unsure: Counter[str]
    hours: tuple[int, ...]
    # lines that are no record
    unreadable: int = 0

    def sample(self, most: int) -> list[str]:
        """So many different questions, the most frequent first."""
        return [question for question, _ in self.questions.most_common(most)]

    def asked(self) -> Asked | None:
        """The day for a report; None where nothing was logged."""
        total = self.questions.total()
        if not total:
            return None
        missed = (self.zero + self.unsure).most_common(_MISSED)
        return Asked(
            self.day.isoformat(),
            total,
            self.zero.total() / total,
            self.unsure.total() / total,
            tuple(missed),
            self.hours,
        )


def read_day(folder: Path, day: date) -> Day:
    """The log of a day, that of desks included; an empty one where there is no file."""
    found = Day(day, Counter(), Counter(), Counter(), tuple([0] * 24))
    hours, unreadable = [0] * 24, 0
    for written in day_lines(folder, day):
        try:
            row = json.loads(written)
            question, hour = row.get("question"), datetime.fromisoformat(row["at"]).hour
        except (ValueError, KeyError, TypeError, AttributeError):
            unreadable += 1
            continue
        if question:
            hours[hour] += 1
            _count(found, str(question), row)
    return Day(day, found.questions, found.zero, found.unsure, tuple(hours), unreadable)


def day_lines(folder: Path, day: date) -> Iterator[bytes]:
    """The lines of a day as they stand in its files, those of desks included."""
    for path in (day_file(folder, day), *sorted(folder.glob(desk_file(folder, day, "*").name))):
        try:
            with path.open("rb") as lines:
                yield from lines
        except OSError:
            continue


def _count(day: Day, question: str, row: dict[str, object]) -> None:
    day.questions[question] += 1
    if not row.get("hits"):
        day.zero[question] += 1
    elif row.get("confident") is False:
        day.unsure[question] += 1
