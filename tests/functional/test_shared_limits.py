"""Limits that every process counts together, whichever of them is asked."""

import multiprocessing
from dataclasses import replace

import pytest
from web_people import csrf, make_app, sign_in

from kb import passwords
from kb.db import rates
from kb.db.engine import Database
from kb.errors import DatabaseProblem
from web.app import LIMITS, SERVICES
from web.failed_tries import DatabaseCounts
from web.limits import SECONDS, Limits, Window
from web.security import FAILED_SIGN_INS

MOST = 80
AWAY = {"REMOTE_ADDR": "10.0.0.7"}


def ask(limits, times, who="5", at=3.0):
    return [limits.person.allows(who, at) for _ in range(times)]


def share(database, *processes, at=3.0):
    # the first learns of the others at its next turn only
    for limits in (*processes, *processes):
        limits.share(database, lambda: at)


def test_what_somebody_asks_of_several_processes_is_one_limit(any_database):
    processes = [Limits(MOST) for _ in range(4)]
    for limits in processes:
        assert all(ask(limits, MOST // 4))
    for limits in processes:
        ask(limits, 1)
    share(any_database, *processes)
    for limits in processes:
        assert ask(limits, 1) == [False]
        assert ask(limits, 1, who="6") == [True]


def test_a_limit_ends_with_its_window_everywhere(any_database):
    here, there = Limits(MOST), Limits(MOST)
    ask(here, MOST + 1)
    ask(there, MOST // 2)
    share(any_database, here, there)
    assert ask(there, 1) == [False]
    assert ask(there, 1, at=SECONDS + 1.0) == [True]
    assert ask(here, 1, at=SECONDS + 1.0) == [True]


def test_totals_of_a_window_that_is_over_are_not_held_against_the_next(any_database):
    window = Window(MOST)
    for _ in range(MOST // 2):
        window.allows("5", 3.0)
    ends, near = window.near(3.0)
    window.allows("5", SECONDS + 1.0)
    window.learn(ends, near, {"5": 10 * MOST})
    assert window.allows("5", SECONDS + 1.0)


def test_nothing_is_written_of_those_who_are_far_from_a_limit(any_database):
    limits = Limits(MOST)
    ask(limits, MOST // 10)
    share(any_database, limits)
    with any_database.reading() as connection:
        assert rates.count(connection, "person 5", 3.0) == (0, 0)
    ask(limits, MOST // 10)
    share(any_database, limits)
    with any_database.reading() as connection:
        assert rates.count(connection, "person 5", 3.0) == (2 * (MOST // 10), SECONDS)


def test_what_could_not_be_told_is_told_later(database, tmp_path):
    limits, lost = Limits(MOST), Database(f"sqlite:///{tmp_path / 'nothing.db'}")
    ask(limits, MOST)
    with pytest.raises(DatabaseProblem):
        limits.share(lost, lambda: 3.0)
    assert ask(limits, 1) == [False]
    share(database, limits)
    with database.reading() as connection:
        assert rates.count(connection, "person 5", 3.0)[0] == MOST + 1


def test_windows_that_ended_are_forgotten(any_database):
    with any_database.writing() as connection:
        rates.add(connection, 10, {"a": 3}, now=3)
        assert rates.add(connection, 20, {"a": 1, "b": 2}, now=10) == {"a": 1, "b": 2}
        assert rates.count(connection, "a", 9) == (1, 20)
        assert rates.forget(connection) == 2


def count_many(address):
    opened = Database(address)
    for _ in range(10):
        with opened.writing() as connection:
            rates.add(connection, 10, {"a": 1, "b": 2}, now=3)
    opened.close()


def test_processes_that_count_at_once_lose_nothing(any_database):
    address = any_database.engine.url.render_as_string(hide_password=False)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.map(count_many, [address] * 4, chunksize=1)
    with any_database.reading() as connection:
        assert rates.count(connection, "a", 3) == (40, 10)
        assert rates.count(connection, "b", 3) == (80, 10)


def test_the_thread_of_a_process_shares_by_itself(any_database):
    here, there = Limits(MOST), Limits(MOST)
    here.keep_sharing(any_database)
    ask(there, MOST)
    # what is counted for a window of the past is forgotten at once by those whose clock tells the present
    far = 4e9
    ask(there, MOST, at=far)
    there.share(any_database, lambda: far - 1)
    ask(here, MOST // 2, at=far)
    for _ in range(600):
        if ask(here, 1, at=far) == [False]:
            break
        multiprocessing.Event().wait(0.05)
    assert ask(here, 1, at=far) == [False]


def wrong(app, times):
    client = app.test_client()
    form = {"name": "nobody", "password": "no", "csrf_token": csrf(client)}
    return [client.post("/sign-in", data=form, environ_overrides=AWAY).status_code for _ in range(times)]


def test_failed_sign_ins_from_an_address_count_on_every_machine(settings, monkeypatch):
    # sixty comparisons that are slow on purpose are not what is tried here
    monkeypatch.setattr(passwords, "matches", lambda hashed, password: False)
    most = int(FAILED_SIGN_INS.split()[0])
    one, other = make_app(settings), make_app(settings)
    assert one.extensions[SERVICES].database is not other.extensions[SERVICES].database
    assert wrong(one, most // 2) + wrong(other, most // 2 + 1) == [403] * most + [429]
    assert wrong(one, 1) == [429]
    # who has come in already goes on
    assert sign_in(one, "agent").get("/").status_code == 200


def test_counts_of_tries_end_with_their_minute(any_database):
    moment = [30.0]
    counts = DatabaseCounts(database=any_database, clock=lambda: moment[0])
    assert [counts.incr("k", 60) for _ in range(3)] == [1, 2, 3]
    moment[0] = 80.0
    assert (counts.get("k"), counts.get_expiry("k")) == (3, 90)
    moment[0] = 90.0
    assert (counts.get("k"), counts.get_expiry("k")) == (0, 90.0)
    assert counts.incr("k", 60, 5) == 5
    counts.clear("k")
    assert counts.get("k") == 0
    assert counts.incr("k", 60) == 1
    assert counts.reset() == 1
    assert counts.check()


def test_counts_of_tries_say_that_the_database_is_gone(tmp_path):
    counts = DatabaseCounts(database=Database(f"sqlite:///{tmp_path / 'nothing.db'}"))
    assert not counts.check()
    with pytest.raises(DatabaseProblem):
        counts.incr("k", 60)


def test_no_threads_share_where_there_is_no_limit(settings):
    app = make_app(replace(settings, ask_limit=0))
    assert app.extensions[LIMITS].person.near(3.0)[1] == {}
