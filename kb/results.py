"""Answers kept as ready bytes, for questions that are asked again while nothing they rest on has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from kb.visibility import Viewer

_MOST_BYTES = 64 << 20
# what an entry needs beside its JSON, roughly
_OVERHEAD = 1024


@dataclass(frozen=True, slots=True)
class Key:
    """What an answer depends on, beside the day and what is in force on it."""

    generation: str
    question: str
    viewer: Viewer
    limit: int
    # the moment where the caller named one; None: the moment of asking
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """A kept answer: its JSON, cut where the moment goes in, and what the log says of it."""

    json: tuple[bytes, bytes]
    facet: str
    hits: int
    confident: bool
    best: str
    # good for moments in [since, until)
    since: datetime
    until: datetime

    @property
    def size(self) -> int:
        """Bytes it takes, roughly."""
        return len(self.json[0]) + len(self.json[1]) + _OVERHEAD


class ResultCache:
    """The latest answers, bounded by number and by bytes. Safe for threads."""

    def __init__(self, most: int, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Key, Result] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, at: datetime) -> Result | None:
        """The answer to the same question, if it is still the answer at a moment."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or not found.since <= at < found.until:
                return None
            self._kept.move_to_end(key)
            return found

    def put(self, key: Key, result: Result) -> None:
        """Keep an answer; those that were not asked for longest go first."""
        if result.size > self._most_bytes:
            return
        with self._lock:
            old = self._kept.pop(key, None)
            self._bytes += result.size - (old.size if old else 0)
            self._kept[key] = result
            while len(self._kept) > self._most or self._bytes > self._most_bytes:
                self._bytes -= self._kept.popitem(last=False)[1].size


def good_until(at: datetime, valid_until: datetime | None) -> datetime:
    """When an answer stops being the answer: what is in force changes, or the day does (articles become past due)."""
    if at.date() == datetime.max.date():
        return at
    midnight = datetime.combine(at.date() + timedelta(days=1), time(), at.tzinfo)
    return midnight if valid_until is None else min(midnight, valid_until)
