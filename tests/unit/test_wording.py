"""Titles and phrasings as characters: what is kept of them, and how rare each character is among the titles."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.wording import (
    CHARACTERS,
    MOST_CHARACTERS,
    MOST_PHRASES,
    Wording,
    channel_bits,
    character_weights,
    codes,
    rarities,
    title_frequencies,
    wording_arrays,
)
from kb.intents import intents
from kb.naming import Naming
from kb.normalize import normalize
from kb.types import CHANNELS

TEXT = st.text(st.sampled_from("网银盾换卡挂失"), max_size=8)


def wording(*articles):
    """The wording of articles, each: title, phrasings, questions it must not be found by."""
    nothing_held = {"held": np.empty(0, np.uint16), "held_ends": np.zeros(len(articles) + 1, np.int64)}
    return Wording({**wording_arrays([row(*article) for article in articles]), **nothing_held})


def row(title, phrasings=(), refused=()):
    phrases = [(text, tuple(filter(None, [normalize(text).text.replace(" ", "")]))) for text in (title, *phrasings)]
    return Naming("a@1", "a", title, (), tuple(phrases), tuple(refused)).to_row()


def read(texts):
    """Codes as text again."""
    return ["".join(map(chr, text)) for text in texts]


def said(text):
    return codes(normalize(text).text)


@pytest.mark.parametrize("amount", ["50000", "五万", "5 万元", "50,000元", "５万"])
def test_amounts_are_the_same_characters_however_they_are_written(amount):  # row 5
    assert said(f"取{amount}要登记吗").tolist() == said("取5万要登记吗").tolist()
    assert said(f"取{amount}").tolist() != said("取6万").tolist()


def test_spaces_do_not_count():
    assert read([codes(" 网 银 盾 ")]) == ["网银盾"]


def test_punctuation_does_not_count_but_the_point_of_an_amount_does():
    assert read([said("卡丢了，怎么办？（急）")]) == ["卡丢了怎么办急"]
    assert said("取1.5万").tolist() == said("取15000").tolist() != said("取15万").tolist()


def test_characters_beyond_the_basic_plane_are_one():
    one, other = codes("卡😀丢了"), codes("卡𠮷丢了")
    assert one.tolist() == other.tolist() == [ord("卡"), CHARACTERS - 1, ord("丢"), ord("了")]


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\0", "😀" * 200, "a" * 200, "取五万" * 60, "卡丢了怎么办" * 34])
def test_any_text_has_characters_that_can_be_compared(text):
    found = codes(text)
    assert found.dtype == np.uint16
    assert len(found) <= MOST_CHARACTERS
    assert (len(found) == 0) == (not text.strip())


def test_a_very_long_text_is_cut():
    long = "网银盾" * 40
    assert read([codes(long)]) == [long[:MOST_CHARACTERS]]
    assert read(wording(("网银盾", [long])).texts(0)) == ["网银盾", long[:MOST_CHARACTERS]]


@pytest.mark.parametrize(("text", "named"), [
    ("手机银行怎么转账", ["手机银行"]), ("网上银行和手机银行", ["手机银行", "网上银行"]), ("手机怎么转账", []), ("", []),
])  # fmt: skip
def test_channels_are_those_that_a_text_names(text, named):
    bits = channel_bits(text)
    assert [channel for place, channel in enumerate(CHANNELS) if bits >> place & 1] == named


def test_an_article_is_its_title_then_its_phrasings():
    made = wording(
        ("手机银行怎么挂失", ["卡丢了", "卡 被偷了"], ["存折丢了"]),
        ("网银盾", [], []),
        ("什么是大额存单", ["大额存单是啥"], ["五万起存", "利率"]),
    )
    assert read(made.texts(0)) == ["手机银行怎么挂失", "卡丢了", "卡被偷了"]
    assert read(made.texts(1)) == ["网银盾"]
    assert read(made.texts(2)) == ["什么是大额存单", "大额存单是啥"]
    assert [len(made.refused(number)) for number in range(3)] == [1, 0, 2]
    assert read(made.refused(0)) == ["存折丢了"]
    assert made.refused(2)[0].tolist() == said("50000元起存").tolist()
    assert made.intents.tolist() == [intents("手机银行怎么挂失"), 0, intents("什么是大额存单")]
    assert made.channels.tolist() == [channel_bits("手机银行"), 0, 0]


def test_an_empty_title_keeps_its_place_and_empty_phrasings_have_none():
    made = wording(("", ["卡丢了", "", " "]), ("网银盾", [" "], [" "]), ("", []))
    assert [read(made.texts(number)) for number in range(3)] == [["卡丢了"], ["网银盾"], []]
    assert made.refused(1) == []
    # the first phrase of an article is its title, empty or not
    firsts = made.owners[:-1]
    assert (made.ends[firsts + 1] - made.ends[firsts]).tolist() == [0, 3, 0]


def test_only_so_many_phrasings_are_compared():
    made = wording(("网银盾", [f"第{'挂' * n}问" for n in range(1, 40)]))
    assert len(made.texts(0)) == MOST_PHRASES


@settings(max_examples=100, deadline=None)
@given(
    articles=st.lists(
        st.tuples(TEXT, st.lists(TEXT, max_size=3), st.lists(TEXT, max_size=2), st.booleans()), max_size=6
    )
)
def test_characters_are_counted_in_titles_of_live_articles_alone(articles):
    made = wording_arrays([row(*article[:3]) for article in articles])
    found = title_frequencies(made["titles"], made["titles_ends"], np.array([live for *_, live in articles], bool))
    expected = Counter(c for title, _, _, live in articles if live for c in set(title))
    assert len(found) == CHARACTERS
    assert {chr(c): int(found[c]) for c in np.flatnonzero(found)} == dict(expected)


def test_rare_characters_weigh_more():
    frequencies = np.zeros(CHARACTERS, np.int64)
    frequencies[[ord("卡"), ord("盾")]] = 90, 2
    weights = character_weights(frequencies, 100)
    assert weights.dtype == np.float32
    for character, count in (("卡", 90), ("盾", 2), ("挂", 0)):
        assert weights[ord(character)] == pytest.approx(math.log(1 + (100 - count + 0.5) / (count + 0.5)))
    # none is without weight, not even one that stands in every title, or in an empty library
    assert character_weights(np.full(1, 100), 100)[0] > 0
    assert character_weights(np.zeros(1, np.int64), 0)[0] > 0
    assert all(a >= b for a, b in pairwise(character_weights(np.arange(101), 100).tolist()))


def test_characters_common_in_all_chinese_count_less():
    made = rarities("的卡𠮷", [900, 90, 10])
    assert made.dtype == np.float32
    assert len(made) == CHARACTERS
    assert made[ord("的")] < made[ord("卡")] < made[ord("盾")]
    # none is without weight, and a dictionary without words changes nothing between characters
    assert (rarities("的", [1]) > 0).sum() == CHARACTERS - 1
    assert len(set(rarities("", []).tolist())) == 1


def test_keywords_and_sentences_are_kept_by_article():
    naming = Naming("a@1", "a", "网银盾", (), (("网银盾", ("网银盾",)),), (), ("u盾", "网银 盾"), ("换盾要钱",))
    plain = row("卡", ["卡丢了"])
    nothing_held = {"held": np.empty(0, np.uint16), "held_ends": np.zeros(3, np.int64)}
    made = Wording({**wording_arrays([naming.to_row(), plain]), **nothing_held})
    assert made.keyword_owners.tolist() == [0, 2, 2]
    assert "".join(map(chr, made.keywords)) == "u盾网银盾"
    assert made.sentence_owners.tolist() == [0, 1, 1]
    assert "".join(map(chr, made.sentences)) == "换盾要钱"
