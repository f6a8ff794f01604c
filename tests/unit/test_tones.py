"""Tones that an article leaves out: made where that is honest, left out where it is not."""

import pytest
from builders import made_article

from kb.tones import said_of, voice_of

LONG = "带身份证和这张卡到任一网点，当场就能换。工本费每张5元，新卡马上可以用。"


def voice(**fields):
    return voice_of(said_of(made_article(**{"tones": None, **fields})))


def test_what_an_editor_wrote_stays():  # row 21
    tones = {"short": "到网点换。", "elder": "您带好证件。", "soothe": "您别急。"}
    found = voice(answer=LONG, tones=tones, title="卡丢失了怎么挂失")
    assert (found.tones.short, found.tones.elder, found.tones.soothe) == tuple(tones.values())
    assert found.made == ()


def test_short_is_the_beginning_where_the_rest_does_not_limit_it():  # row 21
    found = voice(answer=LONG)
    assert found.tones.short == "带身份证和这张卡到任一网点，当场就能换。"
    assert "short" in found.made


@pytest.mark.parametrize(
    "answer",
    [
        "可以提前取。但利息按活期算，还要收手续费。",
        "能。用本人的定期存单作质押就行，利息照样给您算。",
        "每天最多转五万元。超过的部分请到网点办理，带好身份证。",
        "带身份证到网点。",
        "您问的是哪一种卡呢？信用卡和借记卡的办法各是各的。",
        "有两种：电子的和纸质的。电子的在手机银行里下载。",
        "四十个字以上的第一句话没有地方可以诚实地剪开所以也就不给出简短的说法因为剪了就不是原来的意思了。后面一句。",
    ],
)
def test_nothing_is_cut_where_it_would_be_wrong_or_say_too_little(answer):  # row 21
    assert voice(answer=answer).tones.short in ("", "能。用本人的定期存单作质押就行，利息照样给您算。")
    assert "short" not in voice(answer=answer).made


def test_elder_is_one_sentence_at_a_time_with_numbers_as_they_are_said():  # row 21
    found = voice(answer="存2万元起，年利率1.85%。到期本金和利息一次给您。")
    assert found.tones.elder.splitlines() == [
        "您别着急，我慢慢说。",
        "存两万元起，年利率百分之一点八五。",
        "到期本金和利息一次给您。",
        "我说清楚了吗？",
    ]


def test_elder_leads_through_steps_that_are_asked_of_the_customer():  # row 21
    steps = [{"do": "请客户打开手机银行。"}, {"do": "请客户点“我的”。"}, {"do": "核实三要素。"}]
    assert voice(answer=LONG, steps=steps).tones.elder.splitlines() == [
        "请您打开手机银行。",
        "好了告诉我，我再说下一步。",
        "请您点“我的”。",
        "好了告诉我。",
    ]


@pytest.mark.parametrize(
    ("fields", "opening"),
    [
        ({"title": "借记卡丢失挂失"}, "您先别急，我们一步一步来。"),
        ({"title": "信用卡被盗刷"}, "您先别慌，我陪您一件一件核对。"),
        ({"title": "转账没到账怎么查"}, "让您等着急了，我把情况跟您说清楚。"),
        ({"title": "手机银行打不开"}, "碰上这种事谁都着急，我们一步一步来。"),
        ({"title": "怎么取", "category": "继承与遗产"}, "请您节哀，要办的事我慢慢跟您说。"),
        ({"title": "投诉排队太久", "type": "complaint"}, "让您不愉快了，很抱歉，您说的我认真听。"),
    ],
)
def test_soothing_begins_with_what_fits_the_trouble_and_then_says_the_answer(fields, opening):  # row 21
    found = voice(answer=LONG, **fields)
    assert found.tones.soothe == opening + LONG
    # nothing is promised
    assert not any(word in opening for word in ("一定", "保证", "马上", "退", "赔", "解决"))


def test_no_comfort_without_trouble_or_twice():  # row 21
    assert voice(answer=LONG, title="积分怎么换").tones.soothe == ""
    assert voice(answer=LONG, title="挂失险", type="product").tones.soothe == ""
    assert voice(answer="您别急，" + LONG, title="借记卡丢失挂失").tones.soothe == ""


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"type": "alert", "expires": "2026-12-01"}, ()),
        ({"type": "regulation"}, ("short",)),
        ({"status": "imported"}, ()),
        ({"answer": "坐席不判断涨跌，请客户自己看。牌价在手机银行里实时显示。"}, ()),
        ({"answer": None, "status": "imported"}, ()),
    ],
)
def test_where_a_made_tone_would_be_silly_there_is_none(fields, made):  # row 21
    assert voice(**{"answer": LONG, "title": "挂失", **fields}).made == made
