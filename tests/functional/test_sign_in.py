"""Coming in and leaving: passwords, lockout, one-time links, sessions, cookies, proxies."""

import stat
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from web_people import add_person, csrf, make_app, sign_in

from kb import accounts, passwords, signing_in
from kb.accounts import Profile
from kb.clock import SHANGHAI, now
from kb.db import audit, links, sessions, users
from kb.db.engine import Database
from kb.db.sessions import Limits
from kb.errors import Refused, SettingError
from kb.people import SYSTEM
from kb.signing_in import SignInRefused
from web.app import IDENTITY, SERVICES, create_app
from web.security import secret_key

PASSWORD = "雨天记得带伞出门去上班啊"
AT = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
LIMITS = Limits(timedelta(hours=1), timedelta(hours=12))
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def hashed():
    """Made once: it is slow on purpose."""
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def quick(monkeypatch):
    """Comparing passwords costs nothing, where it is done often."""
    monkeypatch.setattr(passwords, "matches", lambda hashed, password: password == PASSWORD)
    monkeypatch.setattr(passwords, "is_outdated", lambda hashed: False)


@pytest.fixture
def app(settings):
    return make_app(settings)


@pytest.fixture
def database(app):
    return app.extensions[SERVICES].database


@pytest.fixture
def zhang(app, hashed):
    return add_person(app, "editor", "zhang", password=hashed)


def enter(client, name="zhang", password=PASSWORD, **more):
    token = csrf(client)
    return client.post("/sign-in", data={"name": name, "password": password, "csrf_token": token, **more})


def happened(database, action=""):
    with database.reading() as connection:
        return [e for e in audit.events(connection) if e.action.startswith(action)]


def test_a_person_signs_in_works_and_leaves(app, zhang, database):  # W5
    client = app.test_client()
    assert client.get("/account").headers["Location"] == "/sign-in?to=/account"
    answer = enter(client, " ＺＨＡＮＧ ", to="/account")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account")
    page = client.get("/account")
    assert (page.status_code, "姓名zhang" in page.text, "编辑" in page.text) == (200, True, True)
    cookie = client.get_cookie("kb-session").value
    left = client.post("/sign-out", data={"csrf_token": csrf(client)})
    assert left.headers["Location"] == "/sign-in"
    assert client.get_cookie("kb-session") is None
    # the cookie is worthless on the server too
    client.set_cookie("kb-session", cookie)
    assert client.get("/account").status_code == 302
    told = [(e.actor, e.action, e.result, e.address) for e in happened(database, "sign_")]
    assert told == [("zhang", "sign_in", "ok", "127.0.0.1"), ("zhang", "sign_out", "ok", "127.0.0.1")]


def test_the_page_says_what_to_do(app):
    page = app.test_client().get("/sign-in").text
    assert "请找管理员要一个设置密码的链接" in page
    assert "还没有管理员" in page
    add_person(app, "admin")
    assert "还没有管理员" not in app.test_client().get("/sign-in").text


@pytest.mark.parametrize(
    ("name", "password"), [("zhang", "wrong password 1"), ("nobody", PASSWORD), ("", ""), ("\0", "\0")]
)
def test_whatever_is_wrong_the_answer_is_the_same(app, zhang, database, name, password):
    client = app.test_client()
    answer = enter(client, name, password)
    assert answer.status_code == 403
    assert "登录名或密码不对" in answer.text
    assert client.get_cookie("kb-session") is None
    (event,) = happened(database, "sign_in")
    assert event.result == "denied"
    # a name that nobody has may be a password
    assert event.target == ("zhang" if name == "zhang" else "")


def test_an_unknown_name_costs_as_much_work_as_a_known_one(app, zhang, database, monkeypatch):
    checked = []
    monkeypatch.setattr(passwords, "matches", lambda hashed, password: bool(checked.append(hashed)))
    for name in ("zhang", "nobody"):
        with pytest.raises(SignInRefused):
            signing_in.sign_in(database, name, "x" * 12, AT, "", LIMITS)
    assert len(checked) == 2


def tries(database, password, at):
    try:
        return bool(signing_in.sign_in(database, "zhang", password, at, "", LIMITS))
    except SignInRefused:
        return False


def test_five_wrong_passwords_lock_the_account_for_a_while(zhang, database, quick):
    assert not any(tries(database, "wrong password 1", AT) for _ in range(4))
    assert tries(database, PASSWORD, AT)
    assert not any(tries(database, "wrong password 1", AT) for _ in range(5))
    assert not tries(database, PASSWORD, AT)
    assert not tries(database, PASSWORD, AT + MINUTE - timedelta(seconds=1))
    # what is tried while it is locked does not lock it longer
    assert not tries(database, "wrong password 1", AT + MINUTE)
    assert not tries(database, PASSWORD, AT + 3 * MINUTE - timedelta(seconds=1))
    assert tries(database, PASSWORD, AT + 3 * MINUTE)
    assert not tries(database, "wrong password 1", AT + 4 * MINUTE)
    assert tries(database, PASSWORD, AT + 4 * MINUTE)
    locked = [e for e in happened(database, "sign_in") if '"locked_minutes": 1' in e.detail]
    assert [e.target for e in locked] == ["zhang"]


def test_guessing_at_once_does_not_get_round_the_lock(zhang, database, quick):
    threads = [threading.Thread(target=tries, args=(database, f"wrong {n}", AT)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        user = users.find(connection, "zhang")
    assert user.failures == 5
    assert user.locked_until == AT + MINUTE


def test_one_address_cannot_try_for_ever(app, quick):
    client = app.test_client()
    token = csrf(client)
    answers = [client.post("/sign-in", data={"name": f"n{n}", "csrf_token": token}) for n in range(31)]
    assert [a.status_code for a in answers] == [403] * 30 + [429]
    assert "试得太频繁" in answers[-1].text
    elsewhere = client.post("/sign-in", data={"csrf_token": token}, environ_overrides={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 403


def test_right_passwords_from_one_address_are_not_counted(app, zhang, quick):
    for _ in range(35):
        assert enter(app.test_client()).status_code == 302


def test_an_old_hash_is_replaced_when_its_password_is_typed(app, database):
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    add_person(app, "editor", "zhang", password=old)
    assert tries(database, PASSWORD, AT)
    with database.reading() as connection:
        kept = users.find(connection, "zhang").password
    assert kept != old
    assert passwords.matches(kept, PASSWORD)


def test_disabled_people_cannot_come_in(zhang, database, app):
    add_person(app, "admin")
    client = sign_in(app, "", "zhang")
    assert client.get("/account").status_code == 200
    accounts.set_active(database, SYSTEM, zhang.id, False, now())
    assert client.get("/account").status_code == 302
    assert not tries(database, PASSWORD, now())


def test_nobody_who_is_not_active_is_known_by_anything(zhang, database, app):
    client = sign_in(app, "", "zhang")
    held = {"Authorization": f"Bearer {accounts.make_key(database, SYSTEM, zhang.id, now(), MINUTE)}"}
    assert app.test_client().get("/account", headers=held).status_code == 200
    # by whatever way it came about
    with database.writing() as connection:
        users.change(connection, zhang.id, active=False)
    assert client.get("/account").status_code == 302
    assert app.test_client().get("/account", headers=held).status_code == 401


# one-time links


def test_the_first_start_leads_to_an_administrator(app, database, settings):
    secret = signing_in.setup_link(database, now())
    client = app.test_client()
    page = client.get(f"/setup/{secret}")
    assert "建立第一个管理员" in page.text
    form = {"name": "boss", "display": "管理员甲", "new": PASSWORD, "again": PASSWORD}
    answer = client.post(f"/setup/{secret}", data={**form, "csrf_token": csrf(client)})
    assert answer.headers["Location"] == "/people"
    assert "管理员甲" in client.get("/people").text
    # used up, and no more are made
    assert client.get(f"/setup/{secret}").status_code == 400
    assert signing_in.setup_link(database, now()) == ""
    assert [e.action for e in happened(database)] == ["setup.link", "setup.administrator", "sign_in"]
    assert secret.encode() not in (settings.var / "kb.db").read_bytes()


def test_each_start_makes_a_new_setup_link_and_only_that_one_works(app, database):
    first, second = signing_in.setup_link(database, now()), signing_in.setup_link(database, now())
    assert app.test_client().get(f"/setup/{first}").status_code == 400
    assert app.test_client().get(f"/setup/{second}").status_code == 200


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"new": "short", "again": "short"}, "至少 12 个字符"),
        ({"new": PASSWORD, "again": PASSWORD + "x"}, "两次输入的密码不一样"),
        ({"name": "a b", "new": PASSWORD, "again": PASSWORD}, "登录名要有"),
    ],
)
def test_a_setup_that_goes_wrong_keeps_what_was_typed(app, database, form, said):
    secret = signing_in.setup_link(database, now())
    client = app.test_client()
    answer = client.post(
        f"/setup/{secret}", data={"name": "boss", "display": "甲某", **form, "csrf_token": csrf(client)}
    )
    assert answer.status_code == 400
    assert said in answer.text
    assert 'value="甲某"' in answer.text
    assert client.get(f"/setup/{secret}").status_code == 200


def test_the_setup_link_is_worthless_once_there_is_an_administrator(app, database):
    secret = signing_in.setup_link(database, now())
    accounts.add_user(database, SYSTEM, "boss", Profile("", frozenset({"admin"})), "local", now())
    with pytest.raises(Refused, match="已经有管理员"):
        signing_in.create_administrator(database, secret, "second", "", PASSWORD, now(), "", LIMITS)


def test_two_people_with_the_setup_link_make_one_administrator(app, database):
    secret = signing_in.setup_link(database, now())
    made = []

    def create(name):
        try:
            made.append(signing_in.create_administrator(database, secret, name, name, PASSWORD, now(), "", LIMITS))
        except Refused:
            made.append("")

    threads = [threading.Thread(target=create, args=(f"boss{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(filter(None, made))) == 1
    with database.reading() as connection:
        assert users.count(connection) == 1


def test_an_invited_person_chooses_a_password(app, database):
    admin = sign_in(app, "admin")
    profile = Profile("李四", frozenset({"editor"}))
    _, secret = accounts.add_user(database, admin.person.actor, "li", profile, "local", now())
    client = app.test_client()
    # mail programs look at links
    for _ in range(3):
        assert "李四，您的登录名是" in client.get(f"/password/{secret}").text
    form = {"new": PASSWORD, "again": PASSWORD, "csrf_token": csrf(client)}
    assert client.post(f"/password/{secret}", data=form).headers["Location"] == "/account"
    assert "李四" in client.get("/account").text
    assert client.get(f"/password/{secret}").status_code == 400
    assert [e.action for e in happened(database, "password")] == ["password.invite"]


@pytest.mark.parametrize("valid", [timedelta(hours=71), timedelta(hours=73)])
def test_links_grow_old(app, database, valid):
    _, secret = accounts.add_user(database, SYSTEM, "li", Profile("", frozenset({"agent"})), "local", now() - valid)
    assert app.test_client().get(f"/password/{secret}").status_code == (200 if valid < links.VALID["invite"] else 400)


def test_a_reset_ends_all_sessions_and_the_old_password_only_leads_to_a_new_one(app, zhang, database):
    client = sign_in(app, "", "zhang")
    secret = accounts.password_link(database, SYSTEM, zhang.id, now())
    # reading goes on, a call may be going on; everything else waits for the new password
    assert client.get("/").status_code == 200
    assert client.get("/inbox/feedback").headers["Location"] == "/account"
    assert "请先换一个新密码" in client.get("/account").text
    new = PASSWORD + "了"
    elsewhere = app.test_client()
    form = {"new": new, "again": new, "csrf_token": csrf(elsewhere)}
    assert elsewhere.post(f"/password/{secret}", data=form).status_code == 302
    assert elsewhere.get("/inbox/feedback").status_code == 200
    assert client.get("/account").headers["Location"].startswith("/sign-in")
    assert not tries(database, PASSWORD, now())
    assert tries(database, new, now())


def test_a_link_made_up_or_for_something_else_opens_nothing(app, zhang, database):
    key = accounts.make_key(database, SYSTEM, zhang.id, now(), MINUTE)
    for secret in ("made-up", key, "x" * 5000, "%00", "\u202e"):
        assert app.test_client().get(f"/password/{secret}").status_code == 400
        assert app.test_client().get(f"/setup/{secret}").status_code == 400


# one's own account


def test_a_new_password_ends_the_other_sessions(app, zhang, database):
    here, there = sign_in(app, "", "zhang"), sign_in(app, "", "zhang")
    cookie = here.get_cookie("kb-session").value
    new = PASSWORD + "了"
    form = {"old": PASSWORD, "new": new, "again": new, "csrf_token": csrf(here)}
    assert here.post("/account/password", data=form).headers["Location"] == "/account"
    assert "密码已改" in here.get("/account").text
    assert here.get_cookie("kb-session").value != cookie
    assert there.get("/account").status_code == 302
    assert tries(database, new, now())


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"old": "wrong password 1", "new": "a" * 6 + PASSWORD, "again": "a" * 6 + PASSWORD}, 403, "原来的密码不对"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, 400, "和原来的一样"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, 400, "至少"),
        ({"old": PASSWORD, "new": PASSWORD + "1", "again": PASSWORD + "2"}, 400, "不一样"),
    ],
)
def test_a_password_is_changed_only_by_who_knows_the_old_one(app, zhang, database, form, status, said):
    client = sign_in(app, "", "zhang")
    answer = client.post("/account/password", data={**form, "csrf_token": csrf(client)})
    assert (answer.status_code, said in answer.text) == (status, True)
    assert client.get("/account").status_code == 200
    assert tries(database, PASSWORD, now())


def test_guessing_the_old_password_from_a_stolen_browser_locks_too(app, zhang, database, quick):
    for _ in range(5):
        with pytest.raises(SignInRefused):
            signing_in.change_password(database, zhang.actor, "wrong", PASSWORD + "了", AT, "", LIMITS)
    with pytest.raises(SignInRefused):
        signing_in.change_password(database, zhang.actor, PASSWORD, PASSWORD + "了", AT, "", LIMITS)


def test_one_signs_out_everywhere(app, zhang):
    here, there = sign_in(app, "", "zhang"), sign_in(app, "", "zhang")
    assert here.get("/account").text.count('<td class="title-cell">127.0.0.1') == 2
    assert here.post("/account/sign-out", data={"csrf_token": csrf(here)}).headers["Location"] == "/sign-in"
    assert there.get("/account").status_code == 302


# sessions and cookies


def wait_until(true):
    """Wait for what happens beside the request."""
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")


@pytest.mark.parametrize(("ago", "alive"), [(timedelta(minutes=59), True), (timedelta(minutes=61), False)])
def test_a_session_without_requests_ends(app, zhang, ago, alive):  # W5
    assert (sign_in(app, "", "zhang", ago=ago).get("/account").status_code == 200) == alive


def test_a_session_ends_at_last_however_busy(app, zhang, database):  # W5
    client = sign_in(app, "", "zhang", ago=timedelta(hours=11, minutes=59))
    with database.writing() as connection:
        (session,) = connection.execute(sessions.SESSIONS.select()).all()
        connection.execute(sessions.SESSIONS.update().values(seen=now()))
    assert client.get("/account").status_code == 200
    with database.writing() as connection:
        connection.execute(sessions.SESSIONS.update().values(created=session.created - MINUTE))
    assert client.get("/account").status_code == 302


def test_being_there_is_noted_once_a_minute(app, zhang, database):
    def seen():
        with database.reading() as connection:
            return connection.execute(sessions.SESSIONS.select()).one().seen

    client = sign_in(app, "", "zhang", ago=timedelta(seconds=30))
    before = seen()
    client.get("/account")
    assert seen() == before
    with database.writing() as connection:
        connection.execute(sessions.SESSIONS.update().values(seen=now() - 2 * MINUTE))
    client.get("/account")
    wait_until(lambda: now() - seen() < MINUTE)


def test_signing_in_always_starts_a_new_session(app, zhang):  # W5
    client = app.test_client()
    identity = app.extensions[IDENTITY]
    client.set_cookie("kb-session", identity.seal("planted-by-somebody-else"))
    enter(client)
    assert client.get_cookie("kb-session").value != identity.seal("planted-by-somebody-else")
    assert client.get("/account").status_code == 200


def test_only_hashes_of_tokens_are_kept(app, zhang, settings):
    client = app.test_client()
    enter(client)
    token = client.get_cookie("kb-session").value.split(".")[0]
    for file in settings.var.glob("kb.db*"):
        assert token.encode() not in file.read_bytes(), file


def flags(answer):
    return {c.split("=")[0]: c for c in answer.headers.getlist("Set-Cookie")}


def test_cookies_are_for_the_browser_alone(app, zhang):  # W5
    client = app.test_client()
    found = flags(enter(client))
    assert "HttpOnly" in found["kb-session"]
    assert "SameSite=Lax" in found["kb-session"]
    assert "Domain" not in found["kb-session"]
    # gone when the browser is closed
    assert "Expires" not in found["kb-session"]


def test_behind_tls_cookies_travel_over_tls_only(settings, hashed):  # W4  # W5
    app = make_app(replace(settings, tls=True, anonymous="yes"))
    add_person(app, "editor", "zhang", password=hashed)
    client = app.test_client()
    https = {"base_url": "https://localhost"}
    page = client.get("/sign-in", **https)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    assert "Secure" in flags(page)["__Host-kb-form"]
    answer = client.post("/sign-in", data={"name": "zhang", "password": PASSWORD, "csrf_token": token}, **https)
    assert answer.status_code == 302
    cookie = flags(answer)["__Host-kb-session"]
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert client.get("/account", **https).status_code == 200
    assert "Strict-Transport-Security" in client.post("/api/v1/search", json={"q": "补卡"}, **https).headers


def test_without_tls_no_browser_is_told_to_use_it(app):  # W4
    assert "Strict-Transport-Security" not in app.test_client().get("/").headers


def test_forms_from_before_signing_in_are_worthless(app, zhang):
    client = app.test_client()
    old = csrf(client)
    enter(client)
    assert client.post("/account/sign-out", data={"csrf_token": old}).status_code == 400


def test_pages_with_forms_let_the_browser_name_its_origin_and_others_do_not(app):
    client = sign_in(app, "admin")
    for path in ("/account", "/people", "/sign-in"):
        answer = client.get(path, follow_redirects=path != "/sign-in")
        expected = "same-origin" if answer.request.path != "/" else "no-referrer"
        assert answer.headers["Referrer-Policy"] == expected
    assert client.get("/").headers["Referrer-Policy"] == "no-referrer"


# redirects and host


@pytest.mark.parametrize("to", ["https://evil.example/x", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_nowhere_else(app, zhang, to):  # W7
    client = app.test_client()
    assert "evil" not in client.get("/sign-in", query_string={"to": to}).text
    assert enter(client, to=to).headers["Location"] == "/"


def test_a_made_up_host_is_not_repeated(app):  # W7
    client = app.test_client()
    for path in ("/", "/account", "/sign-in", "/nowhere"):
        answer = client.get(path, headers={"Host": "evil.example"})
        assert "evil.example" not in answer.text + str(answer.headers)


# keys, secrets and starting


def test_a_key_is_made_once_for_all_workers_and_readable_by_the_owner_only(settings):
    made = []
    threads = [threading.Thread(target=lambda: made.append(secret_key(settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    path = settings.var / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in settings.var.iterdir()] == ["secret.key"]


def test_a_cut_key_is_refused(settings):  # W6
    settings.var.mkdir()
    (settings.var / "secret.key").write_text("abc")
    with pytest.raises(SettingError, match=r"secret\.key"):
        create_app(settings)


def test_debug_mode_is_refused(settings, monkeypatch):  # W6
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with pytest.raises(SettingError, match="FLASK_DEBUG"):
        create_app(settings)


# databases that are not as they should be


def test_a_corrupt_database_is_put_aside_and_searching_goes_on(settings):  # D8
    make_app(settings)
    path = settings.var / "kb.db"
    for file in settings.var.glob("kb.db-*"):
        file.unlink()
    path.write_bytes(b"no database" * 1000)
    app = create_app(settings)
    client = app.test_client()
    assert "补卡" in client.post("/ask", data={"q": "补卡"}).text
    state = client.get("/readyz").json
    assert (state["status"], state["database"]["status"]) == ("degraded", "new")
    (aside,) = settings.var.glob("kb.db.corrupt-*")
    assert aside.read_bytes().startswith(b"no database")
    assert aside.name in state["database"]["reason"]
    assert [e.action for e in happened(app.extensions[SERVICES].database)] == ["database.quarantine"]


def test_a_damaged_page_is_found_at_the_start(settings):  # D8
    app = make_app(settings)
    for number in range(200):
        add_person(app, "agent", f"agent{number}")
    database = app.extensions[SERVICES].database
    database.close()
    path = settings.var / "kb.db"
    content = bytearray(path.read_bytes())
    # where people stand; what the start looks at by itself is whole
    content[-8192:] = b"\xff" * 8192
    path.write_bytes(bytes(content))
    for file in settings.var.glob("kb.db-*"):
        file.unlink()
    assert create_app(settings).test_client().get("/readyz").json["database"]["status"] == "new"
    assert list(settings.var.glob("kb.db.corrupt-*"))


def test_after_the_database_was_put_aside_those_signed_in_read_on(settings):  # D8
    closed = replace(settings, anonymous="no")
    client = sign_in(make_app(closed), "agent")
    cookie = client.get_cookie("kb-session").value
    for file in settings.var.glob("kb.db*"):
        file.write_bytes(b"no database" * 1000)
    again = create_app(closed).test_client()
    assert again.post("/ask", data={"q": "补卡"}).status_code == 401
    again.set_cookie("kb-session", cookie)
    assert "补卡" in again.post("/ask", data={"q": "补卡"}).text


def test_a_database_of_a_newer_program_is_left_alone(settings):  # O6
    app = make_app(settings)
    with app.extensions[SERVICES].database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    client = create_app(settings).test_client()
    assert "补卡" in client.post("/ask", data={"q": "补卡"}).text
    state = client.get("/readyz").json["database"]
    assert (state["status"], "较新的程序" in state["reason"]) == ("unavailable", True)
    answer = client.get("/sign-in")
    assert (answer.status_code, "较新的程序" in answer.text) == (503, True)
    assert not list(settings.var.glob("kb.db.corrupt-*"))


def test_a_database_that_cannot_be_reached_stops_no_search(settings):  # D8
    nowhere = replace(settings, database_url="postgresql+psycopg://kb:secret@127.0.0.1:1/kb")
    client = make_app(nowhere).test_client()
    assert "补卡" in client.post("/ask", data={"q": "补卡"}).text
    assert client.get("/").status_code == 200
    state = client.get("/readyz").json
    assert state["database"]["status"] == "unavailable"
    assert "secret" not in str(state)
    assert client.get("/sign-in").status_code == 503


def test_a_database_that_somebody_else_writes_keeps_nobody_waiting(app, zhang, settings, database):  # A5
    client = sign_in(app, "", "zhang", ago=timedelta(minutes=5))

    def seen():
        with database.reading() as connection:
            return connection.execute(sessions.SESSIONS.select()).one().seen

    before = seen()
    other = Database(settings.database)
    with other.writing():
        assert client.get("/").status_code == 200
        assert client.get("/account").status_code == 200
        # nobody could have written it, so that whoever had waited for that would wait still
        assert seen() == before
    wait_until(lambda: seen() > before)
    other.close()


# proxies


def proxied(settings, **more):
    return make_app(replace(settings, proxy_header="X-Remote-User", proxy_addresses="10.9.0.0/16", **more))


def through(client, name, peer="10.9.0.1", path="/account"):
    return client.get(path, headers={"X-Remote-User": name}, environ_overrides={"REMOTE_ADDR": peer})


def test_a_proxy_says_who_it_is(settings):
    app = proxied(settings)
    answer = through(app.test_client(), "Wang")
    assert (answer.status_code, "wang" in answer.text) == (200, True)
    database = app.extensions[SERVICES].database
    with database.reading() as connection:
        user = users.find(connection, "wang")
    assert (user.origin, user.roles) == ("proxy", {"agent"})
    assert [e.action for e in happened(database)] == ["user.add"]


def test_a_proxy_elsewhere_is_not_believed_and_noted_once(settings):
    app = proxied(settings)
    add_person(app, "admin", "boss", origin="proxy")
    client = app.test_client()
    for _ in range(3):
        assert through(client, "boss", "10.8.0.1", "/people").status_code == 302
    assert [(e.action, e.result, e.address) for e in happened(app.extensions[SERVICES].database)] == [
        ("sign_in", "denied", "10.8.0.1")
    ]


def test_a_forwarded_address_makes_nobody_a_proxy(settings):
    app = proxied(settings)
    answer = app.test_client().get(
        "/account",
        headers={"X-Remote-User": "boss", "X-Forwarded-For": "10.9.0.1"},
        environ_overrides={"REMOTE_ADDR": "10.8.0.1"},
    )
    assert answer.status_code == 302


def test_a_proxy_does_not_open_accounts_that_have_a_password(settings, hashed):
    app = proxied(settings)
    add_person(app, "admin", "boss", password=hashed)
    answer = through(app.test_client(), "boss")
    assert (answer.status_code, "另一个账号" in answer.text) == (400, True)


def test_who_is_disabled_does_not_come_in_through_a_proxy(settings):
    app = proxied(settings)
    add_person(app, "agent", "wang", origin="proxy")
    add_person(app, "admin")
    database = app.extensions[SERVICES].database
    with database.reading() as connection:
        wang = users.find(connection, "wang")
    accounts.set_active(database, SYSTEM, wang.id, False, now())
    assert "已停用" in through(app.test_client(), "wang").text


def test_writing_through_a_proxy_needs_the_proof_too(settings):
    app = proxied(settings)
    add_person(app, "admin", "wang", origin="proxy")
    client = app.test_client()
    sent = {"headers": {"X-Remote-User": "wang"}, "environ_overrides": {"REMOTE_ADDR": "10.9.0.1"}}
    assert client.post("/people/new", data={"name": "x", "roles": "agent"}, **sent).status_code == 400
    form = {"name": "x", "roles": "agent", "csrf_token": csrf(client)}
    assert client.post("/people/new", data=form, **sent).status_code == 200


def test_the_fast_lane_is_for_those_who_do_not_say_who_they_are(settings):
    from builders import write_article

    questions = [f"蓝鲸结算{end}" for end in ("怎么办", "要多久", "收费吗", "谁能办", "去哪办", "带什么")]
    write_article(settings.articles, "blue-whale", title="蓝鲸结算", questions=questions, audience={"roles": ["班长"]})
    app = proxied(settings, anonymous="yes")
    add_person(app, "lead", "wang", origin="proxy")

    def finds(client, **sent):
        return "blue-whale" in client.post("/api/v1/search", json={"q": "蓝鲸结算"}, **sent).text

    assert not finds(app.test_client())
    assert finds(sign_in(app, "lead"))
    assert finds(app.test_client(), headers={"X-Remote-User": "wang"}, environ_overrides={"REMOTE_ADDR": "10.9.0.1"})
    assert not finds(app.test_client(), headers={"X-Remote-User": "wang"})
    assert not finds(app.test_client())


@pytest.mark.parametrize(
    ("hops", "peer", "expected"),
    [
        ("203.0.113.7", "10.9.0.1", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "10.9.0.1", "203.0.113.7"),
        ("203.0.113.7, 10.9.0.2", "10.9.0.1", "203.0.113.7"),
        ("203.0.113.7", "10.8.0.1", "10.8.0.1"),
        ("<script>", "10.9.0.1", "10.9.0.1"),
    ],
)
def test_addresses_in_the_audit_are_those_of_people(settings, hops, peer, expected):
    app = make_app(replace(settings, tls=True, anonymous="yes", proxy_addresses="10.9.0.0/16"))
    client = app.test_client()
    with client.session_transaction(base_url="https://localhost") as session:
        session["csrf_token"] = "proof"
    from itsdangerous import URLSafeTimedSerializer

    token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps("proof")
    client.post(
        "/sign-in", base_url="https://localhost", data={"csrf_token": token},
        headers={"X-Forwarded-For": hops}, environ_overrides={"REMOTE_ADDR": peer},
    )  # fmt: skip
    assert happened(app.extensions[SERVICES].database)[-1].address == expected
