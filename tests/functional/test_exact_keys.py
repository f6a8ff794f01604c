"""Codes and names of forms as exact keys: the article that names them comes first; what no article names is said so."""

import pytest
from builders import write_article, write_small_library

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.settings import Settings
from kb.visibility import ANYBODY


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A library with two error codes, a third in a title, and two forms, beside articles that speak of errors in general."""
    folder = tmp_path_factory.mktemp("codes")
    articles = folder / "articles"
    write_small_library(articles)
    write_article(
        articles, "app-errors", title="手机银行报错怎么办",
        questions=["手机银行报错", "提示错误码", "报错代码是什么意思", "转账报错", "登录报错", "错误码怎么查"],
    )  # fmt: skip
    write_article(articles, "session-expired", title="会话超时重新登录", keywords=["EB1024", "EB-2048"])
    write_article(
        articles, "limit-exceeded", title="超过限额的处理", body="## 提示什么\n屏幕显示 5011 时，请先调整限额。"
    )
    write_article(articles, "device-unknown", title="MB30117：设备没有登记")
    write_article(articles, "fx-form", title="外汇业务", keywords=["个人购付汇申请书"])
    write_article(articles, "account-form", title="账户业务", keywords=["个人账户服务申请表", "申请书"])
    settings = Settings(articles=articles, var=folder / "var")
    building.build(settings, now())
    return KnowledgeBase(CurrentSearcher(settings))


@pytest.fixture
def first(base, at):
    def ask(question):
        return base.ask(question, ANYBODY, at).cards[0].id

    return ask


@pytest.mark.parametrize("joined", ["EB1024", "eb1024", "ＥＢ１０２４", "eb 1024", "EB-1024", "EB_1024"])
@pytest.mark.parametrize("around", ["{}", "手机银行报错{}怎么办", "提示 {} 是什么意思", "转账的时候出来{}"])
def test_a_code_finds_its_article_first_however_it_is_typed(first, joined, around):
    assert first(around.format(joined)) == "session-expired"


@pytest.mark.parametrize("question", ["错误码1024", "错误码 1024", "报错1024怎么办", "1024报错", "错误代码：1024"])
def test_the_number_of_a_code_is_enough(first, question):
    assert first(question) == "session-expired"


@pytest.mark.parametrize("question", ["eb2048", "EB 2048", "EB-2048报错", "错误码2048"])
def test_a_code_with_a_hyphen_is_found_without(first, question):
    assert first(question) == "session-expired"


@pytest.mark.parametrize("question", ["5011", "5011报错", "5011 报错", "手机银行转账报错5011", "错误码是5011"])
def test_a_number_in_the_text_is_found(first, question):
    assert first(question) == "limit-exceeded"


@pytest.mark.parametrize("question", ["MB30117", "mb 30117", "错误码30117"])
def test_a_code_in_a_title_is_found(first, question):
    assert first(question) == "device-unknown"


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("个人购付汇申请书", "fx-form"),
        ("要填个人购付汇申请书吗", "fx-form"),
        ("《个人账户服务申请表》在哪下载", "account-form"),
    ],
)
def test_the_name_of_a_form_finds_the_article_that_names_it(first, question, article):
    assert first(question) == article


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("EB9999", "EB9999"),
        ("提示EB-9999怎么办", "EB-9999"),
        ("错误码9999", "9999"),
        ("9998 报错", "9998"),
        ("eb9999是什么", "eb9999"),
    ],
)
def test_a_code_that_no_article_names_is_said_as_typed(base, at, question, code):  # row 14
    answer = base.ask(question, ANYBODY, at)
    assert code in answer.query.unknown
    assert code.lower() not in {t.text for t in answer.query.terms if t.weight > 2}


def test_an_unknown_code_alone_is_named_in_the_message(base, at):  # row 14
    assert "没看懂“EB9999”" in base.ask("EB9999", ANYBODY, at).message


@pytest.mark.parametrize("question", ["手机银行报错EB9999怎么办", "手机银行报错 9999", "手机银行提示错误码9999"])
def test_an_unknown_code_is_named_though_the_other_words_are_known(base, at, question):  # row 14
    answer = base.ask(question, ANYBODY, at)
    assert not answer.confident
    assert "9999”" in answer.message
    assert answer.cards[0].id == "app-errors"


def test_a_known_code_among_words_of_another_article_is_answered_with_confidence(base, at):
    answer = base.ask("手机银行报错EB1024怎么办", ANYBODY, at)
    assert answer.confident
    assert answer.message == ""


@pytest.mark.parametrize("question", ["EB1024", "eb 1024", "错误码1024"])
def test_a_known_code_is_not_called_unknown(base, at, question):
    assert base.ask(question, ANYBODY, at).query.unknown == ()
