"""A call from begin to end: its trail, its note, what is at hand, what changed, and what a colleague gets."""

import re
from datetime import timedelta

import pytest
from builders import write_article
from desk import Desk
from playwright.sync_api import expect
from web_people import sign_in

from kb.clock import now
from kb.db import notices, readings
from kb.db.readings import Reading
from web.app import SERVICES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
PHONE = "13812345678"


@pytest.fixture
def enter(chromium, address):
    """Makes the page of the person of a client, or of nobody; nothing may go wrong in its console."""
    contexts, troubles = [], []

    def entered(client=None, path="/"):
        context = chromium.new_context(viewport={"width": 400, "height": 800})
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        contexts.append(context)
        cookies = client._cookies.values() if client else []
        context.add_cookies([{"name": c.key, "value": c.value, "url": address} for c in cookies])
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
        page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None)
        desk = Desk(page, address).open(path)
        page.wait_for_load_state("networkidle")
        return desk

    yield entered
    for context in contexts:
        context.close()
    assert not troubles


def bar(desk):
    return desk.page.locator("#call-bar .call-time")


def note(desk):
    """The text of the wrap-up note."""
    expect(desk.page.locator("#wrap-up")).to_be_visible()
    expect(desk.page.locator("#wrap-up-text")).not_to_have_value("")
    return desk.page.locator("#wrap-up-text").input_value()


def ask_with_a_number(desk, question):
    """Ask with a phone number behind the question; it is masked before it leaves the page."""
    desk.line.fill(f"{question} {PHONE}")
    desk.answered(f"{question} ［手机号］")


def read_for_long_enough(desk):
    """Leave the open card before the eyes until it counts as read."""
    with desk.page.expect_request(lambda r: r.url.endswith("/call/mark") and "did=read" in (r.post_data or "")):
        pass


def test_a_call_and_its_note_without_a_mouse(enter, app):  # rows 18 36
    desk = enter(sign_in(app, "agent"))
    expect(bar(desk)).to_have_text("")
    desk.press("Alt+b")
    expect(bar(desk)).to_have_text(re.compile(r"00:0\d"))
    desk.ask("补卡")
    desk.press("Alt+n", "Control+Enter")
    expect(desk.toast).to_have_text("已复制")
    desk.ask("网银盾坏了")
    desk.press("Alt+f", "3")
    expect(desk.page.locator("#sent.is-shown")).to_contain_text("已反馈")
    desk.press("Alt+w")
    text = note(desk)
    assert "客户问：\n1. 补卡\n2. 网银盾坏了" in text
    assert "· 银行卡补卡换卡（第1版）：用了话术（标准），步骤走完" in text
    assert "已反馈：网银盾的领取和更换（已过时）" in text
    desk.press("Enter")
    expect(desk.page.locator("[data-does=copy-note]")).to_contain_text("已复制")
    assert desk.clipboard() == text
    desk.press("b")
    expect(desk.page.locator("#call-ended")).to_contain_text("通话结束")
    expect(bar(desk)).to_have_text("")
    expect(desk.line).to_be_focused()
    # the note of the call that is over is still there
    desk.press("Alt+w")
    assert "网银盾坏了" in note(desk)


def test_ending_by_mistake_is_taken_back(enter):  # row 36
    desk = enter()
    desk.press("Alt+b")
    desk.ask("补卡")
    desk.press("Control+Enter", "Alt+b")
    expect(desk.page.locator("#call-ended")).to_contain_text("撤销")
    desk.press("Alt+z")
    expect(bar(desk)).to_have_text(re.compile(r"00:\d\d"))
    expect(desk.page.locator("#call-ended")).not_to_have_class(re.compile("is-shown"))
    desk.press("Alt+w")
    assert "补卡" in note(desk)


def test_a_note_can_be_changed_and_stays_changed(enter):  # row 36
    desk = enter()
    desk.press("Alt+b")
    desk.ask("补卡")
    desk.press("Control+Enter", "Alt+w", "Shift+Tab")
    expect(desk.page.locator("#wrap-up-text")).to_be_focused()
    # letters belong to the text
    desk.page.keyboard.insert_text("客户很急。bcp")
    desk.page.keyboard.type("bcp")
    desk.press("Control+Enter")
    # copying takes a moment
    desk.page.wait_for_function("async () => (await navigator.clipboard.readText()).endsWith('客户很急。bcpbcp')")
    desk.press("Escape", "Alt+w")
    assert note(desk).endswith("客户很急。bcpbcp")


def test_a_call_survives_reloading_and_reading_an_article(enter):  # row 36
    desk = enter(path="/?call=CRM-ab_1")
    expect(bar(desk)).to_have_text(re.compile(r"00:\d\d"))
    # reloading must not begin it again
    assert desk.page.evaluate("location.href").endswith("/")
    desk.ask("补卡")
    with desk.page.expect_request("**/call/mark") as sent:
        desk.press("Control+Enter")
    assert "call=CRM-ab_1" in sent.value.post_data
    with desk.page.expect_request("**/ask") as asked:
        desk.line.fill("网银盾坏了")
    assert "call=CRM-ab_1" in asked.value.post_data
    desk.page.reload()
    desk.answered("网银盾坏了").press("Enter", "o")
    expect(desk.page.locator("h1")).to_contain_text("网银盾")
    desk.page.wait_for_load_state("networkidle")
    expect(bar(desk)).to_have_text(re.compile(r"00:\d\d"))
    desk.press("c")
    expect(desk.toast).to_have_text("已复制")
    desk.press("Escape")
    # the line has its words before the scripts are there
    desk.answered("网银盾坏了")
    expect(bar(desk)).to_have_text(re.compile(r"00:\d\d"))
    desk.page.wait_for_load_state("networkidle")
    desk.press("Alt+w")
    text = note(desk)
    assert "银行卡补卡换卡（第1版）：用了话术" in text
    assert "网银盾的领取和更换（第1版）：用了话术" in text


def test_only_what_was_meant_is_in_the_trail(enter):  # row 36
    desk = enter()
    desk.press("Alt+b")
    desk.page.keyboard.type("网银盾坏了", delay=20)
    desk.answered("网银盾坏了")
    desk.press("Control+Enter")
    expect(desk.toast).to_have_text("已复制")
    desk.press("Alt+w")
    assert "客户问：网银盾坏了\n" in note(desk)


def test_numbers_of_the_customer_do_not_reach_the_note(enter):  # rows 36 78
    desk = enter()
    desk.press("Alt+b")
    ask_with_a_number(desk, "补卡")
    desk.press("Control+Enter", "Alt+w")
    text = note(desk)
    assert "［手机号］" in text
    assert PHONE not in text


def take_up(app):
    """Bring what answers up to date with the files, on one machine or many."""
    services = app.extensions[SERVICES]
    services.engine.take_up(sorted(services.settings.articles.rglob("*.md")), now())


def test_the_next_caller_is_identified_anew(enter, app, settings):  # row 25
    desk = enter()
    write_article(settings.articles, "replace-card", title="银行卡补卡换卡", identity="L2", version=2)
    take_up(app)
    desk.press("Alt+b")
    desk.ask("补卡换卡")
    ticked = desk.cards.first.locator(".verified")
    # that the card was read may be told at the same moment
    with desk.page.expect_request(lambda r: r.url.endswith("/call/mark") and "did=tick" in r.post_data):
        desk.press("Alt+v")
    expect(ticked).to_be_checked()
    desk.press("Alt+w")
    assert "已核身：" in note(desk)
    desk.press("Escape", "Alt+b")
    expect(ticked).not_to_be_checked()
    desk.press("Alt+v")
    expect(ticked).to_be_checked()
    desk.press("Alt+b")
    expect(ticked).not_to_be_checked()


def test_notices_wait_until_the_call_is_over(enter, app, database):  # row 35
    lead, agent = sign_in(app, "lead"), sign_in(app, "agent")
    with database.writing() as connection:
        notices.publish(
            connection, lead.person.actor, "停机", "今晚停机", "", ["agent"], now() + timedelta(days=1), now()
        )
    desk = enter(agent)
    count = desk.page.locator("#waiting [data-count=notices]")
    expect(count).to_be_visible()
    desk.press("Alt+b")
    expect(count).to_be_hidden()
    desk.page.reload()
    expect(bar(desk)).to_have_text(re.compile(r"00:\d\d"))
    expect(count).to_be_hidden()
    desk.press("Alt+b")
    expect(count).to_be_visible()
    expect(desk.page.locator("#call-ended")).to_contain_text("有 1 条必读，空了看")
    expect(desk.page.locator("dialog[open]")).to_have_count(0)


def test_a_card_says_what_changed_since_it_was_read(enter, app, settings, database):  # row 34
    agent = sign_in(app, "agent")
    with database.writing() as connection:
        readings.note(connection, Reading(agent.person.id, "replace-card", 1, now() - timedelta(days=3)))
    write_article(settings.articles, "replace-card", title="银行卡补卡换卡", version=2, change_note="改为每张6元。")
    take_up(app)
    desk = enter(agent)
    desk.ask("补卡换卡")
    told = desk.cards.first.locator(".changed")
    expect(told).to_contain_text("您上次读的是第 1 版")
    expect(told).to_contain_text("改为每张6元")
    read_for_long_enough(desk)
    # it stays while the card stays, and is gone at the next question
    expect(told).to_be_visible()
    desk.page.reload()
    desk.answered("补卡换卡")
    expect(desk.cards.first.locator(".changed")).to_have_count(0)


def test_who_is_not_signed_in_is_told_by_the_browser(enter, app, settings):  # row 34
    desk = enter()
    desk.ask("补卡换卡")
    desk.press("Control+Enter")
    expect(desk.toast).to_have_text("已复制")
    write_article(settings.articles, "replace-card", title="银行卡补卡换卡", version=2, change_note="改为每张6元。")
    take_up(app)
    desk.page.reload()
    desk.page.wait_for_load_state("networkidle")
    desk.ask("补卡换卡吧")
    expect(desk.cards.first.locator(".changed")).to_contain_text("改为每张6元")


@pytest.mark.parametrize("signed_in", [True, False])
def test_articles_at_hand(enter, app, signed_in):
    desk = enter(sign_in(app, "agent") if signed_in else None)
    desk.ask("网银盾坏了")
    desk.press("Alt+a")
    expect(desk.toast).to_contain_text("已收藏")
    expect(desk.cards.first.locator(".badge.star")).to_be_visible()
    desk.ask("补卡")
    desk.press("Control+Enter")
    expect(desk.toast).to_have_text("已复制")
    desk.page.reload()
    desk.page.wait_for_load_state("networkidle")
    desk.press("Alt+r")
    dialog = desk.page.locator("#recent")
    expect(dialog.locator(".recent-title")).to_have_text(["网银盾的领取和更换", "银行卡补卡换卡"])
    expect(dialog.locator("a").first).to_be_focused()
    # letting go is one key, and so is taking that back
    star = dialog.locator(".star-this").first
    desk.press("a")
    expect(star).to_have_attribute("aria-pressed", "false")
    desk.press("a")
    expect(star).to_have_attribute("aria-pressed", "true")
    desk.press("Escape")
    expect(desk.line).to_be_focused()
    desk.press("Alt+r", "ArrowDown")
    expect(dialog.locator("a").nth(1)).to_be_focused()
    desk.press("1")
    expect(desk.page.locator("h1")).to_contain_text("网银盾")


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_question_is_handed_to_a_colleague(enter, app, signed_in):
    desk = enter(sign_in(app, "agent", "zhang") if signed_in else None)
    ask_with_a_number(desk, "网银盾坏了")
    desk.press("Alt+y")
    expect(desk.toast).to_contain_text("交接链接已复制")
    link = desk.clipboard().removeprefix(desk.address)
    assert ("#" in link) is not signed_in
    assert PHONE not in link
    other = enter(sign_in(app, "agent", "wang") if signed_in else None, path=link)
    handed = other.page.locator("#handed")
    expect(handed).to_contain_text("姓名zhang" if signed_in else "转来的")
    expect(handed).to_contain_text("身份要重新核")
    expect(other.line).to_have_value("网银盾坏了 ［手机号］")
    expect(other.cards.first).to_be_focused()
    expect(other.cards.first).to_contain_text("网银盾")
    assert other.page.evaluate("location.href").rstrip("#").endswith("/")
    handed.get_by_role("button", name="知道了").click()
    expect(handed).to_be_hidden()
    expect(other.line).to_be_focused()


def test_a_link_that_is_over_or_broken_says_so(enter, app):
    desk = enter(path="/#handover=abc")
    expect(desk.page.locator("#handed")).to_contain_text("不完整")
    desk = enter(path="/?handover=abc")
    expect(desk.page.locator("#handed")).to_contain_text("登录后才能打开")


def test_keys_of_an_input_method_begin_nothing(enter):  # row 17
    desk = enter()
    for key in "bwry":
        desk.page.evaluate(
            """key => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, isComposing: true, bubbles: true }))""",
            key,
        )
    expect(bar(desk)).to_have_text("")
    expect(desk.page.locator("dialog[open]")).to_have_count(0)
