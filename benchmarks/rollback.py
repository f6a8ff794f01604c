"""How long going back to the generation before takes: the command by itself, and until another process answers from it.

    python -m benchmarks.rollback --articles 10000,50000

`command`: seconds of `kb index rollback` as an operator types it, start of the program included; every file of the older
generation that answers is compared with its checksum before it serves. `start`: seconds of `kb index list`, which does next to
nothing. `visible`: from the end of the command until a service that follows the pointer answers from it. Medians of `--rounds`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.changes import change
from benchmarks.corpus import throwaway
from benchmarks.report import Chart, Progress, Report, arguments
from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher
from kb.clock import now
from kb.settings import Settings


def two_generations(settings: Settings) -> tuple[str, str]:
    """Names of two generations that differ in one article, the older one first."""
    older = building.update(settings, now()).generation
    newer = building.update(settings, now(), paths=change(settings.articles, 1, "vm1rollback")).generation
    return older, newer


def command(settings: Settings, *words: str) -> float:
    """Seconds of a command of `kb index`."""
    env = {**os.environ, "KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var)}
    program = [sys.executable, "-c", "from kb.cli import main; main()", "index", *words]
    began = time.monotonic()
    subprocess.run(program, env=env, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def visible(source: CurrentSearcher, older: str) -> float:
    """Seconds until a searcher source answers from a generation."""
    began = time.monotonic()
    while source.searcher().generation != older:
        time.sleep(0.001)
    return time.monotonic() - began


def measure(chosen: argparse.Namespace) -> Report:
    """All sizes."""
    report = Report("rollback")
    for count in chosen.articles:
        with throwaway(chosen.work, chosen.source, count, chosen.seed) as settings, Progress(f"{count}") as progress:
            older, newer = two_generations(settings)
            rounds: dict[str, list[float]] = {"start": [], "command": [], "visible": []}
            for turn in range(chosen.rounds):
                progress(turn, chosen.rounds)
                rounds["start"].append(command(settings, "list"))
                generations.switch(settings.index, newer)
                source = CurrentSearcher(settings)
                source.searcher()
                rounds["command"].append(command(settings, "rollback"))
                rounds["visible"].append(visible(source, older))
            report.add(articles=count, **{name: round(statistics.median(found), 3) for name, found in rounds.items()})
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rollbacks of each size (default 5)")
    chosen = parser.parse_args(argv)
    measure(chosen).finish(chosen, Chart("articles", ("command", "start")))


if __name__ == "__main__":
    main()
