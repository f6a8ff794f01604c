"""The nightly job: everything that is done to the index and the records while hardly anybody calls.

Each part is timed and says what it did. Only the rebuild decides whether the night was good; what goes wrong elsewhere is
kept as a trouble, and the rest is done all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Protocol

from indexer import build as building
from indexer import gate, generations
from indexer.backends import open_generation
from indexer.build import Built
from indexer.engines import collected, engine_of, follow
from indexer.progress import Progress
from indexer.searcher import WhooshSearcher
from kb.clock import now as present
from kb.clock import timestamp
from kb.dated import prune
from kb.db import opening, retention
from kb.db.waiting import waiting
from kb.editing.asking import Asking, Question
from kb.editing.effect import Effect, effect_between
from kb.errors import KBError
from kb.evaluating.evaluation import Evaluation, evaluate, golden
from kb.files import told
from kb.library import Library, in_force, load_library
from kb.publishing.workbench import open_workbench
from kb.questions_file import Day, read_day
from kb.reporting.agenda import agenda
from kb.reporting.night import Golden, Night, Outcome, Step, Waiting
from kb.settings import Settings

# of yesterday's questions, so many are asked again
_SAMPLE = 500


class GateRefused(KBError):
    """A new generation must not serve; `reasons` says why, a sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("".join(reasons))
        self.reasons = tuple(reasons)


class Stopped(BaseException):
    """Somebody asked the job to stop. Not an Exception: no part of the job goes on after it."""


class Watching(Protocol):
    """Whoever sees how the job comes on: a terminal, or a log."""

    def progress(self, label: str, unit: str) -> AbstractContextManager[Progress]:
        """What a part of the job tells how far it is."""

    def done(self, step: Step) -> None:
        """A part of the job has ended."""


# writes the offline pack of a generation to a file
Pack = Callable[[WhooshSearcher, Path, datetime], None]


@dataclass
class _Found:
    """What is known so far."""

    steps: list[Step] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    reasons: tuple[str, ...] = ()
    built: Built | None = None
    golden: Golden | None = None
    purged: dict[str, int] = field(default_factory=dict)


class NightShift:
    """One run of the nightly job."""

    def __init__(
        self,
        settings: Settings,
        at: datetime,
        watching: Watching,
        pack: Pack,
        *,
        dry: bool = False,
        force: bool = False,
    ) -> None:
        """`at`: the moment it is run for; `dry`: nothing is changed; `force`: what the gate refuses serves all the same."""
        self._settings = settings
        self._at = at
        self._watching = watching
        self._pack = pack
        self._dry = dry
        self._force = force
        self._previous = generations.current_name(settings.index) or ""
        self._found = _Found()

    def run(self) -> Night:
        """Everything, in its order; how it went. Raises nothing that belongs to the job itself, not even Stopped."""
        outcome: Outcome = "failed"
        try:
            if not self._dry:
                self._optional("publications", "补做发布、记下改过的文件", self._take_up)
                if self._settings.search_url:
                    self._optional("questions", "取回各坐席台的问题", self._collect)
            outcome = self._rebuild()
            if not self._dry:
                if outcome == "done" and self._settings.search_url:
                    self._optional("ship", "送到检索集群", self._ship)
                if outcome == "done":
                    self._optional("pack", "离线包", self._make_pack)
                self._optional("purge", "清理到期的记录", self._purge)
        except Stopped:
            outcome = "stopped"
            self._found.reasons = ("收到停止信号。",)
        return self._night(outcome)

    def _rebuild(self) -> Outcome:
        try:
            with self._step("rebuild", "重建索引") as said, self._watching.progress("重建索引", "篇") as progress:
                built = building.rebuild(self._settings, self._at, self._accept, progress, dry=self._dry)
                self._found.built = built
                said.append(f"新增或更新 {built.added} 篇，移除 {built.removed} 篇，未变 {built.unchanged} 篇")
            if not self._dry:
                self._optional("verify", "核对换上的索引", self._verify)
        except GateRefused as error:
            self._found.reasons = error.reasons
            return "refused"
        except (KBError, OSError) as error:
            self._found.reasons = (told(error),)
            return "failed"
        return "tried" if self._dry else "done"

    def _accept(self, made: WhooshSearcher, built: Built) -> None:
        """Ask the new generation what the old one was asked, and refuse it where it is worse."""
        self._found.built = built
        before = self._serving()
        with self._step("gate", "检验新索引") as said:
            reasons = gate.fewer_articles(before.manifest.articles if before else 0, made.manifest.articles)
            reasons += self._golden(before, made)
            reasons += self._sample(before, made)
            after = self._found.golden.after if self._found.golden else None
            if after:
                said.append(f"检验问法 {after.asked} 个，前 3 条找到 {after.hit3:.1%}")
        if reasons and not self._force:
            raise GateRefused(reasons)
        self._found.troubles += [f"没有通过检查，但按 --force 换上了：{reason}" for reason in reasons]

    def _golden(self, before: WhooshSearcher | None, made: WhooshSearcher) -> list[str]:
        questions = golden(in_force(self._library.articles, self._at))
        now = Asking(made, self._at)
        with self._watching.progress("检验问法", "题") as progress:
            after = evaluate(now, questions, progress)
        was = Asking(before, self._at) if before else None
        known = [q for q in questions if was and was.title(q.article_id, q.viewer)]
        effect = effect_between(was, now, known) if was else Effect(0)
        figures = evaluate(was, questions).figures if was else None
        self._found.golden = Golden(
            figures, after.figures, tuple(effect.warnings), len(effect.won), len(after.violated)
        )
        return gate.worse_answers(effect)

    def _sample(self, before: WhooshSearcher | None, made: WhooshSearcher) -> list[str]:
        asked = [Question(text) for text in self._yesterday.sample(_SAMPLE)]
        if before is None or not asked:
            return []
        was, now = (_evaluated(searcher, asked, self._at) for searcher in (before, made))
        return gate.more_unanswered(was, now)

    @cached_property
    def _yesterday(self) -> Day:
        """What was asked the day before."""
        return read_day(self._settings.logs, (self._at - timedelta(days=1)).date())

    @cached_property
    def _library(self) -> Library:
        """The files, read once: for the golden questions, and for what they ask of people."""
        return load_library(self._settings.articles)

    def _serving(self) -> WhooshSearcher | None:
        """The generation that serves, if it can be asked."""
        try:
            return self._open(self._previous) if self._previous else None
        except KBError as error:
            self._found.troubles.append(f"原来的索引打不开，没有比较：{error}")
            return None

    def _open(self, name: str, *, everything: bool = False) -> WhooshSearcher:
        return open_generation(self._settings.index / name, self._settings.var / "cache", everything=everything)

    def _take_up(self) -> str:
        with opening.for_work(self._settings.database) as database:
            workbench = open_workbench(self._settings, database, engine_of(self._settings))
            done = workbench.resume(self._at)
            files = workbench.take_up_files(self._at)
        left = sum(p.state != "applied" for p in done)
        return f"补做 {len(done) - left} 次发布，还剩 {left} 次，记下 {len(files)} 个文件的改动"

    def _collect(self) -> str:
        return f"{collected(self._settings, self._at) / 1e6:.1f} MB"

    def _verify(self) -> str:
        name = generations.current_name(self._settings.index) or ""
        searcher = self._open(name, everything=True)
        searcher.check()
        return f"{searcher.manifest.articles} 篇、{searcher.manifest.documents} 个文档，校验和都对"

    def _ship(self) -> str:
        with self._watching.progress("送到检索集群", "篇") as progress:
            return follow(self._settings, self._at, progress)

    def _make_pack(self) -> str:
        target = self._settings.offline_pack
        name = generations.current_name(self._settings.index) or ""
        self._pack(self._open(name), target, self._at)
        return f"{target.name} {target.stat().st_size / 1e6:.1f} MB"

    def _purge(self) -> str:
        days = self._settings.retention_days
        oldest = (self._at - timedelta(days=days)).date()
        found = {
            "questions": prune(self._settings.logs, oldest),
            "reports": prune(self._settings.reports, oldest),
        }
        with opening.for_work(self._settings.database) as database:
            found |= retention.purge(database, self._at, days)
        self._found.purged = found
        return "，".join(f"{name} {count}" for name, count in found.items() if count) or "没有到期的"

    def _waiting(self) -> Waiting | None:
        try:
            with opening.for_work(self._settings.database) as database, database.reading() as connection:
                return waiting(connection, self._at)
        except KBError as error:
            self._found.troubles.append(f"数据库里的待办没有数出来：{error}")
            return None

    def _optional(self, name: str, label: str, work: Callable[[], str]) -> None:
        """A part without which the night is still good: its trouble is reported, and the next part follows."""
        try:
            with self._step(name, label) as said:
                said.append(work())
        except (KBError, OSError) as error:
            self._found.troubles.append(f"{label}没有做完：{told(error)}")

    @contextmanager
    def _step(self, name: str, label: str) -> Iterator[list[str]]:
        """Time a part; what it appends is what it says."""
        began, said, problem = time.monotonic(), list[str](), ""
        try:
            yield said
        except (Exception, Stopped) as error:
            problem = told(error) or type(error).__name__
            raise
        finally:
            step = Step(name, label, round(time.monotonic() - began, 3), "；".join(said), problem)
            self._found.steps.append(step)
            self._watching.done(step)

    def _night(self, outcome: Outcome) -> Night:
        found, built = self._found, self._found.built
        current = generations.current_name(self._settings.index) or ""
        manifest = _manifest(self._settings.index, current)
        quarantined = built.quarantined if built else ()
        return Night(
            began=timestamp(self._at), ended=timestamp(present()), outcome=outcome, reasons=found.reasons,
            steps=tuple(found.steps), generation=current, previous=self._previous,
            articles=manifest.articles if manifest else 0, documents=manifest.documents if manifest else 0,
            added=built.added if built else 0, removed=built.removed if built else 0,
            unchanged=built.unchanged if built else 0, quarantined=quarantined,
            golden=found.golden, asked=self._yesterday.asked(),
            agenda=agenda(self._library.articles, self._library.problems, self._at),
            waiting=self._waiting(), purged=found.purged, troubles=tuple(found.troubles),
        )  # fmt: skip


def _manifest(index: Path, name: str) -> generations.Manifest | None:
    try:
        return generations.read_manifest(index / name) if name else None
    except KBError:
        return None


def _evaluated(searcher: WhooshSearcher, questions: Sequence[Question], at: datetime) -> Evaluation:
    return evaluate(Asking(searcher, at), questions)
