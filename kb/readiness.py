"""Whether the service can be asked, and what an operator should see to although it can. Pure: everything is passed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from kb.reporting.last import LastNight

# the job runs every night; two hours are left for it
ALARM_AFTER = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class IndexState:
    """The index as the service has it open."""

    # the generation that answers, empty where none does; the one that should
    generation: str = ""
    pointed: str = ""
    articles: int = 0
    documents: int = 0
    made: datetime | None = None
    # why none can be used; with a generation: what is wrong all the same
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The database as the service finds it. new: a broken file was put aside for an empty one."""

    status: Literal["ok", "new", "unavailable"] = "ok"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Something to see to: a word for programs, a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """ok, or degraded (it answers, but somebody should look), or unavailable."""

    status: Literal["ok", "degraded", "unavailable"]
    reasons: tuple[Reason, ...]

    @property
    def ready(self) -> bool:
        """Whether questions may be sent here."""
        return self.status != "unavailable"


def judge(
    index: IndexState, database: DatabaseState, night: LastNight | None, at: datetime, most_hours: int
) -> Readiness:
    """What to say of a service at a moment. `most_hours`: an older index is not good enough to answer; 0: any age is."""
    refusal = next(_refusals(index, at, most_hours), None)
    if refusal:
        return Readiness("unavailable", (refusal,))
    reasons = tuple(_worries(index, database, night, at))
    return Readiness("degraded" if reasons else "ok", reasons)


def age(index: IndexState, at: datetime) -> timedelta:
    """How old an index is; nothing where there is none."""
    return at - index.made if index.made else timedelta()


def _refusals(index: IndexState, at: datetime, most_hours: int) -> Iterator[Reason]:
    if not index.generation:
        yield Reason("index", index.problem)
    elif most_hours and age(index, at) > timedelta(hours=most_hours):
        yield Reason("stale", f"索引已有 {_hours(index, at)} 小时没有更新，超过 KB_MAX_INDEX_AGE_HOURS={most_hours}。")


def _worries(index: IndexState, database: DatabaseState, night: LastNight | None, at: datetime) -> Iterator[Reason]:
    if index.problem:
        yield Reason("cluster", index.problem)
    if index.pointed and index.pointed != index.generation:
        yield Reason(
            "fallback", f"应当服务的索引 {index.pointed} 不能用，现在用的是 {index.generation}；运行 kb doctor 看原因。"
        )
    if age(index, at) > ALARM_AFTER:
        yield Reason("old", f"索引已有 {_hours(index, at)} 小时没有更新：夜间任务（kb nightly）没有运行或没有做完。")
    if night and not night.good and night.outcome != "tried":
        yield Reason("night", f"上一次夜间任务：{night.sentence}，原因见报告。")
    if database.status != "ok":
        yield Reason("database", database.reason)


def _hours(index: IndexState, at: datetime) -> int:
    return int(age(index, at).total_seconds() // 3600)
