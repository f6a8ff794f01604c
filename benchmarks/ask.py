"""How long an answer takes in one process: ranking, the whole answer, and the page's fragment for every keystroke.

    python -m benchmarks.ask                      # the articles that come along, their own test queries
    python -m benchmarks.ask --source FOLDER

Builds from scratch in a temporary folder, then asks the articles' own test queries (or phrasings, or titles). The fragment
goes through the WSGI stack. The first pass warms the caches.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.generated import REPOSITORY_ARTICLES
from benchmarks.report import Chart, Progress, Report, percentiles, result_options, work_folder
from indexer.backends import CurrentSearcher
from indexer.build import build
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.library import load_library
from kb.settings import Settings
from kb.visibility import ANYBODY
from web.app import create_app

# whose beginnings are asked, as a typing agent sends them
_TYPED = 60


def questions_of(articles: Path, most: int) -> list[str]:
    """Test queries of the articles, else their phrasings, else their titles; at most so many, from all of them alike."""
    library = load_library(articles).articles
    for field in ("test_queries", "questions"):
        found = [q for a in library for q in getattr(a, field)]
        if found:
            break
    else:
        found = [a.title for a in library]
    return found[:: -(-len(found) // most)] if found else []


def add_row(report: Report, what: str, action: Callable[[str], object], questions: Sequence[str]) -> None:
    """Times of an action over all questions, after one warming pass."""
    with Progress(what) as progress:
        for question in questions:
            action(question)
        spent = []
        for question in questions:
            began = time.perf_counter()
            action(question)
            spent.append(time.perf_counter() - began)
            progress(len(spent), len(questions))
    report.add(what=what, questions=len(questions), **{f"{k}_ms": v for k, v in percentiles(spent).items()})


def measure(articles: Path, most: int) -> Report:
    """All figures for one folder of articles."""
    questions = questions_of(articles, most)
    report = Report("ask")
    with work_folder(None) as var:
        settings = Settings(articles=articles, var=var)
        with Progress("indexing") as progress:
            built = build(settings, now(), progress)
        report.remarks.append(f"{built.added} articles")
        base = KnowledgeBase(CurrentSearcher(settings))
        at = now()
        client = create_app(settings).test_client()
        keystrokes = [q[:n] for q in questions[:_TYPED] for n in range(1, len(q) + 1)]
        add_row(report, "ranking", lambda q: base.hits(q, ANYBODY, at, 10), questions)
        add_row(report, "answer", lambda q: base.ask(q, ANYBODY, at), questions)
        add_row(report, "fragment", lambda q: client.post("/ask", data={"q": q}), keystrokes)
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=REPOSITORY_ARTICLES, help="folder of articles")
    parser.add_argument("--questions", type=int, default=1000, help="at most so many (default 1000)")
    result_options(parser)
    chosen = parser.parse_args(argv)
    measure(chosen.source, chosen.questions).finish(chosen, Chart("what", ("p50_ms", "p99_ms")))


if __name__ == "__main__":
    main()
