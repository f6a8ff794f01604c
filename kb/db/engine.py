"""The connection to the database: transactions that can be relied on, and its migrations. Knows no table."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from kb.errors import DatabaseProblem, SettingError

_MIGRATIONS = Path(__file__).parent / "migrations"
# seconds that a writer waits for another one
_PATIENCE = 10


class Database:
    """A database. Safe for threads and for forked processes (connections are made anew after a fork)."""

    def __init__(self, url: str) -> None:
        """Raises SettingError for an address that cannot be understood; connects only when first used."""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise SettingError("KB_DATABASE_URL", url, "要写成 postgresql+psycopg://用户:密码@主机/库") from error
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise SettingError(
                "KB_DATABASE_URL", parsed.render_as_string(hide_password=True), "只支持 SQLite 和 PostgreSQL"
            )
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.shown = parsed.render_as_string(hide_password=True)
        # as given: SQLAlchemy hides the password where it prints an address
        self._url = parsed.render_as_string(hide_password=False)
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _sqlite(self._url) if self.is_sqlite else _postgresql(self._url)
        os.register_at_fork(after_in_child=self._forked)

    def _forked(self) -> None:
        # the parent's connections stay the parent's
        self.engine.dispose(close=False)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads. Raises DatabaseProblem if the database cannot be used."""
        with _translated(self.shown), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it or nothing. Waits for other writers. Raises DatabaseProblem."""
        with _translated(self.shown), self.engine.connect() as connection:
            if self.is_sqlite:
                # a transaction that reads first and writes later fails at once where another one wrote meanwhile
                connection = connection.execution_options(kb_immediate=True)
            with connection.begin():
                yield connection

    def upgrade(self) -> None:
        """Bring the tables up to this version of the program."""
        with _translated(self.shown):
            command.upgrade(self._config(), "head")

    def is_current(self) -> bool:
        """Whether the tables are those of this version of the program."""
        head = ScriptDirectory.from_config(self._config()).get_current_head()
        with _translated(self.shown), self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head

    def _config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["engine"] = self.engine
        return config

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _PATIENCE, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # the driver must not begin transactions by itself: see `_begin`
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={_PATIENCE * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("kb_immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _PATIENCE})


@contextlib.contextmanager
def _translated(shown: str) -> Iterator[None]:
    """What an operator can act on, as a Chinese sentence; broken rules of a table are bugs and stay what they are."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or type(error.orig).__name__ in ("OperationalError", "DatabaseError"):
            raise DatabaseProblem(f"数据库 {shown} 现在用不了：{error.orig}") from error
        raise
