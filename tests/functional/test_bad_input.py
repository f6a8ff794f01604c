"""Whatever is typed or sent is answered: no operator means anything, nothing is too odd, only too long is refused."""

import time

import pytest
from builders import write_small_library
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.errors import QuestionError
from kb.explaining.explanation import explain
from kb.query import MAX_QUESTION
from kb.settings import Settings
from kb.visibility import ANYBODY
from web.app import create_app

OPERATORS = [
    "AND", "OR", "NOT", "ANDNOT", "ANDMAYBE", "REQUIRE", "AND AND OR", "挂失 AND", "OR 挂失", "NOT NOT NOT", "a ANDNOT b",
    "*", "?", "**", "*?*", "卡*", "?卡", "挂*失", "t123456~9", "~9", "~", "补卡~2", '"补卡"~5', "^2", "补卡^2", "^", "补卡^-1",
    "[a TO b]", "[a TO", "{a TO b}", "[TO]", "[ TO ]", "title:补卡", ":", "::", "title:", ":补卡", "key:*", "anchor:x",
    "payload:x", '"', '""', '"补卡', "'补卡'", "(", ")", "()", "((补卡)", "补卡)", "(" * 100, ")" * 100, "＊", "？", "＂补卡＂", "（",
    "＊：＊", "＾２", "～９", "\\", "\\\\*", "+补卡", "-补卡", "+-", "!补卡", "补卡 && 挂失", "补卡 || 挂失", "/.*/", "r\"(a+)+$\"",
    "<补卡>", ">=5", "[20260101 TO 20261231]", "=补卡", "=U盾", "_word", "%s %d {0}", "{{fact:fee.card}}", "${x}", "`id`",
]  # fmt: skip
ODD = {
    "empty": "",
    "spaces": "   ",
    "wide spaces": "\u3000\u3000",
    "new lines": "\r\n\t\v\f",
    "NUL": "\0",
    "NUL inside": "补\0卡",
    "control characters": "".join(map(chr, range(32))),
    "more controls": "".join(map(chr, range(127, 160))),
    "lone high surrogate": "补卡\ud800",
    "lone low surrogate": "\udfff补卡",
    "surrogates only": "\ud800\udfff\ud83d",
    "bidi": "\u202e补卡\u202c\u2066挂失\u2069",
    "zero width": "补\u200b\u200c\u200d\ufeff卡",
    "variation selectors": "补\ufe0f卡\U000e0100",
    "combining marks": "补" + "\u0301" * 190,
    "only combining marks": "\u0301" * 200,
    "emoji": "👨‍👩‍👧‍👦补卡🇨🇳",
    "private use": "\ue000\uf8ff",
    "unassigned": "\U000e0fff\U0010ffff",
    "non-characters": "\ufffe\uffff",
    "replacement": "\ufffd" * 50,
    "line separators": "补卡\u2028挂失\u2029",
    "ligatures": "ﬁﬂﷺ㍿",
    "expanding": "ﷺ" * 200,
    "Hangul jamo": "ᄀ" * 200,
    "numbers everywhere": "0" * 200,
    "huge amounts": "9" * 180 + "亿",
    "dots and digits": "1." * 100,
    "Chinese numerals": "一二三万亿兆" * 33,
    "one letter": "a" * 200,
    "pinyin-like": "zhuang" * 33,
    "initials": "zcsg" * 50,
    "brackets": "“”「」『』" * 33,
    "quotes without an end": "“" * 200,
    "markup": "<script>alert(1)</script>",
    "percent": "100%％‰",
    "units": "年月日元" * 50,
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad-input")
    made = Settings(articles=folder / "articles", var=folder / "var")
    write_small_library(made.articles)
    building.build(made, now())
    return made


@pytest.fixture(scope="module")
def base(library):
    source = CurrentSearcher(library)
    made = KnowledgeBase(source)
    made.source = source
    return made


@pytest.fixture(scope="module")
def client(library):
    return create_app(library).test_client()


def everything(base, text, at):
    """Ask on every path; a question that is too long may only be refused as such."""
    answer = None
    if len(text) <= MAX_QUESTION:
        answer = base.ask(text, ANYBODY, at)
        base.hits(text, ANYBODY, at, 5)
        explain(base.source.searcher(), text, None, ANYBODY, at)
    else:
        with pytest.raises(QuestionError, match=str(MAX_QUESTION)):
            base.ask(text, ANYBODY, at)
    base.suggest(text, ANYBODY, at)
    base.article(text, ANYBODY, at)
    if answer:
        assert answer.cards
        for card in (*answer.alerts, *answer.cards):
            for part in (card.title, card.answer, *(line.text for line in card.lines)):
                assert all(0 <= a < b <= len(part.text) for a, b in part.ranges)
    return answer


@pytest.mark.parametrize("text", OPERATORS)
def test_operators_mean_nothing(base, at, text):  # row 7
    everything(base, text, at)


@pytest.mark.parametrize(
    "wrapped", ["{}*", "{}~9", "{}^2", "+{}", "({})", "title:{}", "{} AND", "NOT {}", "[{} TO {}]", "*{}＊"]
)
def test_operators_around_a_word_do_not_hide_what_it_finds(base, at, wrapped):  # row 7
    answer = everything(base, wrapped.replace("{}", "网银盾坏了"), at)
    assert answer.cards[0].id == "usb-key"


@pytest.mark.parametrize("text", ["5万元", "4.5%", "T+0", "7*24小时", "R2-R3", "1/3", "A&B", "U盾/K宝", "3:1"])
def test_signs_inside_a_term_are_no_operators(base, at, text):  # row 7
    everything(base, text, at)


@pytest.mark.parametrize("name", ODD)
def test_odd_characters_are_answered(base, at, name):  # row 7
    everything(base, ODD[name], at)


@pytest.mark.parametrize(
    "text", ["补" * 201, "(" * 1000, "补卡" * 5000, "\u0301" * 10_000, "\ud800" * 1000, "a" * 1_000_000]
)
def test_what_is_too_long_is_refused_at_once_and_said(base, at, text):  # row 7
    began = time.monotonic()
    with pytest.raises(QuestionError, match="最多 200 个字"):
        base.ask(text, ANYBODY, at)
    base.suggest(text, ANYBODY, at)
    assert time.monotonic() - began < 0.5


def test_two_hundred_characters_are_answered(base, at):
    assert everything(base, "补卡" * 100, at).cards[0].id == "replace-card"


@given(st.text(max_size=220))
@settings(max_examples=100, deadline=None)
def test_any_text_is_answered(base, at, text):  # row 7
    everything(base, text, at)


PIECES = [
    *OPERATORS,
    *[v for v in ODD.values() if len(v) < 40],
    "补卡",
    "5万",
    "Ⅱ类户",
    "3年",
    "K宝",
    "挂失",
    "安全账户",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_mixture_of_operators_and_words_is_answered(base, at, pieces):  # row 7
    everything(base, "".join(pieces)[:MAX_QUESTION], at)


@pytest.mark.parametrize("text", [*OPERATORS, *ODD.values()])
def test_the_api_answers_or_refuses_but_never_fails(client, text):  # row 7
    for url in ("/api/v1/search", "/api/v1/suggest", "/api/v1/explain"):
        response = client.post(url, json={"q": text, "article": "usb-key"})
        assert response.status_code in (200, 422), text
        assert response.json.keys() <= {"data", "error"}
    if text.isprintable():
        assert client.get("/api/v1/search", query_string={"q": text}).status_code == 200


def test_a_thousand_brackets_are_refused_by_the_api(client):  # row 7
    for text in ("(" * 1000, "x" * 10_000):
        response = client.post("/api/v1/search", json={"q": text})
        assert response.status_code == 422
        assert "最多 200 个字" in response.json["error"]["message"]


@given(st.text(max_size=60))
@settings(max_examples=50, deadline=None)
def test_the_api_answers_any_text(client, text):  # row 7
    response = client.post("/api/v1/search", json={"q": text})
    assert response.status_code == 200
    assert response.json["data"]["cards"]
