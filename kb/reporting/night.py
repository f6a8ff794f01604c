"""How a night went, as one value: what the report is made of, in text, JSON and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kb.evaluating.evaluation import Figures
from kb.reporting.agenda import Agenda

# done: a new generation serves · refused: the gate kept the old one · failed: something went wrong, the old one serves ·
# stopped: asked to stop, the old one serves · tried: a dry run, nothing was changed
Outcome = Literal["done", "refused", "failed", "stopped", "tried"]
OUTCOMES: dict[Outcome, str] = {
    "done": "已换上新索引",
    "refused": "新索引没有通过检查，旧索引照常服务",
    "failed": "没有做完，旧索引照常服务",
    "stopped": "按要求停下，旧索引照常服务",
    "tried": "试运行，什么都没有改",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the job: what it is called in messages, how long it took, what it says; a problem it met and went on from."""

    name: str
    label: str
    seconds: float
    said: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden questions, asked of the generation that served and of the new one. Shares from 0 to 1."""

    before: Figures | None
    after: Figures
    # sentences about questions that are answered worse, the worst first
    lost: tuple[str, ...] = ()
    won: int = 0
    # questions whose article must not be found and is
    violated: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked in the last day, from the log of questions."""

    day: str
    questions: int = 0
    # shares of those that found nothing, and nothing that fits well
    zero: float = 0.0
    unsure: float = 0.0
    # questions without a good answer and how often they were asked, the most frequent first; masked
    missed: tuple[tuple[str, int], ...] = ()
    # questions in each hour of the day, 24 of them
    hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for people, counted from the database; None where it could not be asked."""

    gaps: int
    # newest first: question, article that stood first
    latest_gaps: tuple[tuple[str, str], ...]
    feedback: int
    late_feedback: int
    reviews: int


@dataclass(frozen=True, slots=True)
class Night:
    """A nightly job, from beginning to end. Times are ISO with offset, Asia/Shanghai."""

    began: str
    ended: str
    outcome: Outcome
    # why it was not done, in Chinese; empty where it was
    reasons: tuple[str, ...]
    steps: tuple[Step, ...]
    # generation that serves now, and the one before
    generation: str = ""
    previous: str = ""
    articles: int = 0
    documents: int = 0
    added: int = 0
    removed: int = 0
    unchanged: int = 0
    # files with errors whose last good version serves
    quarantined: tuple[str, ...] = ()
    golden: Golden | None = None
    asked: Asked | None = None
    agenda: Agenda | None = None
    waiting: Waiting | None = None
    # rows removed from each table, files from each folder
    purged: Mapping[str, int] = field(default_factory=dict)
    # what else went wrong without stopping the job
    troubles: tuple[str, ...] = ()
