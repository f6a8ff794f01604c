"""The tripwire: what adds up, what sounds alike, and what it costs."""

import time

import pytest
from builders import made_article

from kb.fraud import ANY, Phrase
from kb.normalize import normalize
from kb.tripwire import Tripwire

SAFE = made_article("safe", type="alert", title="安全账户", triggers=["安全账户", "警察 转账"])
SHARE = made_article("share", type="alert", title="共享屏幕", triggers=["屏幕共享"])
REFUND = made_article("refund", type="alert", title="假客服", triggers=["百万保障"])
NIGHT = made_article("night", type="alert", title="系统升级", severity="medium", triggers=["系统升级"])
PHRASES = (
    Phrase(("共享屏幕",), 10, "share", 1),
    Phrase(("客服", "退款"), 4, "refund", 2),
    Phrase(("备用金",), 6, "refund", 3),
    Phrase(("借呗",), 3, "refund", 4),
    Phrase(("让我",), 4, ANY, 5),
    Phrase(("对方",), 4, ANY, 6),
    Phrase(("没有这张卡",), 10, "gone", 7),
)
WIRE = Tripwire([SAFE, SHARE, REFUND, NIGHT, made_article("card")], PHRASES)


def tripped(question, **leaning):
    points = {f"{id}@1": given for id, given in leaning.items()}
    return [found.key.partition("@")[0] for found in WIRE.tripped(normalize(question).text, points)]


@pytest.mark.parametrize(
    "said", ["转到安全账户", "安 全 账 户", "安全帳戶", "警察要我转账", "转账给警察", "安全账户怎么开"]
)
def test_a_trigger_trips_its_alert(said):  # row 27
    assert tripped(said) == ["safe"]


@pytest.mark.parametrize(
    "said",
    [
        "安全帐户",
        "按全账户",
        "安全张户",
        "anquanzhanghu",
        "anquan账户",
        "安全zhanghu",
        "aqzh",
        "转aqzh可以吗",
        "An Quan Zhang Hu",
    ],
)
def test_homophones_and_pinyin_trip_it_too(said):  # rows 9 10 27
    assert tripped(said) == ["safe"]


@pytest.mark.parametrize("said", ["平目共享", "共享平幕了", "gxpm", "pmgx", "共享pingmu"])
def test_words_of_the_lexicon_are_heard_as_well(said):  # rows 9 10 27
    assert tripped(said) == ["share"]


@pytest.mark.parametrize(
    "said",
    [
        "账户安全吗",
        "保全账户",
        "anquan",
        "aqzhs",
        "xaqzh",
        "客服 退款",
        "借呗",
        "让我查一下",
        "对方让我等",
        "",
        " ",
        "gongxiang",
        "警察",
    ],
)
def test_ordinary_words_trip_nothing(said):  # row 27
    assert tripped(said) == []


def test_weak_words_trip_together():  # row 27
    assert tripped("备用金") == []
    assert tripped("客服退款") == []
    assert tripped("客服说退款要先交备用金") == ["refund"]
    assert tripped("客服退款走借呗") == []


def test_what_any_fraud_has_helps_but_never_suffices():  # row 27
    assert tripped("对方让我退回去") == []
    assert tripped("对方让我交备用金") == ["refund"]
    # both together count six
    assert tripped("对方让我用借呗") == []


def test_what_the_search_finds_first_needs_a_word_of_any_fraud():  # row 27
    assert tripped("这个事怎么办", refund=6) == []
    assert tripped("对方教的", refund=6) == ["refund"]
    assert tripped("对方让我弄的", refund=3) == []
    assert tripped("借呗", refund=6) == []
    # a notice of maintenance is no fraud, and other articles are no alerts
    assert tripped("对方让我弄的", night=6, card=6) == []


def test_fraud_stands_before_notices_and_more_before_less():  # row 27
    assert tripped("系统升级要转到安全账户") == ["safe", "night"]
    assert tripped("百万保障备用金，安全账户") == ["refund", "safe"]


def test_it_says_what_did():  # row 84
    (found,) = WIRE.tripped("客服退款交备用金")
    assert found.said == "备用金、客服 退款"
    (found,) = WIRE.tripped("对方让我弄的", {"refund@1": 6})
    assert found.said == "让我、对方"


def test_a_version_that_waits_is_known_too():
    later = made_article(
        "safe", type="alert", title="安全账户", version=2, effective="2027-01-01", triggers=["安全账户"]
    )
    wire = Tripwire([SAFE, later], [Phrase(("公家户头",), 10, "safe", 1)])
    assert {found.key for found in wire.tripped("公家户头")} == {"safe@1", "safe@2"}


def test_any_text_is_read_in_linear_time():
    for text in ("安全" * 100_000, "a" * 100_000, "\ud800💳" * 50_000, "让我对方" * 50_000):
        begun = time.process_time()
        WIRE.tripped(text)
        assert time.process_time() - begun < 2
