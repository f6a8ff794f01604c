"""The audit trail: it only grows, whoever changes it is found out, and what it says can be exported safely."""

import json
import multiprocessing
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kb.cli_database import audit as command
from kb.db import audit
from kb.db.engine import Database

EVENTS = 12


@pytest.fixture
def trail(any_database, at):
    """A database in which twelve things happened."""
    for number in range(1, EVENTS + 1):
        with any_database.writing() as connection:
            audit.record(
                connection, at + timedelta(seconds=number), "甲", "draft.submit", f"draft:{number}", {"n": number}
            )
    return any_database


def broken_at(database, known=None):
    with database.reading() as connection:
        return audit.broken_at(connection, known)


def tamper(database, *statements):
    """Change what must not be changed, as somebody would who owns the database."""
    drop = (
        ["DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete"]
        if database.is_sqlite
        else ["DROP TRIGGER IF EXISTS audit_only_grows ON audit"]
    )
    with database.writing() as connection:
        for statement in (*drop, *statements):
            connection.execute(text(statement))


def test_every_event_carries_the_hash_of_the_one_before(trail):  # P4
    with trail.reading() as connection:
        events = list(audit.events(connection))
    assert [e.seq for e in events] == list(range(1, EVENTS + 1))
    assert [e.previous for e in events[1:]] == [e.hash for e in events[:-1]]
    assert broken_at(trail) is None


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = '乙' WHERE seq = 5", "DELETE FROM audit WHERE seq = 5", "DELETE FROM audit"],
)
def test_no_statement_changes_an_event(trail, statement):  # P5
    with pytest.raises(DBAPIError, match="only grows"), trail.writing() as connection:
        connection.execute(text(statement))
    assert broken_at(trail) is None


def test_nor_can_they_be_removed_at_a_stroke(trail):  # P5
    if not trail.is_sqlite:
        with pytest.raises(DBAPIError, match="only grows"), trail.writing() as connection:
            connection.execute(text("TRUNCATE audit"))


@pytest.mark.parametrize("column", ["actor", "action", "target", "detail", "address", "result", "previous", "hash"])
def test_an_edited_event_is_found(trail, column):  # P5
    tamper(trail, f"UPDATE audit SET {column} = 'x' WHERE seq = 5")
    assert broken_at(trail) == 5


def test_an_event_with_another_moment_is_found(trail):  # P5
    tamper(trail, "UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE seq = 5")
    assert broken_at(trail) == 5


def test_an_event_that_cannot_be_read_any_more_is_found(database, at):  # P5
    with database.writing() as connection:
        for _ in range(9):
            audit.record(connection, at, "甲", "test")
    tamper(database, "UPDATE audit SET at = 'yesterday' WHERE seq = 7")
    assert broken_at(database) == 7


def test_a_missing_event_is_found(trail):  # P5
    tamper(trail, "DELETE FROM audit WHERE seq = 5")
    assert broken_at(trail) == 5


def test_renumbering_does_not_hide_a_missing_event(trail):  # P5
    tamper(trail, "DELETE FROM audit WHERE seq = 5", "UPDATE audit SET seq = seq + 100 WHERE seq > 5",
           "UPDATE audit SET seq = seq - 101 WHERE seq > 100")  # fmt: skip
    assert broken_at(trail) == 5


def test_an_event_put_in_between_is_found(trail, at):  # P5
    tamper(trail, "UPDATE audit SET seq = seq + 100 WHERE seq > 5", "UPDATE audit SET seq = seq - 99 WHERE seq > 100",
           "INSERT INTO audit SELECT 6, at, actor, action, target, detail, address, result, previous, 'x' FROM audit "
           "WHERE seq = 5")  # fmt: skip
    assert broken_at(trail) == 6


def test_a_cut_tail_is_found_by_what_was_noted_earlier(trail):  # P5
    with trail.reading() as connection:
        known = audit.head(connection)
    tamper(trail, "DELETE FROM audit WHERE seq > 7")
    # the rest is a sound chain
    assert broken_at(trail) is None
    assert broken_at(trail, known) == EVENTS


def test_a_trail_written_anew_is_found_by_what_was_noted_earlier(trail, at):  # P5
    with trail.reading() as connection:
        known = audit.head(connection)
    tamper(trail, "DELETE FROM audit")
    with trail.writing() as connection:
        for number in range(EVENTS):
            audit.record(connection, at, "甲", "draft.submit", f"draft:{number}")
    assert broken_at(trail) is None
    assert broken_at(trail, known) == EVENTS


def write(address, count, at):
    database = Database(address)
    for number in range(count):
        with database.writing() as connection:
            audit.record(connection, at, "甲", "test", str(number))
    database.close()


def test_many_who_write_at_once_keep_the_chain(any_database, at):  # P5
    address = any_database.engine.url.render_as_string(hide_password=False)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(write, [(address, 50, at)] * 4)
    assert broken_at(any_database) is None
    with any_database.reading() as connection:
        assert audit.size(connection) == 200


def test_what_people_write_cannot_forge_a_line(any_database, at):  # P6
    forged = '乙\r\n{"seq": 2}\x1b[2J\x9b2J\u2028\u2029\x85\u202e\0\ud800"\\'
    with any_database.writing() as connection:
        audit.record(connection, at, forged, "sign-in", forged * 20, {"name": forged}, forged * 9, "denied")
    with any_database.reading() as connection:
        (event,) = audit.events(connection)
        assert audit.broken_at(connection) is None
    line = audit.as_line(event)
    assert line.isprintable()
    assert len(line.splitlines()) == 1
    read = json.loads(line)
    assert read["actor"] == forged.replace("\0", "").replace("\ud800", "?")
    assert (read["result"], read["seq"]) == ("denied", 1)


@pytest.fixture
def run(settings, database, at, monkeypatch):
    """`kb audit …` on a database with three events."""
    monkeypatch.setenv("KB_VAR", str(settings.var))
    with database.writing() as connection:
        for number in range(1, 4):
            audit.record(connection, at, "甲", "draft.submit", f"draft:{number}", {"text": "改费用"})
    return lambda *arguments: CliRunner().invoke(command, arguments)


def test_the_command_verifies_and_says_what_to_note(run, database):
    sound = run("verify")
    assert sound.exit_code == 0
    noted = sound.output.strip().split("：")[-1].split(" ")[-1]
    assert noted.startswith("3:")
    assert run("verify", "--known", noted).exit_code == 0
    tamper(database, "DELETE FROM audit WHERE seq = 3")
    assert run("verify").exit_code == 0
    cut = run("verify", "--known", noted)
    assert cut.exit_code == 1
    assert "从第 3 条起对不上" in cut.output


def test_the_command_says_where_the_chain_breaks(run, database):
    tamper(database, "UPDATE audit SET target = 'x' WHERE seq = 2")
    broken = run("verify")
    assert broken.exit_code == 1
    assert "从第 2 条起对不上" in broken.output


@pytest.mark.parametrize("known", ["3", "x:1", "3:abc", "-1:" + "0" * 64])
def test_what_was_noted_must_be_written_as_it_was_shown(run, known):
    assert run("verify", "--known", known).exit_code == 2


def test_the_command_exports_lines_after_a_number(run):
    out = run("export", "--since", "1")
    assert out.exit_code == 0
    assert [json.loads(line)["seq"] for line in out.output.splitlines()] == [2, 3]
    assert "改费用" in out.output


def test_without_tables_the_command_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_VAR", str(tmp_path))
    for arguments in (["verify"], ["export"]):
        assert "kb db upgrade" in str(CliRunner().invoke(command, arguments).exception)
