"""Chips on every path: the page, the API by Flask and by the lane; they show nobody more than he may see."""

import json
import re

import pytest
from builders import write_article, write_lexicon

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.visibility import ANYBODY, Viewer
from web.app import create_app

SEARCH = "/api/v1/search"
AMBIGUOUS = {
    "挂失": {"信用卡", "借记卡", "存折"},
    "银行卡挂失": {"信用卡", "借记卡"},
    "密码忘了": {"信用卡", "借记卡", "手机银行"},
    "年费": {"信用卡", "借记卡"},
    "补卡": {"信用卡", "借记卡"},
    "逾期": {"信用卡", "贷款"},
    "激活": {"信用卡", "社保卡"},
    "注销": {"信用卡", "手机银行"},
}
PLAIN = (
    "信用卡挂失",
    "储蓄卡挂失",
    "K宝坏了",
    "手机银行登录密码忘了",
    "存款保险赔多少",
    "跨行转账手续费",
    "改绑手机号",
    "",
)


@pytest.fixture(scope="module")
def client(sample_settings):
    return create_app(sample_settings).test_client()


def offered(base, question, viewer=ANYBODY, at=None):
    return {chip.word: chip for chip in base.ask(question, viewer, at or now()).chips}


@pytest.mark.parametrize(("question", "words"), AMBIGUOUS.items())
def test_ambiguous_words_split(sample, at, question, words):  # row 15
    assert set(offered(sample, question, at=at)) == words


@pytest.mark.parametrize("question", ["掛失", "guashi", "挂失？", "挂失怎么办"])
def test_however_it_is_typed(sample, at, question):  # rows 9 10 15
    assert set(offered(sample, question, at=at)) == AMBIGUOUS["挂失"]


@pytest.mark.parametrize("question", PLAIN)
def test_a_question_that_says_what_it_means_has_none(sample, at, question):  # row 15
    assert offered(sample, question, at=at) == {}


def test_a_fraud_card_leaves_no_room_for_a_choice(sample, at):  # rows 15 27
    assert sample.ask("有人让我转到安全账户 挂失", ANYBODY, at).alerts
    assert offered(sample, "有人让我转到安全账户 挂失", at=at) == {}


@pytest.mark.parametrize("route", ["lane", "flask", "address"])
def test_the_api_says_what_to_ask_next(client, route):  # row 15
    if route == "address":
        data = client.get(SEARCH, query_string={"q": "挂失"}).json["data"]
    else:
        # a charset in the content type is not as usual: Flask answers
        kind = "application/json" if route == "lane" else "application/json; charset=utf-8"
        data = client.post(SEARCH, data=json.dumps({"q": "挂失"}), content_type=kind).json["data"]
    chips = {chip["word"]: (chip["question"], chip["id"]) for chip in data["chips"]}
    assert chips == {
        "借记卡": ("挂失 借记卡", "report-card-loss"),
        "存折": ("挂失 存折", "passbook-loss"),
        "信用卡": ("挂失 信用卡", "credit-card-loss"),
    }
    for question, article in chips.values():
        cards = client.post(SEARCH, json={"q": question}).json["data"]
        assert cards["cards"][0]["id"] == article
        assert cards["chips"] == []


def test_the_page_has_a_letter_for_each(client):  # row 15
    html = client.post("/ask", data={"q": "挂失", "at": "2026-11-24"}).get_data(as_text=True)
    buttons = re.findall(r'<button class="chip" name="q" value="([^"]+)" data-key="(\w)">', html)
    assert buttons == [("挂失 借记卡", "h"), ("挂失 信用卡", "j"), ("挂失 存折", "k")]
    (form,) = re.findall(r'<form class="chips".*?</form>', html, re.DOTALL)
    assert '<input type="hidden" name="at" value="2026-11-24">' in form
    assert "可以选借记卡、信用卡、存折" in html
    assert 'class="chip' not in client.post("/ask", data={"q": "信用卡挂失"}).get_data(as_text=True)


def test_words_of_the_question_are_escaped(client):
    html = client.post("/ask", data={"q": '挂失"><b>'}).get_data(as_text=True)
    assert "<b>" not in "".join(re.findall(r'<form class="chips".*?</form>', html, re.DOTALL))


@pytest.fixture
def base(settings):
    """Two cards for everybody, one for supervisors, one for next year; the kinds are the editors' own."""
    for name, word in (("gold", "金穗卡"), ("silver", "银穗卡")):
        write_article(settings.articles, name, title=f"{word}停用")
    write_article(settings.articles, "secret", title="铜穗卡停用", audience={"roles": ["班长"]})
    write_article(settings.articles, "later", title="铁穗卡停用", effective="2099-01-01")
    write_lexicon(
        settings.articles, kinds=["金穗卡 / 银穗卡 / 铜穗卡 / 铁穗卡"], terms=["金穗卡", "银穗卡", "铜穗卡", "铁穗卡"]
    )
    building.build(settings, now())
    return KnowledgeBase(CurrentSearcher(settings))


def test_nobody_is_offered_what_he_may_not_see(base):  # rows 15 42
    assert set(offered(base, "停用")) == {"金穗卡", "银穗卡"}
    assert set(offered(base, "停用", Viewer(roles=frozenset({"班长"})))) == {"金穗卡", "银穗卡", "铜穗卡"}


def test_a_changed_list_of_kinds_is_taken_up(settings, base):  # row 15
    write_lexicon(settings.articles, kinds=["铜穗卡 / 铁穗卡"])
    building.update(settings, now())
    assert offered(KnowledgeBase(CurrentSearcher(settings)), "停用") == {}
