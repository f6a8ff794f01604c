"""How long a text takes to read aloud: what is spoken, not what is written."""

import pytest
from builders import made_article
from hypothesis import given
from hypothesis import strategies as st

from kb.editing.speech import LONG, PACE, reading_seconds, seconds, spoken, syllables, too_long


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("每张5元", "每张五元"),
        ("5万元", "五万元"),
        ("50,000元", "五万元"),
        ("12个月", "十二个月"),
        ("105元", "一百零五元"),
        ("1010元", "一千零一十元"),
        ("10005元", "一万零五元"),
        ("200000元", "二十万元"),
        ("100000000元", "一亿元"),
        ("0.05%", "百分之零点零五"),
        ("1‰", "千分之一"),
        ("2026年12月1日", "二零二六年十二月一日"),
        ("9:00–17:30", "九点到十七点半"),
        ("5-7天", "五到七天"),
        ("7×24小时", "七乘二十四小时"),
    ],
)
def test_numbers_are_read_as_people_say_them(text, said):  # row 57
    assert spoken(text) == said


@pytest.mark.parametrize("text", ["95599", "400-800-0099", "96110", "拨打110。", "12378"])
def test_telephone_numbers_are_read_digit_by_digit(text):
    digits = [c for c in text if c.isdigit()]
    assert len([c for c in spoken(text) if c in "零一二三四五六七八九"]) == len(digits)


def test_an_amount_like_a_telephone_number_is_still_an_amount():
    assert spoken("110元") == "一百一十元"
    assert spoken("120天") == "一百二十天"


def test_sentences_take_their_pauses_and_nothing_is_waited_for_at_the_end():
    assert syllables("带身份证。") == 4
    assert syllables("带身份证，去网点。") > syllables("带身份证去网点。")


def test_letters_are_spelt_and_words_spoken():
    assert syllables("U盾") == 2
    assert syllables("LPR") == 3
    assert syllables("SWIFT") == 5


def test_an_answer_of_eighty_characters_stays_below_the_limit_and_one_full_of_numbers_does_not():  # row 57
    assert seconds("一" * 80) == round(80 / PACE, 1) < LONG
    long = made_article(answer="，".join(["0.05%"] * 13) + "。")
    assert list(too_long(reading_seconds(long))) == ["standard"]


def test_elderly_customers_are_read_to_more_slowly():
    text = "您先把卡放好。我一步一步告诉您怎么办。"
    found = reading_seconds(made_article(answer=text, tones={"elder": text}))
    assert found["elder"] > found["standard"]
    assert set(found) == {"standard", "elder"}


@given(st.text(max_size=200))
def test_any_text_takes_some_time_and_never_fails(text):
    assert seconds(text) >= 0


@given(st.integers(0, 10**12 - 1))
def test_every_whole_number_is_said_in_words_without_digits(number):
    said = spoken(f"{number}元")
    assert said.endswith("元")
    assert not any(c.isdigit() and c.isascii() for c in said)
