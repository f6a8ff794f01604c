"""The tables' versions: made, taken back and refused, on SQLite and PostgreSQL alike."""

import multiprocessing
import shutil
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import NoSuchTableError

from kb.db import audit, upgrading
from kb.db.engine import Database
from kb.db.schema import METADATA, NOTICES, USERS
from kb.errors import DatabaseProblem

PRESENT = upgrading.head()


def tables(database):
    with database.reading() as connection:
        return set(inspect(connection).get_table_names()) - {"sqlite_sequence"}


@pytest.fixture
def next_program(tmp_path, monkeypatch):
    """The program of the next release, which adds a column; call it to become the present one again."""
    folder = tmp_path / "migrations"
    shutil.copytree(upgrading.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    step = """
        import sqlalchemy as sa
        from alembic import op
        revision = "9999"
        down_revision = "{head}"
        def upgrade():
            op.add_column("notices", sa.Column("colour", sa.String(16), nullable=False, server_default="red"))
        def downgrade():
            op.drop_column("notices", "colour")
        """
    (folder / "versions/9999_next.py").write_text(textwrap.dedent(step.format(head=upgrading.head())))
    present = upgrading.MIGRATIONS, upgrading.HEAD

    def become(migrations, head):
        monkeypatch.setattr(upgrading, "MIGRATIONS", migrations)
        monkeypatch.setattr(upgrading, "HEAD", head)

    become(folder, "9999")
    return lambda: become(*present)


def test_the_version_of_the_program_is_that_of_its_last_step(any_database):
    assert ScriptDirectory(str(upgrading.MIGRATIONS)).get_heads() == [upgrading.head()]
    with any_database.reading() as connection:
        assert upgrading.revision(connection) == MigrationContext.configure(connection).get_current_revision()


def test_a_current_database_is_used_without_alembic(tmp_path):
    url = f"sqlite:///{tmp_path / 'kb.db'}"
    Database(url).upgrade()
    program = (
        "import sys; from kb.db.opening import open_database; from kb.clock import now;"
        f" opened = open_database({url!r}, now()); assert opened.database.is_current(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n", done.stderr


def test_migrations_make_exactly_the_tables_of_the_schema(any_database):
    with any_database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_a_missing_column_would_be_found(any_database):
    with any_database.writing() as connection:
        connection.execute(text("ALTER TABLE notices DROP COLUMN title"))
    with any_database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA)


def test_upgrade_starts_from_nothing_and_may_be_repeated(empty_database):
    with pytest.raises(DatabaseProblem, match="kb db upgrade"):
        empty_database.require_current()
    assert empty_database.upgrade() is None
    empty_database.upgrade()
    empty_database.require_current()
    assert tables(empty_database) == {*METADATA.tables, "alembic_version"}


def test_down_to_nothing_and_up_again(any_database, at):
    with any_database.writing() as connection:
        audit.record(connection, at, "甲", "test")
        upgrading.unmake(connection)
    assert tables(any_database) == {"alembic_version"}
    any_database.upgrade()
    with any_database.writing() as connection:
        audit.record(connection, at, "甲", "test")
        assert audit.size(connection) == 1


def test_a_step_that_fails_leaves_nothing_behind(empty_database, next_program):
    step = upgrading.MIGRATIONS / "versions/9999_next.py"
    step.write_text(step.read_text().replace('op.add_column("notices"', 'op.add_column("nothing"'))
    with pytest.raises((DatabaseProblem, NoSuchTableError)):
        empty_database.upgrade()
    assert tables(empty_database) == set()


def test_the_database_of_a_newer_program_is_refused(any_database, next_program):  # O6
    any_database.upgrade()
    # the operator puts the older program back
    next_program()
    assert not any_database.is_current()
    for use in (any_database.require_current, any_database.upgrade):
        with pytest.raises(DatabaseProblem, match=rf"9999.*只认识到 {upgrading.head()}") as caught:
            use()
        assert "备份" in str(caught.value)


def test_the_database_of_an_older_program_is_upgraded_with_what_it_holds(any_database, next_program, at):  # O6
    with any_database.writing() as connection:
        author = connection.execute(
            insert(USERS).values(name="editor", created=at, subject="").returning(USERS.c.id)
        ).scalar_one()
        connection.execute(insert(NOTICES).values(title="停机通知", author_id=author, at=at))
    with pytest.raises(DatabaseProblem, match="kb db upgrade"):
        any_database.require_current()
    copy = any_database.upgrade()
    any_database.require_current()
    with any_database.reading() as connection:
        assert connection.execute(text("SELECT title, colour FROM notices")).one() == ("停机通知", "red")
    if any_database.is_sqlite:
        assert copy.name == f"kb.db.before-upgrade-from-{PRESENT}"
        assert copy.stat().st_mode & 0o077 == 0
        kept = sqlite3.connect(copy)
        assert kept.execute("SELECT title FROM notices").fetchall() == [("停机通知",)]
        kept.close()


def test_tables_of_another_program_are_left_alone(empty_database):
    with empty_database.writing() as connection:
        connection.execute(text("CREATE TABLE users (nick TEXT)"))
    with pytest.raises(DatabaseProblem, match="别的程序的同名表（users）"):
        empty_database.upgrade()
    assert tables(empty_database) == {"users"}


def upgrade(address):
    opened = Database(address)
    opened.upgrade()
    opened.close()


def test_workers_that_start_together_upgrade_once(empty_database):
    address = empty_database.engine.url.render_as_string(hide_password=False)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.map(upgrade, [address] * 8)
    empty_database.require_current()


def test_tables_made_between_two_looks_are_not_those_of_another_program(empty_database, monkeypatch):
    address = empty_database.engine.url.render_as_string(hide_password=False)
    look = upgrading.revision
    others = [address]

    def look_while_another_process_upgrades(connection):
        found = look(connection)
        if others:
            upgrade(others.pop())
        return found

    monkeypatch.setattr(upgrading, "revision", look_while_another_process_upgrades)
    with pytest.raises(DatabaseProblem, match="kb db upgrade"):
        # at the moment of its look there were none
        empty_database.require_current()
    empty_database.require_current()


def test_numbers_of_deleted_rows_are_not_given_again(any_database, at):
    def add(name):
        with any_database.writing() as connection:
            return connection.execute(insert(USERS).values(name=name, created=at).returning(USERS.c.id)).scalar_one()

    first = add("a")
    with any_database.writing() as connection:
        connection.execute(USERS.delete())
    assert add("b") > first


def test_status_says_which_version_and_what_to_do(settings, database, monkeypatch):
    from kb.cli_database import db

    monkeypatch.setenv("KB_VAR", str(settings.var))
    with database.writing() as connection:
        upgrading.unmake(connection)
    before = CliRunner().invoke(db, ["status"])
    assert before.exit_code == 1
    assert "kb db upgrade" in before.output
    assert CliRunner().invoke(db, ["upgrade"]).exit_code == 0
    after = CliRunner().invoke(db, ["status"])
    assert after.exit_code == 0, after.output
    assert upgrading.head() in after.output
    with database.reading() as connection:
        assert connection.execute(select(USERS)).all() == []
