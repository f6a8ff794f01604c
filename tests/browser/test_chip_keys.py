"""Chips on letter keys: an ambiguous word becomes one product's question with one key, and one key takes it back."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


@pytest.fixture
def chips(desk):
    return desk.page.locator(".chip")


def chip(desk, word):
    return desk.page.locator(".chip", has_text=word)


def letter(desk, word):
    return chip(desk, word).get_attribute("data-key")


def test_an_ambiguous_word_shows_what_it_may_mean_and_the_letter_for_it(desk, chips):  # row 15
    desk.ask("挂失")
    assert [c.get_attribute("data-key") for c in chips.all()] == ["h", "j", "k"]
    words = [re.match(r"\S+", text)[0] for text in chips.all_inner_texts()]
    assert sorted(words) == sorted(["信用卡", "借记卡", "存折"])
    expect(desk.status).to_contain_text("可以选借记卡、信用卡、存折")
    desk.ask("信用卡挂失")
    expect(chips).to_have_count(0)


def test_one_letter_narrows_and_backspace_takes_it_back(desk, chips):  # row 15
    desk.ask("挂失").press("Enter")
    expect(desk.cards.first).to_be_focused()
    desk.press(letter(desk, "信用卡"))
    desk.answered("挂失 信用卡")
    expect(desk.line).to_have_value("挂失 信用卡")
    expect(desk.cards.first).to_contain_text("信用卡挂失和补卡")
    expect(desk.cards.first).to_be_focused()
    expect(chips).to_have_count(0)
    desk.press("Backspace")
    desk.answered("挂失")
    expect(desk.line).to_have_value("挂失")
    expect(chips).to_have_count(3)


@pytest.mark.parametrize("back", ["Escape", "Backspace"])
def test_in_the_line_the_letter_needs_alt(desk, chips, back):  # row 15
    desk.ask("挂失")
    key = letter(desk, "存折")
    desk.press(f"Alt+{key}")
    desk.answered("挂失 存折")
    expect(desk.line).to_be_focused()
    expect(desk.cards.first).to_contain_text("存折")
    desk.press(back)
    desk.answered("挂失")
    expect(desk.line).to_have_value("挂失")
    expect(desk.line).to_be_focused()
    with desk.page.expect_response("**/ask"):
        desk.page.keyboard.type(key)
    expect(desk.line).to_have_value(f"挂失{key}")
    desk.press("Escape")
    expect(desk.line).to_have_value("")


def test_what_was_typed_since_is_not_taken_back(desk):  # row 15
    desk.ask("挂失")
    desk.press(f"Alt+{letter(desk, '信用卡')}")
    desk.answered("挂失 信用卡")
    desk.page.keyboard.type("费")
    desk.answered("挂失 信用卡费")
    desk.press("Backspace")
    expect(desk.line).to_have_value("挂失 信用卡")
    desk.press("ArrowLeft", "Backspace")
    expect(desk.line).to_have_value("挂失 信卡")
    desk.press("Escape")
    expect(desk.line).to_have_value("")


def test_a_letter_that_the_input_method_has_chooses_nothing(desk, chips):  # rows 15 17
    desk.ask("挂失")
    asked = []
    desk.page.on("request", lambda r: asked.append(r.url))
    keyboard = desk.page.context.new_cdp_session(desk.page)
    keyboard.send("Input.imeSetComposition", {"text": "h", "selectionStart": 1, "selectionEnd": 1})
    for key in ("h", "j"):
        for modifiers in (0, 1):  # Alt is 1
            event = {"key": key, "code": f"Key{key.upper()}", "windowsVirtualKeyCode": 229, "modifiers": modifiers}
            keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **event})
            keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})
    desk.page.wait_for_timeout(300)
    expect(desk.line).to_have_value("挂失h")
    expect(chips).to_have_count(3)
    assert not asked


def test_a_chip_can_be_clicked(desk):  # row 15
    desk.ask("挂失")
    chip(desk, "借记卡").click()
    desk.answered("挂失 借记卡")
    expect(desk.line).to_be_focused()
    expect(desk.cards.first).to_contain_text("借记卡挂失")


def test_without_scripts_a_chip_asks_too(open_desk):  # row 15
    desk = open_desk("/?q=挂失", java_script_enabled=False)
    chip(desk, "信用卡").click()
    expect(desk.line).to_have_value("挂失 信用卡")
    expect(desk.cards.first).to_contain_text("信用卡挂失和补卡")
