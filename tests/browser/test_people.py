"""Signing in and managing people in a real browser: with the keyboard, in a narrow panel, with what browsers really send."""

import re

import pytest
from playwright.sync_api import expect
from web_people import add_person, sign_in

from kb import passwords
from kb.db import users
from web.app import SERVICES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
PASSWORD = "雨天记得带伞出门去上班啊"
WIDTHS = (400, 1280)


@pytest.fixture
def browse(chromium, address):
    """Makes a page of somebody; nothing may go wrong in its console but what a refusal leaves there."""
    contexts, troubles = [], []

    def opened(path, client=None, width=400, **options):
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        contexts.append(context)
        if client:
            context.add_cookies([{"name": c.key, "value": c.value, "url": address} for c in client._cookies.values()])
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
        page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None)
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [t for t in troubles if "the server responded with a status of 40" not in t] == []


def type_in(page, *words):
    """Type into one field after the other, as the keyboard goes through them, and send the form."""
    for word in words[:-1]:
        page.keyboard.type(word)
        page.keyboard.press("Tab")
    page.keyboard.type(words[-1])
    page.keyboard.press("Enter")


def test_signing_in_and_out_with_the_keyboard(app, browse, address):  # row 38
    add_person(app, "lead", "li", password=passwords.hash_password(PASSWORD))
    page = browse("/")
    page.get_by_role("link", name="登录", exact=True).click()
    expect(page.get_by_label("登录名")).to_be_focused()
    type_in(page, "li", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("登录名或密码不对")
    # the name stays, the cursor is where the password goes
    expect(page.get_by_label("登录名")).to_have_value("li")
    expect(page.get_by_label("密码")).to_be_focused()
    type_in(page, PASSWORD)
    expect(page).to_have_url(f"{address}/")
    who = page.get_by_role("link", name="姓名li")
    expect(who).to_be_visible()
    expect(page.locator("#line")).to_be_focused()
    who.click()
    page.get_by_role("link", name="我的账号").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("status").first).to_contain_text("已退出登录")
    page.goto(f"{address}/account")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_somebody_is_invited_and_the_link_is_copied_once(app, browse, address):
    page = browse("/people", sign_in(app, "admin"))
    page.get_by_role("link", name="添加用户").click()
    page.get_by_label("登录名").fill("chen")
    page.get_by_label("姓名").fill("陈某")
    page.get_by_role("checkbox", name=re.compile("^编辑")).check()
    page.get_by_role("button", name="添加").click()
    page.get_by_role("button", name="复制").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.get_by_label("链接").input_value()
    page.get_by_role("link", name="好了").click()
    expect(page).to_have_url(re.compile("/people/\\d+$"))
    expect(page.locator(f'[value="{link}"]')).to_have_count(0)
    theirs = browse(link.removeprefix(address))
    theirs.get_by_label("新密码").focus()
    type_in(theirs, PASSWORD, PASSWORD)
    expect(theirs.get_by_role("status").first).to_contain_text("密码已设好")


def test_a_form_on_another_page_does_nothing(app, browse, address):  # W3
    boss = sign_in(app, "admin")
    page = browse("/people", boss)
    other = address.replace("127.0.0.1", "localhost")
    page.route(f"{other}/**", lambda route: route.fulfill(body=FORM % address, content_type="text/html"))
    page.goto(f"{other}/evil")
    with page.expect_navigation():
        page.locator("button").click()
    assert "用户" not in page.title()
    with app.extensions[SERVICES].database.reading() as connection:
        assert users.find(connection, "mallory") is None


FORM = (
    '<meta charset="utf-8"><form method="post" action="%s/people/new"><input name="name" value="mallory">'
    '<input name="roles" value="admin"><button>win</button></form>'
)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_or_without_a_name(app, browse, width):  # row 38
    admin = sign_in(app, "admin operator")
    long = add_person(
        app, "agent editor approver lead", "x" * 62, queues=["很长的技能组名称" * 4], regions=["深圳", "上海"]
    )
    for path in ("/sign-in", "/account", "/people", "/people/new", f"/people/{long.id}", "/audit"):
        page = browse(path, admin if path != "/sign-in" else None, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        unnamed = page.locator("main :is(input:not([type=hidden]), select, textarea)").evaluate_all(
            "all => all.filter(e => !e.labels.length && !e.getAttribute('aria-label')).map(e => e.name)"
        )
        assert unnamed == [], path
