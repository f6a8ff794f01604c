"""Rebuilds and publications while people ask: no error, no golden question lost. How much slower it is then is printed.

A few on every commit; `pytest -m soak -s tests/faults/test_under_load.py` does 20 rebuilds and 200 publications.
"""

import pytest
from apart import Apart
from builders import write_article
from publishing_desk import indexed_desk
from publishing_rounds import let_through, opened, people, written
from service import Callers, kb, p99, until

from indexer import build as building
from kb.clock import now

GOLDEN = {
    "卡消磁了": "replace-card",
    "网银盾坏了": "usb-key",
    "取五万要问用途吗": "cash-rules",
    "排队两小时": "queue-complaint",
    "要我转到安全账户": "safe-account",
    "第7种鸟": "bird-7",
}


def right(answer):
    """Whether a golden question finds its article first."""
    found = [card["id"] for card in (*answer["alerts"], *answer["cards"])]
    return found[:1] == [GOLDEN[answer["question"]]]


def asking(service):
    return Callers(service, GOLDEN, right, number=3, pause=0.02)


def published(settings, number):
    """Publish so many times, one after another; what went wrong."""
    database, workbench = opened(settings)
    workbench.patience = 60
    author, approver = people(database)
    made = [let_through(workbench, author, approver, written(workbench, author, n)) for n in range(number)]
    database.close()
    return [f"publication {n}: {p.state} {p.reason}" for n, p in enumerate(made) if p.state != "applied"]


def rebuilt(settings):
    """Rebuild; once more where a publication is just writing the index, which is said."""
    code, said = kb(settings, "index", "build")
    while code and "另一个任务正在写索引" in said:
        code, said = kb(settings, "index", "build")
    return [f"build: {code} {said}"] if code else []


def busy(settings, database, serve, rebuilds, publications, birds, idle_questions):
    """Ask while nothing happens, then while everything does; the service, and what went wrong with publications."""
    for number in range(birds):
        write_article(settings.articles, f"bird-{number}", title=f"第{number}种鸟", answer=f"第{number}种鸟会飞。")
    indexed_desk(settings, database)
    service = serve(settings, KB_ASK_LIMIT="0").settled()
    with asking(service) as idle:
        until(lambda: idle.asked >= idle_questions)
    troubles = []
    with asking(service) as callers:
        # in a process of its own: whoever asks would wait for the interpreter that publishes
        publishing = Apart(published, settings, publications)
        try:
            for _ in range(rebuilds):
                troubles += rebuilt(settings)
        finally:
            troubles += publishing.result(3000)
    print(
        f"{rebuilds} rebuilds, {publications} publications: {callers.asked} questions, {len(callers.troubles)} errors,"
        f" p99 {p99(callers.times)} ms (idle {p99(idle.times)} ms), slowest {callers.slowest * 1000:.0f} ms"
    )
    assert idle.troubles == callers.troubles == troubles == []
    assert callers.asked > rebuilds + publications
    return service


@pytest.mark.timeout(300)
def test_a_rebuild_and_publications_fail_no_question(settings, database, serve):  # rows 61 66, A1
    service = busy(settings, database, serve, 1, 3, birds=10, idle_questions=60)
    # what would be lost is noticed
    with asking(service) as callers:
        (settings.articles / "products/usb-key.md").unlink()
        building.update(settings, now())
        until(lambda: callers.troubles)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_rebuilds_and_two_hundred_publications_fail_no_question(settings, database, serve):  # rows 61 66, A1
    busy(settings, database, serve, 20, 200, birds=300, idle_questions=2000)
