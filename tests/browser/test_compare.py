"""Side by side by keys alone."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


def test_mark_two_open_them_copy_one_and_come_back(desk):  # rows 18 37
    desk.ask("三年定期和五年定期利率")
    desk.press("Alt+x", "ArrowDown", "Alt+x")
    expect(desk.toast).to_have_text("选好了，按 p 并排看")
    marked = desk.page.locator("#marked li")
    expect(marked).to_have_count(2)
    desk.press("Alt+p")
    columns = desk.page.locator(".compared thead a")
    expect(columns).to_have_count(2)
    desk.press("2")
    expect(desk.toast).to_have_text("已复制")
    assert desk.clipboard() == desk.page.locator(".is-script td .said").nth(1).inner_text()
    desk.press("Escape")
    expect(desk.line).to_have_value("三年定期和五年定期利率")
    expect(marked).to_have_count(2)


def test_a_mark_is_taken_back_by_the_same_key_and_outlives_another_question(desk):  # row 37
    desk.ask("三年定期").press("Enter", "x")
    desk.ask("五年定期")
    expect(desk.page.locator("#marked")).to_be_visible()
    desk.ask("三年定期").press("Enter", "x")
    expect(desk.toast).to_have_text("不比这一条了")
    expect(desk.page.locator("#marked")).to_be_hidden()


def test_one_mark_is_not_enough_and_five_are_too_many(desk):  # row 37
    desk.ask("存款利率").press("Alt+p")
    expect(desk.toast).to_contain_text("先在 2 到 4 条结果上按 x")
    for _ in range(5):
        desk.press("Alt+x", "ArrowDown")
    expect(desk.toast).to_contain_text("最多并排 4 条")
    expect(desk.page.locator("#marked li")).to_have_count(4)


@pytest.mark.parametrize("width", [400, 1280])
def test_two_columns_fit_beside_the_crm(open_desk, width):  # rows 37 38
    desk = open_desk("/compare?id=time-deposit-3y&id=time-deposit-5y", viewport={"width": width, "height": 800})
    expect(desk.page.locator(".compared thead a").first).to_have_text(re.compile("3年|三年"))
    box = desk.page.locator(".side-by-side")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
