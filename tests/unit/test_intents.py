"""What a question or a title is about doing or knowing, by its words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.intents import INTENTS, intent_names, intents

# the alternatives that are plain words
WORDS = [(name, word) for name, pattern in INTENTS.items() for word in pattern.split("|") if re.escape(word) == word]
QUESTIONS = st.lists(st.sampled_from([word for _, word in WORDS] + ["银行卡", "存折", "，", "a"]), max_size=6).map(
    "".join
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("网银盾怎么领", {"how"}),
        ("什么是大额存单", {"what"}),
        ("补卡要多久", {"when"}),
        ("转账手续费", {"fee", "transfer"}),
        ("信用卡怎么注销", {"how", "cancel"}),
        ("能在手机上转账吗", {"can", "transfer"}),
        ("手机银行登录不了", {"sign in", "failure"}),
        ("银行卡", set()),
        ("", set()),
    ],
)
def test_questions_say_what_they_are_about(said, meant):
    found = set(intent_names(intents(said)))
    assert meant <= found if meant else not found


def test_asking_what_and_asking_how_are_apart():
    how, what = (set(intent_names(intents(f"{words}电子密令"))) for words in ("如何激活", "什么是"))
    assert how == {"how", "open"}
    assert what == {"what"}


def test_every_word_of_an_intent_names_it():
    assert len(WORDS) > 2 * len(INTENTS)
    for name, word in WORDS:
        assert name in intent_names(intents(f"请问{word}")), word


def test_every_intent_has_a_bit_of_its_own_in_an_integer_of_the_index():
    assert len(INTENTS) < 63
    assert intent_names((1 << len(INTENTS)) - 1) == list(INTENTS)
    assert [intent_names(1 << place) for place in range(len(INTENTS))] == [[name] for name in INTENTS]
    assert intent_names(0) == []


@given(one=QUESTIONS, other=QUESTIONS)
def test_saying_more_takes_no_intent_away(one, other):
    both = intents(one) | intents(other)
    assert intents(one + other) & both == both
