"""The connection to the database: transactions that can be relied on, on SQLite and PostgreSQL alike. Knows no table."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kb.db import address, upgrading
from kb.db.failures import explain
from kb.errors import DatabaseProblem, KBError, SettingError

# those who pass connections on need not know where they come from
__all__ = ["Connection", "Database"]

# seconds that a writer waits for another one, and anybody for a connection
_PATIENCE = 10
# SQLite: seconds between two looks of a writer who waits, how long others go first, and how long it is known that there are some
_LOOK, _YIELD, _MEMORY = 0.002, 0.01, 1.0
# seconds that one statement may take, and that a transaction may do nothing
_STATEMENT, _IDLE = 30, 60
# PostgreSQL: the lock that writers take, any number that nothing else locks by
_WRITERS = 4_204_204


class Database:
    """A database. Safe for threads and for forked processes (connections are made anew after a fork)."""

    def __init__(self, url: str) -> None:
        """Raises SettingError for an address that cannot be used; connects only when first used."""
        parsed = address.parse(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.shown = address.shown(parsed)
        # the file of a SQLite database, None if it has none
        on_disk = self.is_sqlite and parsed.database and parsed.database != ":memory:"
        self.file = Path(str(parsed.database)) if on_disk else None
        # as given: SQLAlchemy hides the password where it prints an address
        whole = parsed.render_as_string(hide_password=False)
        self.engine = _sqlite(whole, self.file) if self.is_sqlite else _postgresql(whole)
        os.register_at_fork(after_in_child=_forget_connections(weakref.ref(self.engine)))

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads. Raises DatabaseProblem if the database cannot be used."""
        with _translated(self.shown), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it or nothing. Waits for other writers. Raises DatabaseProblem.

        There is one writer at a time, on PostgreSQL too: what it read stays true until it ends, and none waits for
        one that waits for it.
        """
        with _translated(self.shown), self.engine.connect() as connection:
            if self.is_sqlite:
                # a transaction that reads first and writes later fails at once where another one wrote meanwhile
                connection = connection.execution_options(kb_immediate=True)
            with connection.begin():
                if not self.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITERS})
                yield connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that reads for as long as it takes, all of it as it stands now. Raises DatabaseProblem."""
        with _translated(self.shown), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                if not self.is_sqlite:
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                # the moment is that of the first look at a table
                tables = "sqlite_master" if self.is_sqlite else "pg_class"
                connection.execute(text(f"SELECT count(*) FROM {tables}"))  # noqa: S608 - one of two names
                yield connection

    def upgrade(self) -> Path | None:
        """Bring the tables up to this version of the program.

        Returns the copy that was kept of an older SQLite database. Raises DatabaseProblem, and changes nothing, where
        the tables are those of a newer program or of another one.
        """
        copy = None
        with self.snapshot() as connection:
            self._refuse(connection, "empty", "older")
            stands = upgrading.standing(connection)
            found = upgrading.revision(connection)
        if stands == "current":
            return None
        if stands == "older" and self.file:
            copy = upgrading.keep_copy(self.file, f"before-upgrade-from-{found}")
        with self.writing() as connection:
            # another process may have been faster
            self._refuse(connection, "empty", "older")
            upgrading.migrate(connection)
        return copy

    def is_current(self) -> bool:
        """Whether the tables are those of this version of the program."""
        # of one moment: tables that another process makes between two looks have no version at the first
        with self.snapshot() as connection:
            return upgrading.standing(connection) == "current"

    def require_current(self) -> None:
        """Raises DatabaseProblem, which says what to do, unless the tables are those of this version of the program."""
        with self.snapshot() as connection:
            self._refuse(connection)

    def _refuse(self, connection: Connection, *allowed: upgrading.Standing) -> None:
        problem = upgrading.refusal(connection, self.shown, *allowed)
        if problem:
            raise problem

    def forget_deleted(self) -> None:
        """Let nothing of deleted rows remain: SQLite's log of changes still has them until it is taken over."""
        if self.is_sqlite:
            with _translated(self.shown), contextlib.closing(self.engine.raw_connection()) as connection:
                # not in a transaction; readers that are still in older ones keep it from finishing, the next one does
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _forget_connections(held: weakref.ref[Engine]) -> Callable[[], None]:
    """For a forked child: the parent's connections stay the parent's."""

    def forget() -> None:
        engine = held()
        if engine is not None:
            engine.dispose(close=False)

    return forget


def _sqlite(url: str, file: Path | None) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _PATIENCE, "check_same_thread": False})
    turns = _Turns()

    @event.listens_for(engine, "do_connect")
    def _make_private(*_: Any) -> None:
        if file is None or file.exists():
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # for its owner only; the files beside it get the same rights
            file.touch(mode=0o600)
        except OSError as error:
            raise DatabaseProblem(f"数据库 {file} 建不起来：{error.strerror}。") from error

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # the driver must not begin transactions by itself: see `_begin`
        connection.isolation_level = None
        _write_ahead(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("kb_immediate"):
            turns.begin(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


class _Turns:
    """Becoming the one writer of a SQLite database, after at most so many seconds. Safe for threads.

    SQLite itself looks less and less often, ten times a second in the end: beside others that write one thing after another,
    somebody waited for more than ten seconds (measured). Here everybody looks every moment, and whoever had to wait just
    now lets those go first who have come meanwhile.
    """

    def __init__(self) -> None:
        self._waited = -_MEMORY

    def begin(self, connection: Connection) -> None:
        """Begin a transaction that writes. Raises what SQLite says where it is not to be had."""
        driver: Any = connection.connection.driver_connection
        began = time.monotonic()
        if began - self._waited < _MEMORY:
            time.sleep(_YIELD)
        driver.execute("PRAGMA busy_timeout=0").close()
        try:
            while time.monotonic() - began < _PATIENCE:
                try:
                    driver.execute("BEGIN IMMEDIATE").close()
                    return
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error):
                        break
                self._waited = time.monotonic()
                time.sleep(_LOOK)
            # once more, for an error that others understand
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            driver.execute(f"PRAGMA busy_timeout={_PATIENCE * 1000}").close()


def _write_ahead(connection: Any) -> None:
    """Readers and a writer do not wait for each other. Several processes may ask for it first, and SQLite lets them not wait."""
    for wait in (0.01, 0.05, 0.2, 0.5, 1, 2, 0):
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or not wait:
                raise
            time.sleep(wait)


def _postgresql(url: str) -> Engine:
    try:
        engine = create_engine(
            url, hide_parameters=True, pool_pre_ping=True, pool_timeout=_PATIENCE,
            connect_args={"connect_timeout": _PATIENCE},
        )  # fmt: skip
    except ModuleNotFoundError as error:
        raise SettingError("KB_DATABASE_URL", "postgresql", "要先安装：pip install 'kb-desk[postgres]'") from error

    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{_PATIENCE}s'")
            cursor.execute(f"SET statement_timeout = '{_STATEMENT}s'")
            cursor.execute(f"SET idle_in_transaction_session_timeout = '{_IDLE}s'")
        connection.commit()

    return engine


@contextlib.contextmanager
def _translated(shown: str) -> Iterator[None]:
    """What an operator can act on, as a Chinese sentence; broken rules of a table are bugs and stay what they are."""
    try:
        yield
    except DBAPIError as error:
        meaning = explain(error)
        if meaning is None:
            raise
        raise DatabaseProblem(f"数据库 {shown} 现在用不了：{meaning}。") from error
    except StatementError as error:
        # a value that no table takes, said by its column
        if isinstance(error.orig, KBError):
            raise error.orig from None
        raise
    except PoolTimeout as error:
        raise DatabaseProblem(f"数据库 {shown} 现在太忙，请稍后再试。") from error
