"""People, sessions, links and the audit on each kind of database."""

from datetime import datetime, timedelta

import pytest

from kb import accounts, passwords, signing_in
from kb.accounts import Profile
from kb.clock import SHANGHAI
from kb.db import audit, audit_list, links, sessions, users
from kb.db.audit_list import Wanted
from kb.db.sessions import Limits
from kb.errors import Conflict, Refused
from kb.people import SYSTEM
from kb.signing_in import SignInRefused

AT = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
LIMITS = Limits(timedelta(hours=1), timedelta(hours=12))
PASSWORD = "雨天记得带伞出门去上班啊"


@pytest.fixture
def quick(monkeypatch):
    """Passwords cost nothing here: what is tested is what is kept."""
    monkeypatch.setattr(passwords, "hash_password", lambda password: f"hash of {password}")
    monkeypatch.setattr(passwords, "matches", lambda hashed, password: hashed == f"hash of {password}")
    monkeypatch.setattr(passwords, "is_outdated", lambda hashed: False)


def test_from_the_first_link_to_the_last_session(any_database, quick):
    base = any_database
    secret = signing_in.setup_link(base, AT)
    token = signing_in.create_administrator(base, secret, "Boss", "", PASSWORD, AT, "10.0.0.1", LIMITS)
    with base.reading() as connection:
        session = sessions.find(connection, token, LIMITS, AT)
        boss = users.get(connection, session.user_id)
    assert (boss.name, boss.display, boss.roles, session.address) == ("boss", "boss", {"admin"}, "10.0.0.1")
    profile = Profile("李四", frozenset({"editor"}), frozenset({"贵宾"}))
    li, invite = accounts.add_user(base, boss.actor, "li", profile, "local", AT)
    signing_in.set_password_by_link(base, invite, PASSWORD, AT, "", LIMITS)
    with pytest.raises(SignInRefused):
        signing_in.sign_in(base, "li", "wrong", AT, "", LIMITS)
    signing_in.sign_in(base, "li", PASSWORD, AT + timedelta(minutes=1), "", LIMITS)
    with base.reading() as connection:
        assert len(sessions.of_user(connection, li.id, LIMITS, AT)) == 2
        assert users.get(connection, li.id).signed_in == AT + timedelta(minutes=1)
    accounts.set_active(base, boss.actor, li.id, False, AT)
    with base.reading() as connection:
        assert sessions.of_user(connection, li.id, LIMITS, AT) == []
        assert audit.broken_at(connection) is None
    with pytest.raises(Conflict):
        accounts.add_user(base, boss.actor, "LI", profile, "local", AT)
    with pytest.raises(Refused, match="最后一个管理员"):
        accounts.set_active(base, boss.actor, boss.id, False, AT)
    with base.reading() as connection:
        assert users.get(connection, boss.id).active


def test_an_ended_session_is_forgotten(any_database):
    with any_database.writing() as connection:
        li = users.add(connection, "li", "", ["agent"], AT)
        token = sessions.begin(connection, li.id, AT)
        idle = sessions.find(connection, token, LIMITS, AT + timedelta(minutes=59))
        sessions.seen(connection, idle, AT + timedelta(minutes=59))
        assert sessions.find(connection, token, LIMITS, AT + timedelta(minutes=118))
        assert sessions.find(connection, token, LIMITS, AT + timedelta(minutes=119)) is None
        sessions.forget_ended(connection, LIMITS, AT + timedelta(minutes=119))
        assert connection.execute(sessions.SESSIONS.select()).all() == []


def test_a_link_is_used_once_and_a_new_one_replaces_it(any_database):
    with any_database.writing() as connection:
        li = users.add(connection, "li", "", ["agent"], AT)
        old, new = (links.make(connection, "reset", li.id, AT) for _ in range(2))
        assert links.find(connection, old, ["reset"], AT) is None
        link = links.find(connection, new, ["reset"], AT)
        assert links.find(connection, new, ["invite", "setup"], AT) is None
        assert links.find(connection, new, ["reset"], AT + links.VALID["reset"]) is None
        assert links.use(connection, link, AT)
        assert not links.use(connection, link, AT)
        # keys live beside each other
        keys = [links.make(connection, "api", li.id, AT) for _ in range(2)]
        assert all(links.find(connection, key, ["api"], AT) for key in keys)
        assert links.open_keys(connection, li.id, AT) == 2
        assert links.withdraw(connection, ["api"], li.id, AT) == 2
        assert links.open_keys(connection, li.id, AT) == 0


def test_the_audit_is_looked_through(any_database):
    with any_database.writing() as connection:
        for number in range(6):
            at = AT + timedelta(days=number)
            action, target = ("draft.save", f"d_{number}") if number % 2 else ("sign_in", "100%")
            audit.record(
                connection, at, "li" if number < 3 else "wang", action, target, result="ok" if number else "denied"
            )

    def found(**wanted):
        with any_database.reading() as connection:
            return [event.seq for event in audit_list.before(connection, Wanted(**wanted), None, 100)]

    assert found() == [6, 5, 4, 3, 2, 1]
    assert found(actor="li") == [3, 2, 1]
    assert found(action="draft") == [6, 4, 2]
    assert found(action="dra") == []
    assert found(target="d_1") == [2]
    assert found(target="d%") == []
    assert found(target="100%") == [5, 3, 1]
    assert found(result="denied") == [1]
    assert found(since=AT + timedelta(days=1), until=AT + timedelta(days=3)) == [3, 2]
    assert [e.seq for e in audit_list.every(any_database, Wanted(actor="wang"))] == [4, 5, 6]
    with any_database.reading() as connection:
        assert [e.seq for e in audit_list.before(connection, Wanted(), 4, 2)] == [3, 2]


def test_many_people_sign_in_at_once(any_database, quick):
    from concurrent.futures import ThreadPoolExecutor

    profile = Profile("", frozenset({"agent"}))
    names = [f"agent{n}" for n in range(8)]
    for name in names:
        _, secret = accounts.add_user(any_database, SYSTEM, name, profile, "local", AT)
        signing_in.set_password_by_link(any_database, secret, PASSWORD, AT, "", LIMITS)
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda n: signing_in.sign_in(any_database, n, PASSWORD, AT, "", LIMITS), names * 3))
    assert len(set(tokens)) == 24
    with any_database.reading() as connection:
        assert all(sessions.find(connection, token, LIMITS, AT) for token in tokens)
        assert audit.broken_at(connection) is None
