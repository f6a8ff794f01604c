"""A pin puts its article first on every path, and only where that article may be seen."""

import json
from datetime import timedelta

import pytest
from builders import write_article, write_lexicon

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.library import load_library
from kb.visibility import ANYBODY, Viewer

QUESTION = "排队"


@pytest.fixture
def base(settings):
    """Nothing but a pin connects the question with the rules of cash."""
    write_article(settings.articles, "secret", title="只给班长看的", audience={"roles": ["班长"]})
    write_article(settings.articles, "later", title="以后才有的", effective="2027-01-01")
    write_lexicon(
        settings.articles,
        pins=["排队 => cash-rules", "贵宾 => secret", "以后 => later", "彗星 => gone", "U盾 => usb-key"],
    )
    building.build(settings, now())
    return KnowledgeBase(CurrentSearcher(settings))


def first(base, question, viewer=ANYBODY, at=None):
    found = base.hits(question, viewer, at or now(), 5)
    return found[0].key.partition("@")[0] if found else None


def test_the_pinned_article_comes_first_everywhere(base):  # row 54
    at = now()
    assert first(base, QUESTION) == "cash-rules"
    answer = base.ask(QUESTION, ANYBODY, at)
    assert [card.id for card in answer.cards][:2] == ["cash-rules", "queue-complaint"]
    assert answer.confident
    assert "编辑置顶" in answer.cards[0].matched
    assert "编辑置顶" not in answer.cards[1].matched
    cards = json.loads(base.ask_json(QUESTION, ANYBODY, at))["cards"]
    assert cards[0]["id"] == "cash-rules"
    assert "编辑置顶" in cards[0]["matched"]


def test_it_counts_for_this_very_question_only(base):  # row 54
    assert first(base, "排队？") == "cash-rules"
    assert first(base, "排队两小时") == "queue-complaint"


def test_one_that_is_found_anyway_is_shown_once(base):
    keys = [hit.key for hit in base.hits("U盾", ANYBODY, now(), 5)]
    assert keys[0] == "usb-key@1"
    assert len(set(keys)) == len(keys)


def test_a_pin_shows_nothing_that_may_not_be_seen(base):  # row 42
    assert first(base, "贵宾") != "secret"
    assert first(base, "贵宾", Viewer(roles=frozenset({"班长"}))) == "secret"


def test_a_pin_waits_until_its_article_is_in_force(base):  # row 43
    assert first(base, "以后") != "later"
    assert first(base, "以后", at=now() + timedelta(days=365)) == "later"


def test_a_pin_without_an_article_changes_nothing_and_is_said(base, settings):  # row 41
    assert first(base, "彗星") is None
    assert any("gone" in p.message for p in load_library(settings.articles).errors)
