"""Folders of Markdown articles to measure with: taken from a folder, made of the rows of a file, or generated.

    python -m benchmarks.corpus --source rows.jsonl.gz --articles 1000,10000 --work /tmp/bench

Rows ({title, text}) become imported articles exactly as `kb import` writes them. The same source, number and seed give the
same folder. Without a source the articles are made of the words of the articles that come along. Imported and generated
articles are plain; a benchmark that needs rich ones too has the articles that come along put among them.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import json
import random
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.generated import REPOSITORY_ARTICLES, generated_rows
from benchmarks.report import Chart, Progress, Report, arguments, work_folder
from kb.importer import NewArticle, plan_import, write_articles
from kb.library import article_files
from kb.settings import Settings
from kb.starter import copy_starter_lexicon
from kb.tables import Row, Table

_CHUNK = 2000
_DONE = ".complete"


def settings_for(work: Path, source: Path | None, count: int, seed: int, *, with_own: bool = False) -> Settings:
    """Settings over a folder of articles below `work`, made as `make` does if it is not there yet, and a place for its index."""
    origin = f"{source.resolve()} {source.stat().st_mtime_ns}" if source else "generated"
    origin += " with own" if with_own else ""
    place = work / f"{count}-{hashlib.sha256(f'{origin} {seed}'.encode()).hexdigest()[:8]}"
    if not (place / _DONE).exists():
        shutil.rmtree(place, ignore_errors=True)
        with Progress(f"making {count} articles") as progress:
            make(place / "articles", source, count, seed, progress, with_own=with_own)
        (place / _DONE).touch()
    return Settings(articles=place / "articles", var=place / "var")


@contextlib.contextmanager
def throwaway(work: Path | None, source: Path | None, count: int, seed: int) -> Iterator[Settings]:
    """Settings over a copy of such a folder that may be changed, without an index; gone afterwards."""
    with work_folder(work) as kept, work_folder(None) as folder:
        made = settings_for(kept, source, count, seed)
        shutil.copytree(made.articles, folder / "articles")
        yield Settings(articles=folder / "articles", var=folder / "var")


def make(
    target: Path,
    source: Path | None,
    count: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
    *,
    with_own: bool = False,
) -> int:
    """Fill a new folder with `count` articles, or with all there are; how many they are.

    `with_own`: imported or generated articles have the repository's own, their lexicon and registry among them. A source that
    is a folder is taken as it is.
    """
    if source and source.is_dir():
        return _copied(target, source, count, seed)
    own = _copied(target, REPOSITORY_ARTICLES, count, seed) if with_own else 0
    rows = _file_rows(source, count - own, seed) if source else generated_rows(count - own, seed)
    return own + _imported(target, rows, progress)


def _copied(target: Path, source: Path, count: int, seed: int) -> int:
    """A random choice of a folder's articles, with its lexicon and registry."""
    files = list(article_files(source))
    chosen = random.Random(seed).sample(files, min(count, len(files)))  # noqa: S311 (no secret)
    for path in chosen:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    for name in ("_lexicon", "_registry"):
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
    return len(chosen)


def _file_rows(source: Path, count: int, seed: int) -> list[tuple[str, str]]:
    """(title, text) of a random choice of the file's rows, in the order of the file."""
    opened = gzip.open if source.suffix == ".gz" else open
    with opened(source, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    chosen = sorted(random.Random(seed).sample(range(len(lines)), min(count, len(lines))))  # noqa: S311 (no secret)
    rows = (json.loads(lines[number]) for number in chosen)
    return [(str(row["title"]), str(row["text"])) for row in rows]


def _imported(target: Path, rows: Sequence[tuple[str, str]], progress: Callable[[int, int], None] | None = None) -> int:
    """Write the rows as `kb import` does: checked, then all files, then the starter lexicon. Bad rows are left out."""
    numbered = [Row(n, {"id": f"row-{n:06}", "title": title, "text": text}) for n, (title, text) in enumerate(rows, 1)]
    chunks = [numbered[i : i + _CHUNK] for i in range(0, len(numbered), _CHUNK)]
    articles: list[NewArticle] = []
    for planned in _planned(chunks):
        articles += planned
        if progress:
            progress(len(articles), len(numbered))
    write_articles(articles, target)
    copy_starter_lexicon(target)
    return len(articles)


def _planned(chunks: Sequence[list[Row]]) -> Iterable[list[NewArticle]]:
    if len(chunks) < 2:
        yield from map(_plan, chunks)
        return
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(_plan, chunks)


def _plan(rows: list[Row]) -> list[NewArticle]:
    return plan_import(Table("rows", rows), None, "process")[0]


def measure(chosen: argparse.Namespace) -> Report:
    """Make every folder that was asked for."""
    report = Report("corpus")
    with work_folder(chosen.work) as work:
        for count in chosen.articles:
            began = time.perf_counter()
            settings = settings_for(work, chosen.source, count, chosen.seed)
            seconds = time.perf_counter() - began
            sizes = [path.stat().st_size for path in article_files(settings.articles)]
            megabytes = round(sum(sizes) / 1e6, 2)
            report.add(articles=len(sizes), mb=megabytes, seconds=round(seconds, 2), folder=str(settings.articles))
    report.remarks.append(f"generated articles are made of the words of {REPOSITORY_ARTICLES.name}/")
    if not chosen.work:
        report.remarks.append("the folders are gone: name a place that keeps them with --work")
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    chosen = arguments(__doc__).parse_args(argv)
    measure(chosen).finish(chosen, Chart("articles", ("mb", "seconds")))


if __name__ == "__main__":
    main()
