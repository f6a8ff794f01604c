"""The wrap-up note: made from the trail alone, always the same, bounded, and without anything about the customer."""

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.clock import SHANGHAI
from kb.errors import Refused
from kb.wrapup import MOST, MOST_ENTRIES, read_trail, wrap_up

BEGAN = datetime(2026, 11, 26, 14, 32, tzinfo=SHANGHAI)
CARD, IDENTITY, PHONE = "6222021234567890128", "11010519491231002X", "13812345678"
PHONE_CHANGE = {"key": "change-phone@2", "title": "改绑手机号"}


def ms(**after):
    return int((BEGAN + timedelta(**after)).timestamp() * 1000)


def trail(*entries, **more):
    """The JSON of a trail of a call of six minutes."""
    timed = [{"at": ms(minutes=1), **entry} for entry in entries]
    return json.dumps(
        {"id": "abc", "began": ms(), "ended": ms(minutes=6, seconds=10), "entries": timed, **more}
    ).encode()


def note(*entries, **more):
    return wrap_up(read_trail(trail(*entries, **more)), BEGAN + timedelta(minutes=9))


def test_a_whole_call():  # row 36
    assert note(
        {"did": "ask", "text": "改绑手机号"},
        {"did": "tick", **PHONE_CHANGE},
        {"did": "open", **PHONE_CHANGE},
        {"did": "copy", **PHONE_CHANGE, "tone": "标准"},
        {"did": "copy", **PHONE_CHANGE, "tone": "适老"},
        {"did": "step", **PHONE_CHANGE, "step": 3, "of": 5},
        {"did": "choose", **PHONE_CHANGE, "ask": "旧号还能收短信吗？", "chosen": "能"},
        {"did": "choose", **PHONE_CHANGE, "ask": "旧号还能收短信吗？", "chosen": "不能"},
        {"did": "ask", "text": "跨行转账手续费"},
        {"did": "open", "key": "fees@7", "title": "转账手续费"},
        {"did": "gap", "text": "宠物保险怎么买"},
        {"did": "feedback", "key": "fees@7", "title": "转账手续费", "kind": "outdated"},
    ) == (
        "通话小结 2026-11-26 14:32–14:38（6分10秒）\n"
        "客户问：\n1. 改绑手机号\n2. 跨行转账手续费\n"
        "已核身：14:33\n"
        "· 改绑手机号（第2版）：用了话术（标准、适老），步骤走到第3步（共5步）\n"
        "  – 旧号还能收短信吗？ 不能\n"
        "· 转账手续费（第7版）：看过\n"
        "没有答案，已报告缺口：宠物保险怎么买\n"
        "已反馈：转账手续费（已过时）"
    )


def test_a_call_that_goes_on_lasts_until_now():
    assert note(ended=None).startswith("通话小结 2026-11-26 14:32–14:41（9分00秒）")
    assert "没有查过内容" in note()


def test_steps_to_the_end_are_said_as_such():
    assert "步骤走完" in note({"did": "step", **PHONE_CHANGE, "step": 5, "of": 5})


@pytest.mark.parametrize("number", [CARD, IDENTITY, PHONE, "6222 0212 3456 7890 128", "138-1234-5678"])
def test_nothing_about_the_customer_is_in_it_wherever_it_stood(number):  # rows 36 78
    told = note(
        {"did": "ask", "text": f"我的号{number}"},
        {"did": "gap", "text": f"查{number}"},
        {"did": "copy", "key": "a@1", "title": number, "tone": number},
        {"did": "choose", "key": "a@1", "title": "x", "ask": number, "chosen": number},
        {"did": "feedback", "key": "a@1", "title": number, "kind": "wrong"},
    )
    assert not any(part in told for part in (number, number[-8:]))
    assert "［" in told


def test_a_ticked_identity_has_no_value():  # rows 25 36
    told = note({"did": "tick", **PHONE_CHANGE, "value": "身份证后四位0028", "name": "王五"})
    assert "已核身：14:33" in told
    assert not any(word in told for word in ("0028", "王五"))


def test_a_line_break_in_a_title_makes_no_line_of_its_own():
    told = note({"did": "open", "key": "a@1", "title": "甲\n已核身：09:00"})
    assert "\n已核身" not in told


BAD = {
    "no JSON": b"{",
    "nothing": b"",
    "a list": b"[]",
    "no begin": b"{}",
    "a begin in the far future": json.dumps({"began": 10**15}).encode(),
    "unknown deed": trail({"did": "fly"}),
    "a key that is none": trail({"did": "open", "key": "../x@1", "title": "x"}),
    "a long title": trail({"did": "open", "key": "a@1", "title": "长" * 81}),
    "a long question": trail({"did": "ask", "text": "长" * 201}),
    "an impossible step": trail({"did": "step", "key": "a@1", "title": "x", "step": 0, "of": 3}),
    "too many": trail(*[{"did": "ask", "text": "x"}] * (MOST_ENTRIES + 1)),
    "nested": b"[" * 100_000,
    "a lone surrogate": b'{"began": 0, "entries": [{"did": "ask", "at": 0, "text": "\\ud800"}]}',
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_what_is_no_trail_is_refused_in_a_sentence(data):
    with pytest.raises(Refused, match="没有做成小结"):
        read_trail(data)


texts = st.text(max_size=80)
on_card = {"key": st.from_regex(r"[a-z0-9]{1,10}@[1-9]{1,3}", fullmatch=True), "title": texts}
entries = st.one_of(
    st.fixed_dictionaries({"did": st.just("ask"), "text": texts}),
    st.fixed_dictionaries({"did": st.just("copy"), "tone": texts, **on_card}),
    st.fixed_dictionaries({"did": st.just("choose"), "ask": texts, "chosen": texts, **on_card}),
    st.fixed_dictionaries({"did": st.sampled_from(["open", "tick"]), **on_card}),
)


@given(st.lists(entries, max_size=MOST_ENTRIES))
def test_any_trail_gives_one_bounded_text(done):
    told = note(*done)
    assert told == note(*done)
    assert told.startswith("通话小结")
    assert len(told) <= MOST
