"""Numbers as they are read aloud, and those that are left as they stand."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.numerals import parse_number
from kb.spoken import find_readings, read_aloud, remarkable_readings


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # shares
        ("年利率1.85%", "年利率百分之一点八五"),
        ("0.05‰", "千分之零点零五"),
        ("11%至15%", "百分之十一到百分之十五"),
        ("1.5–3%", "百分之一点五到百分之三"),
        ("下调60个基点", "下调六十个基点"),
        ("万分之五", "万分之五"),
        # amounts
        ("50,000元", "五万元"),
        ("5万元", "五万元"),
        ("2万", "两万"),
        ("20万元", "二十万元"),
        ("2000元", "两千元"),
        ("22000元", "两万二千元"),
        ("10010元", "一万零一十元"),
        ("100100000元", "一亿零一十万元"),
        ("12,345.67元", "一万二千三百四十五点六七元"),
        ("0.5元", "零点五元"),
        ("5万5千", "五万五千"),
        ("2元至50元", "两元至五十元"),
        # time
        ("7×24小时", "七天二十四小时"),
        ("T+0到账", "T加零到账"),
        ("2026-12-01", "二零二六年十二月一日"),
        ("2026年12月1日", "二零二六年十二月一日"),
        ("12月2号", "十二月二号"),
        ("2026年", "二零二六年"),
        ("8:30–17:00", "八点半到十七点"),
        ("9:05", "九点零五分"),
        ("3年期", "三年期"),
        ("2年", "两年"),
        ("2日", "二日"),
        # counts
        ("1–3个工作日", "一到三个工作日"),
        ("2至3个", "两到三个"),
        ("2个", "两个"),
        ("12个", "十二个"),
        ("110个", "一百一十个"),
        ("1005个", "一千零五个"),
        # names
        ("第12条", "第十二条"),
        ("第十二条", "第十二条"),
        ("第1–3条", "第一到第三条"),
        ("2类户", "二类户"),
        ("Ⅱ、Ⅲ类户", "二、三类户"),
        ("风险R2", "风险R二"),
        ("R1–R5", "R一到R五"),
        # numbers to dial
        ("拨打95588", "拨打九五五八八"),
        ("打12378投诉", "打幺二三七八投诉"),
        ("打400-800-0099", "打四零零 八零零 零零九九"),
        ("打110报警", "打幺幺零报警"),
        ("95588元", "九万五千五百八十八元"),
    ],
)
def test_how_it_is_read_aloud(written, read):  # row 21
    assert read_aloud(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "卡号6222 0000 1234",
        "尾号1234",
        "订单20261201",
        "V2.0",
        "3.5.1",
        "1/2",
        "3:7",
        "25:00",
        "2026-13-45",
        "5G",
        "COVID19",
        "按0转人工",
        "-0.5%",
        "LPR+0.6%",
        "007元",
        "5万5",
        "1000000000000元",
        "",
    ],
)
def test_what_is_not_understood_stays_as_it_is_written(text):  # row 21
    assert read_aloud(text) == text


def test_only_what_one_may_stumble_over_is_shown():  # row 21
    text = "三年期年利率1.85%，50,000元起存，1.85%不变；T+1到账，问96110。3天、5万元、5%和12月1日谁都会念。"
    assert remarkable_readings(text) == [
        ("1.85%", "百分之一点八五"),
        ("50,000", "五万"),
        ("T+1", "T加一"),
        ("96110", "九六幺幺零"),
    ]


_PIECES = st.lists(
    st.one_of(
        st.text(alphabet="0123456789,.%‰-–—/:+×*TDRLⅡ第年月日个元万亿天小时类至到，。 编", max_size=8),
        st.sampled_from(["1.85%", "50,000元", "7×24小时", "T+0", "2026-12-01", "8:30–17:00", "12378", "第12条"]),
    ),
    max_size=6,
).map("".join)


@given(_PIECES)
def test_readings_lie_in_the_text_in_order_and_touch_nothing_else(text):  # row 21
    at, rebuilt = 0, ""
    for reading in find_readings(text):
        assert at <= reading.start < reading.end
        assert text[reading.start : reading.end] == reading.written
        rebuilt += text[at : reading.start] + reading.read
        at = reading.end
    assert rebuilt + text[at:] == read_aloud(text)


@given(_PIECES)
def test_a_number_is_read_whole_or_not_at_all(text):  # row 21
    for reading in find_readings(text):
        assert not re.search(r"\d", reading.read)
        before, after = text[: reading.start], text[reading.end :]
        assert not re.search(r"\d$", before) or not reading.written[0].isdigit()
        assert not re.match(r"\d", after) or not reading.written[-1].isdigit()


@given(st.integers(0, 10**12 - 1))
def test_an_amount_is_worth_what_is_read(value):  # row 21
    read = read_aloud(f"{value}元").removesuffix("元")
    assert parse_number(read) == value
    grouped = read_aloud(f"{value:,}元").removesuffix("元")
    assert grouped == read


@given(st.decimals(Decimal(0), Decimal(100), places=2, allow_nan=False))
def test_a_rate_is_worth_what_is_read(value):  # row 21
    assert parse_number(read_aloud(f"{value}%").removeprefix("百分之")) == value
