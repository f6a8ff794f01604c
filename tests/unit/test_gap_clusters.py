"""Which gaps ask the same. The words are read with the repository's own lexicon."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.backends import CurrentSearcher
from kb.gaps import Gap, about, clusters, plain

ABOUT_PETS = ("宠物保险怎么买", "你们行有没有宠物险", "宠物险能在手机银行买吗")
ABOUT_CARDS = ("社保卡怎么激活", "社保卡激活", "社保卡在哪里激活？")


@pytest.fixture(scope="module")
def features(sample_settings):
    searcher = CurrentSearcher(sample_settings).searcher()
    return partial(about, understanding=searcher.understanding, knows=searcher.knows)


def gaps(at, *questions, best="a@1"):
    """One gap for each question, a minute apart, the first the oldest."""
    made = [
        Gap(n, question, "any", best, False, 1, "坐席", at + timedelta(minutes=n), "open", None, "", "", None)
        for n, question in enumerate(questions, 1)
    ]
    return made[::-1]


def wordings(found):
    return {frozenset(asked.text for asked in cluster.questions) for cluster in found}


def test_the_same_in_other_words_is_one_cluster(features, at):  # row 60
    found = clusters(gaps(at, *ABOUT_PETS, *ABOUT_CARDS, "买无人机可以分期吗", "无人机贷款"), features)
    assert wordings(found) == {
        frozenset(ABOUT_PETS),
        frozenset(ABOUT_CARDS),
        frozenset({"买无人机可以分期吗", "无人机贷款"}),
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("社保卡激活", "社保卡挂失"),
        ("数字人民币怎么注销", "信用卡怎么注销"),
        ("宠物保险怎么买", "学费怎么交"),
        ("手机银行", "孩子学费能在手机银行交吗"),
        ("？？？", "怎么办"),
    ],
)  # row 60
def test_what_only_sounds_alike_stays_apart(features, at, one, other):
    assert len(clusters(gaps(at, one, other), features)) == 2


def test_a_cluster_says_how_many_when_and_what_was_nearest(features, at):  # row 60
    asked = gaps(at, "宠物险能保吗", "宠物保险怎么买", "宠物保险怎么买？", "宠物保险 怎么买", "社保卡激活")
    first, second = clusters(asked, features)
    assert (first.size, second.size) == (4, 1)
    assert plain(first.typical) == "宠物保险怎么买"
    assert (first.first, first.last) == (at + timedelta(minutes=1), at + timedelta(minutes=4))
    assert first.best == "a@1"
    assert sorted(first.questions[0].ids) == [2, 3, 4]


def test_a_masked_number_is_no_wording_to_begin_with(features, at):  # row 78
    (found,) = clusters(gaps(at, "［手机号］宠物保险怎么买", "［手机号］宠物保险怎么买", "宠物保险怎么买"), features)
    assert [asked.is_masked for asked in found.questions] == [False, True]
    assert found.typical == "宠物保险怎么买"


def test_nothing_is_no_cluster(features):
    assert clusters([], features) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=12))
def test_every_gap_is_in_exactly_one_cluster(features, at, questions):
    asked = gaps(at, *questions)
    found = [number for cluster in clusters(asked, features) for q in cluster.questions for number in q.ids]
    assert sorted(found) == sorted(gap.id for gap in asked)
    again = clusters(list(reversed(asked)), features)
    assert wordings_of_ids(again) == wordings_of_ids(clusters(asked, features))


def wordings_of_ids(found):
    return {frozenset(number for q in cluster.questions for number in q.ids) for cluster in found}
