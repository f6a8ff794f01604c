"""Reporting from the agent's page with the keyboard alone: the call goes on where it was."""

import re

import pytest
from desk import Desk
from playwright.sync_api import expect
from web_people import sign_in

from kb.db import feedback, gaps

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


@pytest.fixture
def enter(chromium, app, address):
    """Makes the page of somebody with a role, or of nobody."""
    contexts, troubles = [], []

    def entered(role=None, path="/", client=None, width=400):
        context = chromium.new_context(viewport={"width": width, "height": 800})
        contexts.append(context)
        client = client or (sign_in(app, role) if role else None)
        if client:
            cookies = client._cookies.values()
            context.add_cookies([{"name": c.key, "value": c.value, "url": address} for c in cookies])
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
        page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None)
        desk = Desk(page, address).open(path)
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        page.wait_for_load_state("networkidle")
        return desk

    entered.troubles = troubles
    yield entered
    for context in contexts:
        context.close()
    assert not troubles


def sent(desk):
    return desk.page.locator("#sent.is-shown")


def all_feedback(database, at):
    with database.reading() as connection:
        return feedback.listed(connection, "all", at, 10)


def open_gaps(database):
    with database.reading() as connection:
        return gaps.open_ones(connection, 10)


def test_a_gap_takes_two_keys(enter, database):  # rows 14 18
    desk = enter("agent")
    desk.ask("宠物保险怎么买")
    desk.press("Alt+g", "Enter")
    expect(sent(desk)).to_contain_text("已报告缺口")
    expect(desk.line).to_be_focused()
    (gap,) = open_gaps(database)
    assert gap.question == "宠物保险怎么买"
    assert (gap.facet, gap.confident) == ("path", False)
    # and from anywhere else
    desk.press("ArrowDown")
    desk.cards.nth(1).focus()
    desk.press("g", "Enter")
    expect(desk.cards.nth(1)).to_be_focused()
    assert len(open_gaps(database)) == 2


def test_feedback_takes_two_keys(enter, database, at):  # rows 18 39
    desk = enter("agent")
    desk.ask("U盾坏了")
    desk.press("Alt+f", "1")
    expect(sent(desk)).to_contain_text("已反馈：内容有误")
    expect(desk.line).to_be_focused()
    expect(desk.line).to_have_value("U盾坏了")
    desk.press("Enter", "f", "4")
    expect(sent(desk)).to_contain_text("谢谢，已记录")
    expect(desk.cards.first).to_be_focused()
    praise, wrong = all_feedback(database, at)
    assert (wrong.kind, wrong.article_key, wrong.question) == ("wrong", "usb-key@1", "U盾坏了")
    assert praise.kind == "praise"


def test_a_word_can_be_added_and_escape_keeps_it(enter, database, at):  # row 39
    desk = enter("agent")
    desk.ask("U盾坏了")
    desk.press("Alt+f", "Tab", "Tab", "Tab", "Tab")
    desk.page.keyboard.type("第1个也要25元")
    desk.press("Escape", "Alt+f")
    expect(desk.page.locator("#feedback-text")).to_have_value("第1个也要25元")
    desk.press("Tab", "Tab", "Tab", "Tab", "Alt+3")
    expect(sent(desk)).to_contain_text("已反馈：已过时")
    (item,) = all_feedback(database, at)
    assert item.text == "第1个也要25元"
    desk.press("Alt+f")
    expect(desk.page.locator("#feedback-text")).to_have_value("")


def test_undo_is_one_key(enter, database, at):  # row 39
    desk = enter("agent")
    desk.ask("U盾坏了")
    desk.press("Alt+f", "1")
    expect(sent(desk)).to_contain_text("撤销")
    desk.press("Alt+z")
    expect(desk.toast).to_have_text("已撤销")
    assert not all_feedback(database, at)
    expect(desk.line).to_have_value("U盾坏了")


def test_what_could_not_be_sent_is_still_there(enter, database, at):
    desk = enter("agent")
    desk.ask("U盾坏了")
    desk.press("Alt+f", "Tab", "Tab", "Tab", "Tab")
    desk.page.keyboard.type("没有写补办")
    desk.page.route("**/report/**", lambda route: route.abort())
    desk.press("Alt+2")
    expect(desk.page.locator("#feedback .report-problem")).to_contain_text("没发出去")
    expect(desk.page.locator("#feedback-text")).to_have_value("没有写补办")
    desk.page.unroute("**/report/**")
    desk.press("Alt+2")
    expect(sent(desk)).to_contain_text("已反馈：没说清")
    assert [item.text for item in all_feedback(database, at)] == ["没有写补办"]
    enter.troubles[:] = [t for t in enter.troubles if "ERR_FAILED" not in t]


def test_nobody_in_particular_is_led_to_the_sign_in(enter):  # row 39
    desk = enter()
    desk.ask("U盾坏了")
    desk.press("Alt+f")
    dialog = desk.page.locator("#sign-in")
    expect(dialog).to_contain_text("登录后才能反馈")
    expect(dialog.get_by_role("link")).to_be_focused()
    desk.press("Escape")
    expect(desk.line).to_be_focused()


def test_the_message_offers_it(enter, database):  # row 14
    desk = enter("agent")
    desk.ask("宠物保险怎么买")
    desk.page.locator(".notice").get_by_role("button", name="报告缺口").click()
    desk.page.locator("#gap").get_by_role("button", name="报告").click()
    expect(sent(desk)).to_contain_text("已报告缺口")
    assert len(open_gaps(database)) == 1


def test_keys_of_an_input_method_report_nothing(enter):  # row 17
    desk = enter("agent")
    desk.ask("U盾坏了")
    desk.page.evaluate(
        """document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "g", isComposing: true, bubbles: true }))"""
    )
    expect(desk.page.locator("dialog[open]")).to_have_count(0)


def test_nothing_moves_when_something_waits(enter, app, database):  # rows 16 35
    client = sign_in(app, "agent")
    before = enter(client=client)
    before.ask("U盾坏了")
    places = before.page.locator(".card").first.bounding_box()
    told = before.page.locator("#waiting a")
    expect(told.first).to_be_hidden()
    before.page.evaluate("for (const link of document.querySelectorAll('#waiting a')) link.hidden = false")
    expect(told.first).to_be_visible()
    assert before.page.locator(".card").first.bounding_box() == places
    assert before.page.evaluate("document.documentElement.clientWidth - document.documentElement.scrollWidth") >= 0


def test_typing_asks_for_nothing_but_answers(enter):  # row 16
    desk = enter("agent")
    asked = []
    desk.page.on("request", lambda request: asked.append(re.sub("^.*?//[^/]*", "", request.url)))
    for question in ("U", "U盾", "U盾坏", "U盾坏了"):
        desk.ask(question)
    assert set(asked) == {"/ask"}
