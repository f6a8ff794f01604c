"""Managing people and looking through the audit, in pages and as commands."""

import contextlib
import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import requests
from click.testing import CliRunner
from web_people import add_person, csrf, make_app, sign_in

from kb import accounts
from kb.cli import cli, register_commands
from kb.clock import now
from kb.db import audit, users
from kb.errors import KBError
from kb.people import SYSTEM
from web.app import SERVICES

PASSWORD = "雨天记得带伞出门去上班啊"


@pytest.fixture
def app(settings):
    return make_app(settings)


@pytest.fixture
def database(app):
    return app.extensions[SERVICES].database


@pytest.fixture
def admin(app):
    return sign_in(app, "admin", "boss")


def post(client, address, **fields):
    return client.post(address, data={**fields, "csrf_token": csrf(client)})


def person(database, name):
    with database.reading() as connection:
        return users.find(connection, name)


def happened(database, action=""):
    with database.reading() as connection:
        return [e for e in audit.events(connection) if e.action.startswith(action)]


def secret_of(page):
    return re.search(r'id="secret" value="([^"]+)"', page)[1]


def test_somebody_is_invited_and_comes_in(app, admin, database):
    answer = post(
        admin, "/people/new", name="Li", display="李四", roles=["editor", "lead"], queues="信用卡，贵宾 , ", regions="深圳",
        origin="local",
    )  # fmt: skip
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    link = secret_of(answer.text)
    assert link.startswith("http://localhost/password/")
    li = person(database, "li")
    assert (li.display, li.roles) == ("李四", {"editor", "lead"})
    assert (li.queues, li.regions) == ({"信用卡", "贵宾"}, {"深圳"})
    assert "还没设密码" in admin.get("/people").text
    browser = app.test_client()
    path = link.removeprefix("http://localhost")
    assert post(browser, path, new=PASSWORD, again=PASSWORD).status_code == 302
    assert "信用卡、贵宾" in browser.get("/account").text
    (event,) = happened(database, "user.add")
    assert (event.actor, event.target, event.address) == ("boss", "li", "127.0.0.1")
    assert json.loads(event.detail)["roles"] == ["editor", "lead"]
    # the link stands nowhere
    assert link.rsplit("/", 1)[1] not in str(happened(database))


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"name": "boss", "roles": "agent"}, 409, "已经有人用了"),
        ({"name": "a b", "roles": "agent"}, 400, "登录名要有"),
        ({"name": "li"}, 400, "至少要选一个角色"),
        ({"name": "li", "roles": "king"}, 400, "没有“king”这个角色"),
        ({"name": "li", "roles": "agent", "origin": "magic"}, 400, "没有“magic”这种登录方式"),
        ({"name": "li", "roles": "agent", "display": "x" * 65}, 400, "姓名最多"),
        ({"name": "li", "roles": "agent", "queues": "、".join(map(str, range(51)))}, 400, "技能组最多"),
    ],
)
def test_what_cannot_be_added_is_said_and_stays_in_the_form(admin, database, form, status, said):
    answer = post(admin, "/people/new", **{"display": "李四", **form})
    assert (answer.status_code, said in answer.text) == (status, True)
    assert f'value="{form.get("display", "李四")}"' in answer.text
    assert happened(database, "user.add") == []


def test_roles_change_at_once(app, admin, database):
    li = sign_in(app, "agent", "li")
    assert li.get("/inbox/feedback").status_code == 403
    answer = post(admin, f"/people/{li.person.id}", display="李四", roles=["editor"])
    assert answer.status_code == 302
    assert li.get("/inbox/feedback").status_code == 200
    (event,) = happened(database, "user.change")
    detail = json.loads(event.detail)
    assert (detail["before"]["roles"], detail["after"]["roles"]) == (["agent"], ["editor"])
    assert "改用户资料" in admin.get(f"/people/{li.person.id}").text


def test_the_last_administrator_stays_one(app, admin, database):
    boss = admin.person
    assert "最后一个管理员" in post(admin, f"/people/{boss.id}", display="x", roles=["agent"]).text
    post(admin, f"/people/{boss.id}/active", active="no")
    assert "最后一个管理员" in admin.get(f"/people/{boss.id}").text
    kept = person(database, "boss")
    assert (kept.active, kept.roles, kept.display) == (True, {"admin"}, "姓名boss")
    add_person(app, "admin", "second")
    assert post(admin, f"/people/{boss.id}", display="x", roles=["agent"]).status_code == 302
    assert admin.get("/people").status_code == 403


def test_who_is_disabled_is_out_at_once_with_everything(app, admin, database):
    li = sign_in(app, "editor", "li")
    key = accounts.make_key(database, SYSTEM, li.person.id, now(), accounts.timedelta(days=1))
    link = accounts.password_link(database, SYSTEM, li.person.id, now())
    post(admin, f"/people/{li.person.id}/active", active="no")
    assert li.get("/account").status_code == 302
    program = app.test_client()
    assert program.get("/account", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    assert program.get(f"/password/{link}").status_code == 400
    assert "已停用" in admin.get("/people").text
    post(admin, f"/people/{li.person.id}/active", active="yes")
    # what was open before stays shut
    assert li.get("/account").status_code == 302
    assert [e.action for e in happened(database, "user.")][-2:] == ["user.disable", "user.enable"]


def test_a_reset_link_and_a_key_are_shown_once(app, admin, database):
    li = add_person(app, "editor", "li", password="$argon2id$x")
    page = post(admin, f"/people/{li.id}/link").text
    assert app.test_client().get(secret_of(page).removeprefix("http://localhost")).status_code == 200
    page = post(admin, f"/people/{li.id}/key").text
    held = {"Authorization": f"Bearer {secret_of(page)}"}
    assert app.test_client().get("/account", headers=held).status_code == 200
    assert "1 个" in admin.get(f"/people/{li.id}").text
    post(admin, f"/people/{li.id}/key/withdraw")
    assert app.test_client().get("/account", headers=held).status_code == 401


def test_who_signs_in_elsewhere_has_no_password_here(app, admin):
    li = add_person(app, "agent", "li", origin="oidc")
    assert "用单点登录登录，这里没有密码" in post(admin, f"/people/{li.id}/link", follow_redirects=True).text or (
        "用单点登录登录，这里没有密码" in admin.get(f"/people/{li.id}").text
    )


def test_links_have_the_address_of_the_settings(settings):  # W7
    app = make_app(replace(settings, public_url="https://kb.bank.example", anonymous="yes"))
    admin = sign_in(app, "admin")
    form = {"name": "li", "roles": "agent", "csrf_token": csrf(admin)}
    page = admin.post("/people/new", data=form).text
    assert secret_of(page).startswith("https://kb.bank.example/password/")


def test_people_are_found(app, admin):
    for name in ("li", "lin", "wang"):
        add_person(app, "agent", name)
    page = admin.get("/people?q=LI").text
    assert ("姓名li<" in page, "姓名lin<" in page, "姓名wang<" in page) == (True, True, False)
    assert "没有登录名或姓名里有" in admin.get("/people?q=zhao").text
    assert admin.get("/people/999").status_code == 404


def test_markup_in_names_stays_text(app, admin):  # W1
    name = '<img src=x onerror="alert(1)">'
    post(admin, "/people/new", name="li", display=name, roles="agent", queues=name, origin="proxy")
    for path in ("/people", "/people/2", "/audit"):
        page = admin.get(path).text
        assert "<img" not in page
        assert "&lt;img" in page, path


# the audit


@pytest.fixture
def story(app, admin, database):
    """A few events of several kinds."""
    for number in range(3):
        post(admin, "/people/new", name=f"li{number}", display="=HYPERLINK(1)", roles="agent", origin="proxy")
    sign_in(app, "agent", "li1").get("/people")


def test_the_audit_is_filtered(admin, story):
    def shown(query):
        return re.findall(r"#(\d+)<", admin.get(f"/audit{query}").text)

    assert shown("") == ["4", "3", "2", "1"]
    assert shown("?actor=li1") == ["4"]
    assert shown("?action=user") == shown("?action=user.add") == ["3", "2", "1"]
    assert shown("?target=li") == ["3", "2", "1"]
    assert shown("?target=li2") == ["3"]
    assert shown("?result=denied") == ["4"]
    assert shown("?result=rubbish&since=rubbish&until=&before=x") == ["4", "3", "2", "1"]
    assert shown("?before=3") == ["2", "1"]
    today = now().date().isoformat()
    assert shown(f"?since={today}&until={today}") == ["4", "3", "2", "1"]
    assert shown("?until=2020-01-01") == []
    assert shown("?target=%25") == shown("?actor=%00") == []
    assert shown("?until=9999-12-31") == ["4", "3", "2", "1"]


def test_a_long_audit_comes_in_portions(admin, database):
    with database.writing() as connection:
        for number in range(205):
            audit.record(connection, now(), "li", "draft.save", f"d{number}")
    first = admin.get("/audit?actor=li").text
    assert len(re.findall(r">#\d+<", first)) == 100
    follow = re.search(r'href="(/audit\?before=[^"]+)"', first)[1].replace("&amp;", "&")
    assert re.findall(r">#(\d+)<", admin.get(follow).text)[0] == "105"


def test_the_audit_is_exported_and_no_spreadsheet_runs_it(admin, story, database):  # W9  # P5
    answer = admin.get("/audit/export.csv?action=user")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [r["target"] for r in rows] == ["li0", "li1", "li2"]
    lines = [json.loads(line) for line in admin.get("/audit/export.jsonl").text.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["action"] == "audit.export"
    with database.reading() as connection:
        assert [(e.seq, e.hash) for e in audit.events(connection)][: len(lines)] == [
            (x["seq"], x["hash"]) for x in lines
        ]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_text(admin, database, begins):  # W9
    with database.writing() as connection:
        audit.record(connection, now(), f"{begins}1+1", "draft.save", f"{begins}cmd|' /C calc'!A0")
    rows = list(
        csv.DictReader(io.StringIO(admin.get("/audit/export.csv?action=draft").text.removeprefix("\ufeff"), newline=""))
    )
    assert [(r["actor"][:1], r["target"][:1]) for r in rows] == [("'", "'")]


def test_a_changed_event_is_found_and_said(admin, story, database):  # P5
    assert "前后相连" in post_and_follow(admin)
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_no_update")
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE audit SET actor = 'somebody else' WHERE seq = 2")
    assert "从第 2 条起对不上" in post_and_follow(admin)
    assert [e.result for e in happened(database, "audit.check")] == ["ok", "failed"]


def post_and_follow(client):
    assert post(client, "/audit/check").headers["Location"] == "/audit"
    return client.get("/audit").text


@pytest.mark.parametrize("path", ["/audit", "/audit/export.csv", "/audit/export.jsonl"])
def test_the_audit_is_for_operators_and_administrators(app, path):
    for role in ("agent", "editor", "approver", "lead"):
        assert sign_in(app, role).get(path).status_code == 403
    for role in ("operator", "admin"):
        assert sign_in(app, role).get(path).status_code == 200


# commands


@pytest.fixture
def kb(settings, monkeypatch):
    """Runs `kb` in this process; what it printed, or the error it said."""
    register_commands()
    monkeypatch.setenv("KB_ARTICLES", str(settings.articles))
    monkeypatch.setenv("KB_VAR", str(settings.var))

    def run(*words):
        done = CliRunner().invoke(cli, words)
        if isinstance(done.exception, KBError):
            return str(done.exception)
        assert done.exit_code in (0, 2), done.output
        return done.output

    return run


def test_people_are_managed_by_commands(kb, settings):
    assert "还没有用户" in kb("user", "list")
    said = kb("user", "add", "Boss", "--display", "管理员甲", "--role", "admin", "--role", "lead", "--queue", "贵宾")
    link = re.search(r"http://127\.0\.0\.1:8000(/password/\S+)", said)[1]
    app = make_app(settings)
    browser = app.test_client()
    assert post(browser, link, new=PASSWORD, again=PASSWORD).status_code == 302
    assert "boss\t管理员甲\t班长、管理员\t本地密码\t" in kb("user", "list")
    assert "最后一个管理员" in kb("user", "roles", "boss", "agent")
    kb("user", "add", "li", "--origin", "proxy")
    assert "li 现在是：编辑、审核人" in kb("user", "roles", "li", "approver", "editor")
    assert "已停用" in kb("user", "disable", "li")
    assert "（已停用）" in kb("user", "list")
    assert "已停用，请先启用" in kb("user", "token", "li")
    assert "已启用" in kb("user", "enable", "li")
    assert "这里没有密码" in kb("user", "password-link", "li")
    assert "没有登录名为 nobody 的用户" in kb("user", "disable", "nobody")
    key = kb("user", "token", "li", "--days", "3").split()[-1]
    held = {"Authorization": f"Bearer {key}"}
    assert app.test_client().get("/account", headers=held).status_code == 200
    assert "已收回 1 个" in kb("user", "token", "li", "--withdraw")
    assert app.test_client().get("/account", headers=held).status_code == 401
    assert browser.get("/account").status_code == 200
    kb("user", "password-link", "boss")
    assert browser.get("/people").headers["Location"] == "/account"
    with app.extensions[SERVICES].database.reading() as connection:
        actors = {e.actor for e in audit.events(connection) if e.action.startswith("user.")}
    assert len(actors) == 1
    assert actors.pop().startswith("命令行 ")


def test_a_broken_database_is_a_sentence_for_commands_too(kb, settings):
    settings.var.mkdir()
    (settings.var / "kb.db").write_bytes(b"no database" * 1000)
    said = kb("user", "list")
    assert "数据库" in said
    # commands put nothing aside
    assert [p.name for p in settings.var.glob("kb.db.corrupt*")] == []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def once_it_answers(browser, link):
    """The link is said a moment before the service listens."""
    for _ in range(600):
        with contextlib.suppress(requests.ConnectionError):
            return browser.get(link, timeout=60).text
        time.sleep(0.05)
    pytest.fail("the service never listened")


def test_the_first_start_says_how_to_become_administrator(settings):
    port = free_port()
    env = {**os.environ, "KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var), "KB_WORKERS": "1"}
    command = [sys.executable, "-c", "from kb.cli import main; main()", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
    try:
        said = ""
        while "/setup/" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        link = re.search(rf"http://127\.0\.0\.1:{port}/setup/\S+", said)[0]
        browser = requests.Session()
        page = once_it_answers(browser, link)
        form = {"name": "boss", "new": PASSWORD, "again": PASSWORD}
        form["csrf_token"] = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        done = browser.post(link, data=form, timeout=60, headers={"Origin": f"http://127.0.0.1:{port}"})
        assert done.url == f"http://127.0.0.1:{port}/people"
        assert "管理员已建好" in done.text
        assert requests.get(link, timeout=60).status_code == 400
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
