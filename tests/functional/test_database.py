"""What every part may rely on, whichever database it is: transactions, values, and errors that say what to do."""

import os
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest
from apart import Apart
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from kb.clock import SHANGHAI
from kb.db import audit, users
from kb.db.engine import Database
from kb.db.schema import USERS
from kb.errors import Conflict, DatabaseProblem, Refused, SettingError

SECRET = "s3cret-of-the-bank"


def add(database, at, name="editor", **values):
    with database.writing() as connection:
        values = {"name": name, "created": at, **values}
        return connection.execute(insert(USERS).values(values).returning(USERS.c.id)).scalar_one()


def one(database, key):
    with database.reading() as connection:
        return connection.execute(select(USERS).where(USERS.c.id == key)).one()


def test_values_come_back_as_they_went_in(any_database):
    moment = datetime(2026, 12, 1, 0, 0, 0, 123456, tzinfo=SHANGHAI)
    key = add(any_database, moment, roles=["editor", "审核"], active=False, display="𠮷田 ①", locked_until=None)
    row = one(any_database, key)
    assert row.created == moment
    assert row.created.tzinfo is SHANGHAI
    assert row.roles == ["editor", "审核"]
    assert row.active is False
    assert row.must_change is False
    assert row.display == "𠮷田 ①"
    assert row.locked_until is None


def test_moments_are_compared_as_moments_not_as_texts(any_database, at):
    key = add(any_database, at)
    with any_database.reading() as connection:
        later = (at + timedelta(microseconds=1)).astimezone(UTC)
        for bound, found in ((later, [key]), (at.astimezone(UTC), [])):
            assert connection.execute(select(USERS.c.id).where(USERS.c.created < bound)).scalars().all() == found


def test_naive_moments_are_refused(any_database):
    with pytest.raises(Exception, match="naive moment"):
        add(any_database, datetime(2026, 12, 1))


def test_what_one_database_cannot_hold_is_left_out_on_both(any_database, at):  # I4
    key = add(any_database, at, display="张\0三\ud800", roles=["a\0b"])
    assert one(any_database, key).display == "张三?"
    with any_database.reading() as connection:
        assert users.find(connection, "no\0body\udfff") is None


def test_a_text_that_is_too_long_is_refused_before_it_is_cut(any_database, at):
    with pytest.raises(Refused, match="最多 64 个字"):
        add(any_database, at, display="长" * 65)
    add(any_database, at, display="长" * 64)


def test_a_transaction_is_all_or_nothing(any_database, at):
    def fail():
        with any_database.writing() as connection:
            users.add(connection, "editor", "", ["editor"], at)
            audit.record(connection, at, "管理员", "user.add", "editor")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with any_database.reading() as connection:
        assert users.count(connection) == 0
        assert audit.size(connection) == 0


def test_broken_rules_of_a_table_stay_what_they_are(any_database, at):
    add(any_database, at)
    with pytest.raises(IntegrityError):
        add(any_database, at)
    with pytest.raises(IntegrityError), any_database.writing() as connection:
        connection.execute(text("INSERT INTO comments (draft_id, user_id, at, text) VALUES (9, 9, '2026-01-01', '')"))


def test_two_who_take_one_name_at_once_get_one_account(any_database, at):
    together, results = threading.Barrier(2), []

    def take():
        together.wait()
        try:
            with any_database.writing() as connection:
                users.add(connection, "editor", "", ["editor"], at)
            results.append("added")
        except Conflict:
            results.append("taken")

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["added", "taken"]


def test_what_a_writer_has_read_stays_true_until_it_ends(any_database, at):
    """Read-then-write with 8 at once: nothing is lost and nobody has to try again."""
    key = add(any_database, at)

    def count_up():
        for _ in range(25):
            with any_database.writing() as connection:
                before = users.get(connection, key).failures
                users.change(connection, key, failures=before + 1)

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one(any_database, key).failures == 200


def test_a_snapshot_sees_one_moment(any_database, at):
    add(any_database, at)
    with any_database.snapshot() as connection:
        add(any_database, at, name="approver")
        assert users.count(connection) == 1
    with any_database.reading() as connection:
        assert users.count(connection) == 2


def test_statements_never_show_their_values(any_database, at):
    add(any_database, at, name="editor", display=SECRET)
    with pytest.raises(IntegrityError) as caught:
        add(any_database, at, name="editor", display=SECRET)
    assert SECRET not in str(caught.value)


def test_missing_tables_say_how_to_make_them(empty_database):
    with pytest.raises(DatabaseProblem, match="请运行 kb db upgrade"), empty_database.reading() as connection:
        users.count(connection)


def test_the_file_is_for_its_owner_only(tmp_path):
    old = os.umask(0)
    try:
        made = Database(f"sqlite:///{tmp_path}/var/kb.db")
        made.upgrade()
        for file in (tmp_path / "var").iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    finally:
        os.umask(old)
        made.close()


def forks(url, at):
    """Write, let a forked child write, write again; all names."""
    database = Database(url)
    add(database, at)
    child = os.fork()
    if child == 0:
        try:
            add(database, at, name="child")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    # the parent's connection was not used, nor closed, by the child
    add(database, at, name="parent")
    with database.reading() as connection:
        names = [u.name for u in users.listed(connection)]
    database.close()
    return names


def test_a_forked_child_makes_its_own_connections(any_database, at):
    url = any_database.engine.url.render_as_string(hide_password=False)
    assert Apart(forks, url, at).result() == ["child", "editor", "parent"]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("nonsense", "要写成 postgresql"),
        (f"postgresql+psycopg://kb:{SECRET}@host:port/db", "要写成 postgresql"),
        (f"mysql://kb:{SECRET}@host/db", "只支持 SQLite 和 PostgreSQL"),
        (f"//kb:{SECRET}@host/db", "要写成 postgresql"),
    ],
)
def test_a_wrong_address_is_named_without_its_password(written, why):
    with pytest.raises(SettingError, match=why) as caught:
        Database(written)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.__cause__)


@pytest.mark.parametrize("written", [f"postgres://kb:{SECRET}@h/d", f"postgresql://kb@h/d?password={SECRET}"])
def test_every_spelling_of_postgresql_is_understood_and_shown_without_its_password(written):
    database = Database(written)
    assert database.engine.dialect.driver == "psycopg"
    assert SECRET not in database.shown
    database.close()
