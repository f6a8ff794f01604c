"""Memory of the serving processes after a number of questions, and how long it takes until an index can be asked.

    python -m benchmarks.memory --articles 1000,10000 --questions 2000

`opening` rows: opening the generation in a fresh process (`first`), once more in the same process (`again`, the words are in
memory then), and from the start of `kb serve` with a finished index to its first 200 on /readyz. `process` rows: gunicorn's
master and workers; `pss` counts a page that n processes share as an n-th, `private` is what a process has alone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections.abc import Sequence

from benchmarks.client import Client, Target
from benchmarks.corpus import settings_for
from benchmarks.load import search_bodies
from benchmarks.processes import family, measured, memory
from benchmarks.questions import sample_questions
from benchmarks.report import Chart, Progress, Report, arguments, work_folder
from benchmarks.service import Service, kb_serve
from indexer import generations
from indexer.backends import open_generation
from indexer.build import update
from kb.clock import now
from kb.library import article_files
from kb.settings import Settings

_CONNECTIONS = 8
# seconds that all workers may take to be there: the first of them is ready before the last is forked
_PATIENCE = 10.0


def open_twice(settings: Settings) -> tuple[float, float]:
    """Seconds of opening the serving generation, the first and the second time in this process."""
    name = generations.current_name(settings.index)
    if name is None:
        raise FileNotFoundError(settings.index)
    spent = []
    for _ in range(2):
        began = time.perf_counter()
        open_generation(settings.index / name, settings.var / "cache")
        spent.append(time.perf_counter() - began)
    return spent[0], spent[1]


def add_openings(report: Report, articles: int, settings: Settings) -> None:
    """How long opening takes."""
    with Progress("opening"):
        first, again = measured(open_twice, settings).value
    report.add(articles=articles, what="opening, first", seconds=round(first, 3))
    report.add(articles=articles, what="opening, again", seconds=round(again, 3))


def _group(pid: int) -> int | None:
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(pid)
    return None


def members(service: Service, workers: int) -> list[int]:
    """The master and its workers, once all of them are there. What brings the index up to date is a group of its own."""
    until = time.monotonic() + _PATIENCE
    while len(found := [p for p in family(service.pid) if _group(p) == _group(service.pid)]) <= workers:
        if time.monotonic() > until:
            raise TimeoutError(f"{len(found) - 1} of {workers} workers after {_PATIENCE} s")
        time.sleep(0.02)
    return found


def add_processes(report: Report, articles: int, processes: Sequence[int], asked: int) -> None:
    """What each process of the service holds now."""
    for number, pid in enumerate(processes):
        held = memory(pid)
        report.add(
            articles=articles,
            what=f"worker {number}" if number else "master",
            questions=asked,
            rss_mb=round(held.rss / 1e6, 1),
            pss_mb=round(held.pss / 1e6, 1),
            private_mb=round(held.private / 1e6, 1),
            shared_mb=round(held.shared / 1e6, 1),
        )


def measure_size(chosen: argparse.Namespace, settings: Settings, report: Report) -> None:
    """One number of articles."""
    with Progress("indexing") as progress:
        update(settings, now(), progress)
    count = sum(1 for _ in article_files(settings.articles))
    questions = sample_questions(settings.articles, chosen.questions, chosen.seed, chosen.question_file)
    add_openings(report, count, settings)
    with kb_serve(settings) as service:
        report.add(articles=count, what="kb serve to ready", seconds=round(service.seconds_to_ready, 3))
        processes = members(service, settings.workers)
        add_processes(report, count, processes, 0)
        target = Target(service.port, "/api/v1/search", search_bodies(questions))
        with Progress(f"asking {len(questions)} questions"), Client() as client:
            client.run(target, max(len(questions), _CONNECTIONS), _CONNECTIONS)
        add_processes(report, count, processes, len(questions))


def measure(chosen: argparse.Namespace) -> Report:
    """All sizes."""
    report = Report("memory")
    with work_folder(chosen.work) as work:
        for count in chosen.articles:
            measure_size(chosen, settings_for(work, chosen.source, count, chosen.seed), report)
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    chosen = arguments(__doc__, questions=1000).parse_args(argv)
    measure(chosen).finish(chosen, Chart("articles", ("seconds", "pss_mb", "private_mb"), ("what", "questions")))


if __name__ == "__main__":
    main()
