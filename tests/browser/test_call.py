"""The whole call without a mouse."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


def test_composing_never_opens_or_asks(desk):  # row 17
    desk.ask("挂失")
    before = desk.titles()
    asked = []
    desk.page.on("request", lambda r: asked.append(r.url))
    keyboard = desk.page.context.new_cdp_session(desk.page)
    keyboard.send("Input.imeSetComposition", {"text": "xin'yong'ka", "selectionStart": 11, "selectionEnd": 11})
    expect(desk.line).to_have_value("挂失xin'yong'ka")
    for key in ("Enter", "ArrowDown", "1", "c"):
        # 229 is what a browser reports while the input method has the keyboard; Chromium adds isComposing
        keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": key, "windowsVirtualKeyCode": 229})
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key})
    desk.page.wait_for_timeout(300)
    expect(desk.line).to_be_focused()
    expect(desk.cards.first).to_have_class(re.compile("is-selected"))
    assert not asked
    assert desk.titles() == before
    with desk.page.expect_response("**/ask"):
        keyboard.send("Input.insertText", {"text": "信用卡"})
    expect(desk.line).to_have_value("挂失信用卡")
    expect(desk.cards.first).to_contain_text("信用卡")


def test_a_key_of_the_input_method_without_composition_flag_is_not_ours(desk):  # row 17
    desk.ask("挂失")
    desk.line.evaluate(
        "line => line.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true}))"
    )
    expect(desk.line).to_be_focused()


def test_type_arrow_open_copy(desk):  # rows 18 20
    desk.page.keyboard.type("跨行转账手续费", delay=15)
    expect(desk.cards.first).to_contain_text("转账手续费")
    desk.press("ArrowDown")
    second = desk.cards.nth(1)
    expect(second).to_have_class(re.compile("is-selected"))
    expect(desk.status).to_contain_text("第 2 条")
    desk.press("ArrowUp", "Enter")
    first = desk.cards.first
    expect(first).to_be_focused()
    desk.press("c")
    expect(desk.toast).to_have_text("已复制")
    script = first.locator(".say:not([hidden])").inner_text()
    assert desk.clipboard() == script
    desk.press("s")
    shorter = first.locator(".say:not([hidden])")
    expect(shorter).to_have_attribute("data-tone", "short")
    desk.press("c")
    expect(desk.toast).to_have_text("已复制")
    assert desk.clipboard() == shorter.inner_text() != script


def test_the_line_itself_can_copy_and_open(desk):  # rows 18 20
    desk.ask("跨行转账手续费")
    desk.press("Control+Enter")
    expect(desk.toast).to_have_text("已复制")
    expect(desk.line).to_be_focused()
    desk.press("Alt+2")
    second = desk.cards.nth(1)
    expect(second).to_be_focused()
    expect(second.locator(".body")).to_be_visible()
    expect(desk.cards.first.locator(".body")).to_be_hidden()
    desk.press("3")
    expect(desk.cards.nth(2).locator(".body")).to_be_visible()


def test_escape_leads_back_step_by_step(desk):  # row 18
    desk.ask("跨行转账手续费").press("Enter")
    expect(desk.cards.first).to_be_focused()
    desk.press("?")
    dialog = desk.page.locator("#keys")
    expect(dialog).to_be_visible()
    desk.press("Escape")
    expect(dialog).to_be_hidden()
    expect(desk.cards.first).to_be_focused()
    desk.press("Escape")
    expect(desk.cards.first.locator(".body")).to_be_hidden()
    expect(desk.cards.first).to_be_focused()
    desk.press("Escape")
    expect(desk.line).to_be_focused()
    expect(desk.line).to_have_value("跨行转账手续费")
    desk.press("Escape")
    expect(desk.line).to_have_value("")
    expect(desk.page.locator("#start")).to_be_visible()
    expect(desk.line).to_be_focused()


def test_slash_brings_the_line_back_ready_to_be_overwritten(desk):  # row 18
    desk.ask("挂失").press("Enter", "/")
    expect(desk.line).to_be_focused()
    desk.page.keyboard.type("余额")
    expect(desk.line).to_have_value("余额")


def test_account_steps_wait_for_the_identity_check(desk):  # rows 24 25 31
    desk.ask("改绑手机号")
    card = desk.cards.first
    expect(card.locator(".identity")).to_have_attribute("title", re.compile("L2：核对三要素"))
    expect(card.locator(".say").first).to_be_visible()
    expect(card.locator(".steps")).to_be_hidden()
    text = card.inner_text()
    assert (
        text.index("电话里不能办")
        < text.index("不能在电话里改")
        < text.index("可以怎样")
        < text.index("手机银行里刷脸")
    )
    desk.press("Control+Enter")
    expect(desk.toast).to_contain_text("先核身")
    desk.press("Alt+v")
    expect(card.locator(".steps")).to_be_visible()
    desk.press("Alt+n", "Alt+n")
    expect(card.locator(".steps > li").nth(1)).to_have_attribute("aria-current", "step")
    desk.press("Control+Enter")
    expect(desk.toast).to_have_text("已复制")
    # the same article for a longer question is still the same caller; an emptied line is the next one
    desk.ask("改绑手机号码")
    expect(desk.cards.first.locator(".steps")).to_be_visible()
    desk.press("Escape")
    desk.ask("改绑手机号")
    expect(desk.cards.first.locator(".steps")).to_be_hidden()


def test_a_product_script_brings_its_risk_sentence(desk):  # row 30
    desk.ask("安盈90天")
    for _ in range(2):
        desk.press("Control+Enter")
        expect(desk.toast).to_have_text("已复制")
        assert "不保本、不保证收益" in desk.clipboard().splitlines()[-1]
        desk.press("Alt+s")


def test_copying_works_without_the_clipboard_interface(open_desk):  # row 20
    desk = open_desk()
    desk.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    desk.ask("跨行转账手续费").press("Enter", "c")
    expect(desk.toast).to_have_text("已复制")
    expect(desk.cards.first).to_be_focused()


def test_an_article_and_back_keeps_the_question(desk):  # row 18
    desk.ask("安盈90天").press("Enter", "o")
    expect(desk.page.locator("h1")).to_contain_text("安盈90天")
    desk.page.wait_for_load_state("load")  # the keys are there once the script has run
    desk.press("Escape")
    expect(desk.line).to_have_value("安盈90天")
    expect(desk.cards.first).to_contain_text("安盈90天")


def test_enter_before_the_answer_opens_the_answer(desk):  # row 16
    desk.ask("挂失")
    desk.line.fill("跨行转账手续费")
    desk.press("Enter")
    expect(desk.cards.first).to_be_focused()
    expect(desk.cards.first).to_contain_text("转账手续费")
