"""A clock that is put back or forward, and midnight in Shanghai wherever the machine stands."""

import json
import subprocess
import sys
import textwrap
from datetime import datetime, timedelta

import pytest
from builders import write_article

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import SHANGHAI, now
from kb.visibility import ANYBODY

DAY, YEAR = timedelta(days=1), timedelta(days=366)


def change(settings, number):
    write_article(settings.articles, "parrot", title="鹦鹉托运", answer=f"请联系第{number}家航空公司。")


def said(settings):
    cards = KnowledgeBase(CurrentSearcher(settings)).ask("鹦鹉托运", ANYBODY, now()).cards
    return cards[0].answer.text if cards else None


@pytest.mark.parametrize(
    "moved", [[YEAR, timedelta()], [timedelta(), -DAY, -DAY], [timedelta(), YEAR, -DAY, timedelta()]],
    ids=["a year ahead and right again", "a day back", "everything"],
)  # fmt: skip
def test_the_newest_serves_wherever_the_clock_stands(settings, moved):  # rows 66 67
    made = []
    for number, shift in enumerate(moved * 2):
        change(settings, number)
        made.append(building.update(settings, now() + shift).generation)
        assert generations.current_name(settings.index) == made[-1]
        assert said(settings) == f"请联系第{number}家航空公司。"
        assert made == sorted(made)
        left = generations.names(settings.index)
        assert left == made[::-1][: settings.keep_generations]
    assert generations.previous_name(settings.index) == made[-2]
    # the newest is damaged: it is the one before that serves, not the one with the latest date
    (settings.index / made[-1] / "state.arrays").write_bytes(b"")
    assert CurrentSearcher(settings).searcher().generation == made[-2]


def test_a_file_saved_while_the_clock_was_wrong_is_taken_up(settings):  # row 72
    change(settings, 1)
    building.build(settings, now() + YEAR)
    change(settings, 2)
    building.update(settings, now())
    assert said(settings) == "请联系第2家航空公司。"


def test_the_one_that_serves_outlives_any_pruning(settings):  # row 67
    made = []
    for number in range(3):
        change(settings, number)
        made.append(building.update(settings, now()).generation)
    generations.switch(settings.index, made[0])
    assert generations.prune(settings.index, 2) == [made[1]]
    assert generations.current_name(settings.index) == made[0]
    assert sorted(generations.names(settings.index)) == [made[0], made[2]]


AROUND_MIDNIGHT = textwrap.dedent("""
    import json, sys
    from datetime import datetime, timedelta, timezone
    from pathlib import Path
    from indexer import build as building
    from indexer.backends import CurrentSearcher
    from kb.ask import KnowledgeBase
    from kb.clock import now
    from kb.settings import Settings
    from kb.visibility import ANYBODY

    settings = Settings(articles=Path(sys.argv[1]), var=Path(sys.argv[2]))
    building.build(settings, now())
    base = KnowledgeBase(CurrentSearcher(settings))
    # what the machine's own clock would say, in the machine's own zone
    midnight = datetime(2026, 11, 30, 16, 0, tzinfo=timezone.utc)
    found = {}
    for seconds in (-86400, -60, -1, 0, 1, 59, 86399, 86400):
        at = (midnight + timedelta(seconds=seconds)).astimezone()
        cards = base.ask("鹦鹉托运", ANYBODY, at).cards
        found[seconds] = cards[0].answer.text if cards and cards[0].id == "parrot" else None
    print(json.dumps(found))
""")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_midnight_is_shanghais_wherever_the_machine_stands(settings, zone):  # rows 44 77, C9
    write_article(
        settings.articles, "parrot", title="鹦鹉托运", version=1, answer="旧办法：找航空公司。", effective="2026-01-01",
    )  # fmt: skip
    write_article(
        settings.articles, "parrot", name="parrot@next", title="鹦鹉托运", version=2, answer="新办法：找铁路公司。",
        effective="2026-12-01 00:00", expires="2026-12-02 00:00",
    )  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AROUND_MIDNIGHT, str(settings.articles), str(settings.var)],
        env={"TZ": zone, "PATH": "/usr/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = {int(seconds): text for seconds, text in json.loads(ran.stdout).items()}
    old, new = "旧办法：找航空公司。", "新办法：找铁路公司。"
    assert [found[s] for s in (-86400, -60, -1)] == [old] * 3
    assert [found[s] for s in (0, 1, 59, 86399)] == [new] * 4
    # it ends in its minute too
    assert found[86400] != new


def test_a_base_that_is_open_changes_at_midnight_without_an_index_run(settings):  # rows 44 77, C9
    write_article(settings.articles, "parrot", title="鹦鹉托运", effective="2026-12-01", answer="找铁路公司。")
    generation = building.build(settings, now()).generation
    base = KnowledgeBase(CurrentSearcher(settings))
    midnight = datetime(2026, 12, 1, tzinfo=SHANGHAI)
    shown = {}
    for seconds in (-1, 0):
        answer = base.ask("鹦鹉托运", ANYBODY, midnight + timedelta(seconds=seconds))
        shown[seconds] = any(card.id == "parrot" for card in answer.cards)
        assert answer.generation == generation
    assert shown == {-1: False, 0: True}
