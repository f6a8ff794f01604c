"""Workers that run for a long time, under questions and updates, take no more memory and no more file handles than at the start.

`KB_SOAK_MINUTES=10 pytest -m soak -s tests/faults/test_long.py`; the first fifth is for warming up.
"""

import os
import re
import time
from pathlib import Path

import pytest
from builders import write_article
from planting import planted
from workers import Witnesses, lines_to_all, opened

from indexer import build as building
from indexer.backends import CurrentSearcher
from indexer.engine import LocalEngine
from kb.clock import now

RATIO, HANDLES = 1.10, 5
MINUTES = float(os.environ.get("KB_SOAK_MINUTES") or 10)
QUESTIONS = [f"第{number}种鸟会飞吗" for number in range(3000)]
# seconds between two updates; every so many are whole builds
PAUSE, WHOLE = 0.5, 20


def memory(process):
    """Kilobytes of memory of a process: all, and what no file is behind."""
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return tuple(int(re.search(rf"{name}:\s+(\d+)", status)[1]) for name in ("VmRSS", "RssAnon"))


def measured(service):
    """Worker → (memory, memory without files, file handles)."""
    return {worker: (*memory(worker), len(opened(worker))) for worker in service.workers()}


def changed(settings, number):
    file = write_article(settings.articles, "parrot", title="鹦鹉托运", answer=f"请联系第{number}家航空公司。")
    if number % WHOLE:
        building.update(settings, now(), paths=[file])
    else:
        building.build(settings, now())


def grown(settings, serve, minutes, **options):
    """Ask and update for so long; [(measure at the start, the most that came later)] of each worker."""
    for number in range(100):
        write_article(settings.articles, f"bird-{number}", title=f"第{number}种鸟", answer=f"第{number}种鸟会飞。")
    building.build(settings, now())
    service = serve(settings, KB_ASK_LIMIT="0", **options).settled()
    workers = set(service.workers())
    began, number, warm, most = time.monotonic(), 0, {}, {}
    with lines_to_all(service, each=2) as lines, Witnesses(lines, QUESTIONS, "parrot", pause=0.005) as callers:
        while (passed := time.monotonic() - began) < minutes * 60:
            changed(settings, number)
            number += 1
            time.sleep(PAUSE)
            for worker, values in measured(service).items():
                kept = warm if passed < minutes * 60 / 5 else most
                kept[worker] = tuple(map(max, values, kept.get(worker, values)))
    assert callers.troubles == []
    assert set(most) == workers
    print(
        f"{minutes} minutes, {len(callers.seen)} questions, {number} updates; (RSS KB, without files, handles) {warm} {most}"
    )
    return [(warm[worker], most[worker]) for worker in workers]


def test_old_generations_are_let_go(settings):  # A8
    building.build(settings, now())
    source = CurrentSearcher(settings)
    engine = LocalEngine(settings, source)
    for number in range(1, 9):
        file = write_article(settings.articles, "parrot", title="鹦鹉托运", answer=f"请联系第{number}家航空公司。")
        engine.take_up([file], now())
        source.searcher()
    held = {found[0] for name in opened(os.getpid()) if (found := re.search(rf"{settings.index}/gen-[^/]*", name))}
    # the one that answers, and the one before it
    assert len(held) <= 2


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60 + 300)
def test_memory_and_file_handles_do_not_grow(settings, serve):  # A8
    for (rss, _, handles), (most, _, most_handles) in grown(settings, serve, MINUTES):
        assert most <= rss * RATIO
        assert most_handles <= handles + HANDLES


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_growing_would_be_seen(settings, serve, tmp_path):  # A8
    fault = planted(
        tmp_path / "planted",
        """
        from indexer import backends

        kept, opened = [], backends.open_generation

        def open_generation(folder, *values, **options):
            kept.append((open(folder / "manifest.json"), bytearray(4 << 20)))
            kept[-1][1][::4096] = b"x" * len(kept[-1][1][::4096])
            return opened(folder, *values, **options)

        backends.open_generation = open_generation
        """,
    )
    for (rss, _, handles), (most, _, most_handles) in grown(settings, serve, 0.5, **fault):
        assert most > rss * RATIO
        assert most_handles > handles + HANDLES
