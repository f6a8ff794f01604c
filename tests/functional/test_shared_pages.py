"""The files that all articles share, changed in the browser: what is touched is seen before, and a second person publishes."""

import pytest
from builders import write_article, write_facts
from web_people import csrf, make_app, sign_in

from kb.clock import now
from kb.visibility import ANYBODY
from web.app import SERVICES

FACTS, MENU, SYNONYMS = "_registry/facts.yml", "_registry/app_menu.yml", "_lexicon/synonyms.txt"
MENUS = "手机银行:\n  首页:\n    卡片:\n      补卡: {}\n    服务: {}\n"


@pytest.fixture
def app(settings):
    write_facts(settings.articles, fee_card="每张5元", fee_unused="3元")
    (settings.articles / MENU).write_text(MENUS, encoding="utf-8")
    app = make_app(settings)
    app.extensions[SERVICES].workbench.take_up_files(now())
    return app


@pytest.fixture
def editor(app):
    return sign_in(app, "editor")


def draft_of(app, client, path, old, new):
    """A draft of a shared file with something replaced, as the browser saves it."""
    begun = client.post("/edit/begin", data={"path": path, "csrf_token": csrf(client)})
    number = int(begun.location.split("/drafts/")[1].split("/")[0])
    workbench = app.extensions[SERVICES].workbench
    draft = workbench.draft(number)
    assert old in draft.text
    actor = client.person.actor
    return workbench.save(actor, draft.id, draft.number, draft.text.replace(old, new), now())


def test_the_list_names_every_file_and_begins_drafts(app, editor):  # rows 53 54 55
    page = editor.get("/shared/").get_data(as_text=True)
    for label in ("共用数字", "App 菜单", "同义词", "禁用词"):
        assert label in page
    draft = draft_of(app, editor, FACTS, "每张5元", "每张8元")
    assert f"/edit/drafts/{draft.id}" in editor.get("/shared/").get_data(as_text=True)


@pytest.mark.parametrize("role", ["agent", "lead", "operator"])
def test_only_editors_come_here(app, role):  # row 42
    assert sign_in(app, role).get("/shared/").status_code == 403
    assert app.test_client().get("/shared/facts").status_code == 302


def test_every_fact_says_who_uses_it(editor):  # row 53
    page = editor.get("/shared/facts").get_data(as_text=True)
    row = page.split("<code>fee.card</code>")[1].split("</tr>")[0]
    assert "银行卡补卡换卡" in row
    assert "没有文章用到" in page.split("<code>fee.unused</code>")[1].split("</tr>")[0]


def test_a_changed_fact_is_seen_everywhere_before_and_said_after(app, editor):  # row 53
    services = app.extensions[SERVICES]
    draft = draft_of(app, editor, FACTS, "每张5元", "每张8元")
    seen = editor.get(f"/edit/drafts/{draft.id}/findings").get_data(as_text=True)
    assert "银行卡补卡换卡" in seen
    assert "每张5元" in seen
    assert "每张8元" in seen
    services.workbench.submit(editor.person.actor, draft.id, now())
    approver = sign_in(app, "approver")
    done = approver.post(
        f"/edit/drafts/{draft.id}/approve",
        data={"number": draft.number, "checked": "yes", "csrf_token": csrf(approver)},
    )
    assert done.status_code == 302
    assert "每张8元" in services.base.article("replace-card", ANYBODY, now())[0].article.answer


def test_a_renamed_entry_names_the_paths_that_break(app, editor):  # row 55
    draft = draft_of(app, editor, MENU, "补卡: {}", "换卡: {}")
    seen = editor.get(f"/edit/drafts/{draft.id}/findings").get_data(as_text=True)
    assert "还不能发布" in seen
    assert "银行卡补卡换卡" in seen
    assert "首页 › 卡片 › 换卡" in seen


def test_a_synonym_shows_the_questions_it_wins(app, editor, settings):  # row 54
    queries = ["小钥匙不见了", "小钥匙插不上", "小钥匙过期", "小钥匙在哪领"]
    path = write_article(settings.articles, "token", title="K宝的用法", test_queries=queries)
    app.extensions[SERVICES].engine.take_up([path], now())
    draft = draft_of(app, editor, SYNONYMS, "U盾 = K宝 = 网银盾", "U盾 = K宝 = 网银盾 = 小钥匙")
    seen = editor.get(f"/edit/drafts/{draft.id}/findings").get_data(as_text=True)
    better = seen.split("变好")[1].split("</details>")[0]
    assert "小钥匙不见了" in better


def test_a_broken_file_is_said_in_words(app, editor):  # row 41
    draft = draft_of(app, editor, SYNONYMS, "U盾 = K宝", "U盾 = ")
    seen = editor.get(f"/edit/drafts/{draft.id}/findings").get_data(as_text=True)
    assert "两边都要有词" in seen
    assert "还不能发布" in seen
