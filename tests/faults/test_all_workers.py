"""What changes is seen by every worker, and none returns a version that was superseded.

A few changes on every commit; `pytest -m soak -s tests/faults/test_all_workers.py` asks 10,000 questions over 500.
"""

import re
import shutil
import time

import pytest
from builders import write_small_library
from libraries import settings_in
from planting import planted
from publishing_desk import indexed_desk
from service import Service, until
from workers import Seen, Witnesses, lines_to_all, superseded

from indexer import build as building
from indexer import generations
from kb.clock import now
from kb.db.engine import Database

ARTICLE = "replace-card"
# some are asked again and again, as a desk does; the others only once in a while
OFTEN = ["卡消磁了", "补卡带什么", "换卡要多久", "旧卡换新卡"]
QUESTIONS = [question for number in range(500) for question in (*OFTEN, f"补卡换卡{number}")]
FEW, MANY = (25, 500), (500, 10_000)
# seconds: longer must no worker keep the old one
WITHIN = 5


def write(settings, answer):
    file = settings.articles / f"processes/{ARTICLE}.md"
    file.write_text(re.sub(r"(?m)^answer: .*$", f"answer: {answer}", file.read_text("utf-8")), "utf-8")
    return file


def updated(settings, witnesses, updates, questions):
    """Change the article again and again; generation → what it says, and after how long each worker has seen each."""
    said, lags = {}, []
    for number in range(updates):
        text = f"这是第{number}次的说法，当场就能换。"
        file, since = write(settings, text), len(witnesses.seen)
        generation = building.update(settings, now(), paths=[file]).generation
        acknowledged = time.monotonic()
        said[generation] = text
        wanted = questions * (number + 1) // updates
        until(lambda g=generation, s=since: followed(witnesses, g, s) or witnesses.troubles, patience=WITHIN)
        until(lambda n=wanted: len(witnesses.seen) >= n or witnesses.troubles)
        lags += [max(0.0, ended - acknowledged) for ended in first_seen(witnesses.seen[since:], generation)]
    return said, lags


def followed(witnesses, generation, since):
    newest = witnesses.newest(since)
    return len(newest) == 2 and min(newest.values()) >= generation


def first_seen(seen, generation):
    first = {}
    for one in seen:
        if one.generation >= generation:
            first[one.worker] = min(one.ended, first.get(one.worker, one.ended))
    return first.values()


def witnessed(service, updates, questions):
    """Two people at each worker ask while the article changes; what must not have been answered."""
    settings = service.settings
    with lines_to_all(service, each=2) as lines:
        said = {generations.current_name(settings.index): service.first(OFTEN[0])["text"]}
        with Witnesses(lines, QUESTIONS, ARTICLE, pause=0.002) as witnesses:
            more, lags = updated(settings, witnesses, updates, questions)
    assert witnesses.troubles == []
    print(f"{len(witnesses.seen)} questions over {updates} updates, seen after at most {max(lags):.2f} s")
    return superseded(witnesses.seen, said | more)


@pytest.fixture(scope="module")
def running(tmp_path_factory, migrated_file):
    """A service that runs for all tests here, and people who publish."""
    settings = settings_in(tmp_path_factory.mktemp("workers"))
    write_small_library(settings.articles)
    settings.var.mkdir()
    shutil.copyfile(migrated_file, settings.var / "kb.db")
    database = Database(settings.database)
    desk = indexed_desk(settings, database)
    service = Service(settings, settings.var.parent / "printed", KB_ASK_LIMIT="0")
    try:
        yield service.ready().settled(), desk
    finally:
        service.end()
        database.close()


@pytest.mark.timeout(300)
def test_no_worker_returns_a_superseded_version(running):  # rows 66 70, C1
    assert witnessed(running[0], *FEW) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_questions_over_five_hundred_updates(running):  # rows 66 70, C1
    assert witnessed(running[0], *MANY) == []


@pytest.mark.timeout(300)
def test_a_worker_that_keeps_old_answers_would_be_found(settings, serve, tmp_path):  # C1
    fault = planted(
        tmp_path / "planted",
        """
        from dataclasses import replace
        from kb import results

        get, put = results.ResultCache.get, results.ResultCache.put
        results.ResultCache.get = lambda self, key, at: get(self, replace(key, generation=""), at)
        results.ResultCache.put = lambda self, key, result: put(self, replace(key, generation=""), result)
        """,
    )
    building.build(settings, now())
    service = serve(settings, KB_ASK_LIMIT="0", **fault).settled()
    assert any("went back" in found for found in witnessed(service, 2, 40))


def test_what_counts_as_superseded():  # C1
    said = {"gen-1": "old", "gen-2": "new"}
    early, late = Seen(1, 0, 1, "gen-2", ("new",)), Seen(1, 2, 3, "gen-1", ("old",))
    assert superseded([early, Seen(1, 0.5, 3, "gen-1", ("old",)), Seen(2, 2, 3, "gen-1", ("old",))], said) == []
    assert len(superseded([early, late], said)) == 1
    for texts in (("old",), ("new", "old"), ()):
        assert len(superseded([Seen(1, 0, 1, "gen-2", texts)], said)) == 1


def seen_by_all(lines, question, article, there):
    """Seconds until every worker shows an article, or shows it no longer."""
    began, waiting = time.monotonic(), list(lines)
    while waiting:
        waiting = [line for line in waiting if any(c["id"] == article for c in line.ask(question)["cards"]) != there]
        assert time.monotonic() - began < WITHIN, f"{article} after {WITHIN} s: {len(waiting)} workers do not follow"
        time.sleep(0.005)
    return time.monotonic() - began


def in_and_out(desk, service, rounds):
    """Publish new articles and take each away again; seconds until every worker has seen it."""
    published, withdrawn = [], []
    with lines_to_all(service) as lines:
        for number in range(rounds):
            article = f"parrot-{number}"
            desk.new(article, title="鹦鹉托运", answer=f"鹦鹉托运请联系第{number}家航空公司。")
            published.append(seen_by_all(lines, "鹦鹉托运", article, there=True))
            desk.workbench.expire(desk.jia, f"processes/{article}.md", desk.later(), "不再办理")
            withdrawn.append(seen_by_all(lines, "鹦鹉托运", article, there=False))
    print(
        f"{rounds} rounds: published seen by every worker after {max(published):.2f} s, withdrawn {max(withdrawn):.2f} s"
    )


@pytest.mark.timeout(300)
def test_every_worker_sees_what_is_published_and_withdrawn(running):  # rows 66 72, C2
    service, desk = running
    in_and_out(desk, service, 3)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_every_worker_sees_a_hundred_changes(running):  # rows 66 72, C2
    service, desk = running
    in_and_out(desk, service, 50)
