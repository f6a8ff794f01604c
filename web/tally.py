"""What a process counts while it answers: requests by route and status with their times, questions, lost log lines.

Plain numbers of this process: adding to prometheus_client's shared files took ten times as long, and this stands in the path of
every question. `web/tally_files.py` brings the numbers of all processes together. Routes are rules, never addresses.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from kb.questions_log import Why

# upper bounds of the times that are told apart, in seconds; what takes longer has a place of its own
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# in the environment of a request: the rule of its route
ROUTE = "kb.route"
# what has no route: a wrong address, or an error before it was known
NO_ROUTE = "none"


@dataclass
class Counts:
    """Numbers since a process began, or the sum of several processes."""

    # (route, status) → how many took how long, by the places of BOUNDS and one more
    requests: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    # (route, status) → seconds in all
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    # found, unsure, nothing → questions
    questions: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)

    def add(self, other: Counts) -> None:
        """Add another one's numbers."""
        for key, found in other.requests.items():
            mine = self.requests.setdefault(key, [0] * (len(BOUNDS) + 1))
            self.requests[key] = [a + b for a, b in zip(mine, found, strict=True)]
            self.seconds[key] = self.seconds.get(key, 0.0) + other.seconds[key]
        for here, there in ((self.questions, other.questions), (self.lost, other.lost)):
            for name, number in there.items():
                here[name] = here.get(name, 0) + number

    def as_values(self) -> dict[str, Any]:
        """For JSON; `of_values` makes it anew."""
        rows = [[*key, found, self.seconds[key]] for key, found in self.requests.items()]
        return {"requests": rows, "questions": self.questions, "lost": self.lost}


def of_values(values: Mapping[str, Any]) -> Counts:
    """What `as_values` gave. Raises KeyError, TypeError or ValueError for anything else."""
    made = Counts(questions=dict(values["questions"]), lost=dict(values["lost"]))
    for route, status, found, seconds in values["requests"]:
        if len(found) != len(BOUNDS) + 1:
            raise ValueError(found)
        made.requests[(route, status)] = [int(number) for number in found]
        made.seconds[(route, status)] = float(seconds)
    return made


class Tally:
    """The counts of this process. Safe for threads; a forked child begins at what its parent had, so call `clear` there."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts = Counts()

    def request(self, route: str, status: str, seconds: float) -> None:
        """A request was answered."""
        key = (route, status)
        place = bisect_left(BOUNDS, seconds)
        counts = self._counts
        with self._lock:
            found = counts.requests.get(key)
            if found is None:
                found = counts.requests[key] = [0] * (len(BOUNDS) + 1)
                counts.seconds[key] = 0.0
            found[place] += 1
            counts.seconds[key] += seconds

    def question(self, answer: str) -> None:
        """A question was answered: found, unsure, nothing."""
        with self._lock:
            self._counts.questions[answer] = self._counts.questions.get(answer, 0) + 1

    def lost(self, why: Why) -> None:
        """A line of the log of questions was lost."""
        with self._lock:
            self._counts.lost[why] = self._counts.lost.get(why, 0) + 1

    def clear(self) -> None:
        """Begin at nothing, in a process that was forked; the lock may have been held by a thread that is not here."""
        self._lock, self._counts = Lock(), Counts()

    def counts(self) -> Counts:
        """The numbers at this moment, a copy."""
        copy = Counts()
        with self._lock:
            copy.add(self._counts)
        return copy
