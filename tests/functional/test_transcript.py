"""A piece of a call over the API and the page: the same rules as for questions."""

import logging

import pytest
from builders import write_article
from web_people import make_app, sign_in

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.rephrasing import Rephrasing
from kb.settings import Settings, load_settings
from kb.visibility import ANYBODY
from web.app import create_app

API, PAGE = "/api/v1/transcript", "/transcript"
PIECE = "客户：我的卡坏了\n坐席：您请讲\n客户：换一张新卡要多少钱，带什么"
FRAUD = "客户：警察给我打电话\n客户：让我把钱转到安全账户\n客户：卡坏了怎么换"


@pytest.fixture
def app(settings):
    write_article(
        settings.articles, "card-for-leads", title="换卡的内部口径", audience={"roles": ["lead"]},
        questions=["换卡内部怎么说", "换卡口径", "换一张新卡的口径", "新卡内部费用", "卡坏了的口径", "换卡规则"],
    )  # fmt: skip
    app = make_app(settings)
    building.build(settings, now())
    return app


def test_the_api_answers_a_piece(app):  # rows 75 85
    answer = app.test_client().post(API, json={"text": PIECE})
    assert answer.status_code == 200
    data = answer.get_json()["data"]
    assert data["asked"][0] == "换一张新卡要多少钱，带什么"
    assert data["answer"]["question"] == data["asked"][0]
    assert data["answer"]["cards"][0]["id"] == "replace-card"
    assert len(data["answer"]["cards"]) <= 3


def test_a_fraud_stands_apart(app):  # rows 27 85
    data = app.test_client().post(API, json={"text": FRAUD}).get_json()["data"]["answer"]
    assert [card["id"] for card in data["alerts"]] == ["safe-account"]
    assert "safe-account" not in [card["id"] for card in data["cards"]]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"text": "长" * 2001}, 422, "2000"),
        ({"text": ""}, 400, "没有客户的话"),
        ({"text": "坐席：您好"}, 400, "没有客户的话"),
        ({}, 422, "必须填写"),
        ({"text": 5}, 422, "文字"),
        ({"text": PIECE, "at": "昨天"}, 400, ""),
    ],
)
def test_what_cannot_be_answered_is_said(app, body, status, said):  # row 85
    answer = app.test_client().post(API, json=body)
    assert answer.status_code == status
    assert said in answer.get_json()["error"]["message"]


def test_only_what_somebody_may_see_is_found(app):  # rows 33 85
    def found(client):
        return [card["id"] for card in client.post(API, json={"text": PIECE}).get_json()["data"]["answer"]["cards"]]

    assert "card-for-leads" not in found(app.test_client())
    assert "card-for-leads" in found(sign_in(app, "lead"))


def test_the_page_gets_a_fragment(app):  # row 85
    answer = app.test_client().post(PAGE, data={"text": PIECE.replace("\n", "\r\n")})
    assert answer.status_code == 200
    assert "银行卡补卡换卡" in answer.text
    assert "听到客户问" in answer.text
    assert "机器改写" not in answer.text
    refused = app.test_client().post(PAGE, data={"text": "坐席：您好"})
    assert refused.status_code == 400
    assert "没有客户的话" in refused.text


def test_the_log_gets_the_question_alone_and_masked(app, caplog):  # row 78
    caplog.set_level(logging.INFO, "kb.questions")
    app.test_client().post(
        API, json={"text": "客户：我叫王小二\n坐席：好\n客户：手机号13800138000收不到短信，怎么换手机号"}
    )
    said = "\n".join(record.getMessage() for record in caplog.records if record.name == "kb.questions")
    assert "［手机号］" in said
    assert "13800138000" not in said
    assert "王小二" not in said


def heard(settings, rephraser, piece=PIECE):
    base = KnowledgeBase(CurrentSearcher(settings), rephrasing=Rephrasing(rephraser))
    return base.transcript(piece, ANYBODY, now())[0]


def test_a_model_may_say_the_first_card_in_other_words(app, settings):  # row 85
    answer = heard(settings, lambda question, sentences: sentences[0].replace("本人", "您本人"))
    assert answer.rephrased.text == answer.cards[0].answer.text.replace("本人", "您本人")
    assert answer.rephrased.key == answer.cards[0].key


def test_a_model_that_cheats_is_not_heard(app, settings):  # row 85
    assert heard(settings, lambda question, sentences: "换卡免费，不用带身份证，8分钟办好。").rephrased is None


def test_no_model_speaks_beside_a_fraud(app, settings):  # rows 27 85
    asked = []
    assert heard(settings, lambda *given: asked.append(given) or "", FRAUD).rephrased is None
    assert asked == []


def repeat(question, sentences):
    """Says what the article says."""
    return sentences[0]


def test_the_page_says_that_a_machine_spoke_and_of_what(app, settings):  # row 85
    made = create_app(
        Settings(articles=settings.articles, var=settings.var, rephraser=f"{__name__}:repeat", anonymous="yes")
    )
    text = made.test_client().post(PAGE, data={"text": PIECE}).text
    assert "机器改写自" in text
    assert "第 1 条《银行卡补卡换卡》" in text


def test_it_is_off_unless_named():  # row 85
    assert load_settings({}).rephraser == ""
    assert load_settings({"KB_REPHRASER": "a:b"}).rephraser == "a:b"
