"""A rephraser is believed nothing: numbers, amounts, dates and negations must be the article's own."""

import threading
import time

import pytest

from kb.errors import SettingError
from kb.rephrasing import MOST_CHARACTERS, Rephrasing, load_rephraser, objection_to

SENTENCES = (
    "本人带身份证到网点当场就能换，每张收5元。",
    "信用卡不能代办，3个工作日内寄到。",
    "12月1日起手机银行转账不收手续费，每天最多5万元。",
)


@pytest.mark.parametrize(
    "said",
    [
        "您本人带身份证到网点，当场就能换，每张收5元。",
        "到网点当场能换，收五元。",
        "信用卡不能代办，3个工作日内寄到您手里。",
        "12月1日起手机银行转账不收手续费，每天最多50000元",
    ],
)
def test_the_same_in_other_words_is_believed(said):  # row 85
    assert objection_to(said, SENTENCES) == ""


@pytest.mark.parametrize(
    "said",
    [
        "本人带身份证到网点当场就能换，每张收10元。",
        "本人带身份证到网点当场就能换，每张收十元。",
        "信用卡不能代办，5个工作日内寄到。",
        "信用卡不能代办，三天内寄到。",
        "12月2日起手机银行转账不收手续费。",
        "手机银行转账不收手续费，每天最多15万元。",
        # numbers of two sentences made one
        "本人带身份证到网点当场就能换，3个工作日内收5元。",
        # a negation lost, and one made up
        "信用卡能代办，3个工作日内寄到。",
        "信用卡可以代办的，代办3个工作日内寄到。",
        "手机银行转账收手续费，每天最多5万元。",
        "本人带身份证到网点当场不能换，每张收5元。",
        # what no sentence says
        "请打开 https://evil.example 办理换卡。",
        "理财产品收益很高很稳，建议您现在买入，机会难得。",
        "",
        "  ",
        "换" * (MOST_CHARACTERS + 1),
    ],
)
def test_a_cheat_is_found_out(said):  # row 85
    assert objection_to(said, SENTENCES)
    assert Rephrasing(lambda *_: said).rephrase("换卡", SENTENCES) is None


def test_the_rephraser_gets_the_question_and_the_sentences():  # row 85
    got = []

    def rephraser(question, sentences):
        got.append((question, sentences))
        return " 到网点当场就能换，每张收5元。\n"

    assert Rephrasing(rephraser).rephrase("换卡", SENTENCES) == "到网点当场就能换，每张收5元。"
    assert got == [("换卡", SENTENCES)]


def test_one_that_fails_or_says_no_text_is_passed_over():  # row 85
    def broken(question, sentences):
        raise RuntimeError("no model")

    assert Rephrasing(broken).rephrase("换卡", SENTENCES) is None
    assert Rephrasing(lambda *_: 5).rephrase("换卡", SENTENCES) is None


def test_one_that_hangs_is_left_and_not_asked_again():  # row 85
    release, calls = threading.Event(), []

    def slow(question, sentences):
        calls.append(question)
        release.wait(10)
        return SENTENCES[0]

    rephrasing = Rephrasing(slow, patience=0.05)
    begun = time.monotonic()
    for _ in range(20):
        assert rephrasing.rephrase("换卡", SENTENCES) is None
    assert time.monotonic() - begun < 2
    assert len(calls) == 2
    release.set()
    time.sleep(0.1)
    patient = Rephrasing(slow)
    assert patient.rephrase("换卡", SENTENCES) == SENTENCES[0]


@pytest.mark.parametrize("name", ["", "json", "json:nothing", "no_such_module:f", "json:__name__", ":f", "json:"])
def test_a_setting_that_names_no_function_is_said(name):  # row 41
    with pytest.raises(SettingError, match="KB_REPHRASER"):
        load_rephraser(name)


def test_a_setting_names_a_function():
    assert load_rephraser("kb.rephrasing:objection_to") is objection_to
