"""Opening the database when the service starts. Whatever is wrong with it, searching goes on."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from kb.db import audit
from kb.db.engine import Database
from kb.errors import DatabaseProblem
from kb.people import SYSTEM

_LOG = logging.getLogger("kb.db")
# what SQLite says of a file that it cannot trust: SQLITE_CORRUPT, SQLITE_NOTADB
_BROKEN = (11, 26)


@dataclass(frozen=True, slots=True)
class Opened:
    """A database, and what an operator has to know about it."""

    database: Database
    # where a broken file was put aside; empty if none was
    quarantined: str = ""


class ClosedDatabase(Database):
    """Stands where the database would be, and says why it is not used."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url)
        self._reason = reason

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Raises DatabaseProblem."""
        raise DatabaseProblem(self._reason)
        yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Raises DatabaseProblem."""
        raise DatabaseProblem(self._reason)
        yield

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Raises DatabaseProblem."""
        raise DatabaseProblem(self._reason)
        yield


def open_database(url: str, at: datetime) -> Opened:
    """The database of an address, with the tables of this version. Raises SettingError for an address that makes no sense.

    SQLite is brought up to date here, and a broken file is put aside for a new one. PostgreSQL is the operator's to bring
    up to date; a server that cannot be reached now may be there later.
    """
    database = Database(url)
    try:
        if database.file:
            _check(database, database.file)
            database.upgrade()
        elif not database.is_current():
            database.require_current()
    except DatabaseProblem as error:
        if database.file and _is_broken(error):
            return _quarantine(url, database, database.file, at)
        _LOG.error("database cannot be used: %s", error)
        # without a cause in the database itself: the tables are of another version, and stay so until a restart
        return Opened(database if error.__cause__ else ClosedDatabase(url, str(error)))
    return Opened(database)


def for_command(url: str) -> Database:
    """The database for a command, with the tables of this version. Raises DatabaseProblem; puts nothing aside."""
    database = Database(url)
    if database.is_sqlite:
        database.upgrade()
    else:
        database.require_current()
    return database


@contextlib.contextmanager
def for_work(url: str) -> Iterator[Database]:
    """The same for as long as it is needed."""
    database = for_command(url)
    try:
        yield database
    finally:
        database.close()


def _check(database: Database, file: Path) -> None:
    """Raises DatabaseProblem if the file is damaged anywhere: better found now than by whoever reads that page."""
    if not file.exists():
        return
    with database.reading() as connection:
        said = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if said != "ok":
        broken = sqlite3.DatabaseError(said)
        broken.sqlite_errorcode = _BROKEN[0]
        raise DatabaseProblem(f"数据库 {database.shown} 损坏了：{said}") from broken


def _is_broken(error: DatabaseProblem) -> bool:
    cause = error.__cause__
    # the lowest byte is the error, the others say where
    return (getattr(getattr(cause, "orig", cause), "sqlite_errorcode", None) or 0) & 0xFF in _BROKEN


def _quarantine(url: str, database: Database, file: Path, at: datetime) -> Opened:
    """Put the file aside, with what SQLite keeps beside it, and begin a new one."""
    database.close()
    aside = file.with_name(f"{file.name}.corrupt-{at:%Y%m%dT%H%M%S}")
    try:
        for ending in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                file.with_name(file.name + ending).rename(aside.with_name(aside.name + ending))
        fresh = Database(url)
        fresh.upgrade()
        with fresh.writing() as connection:
            audit.record(connection, at, SYSTEM.name, "database.quarantine", aside.name)
    except (OSError, DatabaseProblem) as error:
        reason = f"数据库 {database.shown} 损坏了，也不能移开：{error}"
        _LOG.error("database cannot be used: %s", reason)
        return Opened(ClosedDatabase(url, reason))
    _LOG.error("database was corrupt and has been put aside as %s", aside)
    return Opened(fresh, quarantined=str(aside))
