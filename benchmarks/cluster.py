"""A search cluster beside this machine's index: sending, opening, asking, following a change, and what a desk serves.

    python tests/opensearch_cluster.py /tmp                     # three nodes on this machine, until Ctrl-C; prints addresses
    python -m benchmarks.cluster --url http://127.0.0.1:…,… --articles 10000,50000

`ship`: seconds of writing the whole index to the cluster; `open`: of opening it in a process without local files, `rss`: what that
process then has more; `change`: of sending one changed article, `seen`: from there until a process that was not told answers with
it. `here`, `there`: ms of the same questions by this machine's arrays and through the cluster, in turns; `first` the first time a
question's articles are candidates, when their slices are fetched. `same3`, `same10`: share of questions with the same first hits
in the same order. `desk`, `one`: requests in a second and ms of /api/v1/search with distinct questions over 16 connections, by a
`kb serve` without articles and by one with them. Nodes, client and services share the processors.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.changes import change
from benchmarks.client import Client, Target
from benchmarks.corpus import throwaway
from benchmarks.load import search_bodies
from benchmarks.questions import sample_questions
from benchmarks.report import Chart, Progress, Report, Row, arguments, percentile
from benchmarks.service import kb_serve
from indexer.build import update
from indexer.engines import source_of
from indexer.opensearch import Cluster
from indexer.shipping import ship
from kb.ask import KnowledgeBase
from kb.backend import Searcher
from kb.clock import now
from kb.settings import Settings
from kb.visibility import ANYBODY

_SEARCH = "/api/v1/search"
_PATIENCE = 120.0


def compare(here: Searcher, there: Searcher, questions: Sequence[str], row: Row) -> None:
    """Ask both the same, in turns; adds their times and how far they agree."""
    at = now()
    times: dict[str, list[float]] = {"here": [], "first": [], "there": []}
    same3 = same10 = 0
    with Progress("asking") as progress:
        for number, question in enumerate(questions):
            progress(number, len(questions))
            query = here.understanding.understand(question, here.knows)
            found = {}
            for name, searcher in (("here", here), ("first", there), ("there", there)):
                began = time.perf_counter()
                found[name] = [hit.key for hit in searcher.search(query, at, ANYBODY, 10)]
                times[name].append(time.perf_counter() - began)
            same3 += found["here"][:3] == found["there"][:3]
            same10 += found["here"] == found["there"]
    for name, taken in times.items():
        for share in (50, 95, 99):
            row[f"{name}_p{share}_ms"] = round(1000 * percentile(taken, share / 100), 2)
    row["same3"], row["same10"] = round(same3 / len(questions), 4), round(same10 / len(questions), 4)


def _resident() -> float:
    """Memory of this process, MB."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 1e6


def _desk(pipe: Connection, settings: Settings) -> None:
    """A process without local files: what opening takes, then when it first answers with a word."""
    before = _resident()
    began = time.monotonic()
    source = source_of(settings)
    base = KnowledgeBase(source)
    base.hits("换卡", ANYBODY, now(), 10)
    pipe.send((time.monotonic() - began, _resident() - before))
    mark = pipe.recv()
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if source.searcher().knows(mark):
            break
        time.sleep(0.01)
    pipe.send(time.monotonic())


def follow_one(settings: Settings, folder: Path, seed: int, row: Row) -> None:
    """Open a desk in another process, change one article, send it, and wait until the desk knows its word."""
    context = get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(
        target=_desk, args=(other, replace(settings, articles=folder / "none", var=folder / "desk"))
    )
    process.start()
    row["open_s"], row["rss_mb"] = (round(value, 2) for value in pipe.recv())
    mark = f"zq{seed}wv"
    paths = change(settings.articles, 1, mark, seed)
    update(settings, now(), paths=paths)
    pipe.send(mark)
    began = time.monotonic()
    ship(settings, now())
    done = time.monotonic()
    row["change_s"], row["seen_s"] = round(done - began, 2), round(pipe.recv() - done, 2)
    process.join()


def serve_both(
    settings: Settings, folder: Path, questions: Sequence[str], requests: int, client: Client, row: Row
) -> None:
    """`kb serve` without and with articles, in turns; medians of three."""
    bodies = search_bodies(questions)
    alone = replace(settings, search_url=())
    desk = replace(settings, articles=folder / "none", var=folder / "desk")
    with kb_serve(desk) as there, kb_serve(alone) as here:
        targets = {"desk": Target(there.port, _SEARCH, bodies), "one": Target(here.port, _SEARCH, bodies)}
        loads: dict[str, list[tuple[float, float, float]]] = {name: [] for name in targets}
        for _ in range(3):
            for name, target in targets.items():
                load = client.run(target, requests, 16)
                loads[name].append((load.per_second, load.p50, load.p99))
    for name, runs in loads.items():
        for place, what in enumerate(("per_second", "p50_ms", "p99_ms")):
            row[f"{name}_{what}"] = round(statistics.median(run[place] for run in runs), 2)


def measure_size(chosen: argparse.Namespace, count: int, client: Client, report: Report) -> None:
    """One number of articles."""
    with throwaway(chosen.work, chosen.source, count, chosen.seed) as bare:
        prefix = f"bench{count}"
        addresses = tuple(chosen.url.split(","))
        settings = replace(bare, search_url=addresses, search_prefix=prefix, search_replicas=chosen.replicas)
        with Progress("indexing") as progress:
            update(settings, now(), progress)
        try:
            with report.row(articles=count) as row:
                measure_steps(settings, chosen, client, row)
        finally:
            cluster = Cluster(settings)
            for index in cluster.indices(f"{prefix}-"):
                cluster.remove(index)


def measure_steps(settings: Settings, chosen: argparse.Namespace, client: Client, row: Row) -> None:
    """Send the index, compare the answers, follow a change, serve."""
    began = time.monotonic()
    with Progress("sending") as progress:
        shipped = ship(settings, now(), progress, whole=True)
    row["ship_s"], row["documents"] = round(time.monotonic() - began, 1), shipped.documents
    questions = sample_questions(settings.articles, chosen.questions, chosen.seed, chosen.question_file)
    compare(source_of(replace(settings, search_url=())).searcher(), source_of(settings).searcher(), questions, row)
    folder = settings.var.parent
    follow_one(settings, folder, chosen.seed, row)
    serve_both(settings, folder, questions, chosen.requests, client, row)


def measure(chosen: argparse.Namespace) -> Report:
    """All sizes."""
    with Client(chosen.client) as client:
        report = Report("cluster", remarks=[f"client: {client.name}", f"copies besides the first: {chosen.replicas}"])
        for count in chosen.articles:
            measure_size(chosen, count, client, report)
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = arguments(__doc__, questions=500)
    parser.add_argument("--url", required=True, help="addresses of the cluster's nodes, commas")
    parser.add_argument("--replicas", type=int, default=2, help="copies besides the first (default 2)")
    parser.add_argument("--requests", type=int, default=2000, help="of each run of a service (default 2000)")
    parser.add_argument("--client", choices=("auto", "wrk", "own"), default="auto", help="auto: wrk if it is installed")
    chosen = parser.parse_args(argv)
    measure(chosen).finish(chosen, Chart("articles", ("here_p50_ms", "there_p50_ms"), ("documents",)))


if __name__ == "__main__":
    main()
