"""Who sees what, when: one rule on every path, exact to the second, in any time zone of the machine."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from builders import write_article

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import SHANGHAI, now, parse_moment
from kb.explaining import explanation
from kb.settings import Settings
from kb.visibility import ANYBODY, Viewer

MIDNIGHT = datetime(2026, 12, 1, 0, 0, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)
LEAD = Viewer(roles=frozenset({"班长"}), queues=frozenset({"信用卡"}), regions=frozenset({"深圳"}))


def base_of(settings):
    assert [p for p in building.build(settings, now()).problems if p.level == "error"] == []
    return Base(CurrentSearcher(settings))


class Base(KnowledgeBase):
    """Asks, and knows whom to ask for explanations, as the pages do."""

    def __init__(self, source):
        super().__init__(source)
        self.source = source

    def explain(self, article_id, viewer, at):
        searcher = self.source.searcher()
        stored = searcher.current(article_id, at, viewer)
        return explanation.explain(searcher, "绝密主题", stored, viewer, at)


def search(base, article_id, viewer, at):
    return any(h.key.startswith(f"{article_id}@") for h in base.hits("绝密主题", viewer, at, 50))


def ask(base, article_id, viewer, at):
    return any(c.id == article_id for c in base.ask("绝密主题", viewer, at, 50).cards)


def nothing_found(base, article_id, viewer, at):
    return any(c.id == article_id for c in base.ask("", viewer, at, 50).cards)


def suggest(base, article_id, viewer, at):
    return any(s.id == article_id for s in base.suggest("绝密主题", viewer, at))


def by_id(base, article_id, viewer, at):
    return base.article(article_id, viewer, at) is not None


def explain(base, article_id, viewer, at):
    made = base.explain(article_id, viewer, at)
    named = [r.id for r in made.found.results] + [a.id for a in (made.article, made.beside) if a]
    return article_id in named


def alert(base, article_id, viewer, at):
    return any(c.id == article_id for c in base.ask("绝密口令", viewer, at).alerts)


PATHS = [search, ask, nothing_found, suggest, by_id, explain]
STATES = {
    "in-force": ({}, ANYBODY, True),
    "not-yet": ({"effective": "2026-12-01 10:31"}, ANYBODY, False),
    "expired": ({"expires": "2026-11-24 10:00"}, ANYBODY, False),
    "role": ({"audience": {"roles": ["班长"]}}, ANYBODY, False),
    "role-held": ({"audience": {"roles": ["班长"]}}, LEAD, True),
    "queue": ({"audience": {"queues": ["贵宾"]}}, LEAD, False),
    "region": ({"audience": {"regions": ["北京", "上海"]}}, LEAD, False),
    "all-three-held": ({"audience": {"roles": ["班长"], "queues": ["信用卡"], "regions": ["深圳"]}}, LEAD, True),
    "one-of-three-missing": ({"audience": {"roles": ["班长"], "queues": ["信用卡"], "regions": ["北京"]}}, LEAD, False),
}
QUESTIONS = [f"绝密主题{n}" for n in "一二三四五六七八九"]  # the most of all, so that “nearest” would name it


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    """One library with an article and an alert in each state, and nothing else."""
    folder = tmp_path_factory.mktemp("matrix")
    settings = Settings(articles=folder / "articles", var=folder / "var")
    for state, (fields, _, _) in STATES.items():
        write_article(settings.articles, f"a-{state}", title="绝密主题", questions=[*QUESTIONS, state], **fields)
        write_article(
            settings.articles, f"z-{state}", type="alert", title="警示卡片", triggers=["绝密口令"], **fields,
        )  # fmt: skip
    return base_of(settings)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.__name__)
def test_every_path_keeps_the_same_rule(matrix, at, path, state):  # rows 42 63 82
    _, viewer, visible = STATES[state]
    assert path(matrix, f"a-{state}", viewer, at) is visible


@pytest.mark.parametrize("state", STATES)
def test_alerts_keep_the_same_rule(matrix, at, state):  # row 42
    _, viewer, visible = STATES[state]
    assert alert(matrix, f"z-{state}", viewer, at) is visible


@pytest.fixture
def versions(settings):
    """An article whose second version comes into force at midnight, Chinese time, and expires a day later."""
    write_article(settings.articles, "rate", title="绝密主题", questions=QUESTIONS, answer="利率是一成。")
    write_article(
        settings.articles, "rate", name="rate@2026-12-01", title="绝密主题", questions=QUESTIONS,
        answer="利率是两成。", version=2, effective="2026-12-01", expires="2026-12-02 00:00",
    )  # fmt: skip
    return settings


def spoken(base, at):
    stored = base.article("rate", ANYBODY, at)
    return stored[0].article.answer if stored else None


def test_the_next_version_appears_at_its_minute_without_a_reindex(versions):  # rows 43 44 77
    base = base_of(versions)
    assert spoken(base, MIDNIGHT - SECOND) == "利率是一成。"
    assert spoken(base, MIDNIGHT) == "利率是两成。"
    for moment, key in ((MIDNIGHT - SECOND, "rate@1"), (MIDNIGHT, "rate@2")):
        for at in (moment, moment.astimezone(UTC)):
            assert [h.key for h in base.hits("绝密主题", ANYBODY, at, 50)] == [key]
            assert [c.key for c in base.ask("绝密主题", ANYBODY, at).cards] == [key]
            assert base.explain("rate", ANYBODY, at).article.key == key
            assert [s.id for s in base.suggest("绝密主题", ANYBODY, at)] == ["rate"]


def test_an_article_leaves_at_its_minute(versions):  # rows 44 77
    base = base_of(versions)
    end = parse_moment("2026-12-02")
    assert spoken(base, end - SECOND) == "利率是两成。"
    assert spoken(base, end) is None
    assert base.hits("绝密主题", ANYBODY, end, 50) == []
    assert base.suggest("绝密主题", ANYBODY, end) == []


def test_an_article_is_unknown_before_its_first_version(versions):
    base = base_of(versions)
    first = parse_moment("2026-01-01")
    assert spoken(base, first - SECOND) is None
    assert spoken(base, first) == "利率是一成。"


ELSEWHERE = """
import json, sys
from pathlib import Path
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.explaining import explanation
from kb.clock import parse_moment
from kb.settings import Settings
from kb.visibility import ANYBODY
base = KnowledgeBase(CurrentSearcher(Settings(var=Path(sys.argv[1]))))
moments = ["2026-11-30 23:59:59", "2026-12-01", "2026-12-01 07:59", "2026-12-01 23:59:59", "2026-12-02"]
print(json.dumps([[h.key for h in base.hits("绝密主题", ANYBODY, parse_moment(m), 9)] for m in moments]))
"""


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_midnight_is_chinese_midnight_on_a_machine_elsewhere(versions, zone):  # row 77
    building.build(versions, now())
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ELSEWHERE, str(versions.var)],
        env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout) == [["rate@1"], ["rate@2"], ["rate@2"], ["rate@2"], []]


def test_an_index_made_in_another_zone_means_the_same_moments(versions, monkeypatch):  # row 77
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        base = base_of(versions)
        assert spoken(base, MIDNIGHT - SECOND) == "利率是一成。"
        assert spoken(base, MIDNIGHT) == "利率是两成。"
        assert now().utcoffset() == timedelta(hours=8)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_deleting_the_successor_lets_the_old_version_go_on(versions):
    base = base_of(versions)
    assert spoken(base, MIDNIGHT) == "利率是两成。"
    (versions.articles / "processes/rate@2026-12-01.md").unlink()
    building.update(versions, now())
    time.sleep(0.35)
    assert spoken(base, MIDNIGHT) == "利率是一成。"


@pytest.mark.parametrize("text", ["2026-12-01T00:00:00Z", "2026-12-01 00:00+00:00", "明天", "2026-13-01", "20261201"])
def test_a_moment_without_a_clear_chinese_time_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_moment(text)
