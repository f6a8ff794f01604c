"""The red card and the transcript box, by keys alone."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

PIECE = (
    "客户：我那个信用卡年费上次说能免\n坐席：您好，请讲\n客户：还有一个，我卡里那个短信提醒，一个月扣我几块钱，怎么取消"
)
FRAUD = "客户：有人打电话说我涉嫌洗钱\n坐席：您别急\n客户：让我把钱转到安全账户，我手机号是13800138000"


def paste(desk, text):
    desk.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    desk.press("Control+v")


@pytest.mark.parametrize("typed", ["平目共享", "gxpm", "anquanzhanghu", "客服说退款要交备用金"])
def test_the_red_card_is_card_one_and_copied_as_any_other(desk, typed):  # rows 9 27
    desk.ask(typed)
    first = desk.cards.first
    expect(first).to_have_class(re.compile("is-red"))
    expect(first.locator(".number")).to_have_text("1")
    # what to ask, do, not do, and whom to call stand open
    for said in ("问客户", "立即做", "不要做", "转给谁"):
        expect(first.get_by_role("heading", name=said)).to_be_visible()
    expect(desk.status).to_contain_text("有诈骗警示")
    desk.press("Control+Enter")
    expect(desk.toast).to_have_text("已复制")
    assert desk.clipboard() == first.locator(".say").first.get_attribute("data-copy")


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_red_card_fits(open_desk, width, scheme):  # rows 27 35
    desk = open_desk(viewport={"width": width, "height": 900}, color_scheme=scheme)
    desk.ask("让我转到安全账户")
    assert desk.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_three_cards_for_a_piece_of_a_call(desk):  # row 85
    desk.press("Alt+t")
    box = desk.page.locator("#transcript-text")
    expect(box).to_be_focused()
    paste(desk, PIECE)
    desk.press("Control+Enter")
    expect(desk.page.locator("#transcript")).to_be_hidden()
    expect(desk.page.locator(".notice")).to_contain_text("短信提醒")
    expect(desk.cards).to_have_count(3)
    expect(desk.cards.first).to_be_focused()
    assert any("短信" in title for title in desk.titles())
    # the keys of cards work, and the line begins anew
    desk.press("2")
    expect(desk.cards.nth(1)).to_have_class(re.compile("is-open"))
    desk.press("/")
    expect(desk.line).to_be_focused()
    expect(desk.line).to_have_value("")
    desk.ask("U盾坏了")
    expect(desk.page.locator(".notice")).to_have_count(0)


def test_a_fraud_in_it_comes_first_and_numbers_stay_in_the_page(desk):  # rows 27 78 85
    sent = []
    desk.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    desk.press("Alt+t")
    paste(desk, FRAUD)
    expect(desk.page.locator("#transcript-text")).to_have_value(re.compile("［手机号］"))
    expect(desk.page.locator("#transcript-told")).to_have_text("号码已遮住")
    desk.press("Control+Enter")
    expect(desk.cards.first).to_have_class(re.compile("is-red"))
    assert any("/transcript" in told for told in sent)
    assert not any("13800138000" in told for told in sent)


def test_escape_gives_the_focus_back_and_keeps_what_was_pasted(desk):  # row 85
    desk.ask("U盾坏了")
    desk.cards.nth(1).focus()
    desk.press("t")
    paste(desk, "客户：怎么挂失")
    desk.press("Escape")
    expect(desk.cards.nth(1)).to_be_focused()
    expect(desk.line).to_have_value("U盾坏了")
    desk.press("t")
    expect(desk.page.locator("#transcript-text")).to_have_value("客户：怎么挂失")


def test_what_cannot_be_answered_is_said_and_kept(desk, open_desk):  # row 85
    desk.press("Alt+t", "Control+Enter")
    told = desk.page.locator("#transcript-told")
    expect(told).to_contain_text("先把通话里最后几句粘贴到这里")
    paste(desk, "坐席：您好，请讲")
    desk.press("Control+Enter")
    expect(told).to_contain_text("片段里没有客户的话")
    expect(desk.page.locator("#transcript-text")).to_have_value("坐席：您好，请讲")
    desk.page.route("**/transcript", lambda route: route.abort())
    desk.press("Control+Enter")
    expect(told).to_contain_text("连不上服务")
    open_desk.troubles[:] = [t for t in open_desk.troubles if "ERR_FAILED" not in t and "400" not in t]


def test_of_a_long_piece_the_end_stays(desk):  # row 85
    desk.press("Alt+t")
    paste(desk, "甲" * 3000 + "客户：怎么挂失")
    expect(desk.page.locator("#transcript-told")).to_contain_text("只留下最后 2000 个字")
    assert desk.page.locator("#transcript-text").input_value().endswith("甲客户：怎么挂失")


def test_letters_of_an_input_method_open_nothing(desk):  # rows 17 85
    desk.page.evaluate(
        """document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "t", isComposing: true, bubbles: true }))"""
    )
    expect(desk.page.locator("dialog[open]")).to_have_count(0)
