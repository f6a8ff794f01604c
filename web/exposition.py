"""The service's numbers in the form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from kb.clock import now
from kb.db.engine import Database
from kb.db.waiting import waiting
from kb.errors import DatabaseProblem
from kb.readiness import DatabaseState, IndexState, age
from kb.reporting.last import LastNight
from kb.reporting.night import OUTCOMES
from web.tally import BOUNDS, Counts


class Looking(Protocol):
    """Looks at the parts of the service, see `web.health.Health`."""

    def index(self) -> IndexState:
        """The index that answers."""

    def database(self) -> DatabaseState:
        """The database."""

    def night(self) -> LastNight | None:
        """The last night."""


def exposed(looking: Looking, database: Database, counts: Callable[[], Counts]) -> bytes:
    """Everything at this moment. `counts`: of all processes."""
    registry = CollectorRegistry()
    registry.register(_Counted(counts))
    registry.register(_Standing(looking, database))
    return generate_latest(registry)


class _Counted(Collector):
    """Counts, as Prometheus has them."""

    def __init__(self, total: Callable[[], Counts]) -> None:
        self._total = total

    def describe(self) -> list[Metric]:
        """Nothing: registering must not look at anything."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All of them at this moment."""
        counts = self._total()
        yield from _requests(counts)
        questions = CounterMetricFamily("kb_questions", "Questions, by how good the answer was", labels=["answer"])
        for answer in ("found", "unsure", "nothing"):
            questions.add_metric([answer], counts.questions.get(answer, 0))
        lost = CounterMetricFamily("kb_log_lines_lost", "Lines of the log of questions that were lost", labels=["why"])
        for why in ("queue", "disk", "cluster"):
            lost.add_metric([why], counts.lost.get(why, 0))
        yield from (questions, lost)


def _requests(counts: Counts) -> Iterator[Metric]:
    answered = CounterMetricFamily("kb_requests", "Requests, by route and status", labels=["route", "status"])
    times = HistogramMetricFamily("kb_request_seconds", "Time until an answer began, by route", labels=["route"])
    by_route: dict[str, tuple[list[int], float]] = {}
    for (route, status), found in sorted(counts.requests.items()):
        answered.add_metric([route, status], sum(found))
        sums, seconds = by_route.get(route, ([0] * len(found), 0.0))
        summed = [a + b for a, b in zip(sums, found, strict=True)]
        by_route[route] = (summed, seconds + counts.seconds[(route, status)])
    bounds = [*(str(bound) for bound in BOUNDS), "+Inf"]
    for route, (found, seconds) in by_route.items():
        times.add_metric([route], list(zip(bounds, map(float, accumulate(found)), strict=True)), seconds)
    yield from (answered, times)


class _Standing(Collector):
    """How things stand when they are asked for."""

    def __init__(self, looking: Looking, database: Database) -> None:
        self._looking = looking
        self._database = database

    def describe(self) -> list[Metric]:
        """Nothing: registering must not look at anything."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Index, database, what waits, last night."""
        yield from self._index(self._looking.index())
        yield from self._work()
        yield from self._night(self._looking.night())

    def _index(self, index: IndexState) -> Iterator[Metric]:
        yield _gauge("kb_index_up", "Whether an index answers", index.generation != "")
        yield _gauge("kb_index_fallback", "Whether an older index answers than the one that should",
                     index.pointed not in ("", index.generation))  # fmt: skip
        if index.generation:
            named = GaugeMetricFamily("kb_index_generation", "The index that answers", labels=["generation"])
            named.add_metric([index.generation], 1)
            yield named
            yield _gauge("kb_index_age_seconds", "Age of the index that answers", age(index, now()).total_seconds())
            yield _gauge("kb_index_articles", "Article versions in it", index.articles)
            yield _gauge("kb_index_documents", "Articles and sections in it", index.documents)

    def _work(self) -> Iterator[Metric]:
        up = self._looking.database().status != "unavailable"
        try:
            with self._database.reading() as connection:
                found = waiting(connection, now())
        except DatabaseProblem:
            up = False
        else:
            work = GaugeMetricFamily("kb_waiting", "What waits for people", labels=["what"])
            for what, number in (("gaps", found.gaps), ("feedback", found.feedback),
                                 ("late_feedback", found.late_feedback), ("reviews", found.reviews)):  # fmt: skip
                work.add_metric([what], number)
            yield work
        yield _gauge("kb_database_up", "Whether the database can be asked", up)

    def _night(self, night: LastNight | None) -> Iterator[Metric]:
        if night is None:
            return
        outcome = GaugeMetricFamily("kb_nightly_outcome", "1 for how the last night ended", labels=["outcome"])
        for name in OUTCOMES:
            outcome.add_metric([name], night.outcome == name)
        yield outcome
        yield _gauge("kb_nightly_duration_seconds", "How long the last night took", night.seconds)
        yield _gauge("kb_nightly_age_seconds", "Time since it ended", (now() - night.ended).total_seconds())
        yield _gauge("kb_articles_quarantined", "Files with errors whose last good version serves", night.quarantined)


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=float(value))
