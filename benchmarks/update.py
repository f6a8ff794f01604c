"""How fast changed articles are answered: the update itself, and until another process finds the new words.

    python -m benchmarks.update --articles 10000 --changed 1,100,10000

`update`: seconds of bringing the index up to date, in a process that has analysed before. `visible`: from the same start until
a process that asks `CurrentSearcher` over and over answers with the new words. Medians of `--rounds`; each round changes
other articles. Where `update` can be told which files changed, both ways are measured.
"""

from __future__ import annotations

import argparse
import contextlib
import inspect
import statistics
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.changes import change
from benchmarks.corpus import throwaway
from benchmarks.report import Chart, Progress, Report, arguments
from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.backend import Searcher
from kb.clock import now
from kb.library import article_files
from kb.settings import Settings
from kb.visibility import ANYBODY

_POLL = 0.005
_PATIENCE = 600.0


class Watcher:
    """The other process. `expect` a word in an article, do the update, then ask `seen` when the word was first answered."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        pipe.recv()  # it has opened the index

    def expect(self, article_id: str, mark: str) -> None:
        """Begin to ask for an article's mark."""
        self._pipe.send((article_id, mark))
        self._pipe.recv()

    def seen(self) -> float:
        """Moment (time.monotonic, the same clock in all processes) at which the mark was found."""
        found = self._pipe.recv()
        if found is None:
            raise TimeoutError("the update was never seen")
        return float(found)


@contextlib.contextmanager
def watching(settings: Settings) -> Iterator[Watcher]:
    """A watcher over an index that exists."""
    context = get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(target=_watch, args=(other, settings))
    process.start()
    other.close()
    try:
        yield Watcher(pipe)
    finally:
        pipe.close()
        # it may be waiting for words that will never come
        process.terminate()
        process.join()


def _watch(pipe: Connection, settings: Settings) -> None:
    source = CurrentSearcher(settings)
    source.searcher()
    pipe.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            article_id, mark = pipe.recv()
            pipe.send("watching")
            pipe.send(_first_seen(source, article_id, mark))


def _first_seen(source: CurrentSearcher, article_id: str, mark: str) -> float | None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if _answers(source.searcher(), article_id, mark):
            return time.monotonic()
        time.sleep(_POLL)
    return None


def _answers(searcher: Searcher, article_id: str, mark: str) -> bool:
    """Whether the article has the mark and a question for it is answered."""
    at = now()
    stored = searcher.current(article_id, at, ANYBODY)
    if stored is None or not any(mark in part.text for part in stored.sections):
        return False
    query = searcher.understanding.understand(mark, searcher.knows)
    return bool(searcher.search(query, at, ANYBODY, 1))


def takes_paths() -> bool:
    """Whether `update` can be told which files changed."""
    return "paths" in inspect.signature(building.update).parameters


def update_once(settings: Settings, watcher: Watcher, count: int, mark: str, named: bool) -> tuple[float, float]:
    """Change so many articles, update; seconds of the update, and until its words are answered."""
    changed = change(settings.articles, count, mark, seed=sum(mark.encode()))
    watcher.expect(_id(changed[-1]), mark)
    known: dict[str, Any] = {"paths": changed} if named else {}
    began = time.monotonic()
    built = building.update(settings, now(), **known)
    ended = time.monotonic()
    if built.added != len(changed):
        raise ValueError(f"{len(changed)} articles changed, but {built.added} were taken up: {built.problems[:3]}")
    return ended - began, watcher.seen() - began


def _id(path: Path) -> str:
    return path.stem.partition("@")[0]


def measure_size(settings: Settings, chosen: argparse.Namespace, report: Report) -> None:
    """All numbers of changed articles in one folder."""
    count = sum(1 for _ in article_files(settings.articles))
    with Progress(f"building {count} articles") as progress:
        building.build(settings, now(), progress)
    ways = [False, True] if takes_paths() else [False]
    with watching(settings) as watcher:
        for changed in chosen.changed:
            if changed > count:
                report.remarks.append(f"{changed} changed articles left out: there are only {count}")
                continue
            for named in ways:
                marks = [f"vm{changed}{'ny'[named]}{turn}q" for turn in range(chosen.rounds)]
                with Progress(f"updating {changed} of {count}"):
                    times = [update_once(settings, watcher, changed, mark, named) for mark in marks]
                _add_row(report, count, changed, named, times)


def _add_row(report: Report, count: int, changed: int, named: bool, times: Sequence[tuple[float, float]]) -> None:
    report.add(
        articles=count,
        changed=changed,
        files="named" if named else "all looked at",
        update_s=round(statistics.median(update for update, _ in times), 4),
        visible_s=round(statistics.median(visible for _, visible in times), 4),
    )


def measure(chosen: argparse.Namespace) -> Report:
    """All sizes."""
    report = Report("update")
    for count in chosen.articles:
        with throwaway(chosen.work, chosen.source, count, chosen.seed) as settings:
            measure_size(settings, chosen, report)
    if not takes_paths():
        report.remarks.append("update cannot be told which files changed")
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument("--changed", type=_numbers, default=[1, 100, 10_000], help="default 1,100,10000")
    parser.add_argument("--rounds", type=int, default=3, help="updates of each kind (default 3)")
    chosen = parser.parse_args(argv)
    measure(chosen).finish(chosen, Chart("changed", ("update_s", "visible_s"), ("articles", "files"), log=True))


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    main()
