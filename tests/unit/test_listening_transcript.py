"""A piece of a call: who said what, what the caller asks, and what is made of several answers."""

import time

import pytest

from kb.errors import QuestionError
from kb.query import MAX_QUESTION
from kb.transcript import MOST_ASKED, MOST_CHARACTERS, merged, to_ask, told_by_caller, turns, windows


def told(text):
    return told_by_caller(turns(text))


def questions(text):
    return [asked.question for asked in to_ask(told(text))]


def test_speakers_are_told_apart_by_their_names():  # row 85
    found = turns("客户：卡丢了\n坐席：您别急\n客户: 怎么挂失")
    assert found == [("caller", "卡丢了"), ("agent", "您别急"), ("caller", "怎么挂失")]
    # all in one line, and numbered
    assert told("坐席01：您好。客户02：卡丢了。坐席01：好的") == ["卡丢了"]


def test_without_names_agents_are_known_by_what_they_say():  # row 85
    said = "您好请问有什么可以帮您 我信用卡丢了 我帮您查一下请稍等 现在怎么挂失"
    assert told(said) == ["我信用卡丢了", "现在怎么挂失"]


def test_fillers_and_assent_go():  # row 85
    assert told("客户：喂你好，嗯，那个，我想问一下，年费多少\n客户：嗯嗯\n客户：好的\n客户：对") == ["年费多少"]


def test_words_that_begin_like_a_filler_stay():  # row 85
    assert told("对方让我转账。额度不够。好像被骗了。就业证明怎么开") == [
        "对方让我转账",
        "额度不够",
        "好像被骗了",
        "就业证明怎么开",
    ]


def test_the_last_thing_said_counts_most():  # row 85
    first, *_ = questions("客户：账单日能不能改\n坐席：可以\n客户：还有一个，短信提醒怎么取消")
    assert first == "还有一个，短信提醒怎么取消"
    weights = {a.question: a.weight for a in to_ask(["账单日能不能改", "还有一个，短信提醒怎么取消"])}
    assert weights["账单日能不能改"] < 0.5


def test_a_sentence_is_asked_with_the_one_before_it():  # row 85
    assert "我有张信用卡，年费多少" in questions("客户：我有张信用卡。年费多少")


def test_nothing_said_asks_nothing():  # row 85
    for text in ("", "  \n ", "坐席：您好，请讲", "嗯。啊。好的。", "？？？", "客户：\n坐席："):
        assert questions(text) == []


def test_what_is_too_long_is_refused():  # row 85
    with pytest.raises(QuestionError, match="最多 2000 个字"):
        turns("长" * (MOST_CHARACTERS + 1))


@pytest.mark.parametrize(
    "text",
    ["客户：" * 666, "啊" * 2000, "嗯，" * 1000, "就" * 2000, "那个 " * 600, "我想问一下" * 400, "甲" * 2000, " 甲" * 1000,
     "怎么。" * 660, "\ud800💳" * 1000, "客户：卡，" * 300],
)  # fmt: skip
def test_any_text_takes_little_time_and_few_questions(text):  # row 85
    begun = time.process_time()
    asked = to_ask(told(text))
    assert time.process_time() - begun < 0.5
    assert len(asked) <= MOST_ASKED
    assert all(0 < len(a.question) <= MAX_QUESTION for a in asked)


def test_rankings_are_merged_by_what_they_count():  # row 85
    assert merged([(1.0, ["a", "b"]), (0.4, ["c", "b"])], 3) == ["a", "b", "c"]
    assert merged([(1.0, ["a", "b"]), (0.9, ["b", "c"])], 1) == ["b"]
    assert merged([], 3) == []


def test_what_is_said_in_a_row_is_heard_together():  # row 27
    assert windows(["甲", "乙", "丙", "丁"]) == ["甲", "甲，乙", "甲，乙，丙", "乙，丙，丁"]
