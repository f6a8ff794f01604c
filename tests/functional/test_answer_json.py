"""The API's bytes are the documented answer: the same, member by member, as the typed view of the cards people see."""

import json
from itertools import islice

import pytest
from builders import channel, write_article, write_small_library

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import now, parse_moment
from kb.highlight import highlight
from kb.settings import Settings
from kb.views import AnswerView, answer_view
from kb.visibility import ANYBODY

ASKED = [
    "", "  ", "转到安全账户", "验证码给了对方，手续费多少", "xgsjh", "挂事", "K宝坏了", "龘靐齉", "“改绑手机号”", "“这句话哪儿都没有”",
    "反诈法第十八条", "存款保险条例第五条", "手机银行转账限额多少", "网点柜台和网上银行补卡要多久", "手机银行补卡手续费", "取现登记",
    "手机", "卡", "的", "R2理财能保本吗", "\ud800", '"\\\n\t\x1e', "a" * 200,
]  # fmt: skip
MOMENTS = ["2026-11-24 10:00", "2026-11-24 10:00:01", "2027-08-01", "2020-01-01", "0001-01-01", "9999-12-31 23:59:59"]


def same(base, question, at, limit=10):
    """The answer, after comparing both ways to its JSON."""
    shown = base.ask(question, ANYBODY, at, limit)
    data = json.loads(base.ask_json(question, ANYBODY, at, limit))
    AnswerView.model_validate(data)
    view = answer_view(shown).model_dump(mode="json")
    # half a surrogate pair has no place in JSON
    view["question"] = question.encode("utf-8", "replace").decode()
    assert data == view, question
    return shown


def test_every_test_query_of_the_articles_is_answered_alike(sample, sample_articles, at):
    questions = [q for a in sample_articles for q in a.test_queries]
    assert len(questions) > 100
    for question in islice(questions, 0, None, 2):
        same(sample, question, at)


@pytest.mark.parametrize("named", ["手机银行", "网点柜台", "网上银行 电话银行"])
def test_answers_that_name_a_channel_are_alike(sample, sample_articles, at, named):
    reordered = 0
    for question in [a.test_queries[0] for a in sample_articles if a.channels and a.test_queries][::2]:
        for card in same(sample, named + question, at).cards:
            reordered += len(card.channels) > 1 and card.channels[0].channel in named
    assert reordered


@pytest.mark.parametrize("question", ASKED, ids=repr)
def test_odd_questions_are_answered_alike(sample, at, question):
    same(sample, question, at)


@pytest.mark.parametrize("moment", MOMENTS)
def test_answers_as_of_other_days_are_alike(sample, moment):
    for question in ("换手机号", "补卡手续费", "转到安全账户", "反诈法第十八条"):
        same(sample, question, parse_moment(moment))


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_answers_of_any_length_are_alike(sample, at, limit):
    assert len(same(sample, "信用卡", at, limit).cards) <= limit


def test_what_is_marked_is_what_a_fresh_analysis_marks(sample, sample_settings, sample_articles, at):
    analyzer = CurrentSearcher(sample_settings).searcher().understanding.analyzer
    for question in [a.test_queries[0] for a in sample_articles if a.test_queries][::3]:
        answer = sample.ask(question, ANYBODY, at)
        for card in answer.cards:
            for part in (card.title, card.answer):
                assert part == highlight(part.text, answer.query, analyzer), (question, card.id)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A library with everything that an answer's JSON has to escape, choose or leave out."""
    folder = tmp_path_factory.mktemp("odd")
    articles = folder / "articles"
    write_small_library(articles)
    write_article(
        articles, "quotes", title='“补卡”的"引号"和\\', owner='"', supersedes_terms=["旧补卡"],
        channels=[channel(), channel("手机银行", fee='"免费"'), channel("手机银行", duration="马上")],
        body='## 补"卡"\n补卡\\说明。带"证件"。补卡要快。\n\n## 补"卡"\n补卡又一节。',
    )  # fmt: skip
    write_article(
        articles, "bare", type="regulation", title="补卡办法", status="imported", questions=None, answer=None,
        body="第一条 补卡要带证件。当场办好。\n\n第二条 补卡手续费每张五元。",
    )  # fmt: skip
    write_article(
        articles, "bare-process", title="旧系统里的补卡", status="imported", questions=None, answer=None,
        body="## 补卡费用\n补卡收五元。\n\n## 挂失补卡\n先挂失再补卡。",
    )  # fmt: skip
    write_article(articles, "late", title="补卡的陈年规定", verified="2026-01-01", review_days=30)
    settings = Settings(articles=articles, var=folder / "var")
    building.build(settings, now())
    return KnowledgeBase(CurrentSearcher(settings))


@pytest.mark.parametrize(
    "question",
    [
        "补卡",
        "旧补卡手续费",
        "手机银行补卡多久",
        "补卡费用多少",
        "挂失补卡",
        "补卡 证件 当场",
        "补卡能不能电话办",
        "带什么补卡",
    ],
)
def test_odd_articles_are_answered_alike(odd, at, question):
    assert same(odd, question, at, 50).cards


def test_an_article_without_an_answer_speaks_from_the_section_that_was_found(odd, at):
    answers = {c.section: c.answer.text for c in same(odd, "补卡 证件 当场 手续费", at, 50).cards if c.id == "bare"}
    assert answers["第二条"] == "第二条 补卡手续费每张五元。"
    assert answers["第一条"] == "第一条 补卡要带证件。"
