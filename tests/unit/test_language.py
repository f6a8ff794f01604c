"""What must not be said, what customers do not understand, what is too long to say."""

import pytest
from builders import article_text, made_article
from hypothesis import given
from hypothesis import strategies as st

from kb.editing.checking import check_article
from kb.editing.language import everyday_words, remarks
from kb.editing.places import placed
from kb.lexicon import Lexicon
from kb.registry import Registry

LEXICON = Lexicon(
    terms=frozenset({"身份证", "挂失"}),
    forbidden={
        "保本": "理财不保本",
        "稳赚": "收益会波动",
        "零风险": "请先看风险等级",
        "没有风险": "请先看风险等级",
        "保证收益": "没有保证",
    },
    jargon={"核身": "确认是您本人", "宽限期": "晚还几天不算逾期", "溢缴款": "多还的钱"},
)


def said(**fields):
    return [(r.place, r.words, r.level) for r in remarks(made_article(**fields), LEXICON)]


def forbidden(answer):
    return [r.words for r in remarks(made_article(answer=answer), LEXICON) if r.level == "error"]


@pytest.mark.parametrize(
    "answer", ["这款理财保本，您放心。", "稳赚，买了就行。", "这是零风险的。", "我们保证收益4%。", "完全没有风险。"]
)
def test_a_forbidden_word_blocks(answer):  # row 56
    assert len(forbidden(answer)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "这款理财不保本。",
        "理财不是保本的，会涨会跌。",
        "银行不能承诺保证收益。",
        "没有稳赚的产品。",
        "不是没有风险，是二级风险。",
        "这款有没有风险，看风险等级。",
        "说“稳赚”的都是骗子，请不要信。",
        "对方说零风险的是诈骗，请挂断。",
        "请带身份证，确保本人来办。",
        "担保本行的贷款要本人签字。",
    ],
)
def test_denying_it_quoting_it_and_words_that_only_look_like_it_do_not_block(answer):  # row 56
    assert forbidden(answer) == []


@pytest.mark.parametrize(
    "answer",
    [
        "不但保本，利息还高。",
        "您不用担心，稳赚。",
        "不会亏损的保本理财。",
        "放心，“稳赚”的产品。",
        "别等了，这是保本的。",
    ],
)
def test_a_denial_of_something_else_does_not_excuse(answer):  # row 56
    assert len(forbidden(answer)) == 1


def test_every_text_that_is_read_to_a_customer_is_looked_at():  # row 56
    assert said(tones={"soothe": "稳赚的，别急。"}) == [("tones.soothe", "稳赚", "error")]
    assert said(type="complaint", promise=["保证收益补给您"]) == [("promise.0", "保证收益", "error")]
    slots = {"path": "持证件到任一网点", "materials": "无", "duration": "当场", "fee": "免费", "hours": "全天"}
    way = {"channel": "网点柜台", **slots, "if_fails": "说零风险。"}
    assert said(channels=[way]) == [("channels.0.if_fails", "零风险", "error")]
    assert said(type="product", body="## 好处\n稳赚。") == [("body", "稳赚", "error")]


def test_what_is_listed_as_not_to_be_said_is_not_looked_at():
    assert said(type="product", do_not_say=["稳赚", "零风险"]) == []
    assert said(type="complaint", never_promise=["保证收益"]) == []
    assert said(type="alert", dont=["不要说零风险"], body="## 骗子怎么说\n骗子会说稳赚。") == []


def test_articles_of_another_system_are_only_warned_about():
    assert said(status="imported", answer="稳赚，核身后办。") == [("answer", "稳赚", "warning")]


def test_jargon_is_pointed_out_once_with_words_that_customers_know():  # row 56
    found = remarks(made_article(answer="核身以后办，核身要三分钟。"), LEXICON)
    assert [(r.words, r.level) for r in found] == [("核身", "warning")]
    assert "确认是您本人" in found[0].message


@pytest.mark.parametrize(
    "fields",
    [
        {"answer": "还有宽限期（晚还几天不算逾期）。"},
        {"answer": "多还的钱叫溢缴款，能转出来。"},
        {"answer": "请点“宽限期”。"},
        {"answer": "请带好身份证，核身份要原件。"},
        {"title": "宽限期有几天", "answer": "宽限期三天。"},
    ],
)
def test_jargon_that_is_explained_named_or_the_customers_own_word_is_no_jargon(fields):
    assert said(**fields) == []


def test_a_word_that_customers_use_in_three_articles_needs_no_explanation():
    asked = [made_article(f"asked-{n}", title=f"第{n}个问题宽限期") for n in range(3)]
    everyday = everyday_words(asked, LEXICON)
    assert everyday == {"宽限期"}
    assert everyday_words(asked[:2], LEXICON) == frozenset()
    assert remarks(made_article(answer="还在宽限期。"), LEXICON, everyday) == []


def test_a_sentence_of_more_than_forty_characters_warns_and_pauses_do_not_count():  # row 56
    half = "请您带上身份证和这张银行卡到任意一家网点找工作人员办理"
    assert said(answer=f"{half}。{half}。") == []
    assert said(answer=f"{half}，然后{half}。") == [("answer", half[:12], "warning")]


def test_more_than_twenty_seconds_to_read_warns():  # row 57
    found = remarks(made_article(answer="，".join(["0.05%"] * 13) + "。"), LEXICON)
    assert any("秒" in r.message and r.level == "warning" for r in found)


def test_remarks_stand_where_the_words_stand():  # row 41
    text = article_text(
        "some-article", answer="带身份证就能办。", tones={"elder": "您放心，这个稳赚。"}, body="## 节\n好。"
    )
    parsed = check_article(text.encode(), "processes/some-article.md", Registry(), LEXICON)
    (problem,) = parsed.problems
    line = text.split("\n")[problem.line - 1]
    assert (parsed.article, problem.field, problem.level) == (None, "elder", "error")
    assert line[problem.column - 1 :].startswith("稳赚")


def test_words_that_come_from_a_shared_fact_are_pointed_out_at_their_field():
    registry = Registry(facts={"gain": "稳赚"})
    text = article_text("some-article", answer="这是{{fact:gain}}的。", body="## 节\n稳赚是骗人的。")
    (problem,) = check_article(text.encode(), "processes/some-article.md", registry, LEXICON).problems
    assert text.split("\n")[problem.line - 1].startswith("answer:")


def test_a_sound_text_stays_as_the_validator_read_it():
    text = article_text("some-article")
    parsed = check_article(text.encode(), "processes/some-article.md", Registry(), LEXICON)
    assert parsed.article
    assert parsed.problems == ()


@given(st.text(alphabet="不没有保本稳赚零风险是的，。“”说骗", max_size=30))
def test_no_answer_makes_the_check_fail(text):
    article = made_article()
    found = remarks(type(article)(**{**{f: getattr(article, f) for f in article.__slots__}, "answer": text}), LEXICON)
    assert all(r.message for r in found)
    assert len(placed(found, article_text("some-article"), "processes/some-article.md")) == len(found)
