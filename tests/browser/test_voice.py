"""What is read aloud: tones, readings, and dates that can be promised."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

COMPLAINT = "投诉乱收费"
DATE = re.compile(r"^最晚(\d{4}年)?\d{1,2}月\d{1,2}日（周.）前联系您")


def test_d_copies_the_dates_and_the_focus_stays(desk):  # rows 28 29
    desk.ask(COMPLAINT)
    desk.press("Alt+d")
    expect(desk.toast).to_have_text(re.compile("已复制：最晚"))
    expect(desk.line).to_be_focused()
    lines = desk.clipboard().splitlines()
    assert DATE.match(lines[0])
    assert "前答复您；情况复杂的最晚" in lines[1]
    desk.press("Enter")
    card = desk.cards.first
    expect(card).to_be_focused()
    desk.press("d")
    expect(desk.toast).to_have_text(re.compile("等 2 行"))
    assert desk.clipboard().splitlines() == lines


def test_a_button_copies_the_dates_beside_it(desk):  # row 28
    desk.ask(COMPLAINT)
    legal = desk.cards.first.locator(".until").nth(1)
    legal.get_by_role("button", name="复制期限").click()
    expect(desk.toast).to_have_text(re.compile("已复制：最晚"))
    assert desk.clipboard() == legal.get_attribute("data-copy")


def test_d_says_so_where_there_is_no_date(desk):  # row 28
    desk.ask("三年期定期利率多少")
    desk.press("Alt+d")
    expect(desk.toast).to_have_text("这一条没有能算出日期的期限")


def test_d_typed_into_the_line_is_the_question(desk):  # row 28
    desk.ask(COMPLAINT)
    desk.page.keyboard.type("d")
    expect(desk.line).to_have_value(COMPLAINT + "d")


def test_hard_numbers_are_read_out_below_the_script_and_follow_the_tone(desk):  # row 21
    desk.ask("三年期定期利率多少")
    card = desk.cards.first
    aloud = card.locator(".aloud:visible")
    expect(aloud).to_have_count(1)
    expect(aloud).to_contain_text(re.compile(r"念作.*% → 百分之"))
    desk.press("Control+Enter")
    expect(desk.toast).to_have_text("已复制")
    assert "念作" not in desk.clipboard()
    desk.press("Alt+s")
    expect(card.locator(".say:visible")).to_have_attribute("data-tone", "short")
    expect(card.locator(".say:visible + .aloud, .say:visible:not(:has(+ .aloud))")).to_have_count(1)


@pytest.mark.parametrize("width", [400, 1280])
def test_the_complaint_card_fits_without_scrolling_sideways(open_desk, width):  # row 29
    desk = open_desk(viewport={"width": width, "height": 800})
    desk.ask(COMPLAINT)
    card = desk.cards.first
    for title in ("归口部门", "行内时限", "法定时限", "可以承诺", "绝不能承诺", "何时升级"):
        expect(card.get_by_role("heading", name=title)).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    until = card.locator(".until").first.bounding_box()
    box = card.bounding_box()
    assert until["x"] + until["width"] <= box["x"] + box["width"]
