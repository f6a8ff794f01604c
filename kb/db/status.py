"""What an operator wants to know about a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from kb.db import audit, dump, upgrading
from kb.db.engine import Database


@dataclass(frozen=True, slots=True)
class Status:
    """How a database stands."""

    # its address without the password
    database: str
    # SQLite 3.40.1, PostgreSQL 15.8
    product: str
    standing: upgrading.Standing
    # version of its tables, and the one that the program needs
    revision: str | None
    head: str
    # table → rows; empty where the tables are not current
    rows: Mapping[str, int]
    audit_seq: int
    audit_hash: str
    # what to do, None if nothing
    problem: str | None


def look(database: Database) -> Status:
    """Raises DatabaseProblem if it cannot be reached."""
    with database.snapshot() as connection:
        stands = upgrading.standing(connection)
        current = stands == "current"
        seq, hashed = audit.head(connection) if current else (0, "")
        problem = upgrading.refusal(connection, database.shown)
        return Status(
            database=database.shown,
            product=_product(connection),
            standing=stands,
            revision=upgrading.revision(connection),
            head=upgrading.head(),
            rows=dump.counts(connection) if current else {},
            audit_seq=seq,
            audit_hash=hashed,
            problem=str(problem) if problem else None,
        )


def clock(connection: Connection) -> datetime:
    """What time it is where the database is."""
    if connection.dialect.name == "sqlite":
        seconds = int(connection.execute(text("SELECT strftime('%s', 'now')")).scalar_one())
        return datetime.fromtimestamp(seconds, UTC)
    found: datetime = connection.execute(text("SELECT now()")).scalar_one()
    return found


def _product(connection: Connection) -> str:
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.dialect.name]
    version = connection.dialect.server_version_info or ()
    return f"{name} {'.'.join(map(str, version))}"
