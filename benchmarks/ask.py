"""How long building an index and asking it take, on any folder of articles.

    python -m benchmarks.ask --articles articles --json figures.json

Builds from scratch in a temporary folder, then asks the articles' own test queries (or phrasings, or titles): ranking alone,
the whole answer, and the page's fragment over the WSGI stack. Times in milliseconds; the first pass warms the caches.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from indexer.backends import CurrentSearcher
from indexer.build import build
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.library import load_library
from kb.settings import Settings
from kb.visibility import ANYBODY
from web.app import create_app


def percentiles(seconds: Iterable[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50": round(statistics.median(ordered) * 1000, 2),
        "p95": round(ordered[int(len(ordered) * 0.95)] * 1000, 2),
        "p99": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
    }


def timed(action: Callable[[str], object], questions: list[str]) -> dict[str, float]:
    """Percentiles of an action over all questions, after one warming pass."""
    for question in questions:
        action(question)
    spent = []
    for question in questions:
        began = time.perf_counter()
        action(question)
        spent.append(time.perf_counter() - began)
    return percentiles(spent)


def questions_of(articles: Path, most: int) -> list[str]:
    """Test queries of the articles, else their phrasings, else their titles."""
    library = load_library(articles).articles
    for field in ("test_queries", "questions"):
        found = [q for a in library for q in getattr(a, field)]
        if found:
            return found[:most]
    return [a.title for a in library][:most]


def measure(articles: Path, most: int) -> dict[str, object]:
    """All figures for one folder of articles."""
    questions = questions_of(articles, most)
    with tempfile.TemporaryDirectory() as var:
        settings = Settings(articles=articles, var=Path(var))
        began = time.perf_counter()
        built = build(settings, now())
        seconds = time.perf_counter() - began
        base = KnowledgeBase(CurrentSearcher(settings))
        at = now()
        client = create_app(settings).test_client()
        # every beginning of a question, as a typing agent sends them
        keystrokes = [q[:n] for q in questions[:60] for n in range(1, len(q) + 1)]
        return {
            "articles": built.added,
            "questions": len(questions),
            "build_s": round(seconds, 2),
            "ranking_ms": timed(lambda q: base.hits(q, ANYBODY, at, 10), questions),
            "answer_ms": timed(lambda q: base.ask(q, ANYBODY, at), questions),
            "page_ms": timed(lambda q: client.post("/ask", data={"q": q}), keystrokes),
        }


def main() -> None:
    """Measure, print a table, write JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, default=Path("articles"))
    parser.add_argument("--questions", type=int, default=1000, help="at most so many")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    figures = measure(chosen.articles, chosen.questions)
    for name, value in figures.items():
        print(f"{name:12} {value}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
