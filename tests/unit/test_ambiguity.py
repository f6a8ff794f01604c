"""When a question is ambiguous: the best hits are about different things, near in score, and the question names none of them."""

import json

import pytest

from kb.ambiguity import MOST, NEAR, Chip, chips, offers
from kb.backend import Hit
from kb.kinds import Kinds
from kb.lexicon import Lexicon
from kb.lookup import Lookup
from kb.query import MAX_QUESTION, Understanding
from kb.text import Analyzer
from web.agent import CHIP_KEYS

GROUPS = [
    [["信用卡"], ["借记卡"], ["存折"], ["社保卡"], ["理财"], ["基金"], ["国债"]],
    [["手机银行"], ["网上银行"]],
]


@pytest.fixture(scope="module")
def understood(tmp_path_factory):
    lexicon = Lexicon(
        concepts={"借记卡": "借记卡", "储蓄卡": "借记卡"},
        members={"借记卡": ("借记卡", "储蓄卡")},
        wider={"工资卡": ("借记卡",)},
    )
    understanding = Understanding(Analyzer(lexicon, tmp_path_factory.mktemp("jieba")), Lookup())
    return lambda raw: understanding.understand(raw, lambda term: True)


@pytest.fixture(scope="module")
def kinds():
    return Kinds(GROUPS, {"借记卡": "借记卡", "储蓄卡": "借记卡"}, {"借记卡": ("借记卡", "储蓄卡")})


def found(*titles):
    """Hits of (title, score) or (title, score, coverage), best first; the key is the title's."""
    rows = [(*row, 1.0)[:3] for row in titles]
    return [
        (Hit(f"{title}@2", None, score, coverage, score), json.dumps(title).encode()) for title, score, coverage in rows
    ]


LOSS = (("借记卡挂失", 10.0), ("解除挂失", 10.0), ("存折挂失", 9.0), ("信用卡挂失", 8.0))


def words(query, hits, kinds):
    return [offer.word for offer in offers(query, hits, kinds)]


def test_three_products_near_one_another_are_three_chips(understood, kinds):  # row 15
    made = chips(understood("挂失"), found(*LOSS), kinds, lambda question: f"{question.split()[1]}挂失@2")
    assert made == (
        Chip("借记卡", "挂失 借记卡", "借记卡挂失"),
        Chip("存折", "挂失 存折", "存折挂失"),
        Chip("信用卡", "挂失 信用卡", "信用卡挂失"),
    )


@pytest.mark.parametrize("question", ["信用卡挂失", "挂失储蓄卡", "挂失 工资卡", "ＸＸ存折 挂失"])
def test_who_says_which_is_not_asked_again(understood, kinds, question):  # row 15
    assert words(understood(question), found(*LOSS), kinds) == []


def test_a_channel_that_is_named_leaves_the_product_open(understood, kinds):  # row 15
    hits = found(("手机银行信用卡还款", 10.0), ("网上银行借记卡还款", 9.0))
    assert words(understood("还款"), hits, kinds) == ["手机银行", "网上银行"]
    assert words(understood("手机银行还款"), hits, kinds) == ["信用卡", "借记卡"]


def test_a_far_better_answer_leaves_nothing_to_choose(understood, kinds):  # row 15
    just, under = 10.0 * NEAR, 10.0 * NEAR - 0.1
    assert words(understood("年费"), found(("信用卡年费", 10.0), ("借记卡年费", just)), kinds) == ["信用卡", "借记卡"]
    assert words(understood("年费"), found(("信用卡年费", 10.0), ("借记卡年费", under)), kinds) == []


def test_a_hit_that_lacks_a_word_of_the_question_is_no_answer_to_it(understood, kinds):  # row 15
    hits = found(("信用卡提前结清", 10.0), ("借记卡还款", 9.0, 0.6))
    assert words(understood("提前还款"), hits, kinds) == []


@pytest.mark.parametrize("hits", [found(), found(("信用卡挂失", 5.0)), found(("信用卡挂失", 5.0), ("信用卡补卡", 5.0))])
def test_one_kind_is_no_choice(understood, kinds, hits):  # row 15
    assert words(understood("挂失"), hits, kinds) == []


def test_one_character_is_not_enough_to_choose_from(understood, kinds):
    assert words(understood("卡"), found(*LOSS), kinds) == []


def test_a_chip_that_would_lead_elsewhere_is_left_out(understood, kinds):  # row 15
    query, hits = understood("挂失"), found(*LOSS)

    def elsewhere(question):
        return "信用卡年费@2" if "信用卡" in question else f"{question.split()[1]}挂失@2"

    assert [chip.word for chip in chips(query, hits, kinds, elsewhere)] == ["借记卡", "存折"]
    assert chips(query, hits, kinds, lambda question: "借记卡挂失@2") == ()
    assert chips(query, hits, kinds, lambda question: None) == ()


def test_a_chip_may_lead_to_another_near_article_about_the_same(understood, kinds):  # row 15
    hits = found(("信用卡自动还款", 10.0), ("借记卡还款", 9.0), ("信用卡还款方式", 8.5))
    made = chips(understood("还款"), hits, kinds, lambda q: "信用卡还款方式@2" if "信用卡" in q else "借记卡还款@2")
    assert [chip.id for chip in made] == ["信用卡还款方式", "借记卡还款"]


def test_never_more_chips_than_letters(understood, kinds):  # row 15
    hits = found(*((f"{word}开通", 10.0) for word in ("信用卡", "借记卡", "存折", "社保卡", "理财", "基金", "国债")))
    assert words(understood("开通"), hits, kinds) == ["信用卡", "借记卡", "存折", "社保卡", "理财"]
    assert len(set(CHIP_KEYS)) == len(CHIP_KEYS) == MOST


def test_a_question_without_room_for_a_word_has_no_chips(understood, kinds):
    assert words(understood("挂失" * (MAX_QUESTION // 2 - 2)), found(*LOSS), kinds) == ["借记卡", "存折", "信用卡"]
    assert words(understood("挂失" * (MAX_QUESTION // 2)), found(*LOSS), kinds) == []
