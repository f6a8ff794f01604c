"""How long ranking takes, ours beside other engines: the same terms, fields and weights, in one run.

    python -m benchmarks.latency --articles 1000,10000,50000,100000 --json figures.json

Questions are understood before the clock starts. Every question is asked of all engines in turn, in changing order, after
other questions have warmed them, so that noise hits all alike. `ratio` columns: times ours, on the questions both answered.
`made` columns: with making the engine's own query object included. `overlap`: share of our ten articles that it finds too.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.corpus import settings_for
from benchmarks.peers import ENGINES, Ours, Peer, Whole, load_peers
from benchmarks.peers.peer import Question, make_question
from benchmarks.questions import sample_questions
from benchmarks.report import Chart, Progress, Report, arguments, percentile, percentiles, work_folder
from benchmarks.terms import write_terms
from indexer.build import update
from kb.clock import now
from kb.library import article_files
from kb.settings import Settings
from kb.visibility import ANYBODY

WARMING = 50


@dataclass(slots=True)
class Asked:
    """What one engine did: by question's number, seconds of searching, of both steps, and the keys found."""

    searching: dict[int, float] = field(default_factory=dict)
    both: dict[int, float] = field(default_factory=dict)
    found: dict[int, list[str]] = field(default_factory=dict)

    def ask(self, peer: Peer, number: int, question: Question) -> None:
        """Ask one question and note it."""
        began = time.perf_counter()
        prepared = peer.prepare(question)
        ready = time.perf_counter()
        keys = peer.search(prepared)
        ended = time.perf_counter()
        self.searching[number], self.both[number], self.found[number] = ended - ready, ended - began, keys


def understood(ours: Ours, texts: Iterable[str]) -> list[Question]:
    """The questions that hold something to look for, without quotes: looking those up is no ranking."""
    searcher = ours.searcher
    queries = (searcher.understanding.understand(text, searcher.knows) for text in texts)
    return [make_question(replace(query, phrases=())) for query in queries if not query.empty]


def interleaved(peers: Sequence[Peer], questions: Sequence[Question], slow_step: int) -> dict[str, Asked]:
    """Ask all engines every question (slow ones every `slow_step`-th), each time beginning with another engine."""
    asked = {peer.name: Asked() for peer in peers}
    with Progress("asking") as progress:
        for number, question in enumerate(questions):
            turn = number % len(peers)
            for peer in (*peers[turn:], *peers[:turn]):
                if not peer.slow or number % slow_step == 0:
                    asked[peer.name].ask(peer, number, question)
            progress(number, len(questions))
    return asked


def ratios(ours: Asked, other: Asked) -> dict[str, float]:
    """The other's percentiles as multiples of ours, on the questions that it answered."""
    found = {}
    for n in (50, 95, 99):
        own = percentile((ours.searching[i] for i in other.searching), n / 100)
        found[f"ratio_p{n}"] = round(percentile(other.searching.values(), n / 100) / own, 3) if own else 0.0
    return found


def overlap(ours: Asked, other: Asked) -> float:
    """Mean share of our articles that the other finds too, over the questions for which we found any."""
    shares = [
        len(set(ours.found[i]) & set(keys)) / len(ours.found[i]) for i, keys in other.found.items() if ours.found[i]
    ]
    return round(statistics.mean(shares), 3) if shares else 0.0


def _ready(settings: Settings, folder: Path, names: Sequence[str]) -> tuple[Ours, list[Peer], list[str], int]:
    """Our engine over an index that is up to date, the other engines filled with its documents, who is absent, how many."""
    with Progress("indexing") as progress:
        update(settings, now(), progress)
    ours = Ours(settings)
    peers, absent = load_peers(names, folder, settings.index / ours.searcher.generation)
    at = now()
    with Progress("analysing") as progress:
        documents = write_terms(
            settings, folder / "terms.jsonl", lambda key: ours.searcher.visible(key, at, ANYBODY), progress
        )
    for peer in peers:
        with Progress(f"{peer.name} takes the documents"):
            peer.build(documents)
    return ours, peers, absent, sum(1 for _ in documents)


def measure_size(chosen: argparse.Namespace, count: int, work: Path, report: Report) -> None:
    """All engines at one number of articles."""
    settings = settings_for(work, chosen.source, count, chosen.seed)
    articles = sum(1 for _ in article_files(settings.articles))
    texts = sample_questions(settings.articles, chosen.questions + WARMING, chosen.seed, chosen.question_file)
    with work_folder(None) as folder:
        ours, peers, absent, documents = _ready(settings, folder, chosen.engines)
        questions = understood(ours, texts)
        # few questions must not all go into warming
        warming = min(WARMING, len(questions) // 2)
        every: list[Peer] = [ours, Whole(settings), *peers]
        # what is in memory now stays: the collector need not look at it between two questions
        gc.collect()
        gc.freeze()
        try:
            interleaved(every, questions[:warming], max(1, warming // 5))
            measured = questions[warming:]
            asked = interleaved(every, measured, max(1, len(measured) // max(1, chosen.slow_questions)))
        finally:
            gc.unfreeze()
        for peer in every:
            _add_row(report, {"articles": articles, "documents": documents}, peer, asked)
        report.remarks = [*(f"{p.name}: {p.remark}" for p in every), *absent]


def _add_row(report: Report, size: dict[str, int], peer: Peer, asked: dict[str, Asked]) -> None:
    own, other = asked["ours"], asked[peer.name]
    made = percentiles(other.both.values())
    report.add(
        **size,
        engine=peer.name,
        questions=len(other.searching),
        **{f"{name}_ms": value for name, value in percentiles(other.searching.values()).items()},
        **ratios(own, other),
        made_p50_ms=made["p50"],
        made_p99_ms=made["p99"],
        overlap=overlap(own, other),
    )


def measure(chosen: argparse.Namespace) -> Report:
    """All engines at all numbers of articles."""
    report = Report("latency")
    with work_folder(chosen.work) as work:
        for count in chosen.articles:
            measure_size(chosen, count, work, report)
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = arguments(__doc__, questions=1000)
    parser.add_argument("--slow-questions", type=int, default=100, help="at most so many for slow engines")
    parser.add_argument("--engines", type=_engines, default=list(ENGINES), help=f"of {','.join(ENGINES)} (default all)")
    chosen = parser.parse_args(argv)
    measure(chosen).finish(chosen, Chart("articles", ("p50_ms", "p99_ms"), ("engine",), log=True))


def _engines(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if unknown := [name for name in names if name not in ENGINES]:
        raise argparse.ArgumentTypeError(f"no such engine: {', '.join(unknown)}")
    return names


if __name__ == "__main__":
    main()
