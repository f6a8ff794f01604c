"""Which version of an article somebody read last, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from kb.db.schema import READINGS


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody had a version before the eyes long enough to read it, or copied its script."""

    user_id: int
    article_id: str
    version: int
    at: datetime


def note(connection: Connection, reading: Reading) -> None:
    """Keep a reading in the place of the one before."""
    mine = (READINGS.c.user_id == reading.user_id) & (READINGS.c.article_id == reading.article_id)
    values = {"version": reading.version, "at": reading.at}
    if not connection.execute(READINGS.update().where(mine).values(values)).rowcount:
        connection.execute(READINGS.insert().values(user_id=reading.user_id, article_id=reading.article_id, **values))


def of(connection: Connection, user_id: int, limit: int) -> list[Reading]:
    """What somebody read, the latest first."""
    query = select(READINGS).where(READINGS.c.user_id == user_id)
    rows = connection.execute(query.order_by(READINGS.c.at.desc(), READINGS.c.article_id).limit(limit))
    return [Reading(**row._mapping) for row in rows]
