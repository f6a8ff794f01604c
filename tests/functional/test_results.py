"""Kept answers: the same bytes while nothing has changed, never an answer that is no longer true."""

import json
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import write_article

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import SHANGHAI, now, parse_moment
from kb.results import Key, Result, ResultCache, good_until
from kb.settings import load_settings
from kb.visibility import ANYBODY, Viewer
from web.app import create_app

SECOND = timedelta(seconds=1)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=SHANGHAI)


class Counting:
    """A real source of searchers that counts what is asked of them."""

    def __init__(self, settings):
        self.source = CurrentSearcher(settings)
        self.searched = []

    def searcher(self):
        found = self.source.searcher()
        self.found = found
        return self

    def __getattr__(self, name):
        return getattr(self.found, name)

    def search(self, query, at, viewer, limit):
        self.searched.append(query.raw)
        return self.found.search(query, at, viewer, limit)


@pytest.fixture
def counting(settings):
    building.build(settings, now())
    return Counting(settings)


def test_the_same_question_is_searched_once_and_says_when_it_was_asked(counting):
    base = KnowledgeBase(counting, ResultCache(10))
    first = json.loads(base.ask_json("补卡", ANYBODY, NOON))
    second = json.loads(base.ask_json("补卡", ANYBODY, NOON + SECOND))
    assert counting.searched == ["补卡"]
    assert (first.pop("at"), second.pop("at")) == ("2026-11-24T12:00:00+08:00", "2026-11-24T12:00:01+08:00")
    assert first == second


def test_whatever_an_answer_depends_on_is_searched_anew(counting):
    base = KnowledgeBase(counting, ResultCache(10))
    ways = [
        {}, {"text": "补卡 "}, {"viewer": Viewer(roles=frozenset({"班长"}))}, {"limit": 3}, {"as_of": True},
        {"as_of": True, "at": NOON + SECOND}, {"at": NOON - SECOND}, {"at": NOON + timedelta(days=1)},
    ]  # fmt: skip
    for way in ways:
        base.ask_json(**{"text": "补卡", "viewer": ANYBODY, "at": NOON, **way})
    assert len(counting.searched) == len(ways)


def test_without_a_cache_every_question_is_searched(counting):
    base = KnowledgeBase(counting)
    for _ in range(2):
        base.ask_json("补卡", ANYBODY, NOON)
    assert len(counting.searched) == 2


def titles(data):
    return [c["title"]["text"] for c in json.loads(data)["cards"]]


def test_an_article_appears_and_goes_at_its_moment(settings):
    write_article(settings.articles, "news", title="补卡新规", effective="2026-11-25 08:30", expires="2026-11-25 09:30")
    building.build(settings, now())
    base = KnowledgeBase(CurrentSearcher(settings), ResultCache(10))
    start, end = parse_moment("2026-11-25 08:30"), parse_moment("2026-11-25 09:30")
    for at, there in (
        (start - SECOND, False),
        (start, True),
        (end - SECOND, True),
        (end, False),
        (end + SECOND, False),
    ):
        assert ("补卡新规" in titles(base.ask_json("补卡新规", ANYBODY, at))) is there, at


def test_an_article_becomes_past_due_at_midnight(settings):
    write_article(settings.articles, "stale", title="补卡旧事", verified="2026-10-25", review_days=30)
    building.build(settings, now())
    base = KnowledgeBase(CurrentSearcher(settings), ResultCache(10))
    midnight = parse_moment("2026-11-25")
    for at, due in ((midnight - SECOND, False), (midnight, True)):
        card = json.loads(base.ask_json("补卡旧事", ANYBODY, at))["cards"][0]
        assert (card["id"], card["past_due"]) == ("stale", due)


def test_a_new_generation_answers_anew(settings, monkeypatch):
    monkeypatch.setattr("indexer.backends.LOOK_EVERY", 0)
    building.build(settings, now())
    base = KnowledgeBase(CurrentSearcher(settings), ResultCache(10))
    before = base.ask_json("补卡新规", ANYBODY, NOON)
    write_article(settings.articles, "news", title="补卡新规")
    building.update(settings, now())
    assert "补卡新规" not in titles(before)
    assert "补卡新规" in titles(base.ask_json("补卡新规", ANYBODY, NOON))


def test_the_api_keeps_answers_as_the_setting_says(settings):
    building.build(settings, now())
    for kept in (0, 1):
        client = create_app(replace(settings, result_cache=kept)).test_client()
        answers = [client.post("/api/v1/search", json={"q": q}).json["data"] for q in ("补卡", "网银盾", "补卡")]
        assert {**answers[0], "at": ""} == {**answers[2], "at": ""}
    assert load_settings({"KB_RESULT_CACHE": "0"}).result_cache == 0


# ── the cache itself ──


def key(question):
    return Key("gen-1", question, ANYBODY, 10, None)


def result(size=0):
    return Result((b"x" * size, b""), "any", 1, True, "a@1", since=NOON, until=NOON + timedelta(hours=1))


def kept(cache, names):
    return "".join(n for n in names if cache.get(key(n), NOON))


def test_what_was_not_asked_for_longest_goes_first():
    cache = ResultCache(2)
    for name in "ab":
        cache.put(key(name), result())
    cache.get(key("a"), NOON)
    cache.put(key("c"), result())
    assert kept(cache, "abc") == "ac"


def test_the_cache_is_bounded_by_bytes():
    cache = ResultCache(100, most_bytes=10_000)
    for name in "abcd":
        cache.put(key(name), result(3_000))
    assert kept(cache, "abcd") == "cd"
    for _ in range(10):
        cache.put(key("d"), result(3_000))
    assert kept(cache, "abcd") == "cd"
    cache.put(key("e"), result(20_000))
    assert kept(cache, "abcde") == "cd"


def test_a_kept_answer_is_good_from_its_moment_to_the_next_change():
    cache = ResultCache(1)
    cache.put(key("a"), result())
    moments = [NOON - SECOND, NOON, NOON + timedelta(minutes=59), NOON + timedelta(hours=1)]
    assert [cache.get(key("a"), at) is not None for at in moments] == [False, True, True, False]


def test_an_answer_is_good_until_the_next_change_or_midnight():
    midnight = datetime(2026, 11, 25, tzinfo=SHANGHAI)
    assert good_until(NOON, None) == midnight
    assert good_until(NOON, midnight + SECOND) == midnight
    assert good_until(NOON, NOON + SECOND) == NOON + SECOND
    last = datetime.max.replace(tzinfo=SHANGHAI)
    assert good_until(last, None) == last


def test_threads_may_share_a_cache():
    cache = ResultCache(50, most_bytes=100_000)
    failed = []

    def use(number):
        try:
            for i in range(2_000):
                name = str((i * number) % 120)
                cache.put(key(name), result(i % 5_000))
                cache.get(key(name), NOON)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=use, args=(n,)) for n in (1, 3, 7, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert 0 < sum(cache.get(key(str(n)), NOON) is not None for n in range(120)) <= 50
