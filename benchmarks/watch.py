"""How soon a saved file is answered while `kb watch` runs: from the save until another process finds the new words.

    python -m benchmarks.watch --articles 10000 --changed 1,100,2000

`visible`: seconds from before the first of the files is written until a process that asks `CurrentSearcher` over and over answers
with the last one's new words. `worst`: of all rounds; each changes other articles.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.changes import change
from benchmarks.corpus import throwaway
from benchmarks.report import Chart, Progress, Report, arguments
from benchmarks.update import Watcher, watching
from indexer import build as building
from kb.clock import now
from kb.settings import Settings

_PATIENCE = 60.0
# seconds between two rounds, so that each stands alone: the history is kept meanwhile
_APART = 3.0


@contextlib.contextmanager
def kb_watch(settings: Settings, log: Path) -> Iterator[None]:
    """`kb watch` over the settings' folder. What it says goes to a file."""
    env = os.environ | {"KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var)}
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen([Path(sys.executable).with_name("kb"), "watch"], env=env, stderr=said)
        try:
            yield
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def save(settings: Settings, watcher: Watcher, count: int, mark: str) -> float:
    """Change so many articles; seconds until the last one's words are answered."""
    began = time.monotonic()
    changed = change(settings.articles, count, mark, seed=sum(mark.encode()))
    watcher.expect(changed[-1].stem.partition("@")[0], mark)
    return watcher.seen() - began


def measure(chosen: argparse.Namespace) -> Report:
    """All sizes."""
    report = Report("watch")
    for count in chosen.articles:
        with throwaway(chosen.work, chosen.source, count, chosen.seed) as settings:
            with Progress(f"building {count} articles") as progress:
                building.build(settings, now(), progress)
            log = settings.var / "watch.log"
            with kb_watch(settings, log), watching(settings) as watcher:
                # it has started and compared everything
                save(settings, watcher, 1, "vwready")
                for changed in chosen.changed:
                    _add_row(report, settings, watcher, count, changed, chosen.rounds)
            report.remarks.append(f"{count} articles: {log.read_text('utf-8').strip().splitlines()[-2]}")
    return report


def _add_row(report: Report, settings: Settings, watcher: Watcher, count: int, changed: int, rounds: int) -> None:
    times = []
    with Progress(f"saving {changed} of {count}"):
        for turn in range(rounds):
            time.sleep(_APART)
            times.append(save(settings, watcher, changed, f"vw{changed}n{turn}q"))
    report.add(
        articles=count,
        changed=changed,
        visible_s=round(statistics.median(times), 3),
        worst_s=round(max(times), 3),
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument("--changed", type=_numbers, default=[1, 100, 2000], help="default 1,100,2000")
    parser.add_argument("--rounds", type=int, default=5, help="saves of each kind (default 5)")
    chosen = parser.parse_args(argv)
    measure(chosen).finish(chosen, Chart("changed", ("visible_s", "worst_s"), ("articles",), log=True))


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    main()
