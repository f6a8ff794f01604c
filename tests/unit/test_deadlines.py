"""Durations of an article as dates: which count, from when, and what is said where the calendar does not know."""

from datetime import date, timedelta

import pytest
from builders import channel, made_article
from hypothesis import given
from hypothesis import strategies as st

from kb.deadlines import NOT_ARRANGED, day_name, deadlines_of, find_deadlines, may_have_deadlines
from kb.workdays import Calendar, read_calendar

CALENDAR, _ = read_calendar(
    {"2026": {"off": ["2026-02-15..2026-02-23", "2026-10-01..2026-10-07"], "work": ["2026-02-28", "2026-10-10"]}}
)
# a Thursday
TODAY = date(2026, 11, 26)


def said(text, field="duration", today=TODAY, calendar=CALENDAR):
    return [deadline.text for deadline in find_deadlines(text, today, calendar, field)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1个工作日内联系客户", ["最晚11月27日（周五）前联系您"]),
        ("约5分钟登记，2个工作日内专人联系", ["最晚11月30日（周一）前专人联系您"]),
        ("5个工作日内短信答复", ["最晚12月3日（周四）前短信答复您"]),
        ("交易差错两个工作日之内查清", ["交易差错最晚11月30日（周一）前查清"]),
        ("15日内书面答复", ["最晚12月11日（周五）前书面答复您"]),
        ("24小时内到账", ["最晚11月27日（周五）这个钟点前到账"]),
        ("次日到账", ["11月27日（周五）到账"]),
        ("次一个工作日到账", ["11月27日（周五）到账"]),
        ("解押材料3个工作日备好", ["解押材料预计12月1日（周二）备好"]),
        ("约5个工作日到货", ["大约12月3日（周四）到货"]),
        ("邮寄5至7个工作日", ["邮寄预计12月3日（周四）至12月7日（周一）"]),
        ("40日内答复", ["最晚2027年1月5日（周二）前答复您"]),
    ],
)
def test_a_duration_becomes_the_date_on_which_it_ends(text, expected):  # row 28
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "约10分钟，当天起息",
        "还清次日起，实时下载",
        "次日起3个工作日内领取",
        "提前5个工作日预约",
        "预约后约5个工作日到货",
        "挂失约15分钟；书面挂失满7天后补领",
        "核实以后，3个工作日内恢复",
        "5天内不补书面就失效",
        "可约7天内的时间段",
        "最多2小时",
        "36小时内到账",
        "当天停用，45天后正式销户",
        "工作日15:30前下单次日确认",
        "经批准再延长30日",
        "超过10个工作日没收到",
        "更新后再用5年",
        "7至3个工作日到账",
        "0个工作日内答复",
        "T+1个工作日到账",
        "T+1日到账",
        "T + 3 日内到账",
        "次月10日到账",
        "次月 10 日内到账",
        "次月约10日到账",
        "12月15日到账",
        "2026年12月15日内答复",
        "1090天到账",
        "二百五十天内答复",
        "1.5天内答复",
        "",
    ],
)
def test_what_does_not_begin_today_or_is_no_deadline_has_no_date(text):  # row 28
    assert said(text) == []


def test_deadlines_of_the_law_end_with_a_working_day():  # row 28
    law = "15日内答复；情况复杂的可到30日，经批准再延长30日，最长不超过60日"
    found = find_deadlines(law, TODAY, CALENDAR, "law")
    assert [d.text for d in found] == [
        "最晚12月11日（周五）前答复您",
        "情况复杂的最晚12月28日（周一）前",
        "最长到2027年1月25日（周一）",
    ]
    assert [d.note for d in found] == ["", "12月26日是周六，顺延", NOT_ARRANGED]
    (holiday,) = find_deadlines("15日", date(2026, 9, 16), CALENDAR, "law")
    assert (holiday.text, holiday.note) == ("最晚10月8日（周四）前", "10月1日放假，顺延")
    # a Saturday on which people work is no day off
    assert find_deadlines("15日", date(2026, 2, 13), CALENDAR, "law")[0].day == date(2026, 2, 28)
    # the bank's own calendar days are not stretched
    assert find_deadlines("30日内答复", TODAY, CALENDAR, "bank")[0].day == date(2026, 12, 26)


def test_holidays_are_counted_and_an_unknown_year_is_said():  # row 28
    assert said("3个工作日内答复", today=date(2026, 9, 30)) == ["最晚10月10日（周六）前答复您"]
    (deadline,) = find_deadlines("3个工作日内答复", date(2026, 12, 30), CALENDAR)
    assert (deadline.day, deadline.note) == (date(2027, 1, 4), NOT_ARRANGED)
    assert find_deadlines("次日到账", date(2026, 12, 31), Calendar())[0].note == ""


def test_the_fields_of_an_article_that_state_deadlines():  # rows 28 29
    complaint = made_article("a-complaint", type="complaint")
    assert {text: [d.text for d in found] for text, found in deadlines_of(complaint.detail, (), TODAY, CALENDAR).items()} == {
        "5个工作日": ["最晚12月3日（周四）前"],
        "15日": ["最晚12月11日（周五）前"],
    }  # fmt: skip
    process = made_article("a-process", channels=[channel(), channel(duration="3个工作日内办好")])
    assert list(deadlines_of(process.detail, process.channels, TODAY, CALENDAR)) == ["3个工作日内办好"]


@given(
    st.text(alphabet="约最长可到不超过0123456789一二十至个工作日天小时内答复到账后起次；，邮寄", max_size=24),
    st.sampled_from(["duration", "bank", "law"]),
)
def test_any_text_has_sound_dates_or_none(text, field):  # row 28
    for deadline in find_deadlines(text, TODAY, CALENDAR, field):
        assert TODAY < deadline.day <= TODAY + timedelta(days=800)
        assert day_name(deadline.day, TODAY) in deadline.text
    article = made_article("a-process", channels=[channel(duration=text.strip() or "约1分钟")])
    if deadlines_of(article.detail, article.channels, TODAY, CALENDAR):
        assert may_have_deadlines(article.detail, article.channels)


@given(st.integers(1, 300), st.dates(date(2026, 1, 1), date(2026, 6, 1)))
def test_so_many_working_days_lie_before_the_date(days, today):  # row 28
    (deadline,) = find_deadlines(f"{days}个工作日内答复", today, CALENDAR)
    between = [today + timedelta(days=n) for n in range(1, (deadline.day - today).days + 1)]
    assert sum(CALENDAR.is_workday(day) for day in between) == days
    assert CALENDAR.is_workday(deadline.day)
