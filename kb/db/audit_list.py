"""Looking through the audit: by who, what, when, and in portions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from kb.db.audit import Event
from kb.db.engine import Database
from kb.db.schema import AUDIT

_PORTION = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events; what is empty restricts nothing."""

    actor: str = ""
    # an action (`draft.submit`), or a group of them (`draft`)
    action: str = ""
    # what it was about, or the beginning of that
    target: str = ""
    # ok, denied or failed
    result: str = ""
    since: datetime | None = None
    # not included
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same, as the database wants it."""
        found: list[ColumnElement[bool]] = []
        if self.actor:
            found.append(AUDIT.c.actor == self.actor)
        if self.action:
            found.append(
                (AUDIT.c.action == self.action) | AUDIT.c.action.startswith(f"{self.action}.", autoescape=True)
            )
        if self.target:
            found.append(AUDIT.c.target.startswith(self.target, autoescape=True))
        if self.result:
            found.append(AUDIT.c.result == self.result)
        if self.since:
            found.append(AUDIT.c.at >= self.since)
        if self.until:
            found.append(AUDIT.c.at < self.until)
        return found


def before(connection: Connection, wanted: Wanted, seq: int | None, limit: int) -> list[Event]:
    """The newest events before a sequence number (None: of all), newest first."""
    query = select(AUDIT).where(*wanted.conditions()).order_by(AUDIT.c.seq.desc()).limit(limit)
    if seq is not None:
        query = query.where(AUDIT.c.seq < seq)
    return [Event(**row._mapping) for row in connection.execute(query)]


def every(database: Database, wanted: Wanted) -> Iterator[Event]:
    """All of them, oldest first, read in portions: no transaction stays open while somebody downloads slowly."""
    last = 0
    while True:
        query = select(AUDIT).where(AUDIT.c.seq > last, *wanted.conditions()).order_by(AUDIT.c.seq).limit(_PORTION)
        with database.reading() as connection:
            portion = [Event(**row._mapping) for row in connection.execute(query)]
        yield from portion
        if len(portion) < _PORTION:
            return
        last = portion[-1].seq
