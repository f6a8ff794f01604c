"""What a full build costs: from nothing, once more with nothing changed, and with one article in a hundred changed.

    python -m benchmarks.build --articles 1000,10000 --stock

Each build runs in a fresh process, start of the interpreter not counted. `cold` has no index and no cache to begin with (the
system may still have the articles in memory). Memory: the process and its children together, pages they share counted in each.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.changes import change
from benchmarks.corpus import throwaway
from benchmarks.peers.whoosh_bm25f import WhooshPeer
from benchmarks.processes import Measured, measured, size_on_disk
from benchmarks.report import Chart, Progress, Report, arguments, work_folder
from benchmarks.terms import TermFile, write_terms
from indexer import build as building
from kb.clock import now
from kb.library import article_files
from kb.settings import Settings


def build_once(settings: Settings) -> str:
    """A full build; the name of its generation."""
    return building.build(settings, now()).generation


def write_with_whoosh(terms: Path, folder: Path) -> str:
    """Whoosh's stock writer over documents that are analysed already; the folder's name."""
    WhooshPeer(folder).write(TermFile(terms))
    return folder.name


def measure_size(settings: Settings, stock: bool, report: Report) -> None:
    """Three builds of one folder, and Whoosh's writer beside them."""
    count = sum(1 for _ in article_files(settings.articles))
    for kind in ("cold", "nothing changed", "1 % changed"):
        if kind == "1 % changed":
            change(settings.articles, max(1, count // 100), "bm7351x")
        with Progress(f"building {count} articles, {kind}"):
            done = measured(build_once, settings)
        _add_row(report, count, kind, done, settings.index / done.value)
    if stock:
        _stock(settings, count, report)


def _stock(settings: Settings, count: int, report: Report) -> None:
    with work_folder(None) as folder:
        with Progress("analysing") as progress:
            write_terms(settings, folder / "terms.jsonl", lambda key: True, progress)
        with Progress(f"Whoosh writes {count} articles"):
            done = measured(write_with_whoosh, folder / "terms.jsonl", folder / "whoosh")
        _add_row(report, count, "whoosh's stock writer", done, folder / "whoosh")
    report.remarks = [
        "whoosh's stock writer gets its terms ready-made: neither reading nor analysing is in its seconds"
    ]


def _add_row(report: Report, count: int, kind: str, done: Measured, folder: Path) -> None:
    report.add(
        articles=count,
        build=kind,
        seconds=round(done.seconds, 3),
        articles_per_s=round(count / done.seconds, 1),
        peak_rss_mb=round(done.peak_rss / 1e6, 1),
        disk_mb=round(size_on_disk(folder) / 1e6, 2),
    )


def measure(chosen: argparse.Namespace) -> Report:
    """All sizes."""
    report = Report("build")
    for count in chosen.articles:
        with throwaway(chosen.work, chosen.source, count, chosen.seed) as settings:
            measure_size(settings, chosen.stock, report)
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument("--stock", action="store_true", help="also feed Whoosh's stock writer with the same documents")
    chosen = parser.parse_args(argv)
    measure(chosen).finish(chosen, Chart("articles", ("seconds", "peak_rss_mb", "disk_mb"), ("build",), log=True))


if __name__ == "__main__":
    main()
