"""Kinds: how a line is read, what a text names, and what an article is about by its title."""

import json
from pathlib import Path

import pytest

from kb.kinds import Kind, Kinds, read_kinds
from kb.lexicon import load_lexicon

GROUPS = [
    [["信用卡"], ["借记卡"], ["存折", "存单"], ["大额存单"], ["U盾"]],
    [["手机银行"], ["网上银行"], ["网点", "柜台"]],
]
KINDS = Kinds(GROUPS, {"储蓄卡": "借记卡", "借记卡": "借记卡"}, {"借记卡": ("借记卡", "储蓄卡")})


def read(*lines):
    problems = []
    return read_kinds([("kinds.txt", n, line) for n, line in enumerate(lines, 1)], problems), problems


def about(title):
    return [kind.word for kind in KINDS.of(json.dumps(title).encode())]


def test_a_line_is_a_group_with_spellings():  # row 15
    groups, problems = read("信用卡 / 存折 = 存单", "手机银行／网点＝柜台")
    assert groups == [[["信用卡"], ["存折", "存单"]], [["手机银行"], ["网点", "柜台"]]]
    assert problems == []


@pytest.mark.parametrize("line", ["信用卡", "信用卡 /", "/ 信用卡", "信用卡 / 存折 =", "信用卡 = 贷记卡"])
def test_a_group_has_two_kinds_and_no_gaps(line):  # row 41
    groups, problems = read("甲 / 乙", line)
    assert groups == [[["甲"], ["乙"]]]
    assert [(p.line, p.level) for p in problems] == [(2, "error")]


@pytest.mark.parametrize(("line", "where"), [("乙 / 甲", "第 1 行"), ("丙 / Ｕ盾 / u盾", "这一行")])
def test_a_word_stands_for_one_kind_only(line, where):  # row 41
    groups, problems = read("甲 / 丁", line)
    assert len(groups) == 1
    assert where in problems[0].message
    assert problems[0].line == 2


def test_a_text_names_kinds_by_all_their_spellings():  # row 15
    assert KINDS.named("储蓄卡和柜台") == [Kind("借记卡", 0), Kind("网点", 1)]
    assert KINDS.named("u盾丢了") == [Kind("U盾", 0)]
    assert KINDS.named("挂失") == []


def test_the_longest_spelling_wins():
    assert [kind.word for kind in KINDS.named("大额存单转让")] == ["大额存单"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("存折、存单挂失和补办", ["存折"]),
        ("信用卡和借记卡有什么不同", ["信用卡"]),
        ("手机银行里的信用卡", ["手机银行", "信用卡"]),
        ("补卡、换卡（借记卡丢失、损坏）", ["借记卡"]),
        ("转账手续费（手机银行、网银、柜台）", []),
        ("解除挂失（信用卡）和 U盾", ["U盾"]),
        ("网点排队“太久”", ["网点"]),
        ("改预留手机号", []),
    ],
)
def test_what_an_article_is_about(title, expected):  # row 15
    assert about(title) == expected
    assert about(title) == expected


def test_without_kinds_nothing_is_named():
    assert Kinds().named("信用卡") == []
    assert Kinds().of('"信用卡"'.encode()) == ()


def test_the_repository_s_kinds_are_read_with_its_synonyms():
    lexicon, problems = load_lexicon(Path(__file__).resolve().parents[2] / "articles")
    assert problems == []
    assert lexicon.kinds.spelt("储蓄卡") == lexicon.kinds.spelt("借记卡") is not None
    assert lexicon.kinds.named("ii类户") != lexicon.kinds.named("iii类户")
    assert lexicon.kinds.named("u盾")[0].word == "U盾"
