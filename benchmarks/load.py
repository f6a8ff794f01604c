"""`kb serve` under load, beside Flask routes that do nothing: how much of the time is ours.

    python -m benchmarks.load --articles 10000 --requests 4000

Three targets under the same gunicorn settings get the same number of POST requests over 16 connections, in turns: `search` is
/api/v1/search with distinct questions, `empty` returns "", `json` encodes a fixed object as large as one of our answers. Then
the same over one connection alone. Medians of `--rounds`; ratios are to `empty`. Client and servers share the processors.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import urllib.request
from collections.abc import Iterator, Sequence

from benchmarks.client import Client, Load, Target
from benchmarks.corpus import settings_for
from benchmarks.questions import sample_questions
from benchmarks.report import Chart, Progress, Report, arguments, work_folder
from benchmarks.service import kb_serve, plain_flask
from indexer.build import update
from kb.clock import now
from kb.library import article_files
from kb.settings import Settings

_SEARCH = "/api/v1/search"


def search_bodies(questions: Sequence[str]) -> tuple[str, ...]:
    """Bodies of requests to the API."""
    return tuple(json.dumps({"q": question}) for question in questions)


def reply_of(url: str, body: str) -> str:
    """The text of one answer to a POST."""
    asked = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})  # noqa: S310 (own address)
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
        return str(answer.read().decode())


@contextlib.contextmanager
def targets(settings: Settings, questions: Sequence[str]) -> Iterator[dict[str, Target]]:
    """All servers running, by name."""
    bodies = search_bodies(questions)
    with kb_serve(settings) as ours:
        reply = reply_of(ours.url(_SEARCH), bodies[0])
        with plain_flask(settings, reply) as plain:
            yield {
                "empty": Target(plain.port, "/empty", bodies),
                "json": Target(plain.port, "/json", bodies),
                "search": Target(ours.port, _SEARCH, bodies),
            }


def alternating(
    servers: dict[str, Target], requests: int, connections: int, rounds: int, client: Client
) -> dict[str, list[Load]]:
    """Runs of each server, in turns, each round beginning with another one."""
    found: dict[str, list[Load]] = {name: [] for name in servers}
    names = list(servers)
    with Progress(f"{connections} connections") as progress:
        for turn in range(rounds):
            for place, name in enumerate((*names[turn % 3 :], *names[: turn % 3])):
                progress(turn * len(names) + place, rounds * len(names))
                found[name].append(client.run(servers[name], requests, connections))
    return found


def add_rows(report: Report, articles: int, connections: int, found: dict[str, list[Load]]) -> None:
    """The medians of each server's rounds, and their ratios to the empty route."""
    floor = {name: _median(found["empty"], name) for name in ("per_second", "p50", "p99")}
    for server, loads in found.items():
        report.add(
            articles=articles,
            connections=connections,
            server=server,
            requests=loads[0].requests,
            per_second=_median(loads, "per_second"),
            p50_ms=_median(loads, "p50"),
            p95_ms=_median(loads, "p95"),
            p99_ms=_median(loads, "p99"),
            per_second_ratio=round(_median(loads, "per_second") / floor["per_second"], 3),
            p50_ratio=round(_median(loads, "p50") / floor["p50"], 2),
            p99_ratio=round(_median(loads, "p99") / floor["p99"], 2),
        )


def _median(loads: Sequence[Load], name: str) -> float:
    return float(statistics.median(getattr(load, name) for load in loads))


def measure_size(chosen: argparse.Namespace, settings: Settings, client: Client, report: Report) -> None:
    """One number of articles: many connections, then one, after a run that warms all servers."""
    with Progress("indexing") as progress:
        update(settings, now(), progress)
    count = sum(1 for _ in article_files(settings.articles))
    questions = sample_questions(settings.articles, chosen.questions, chosen.seed, chosen.question_file)
    few = max(chosen.requests // 4, chosen.connections)
    with targets(settings, questions) as servers:
        alternating(servers, few, chosen.connections, 1, client)
        for connections, requests in ((chosen.connections, chosen.requests), (1, few)):
            add_rows(report, count, connections, alternating(servers, requests, connections, chosen.rounds, client))


def measure(chosen: argparse.Namespace) -> Report:
    """All sizes."""
    with work_folder(chosen.work) as work, Client(chosen.client) as client:
        report = Report("load", remarks=[f"client: {client.name}"])
        for count in chosen.articles:
            measure_size(chosen, settings_for(work, chosen.source, count, chosen.seed), client, report)
    return report


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = arguments(__doc__, questions=2000)
    parser.add_argument(
        "--requests", type=int, default=2000, help="in each run (default 2000), a quarter for one connection"
    )
    parser.add_argument("--connections", type=int, default=16, help="kept busy at the same time (default 16)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each server (default 3)")
    parser.add_argument("--client", choices=("auto", "wrk", "own"), default="auto", help="auto: wrk if it is installed")
    chosen = parser.parse_args(argv)
    measure(chosen).finish(chosen, Chart("articles", ("per_second", "p99_ms"), ("server", "connections")))


if __name__ == "__main__":
    main()
