"""How long completing takes what an agent has typed so far: all beginnings of titles, in characters, pinyin and initials.

python -m benchmarks.suggest --articles 1000,10000
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterable, Sequence

from benchmarks.corpus import settings_for
from benchmarks.questions import sampled_articles
from benchmarks.report import Chart, Progress, Report, arguments, percentiles, work_folder
from indexer.backends import CurrentSearcher
from indexer.build import update
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.library import article_files
from kb.pinyin import full, initials
from kb.settings import Settings
from kb.visibility import ANYBODY

# nobody types more before choosing
LONGEST = 20
_WARMING = 100


def beginnings(texts: Iterable[str]) -> list[str]:
    """Every beginning of the texts up to LONGEST characters, each once."""
    return list(dict.fromkeys(text[:n] for text in texts for n in range(1, min(len(text), LONGEST) + 1)))


def add_row(report: Report, articles: int, typed_as: str, typed: list[str], base: KnowledgeBase) -> None:
    """Complete each of the texts once, after some of them have warmed what there is to warm."""
    at = now()
    for text in typed[:_WARMING]:
        base.suggest(text, ANYBODY, at)
    spent, found = [], []
    for text in typed:
        began = time.perf_counter()
        suggestions = base.suggest(text, ANYBODY, at)
        spent.append(time.perf_counter() - began)
        found.append(len(suggestions))
    times = {f"{name}_ms": value for name, value in percentiles(spent).items()}
    mean = round(statistics.mean(found), 2) if found else 0.0
    report.add(articles=articles, typed_as=typed_as, beginnings=len(typed), **times, suggestions=mean)


def measure_size(settings: Settings, chosen: argparse.Namespace, report: Report) -> None:
    """One number of articles."""
    with Progress("indexing") as progress:
        update(settings, now(), progress)
    count = sum(1 for _ in article_files(settings.articles))
    base = KnowledgeBase(CurrentSearcher(settings))
    titles = [article.title for article in sampled_articles(settings.articles, chosen.questions, chosen.seed)]
    for typed_as, texts in (
        ("characters", titles),
        ("pinyin", [full(title) for title in titles]),
        ("initials", [initials(title) for title in titles]),
    ):
        with Progress(f"completing {typed_as}"):
            add_row(report, count, typed_as, beginnings(texts), base)


def measure(chosen: argparse.Namespace) -> Report:
    """All sizes. `--questions` is the number of titles here."""
    report = Report("suggest")
    with work_folder(chosen.work) as work:
        for count in chosen.articles:
            measure_size(settings_for(work, chosen.source, count, chosen.seed), chosen, report)
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    chosen = arguments(__doc__, questions=200).parse_args(argv)
    measure(chosen).finish(chosen, Chart("articles", ("p50_ms", "p99_ms"), ("typed_as",)))


if __name__ == "__main__":
    main()
