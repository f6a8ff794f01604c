"""Questions whose answer agents took: in a call somebody asked, and copied the script of an article before asking anything else.

One copy says little, and one person's habit no more: a question counts for an article when several calls and more than one
person agree, and hardly any took another article. Read from the log of questions, in which numbers are masked.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from kb.clock import SHANGHAI
from kb.normalize import normalize
from kb.questions_file import day_lines

# days that are looked back on; calls and people that must agree, and the share of all copies after this question
DAYS, CALLS, PEOPLE, SHARE = 30, 3, 2, 0.75
# questions of one article, those of the most calls first; characters of one
MOST, LONGEST = 30, 60
_COPIED, _NO_CALL = "copy", "-"
# both as they stand in a line
_COPY, _CALL = f'"{_COPIED}"'.encode(), re.compile(rb'"call": ?"([^"\\]*)"')
# article id → questions, normalised
Confirmed = Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class _Agreed:
    """Who took an article after a question."""

    calls: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Copy:
    """A script that was copied: when, by whom, and the last question of its call before that."""

    at: datetime
    article: str
    person: str
    asked: datetime | None = None
    question: str = ""


def confirmed(folder: Path, now: datetime) -> Confirmed:
    """What the logs of the days before confirm. Days without a log say nothing; lines that are no record are skipped."""
    agreed: dict[tuple[str, str], _Agreed] = defaultdict(_Agreed)
    today = now.astimezone(SHANGHAI).date()
    for back in range(1, DAYS + 1):
        day = today - timedelta(days=back)
        for call, copy in _copies(folder, day.isoformat()):
            question = normalize(copy.question).text.strip()
            if 1 < len(question) <= LONGEST:
                found = agreed[question, copy.article]
                # ids of calls are those of a day
                found.calls.add(f"{day} {call}")
                found.people.add(copy.person)
    return _certain(agreed)


def _copies(folder: Path, day: str) -> Iterator[tuple[str, _Copy]]:
    """Each script copied in a call on a day, with the question before it. Reads twice: questions are many, copies few."""
    copied: dict[str, list[_Copy]] = defaultdict(list)
    for at, row in _rows(folder, day, lambda line: _COPY in line):
        if row.get("did") == _COPIED:
            article = str(row.get("article", "")).rpartition("@")[0]
            copied[str(row["call"])].append(_Copy(at, article, str(row.get("person", ""))))
    for at, row in _rows(folder, day, partial(_of_calls, copied)) if copied else ():
        if question := str(row.get("question") or ""):
            for copy in copied.get(str(row["call"]), ()):
                if at <= copy.at and (copy.asked is None or at >= copy.asked):
                    copy.asked, copy.question = at, question
    for call, copies in copied.items():
        yield from ((call, copy) for copy in copies if copy.question and copy.article)


def _of_calls(calls: Container[str], line: bytes) -> bool:
    """Whether a line may belong to one of the calls; nothing that somebody wrote looks so, for quotes in it are escaped."""
    found = _CALL.search(line)
    return found is not None and found[1].decode("utf-8", "replace") in calls


def _rows(folder: Path, day: str, likely: Callable[[bytes], bool]) -> Iterator[tuple[datetime, dict[str, object]]]:
    """The records of a day that belong to a call, of the lines worth decoding: a large floor writes 200,000 a day."""
    for line in day_lines(folder, datetime.fromisoformat(day).date()):
        if not likely(line):
            continue
        try:
            row = json.loads(line)
            if row.get("call", _NO_CALL) != _NO_CALL:
                yield datetime.fromisoformat(row["at"]), row
        except (ValueError, KeyError, TypeError, AttributeError):
            continue


def _certain(agreed: Mapping[tuple[str, str], _Agreed]) -> Confirmed:
    copies: Counter[str] = Counter()
    for (question, _), found in agreed.items():
        copies[question] += len(found.calls)
    certain: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for (question, article), found in agreed.items():
        calls = len(found.calls)
        if calls >= CALLS and len(found.people) >= PEOPLE and calls >= SHARE * copies[question]:
            certain[article].append((-calls, question))
    return {article: tuple(q for _, q in sorted(pairs)[:MOST]) for article, pairs in sorted(certain.items())}
