"""Questions handed to a colleague by a link. Only the SHA-256 of the link's id is kept, so that a backup opens none of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from kb.db.schema import HANDOVERS, USERS
from kb.db.sessions import digest

VALID = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Handover:
    """What a colleague is shown; whether the caller was identified is not part of it."""

    # how people call who handed it over
    author: str
    # numbers masked
    question: str
    articles: tuple[str, ...]
    created: datetime


def make(connection: Connection, user_id: int, question: str, articles: Sequence[str], at: datetime) -> str:
    """Keep a handover for a day; the id for the link. `question` is masked already."""
    # 96 bits: short enough for a chat window, and open to nobody who is not signed in anyway
    made = secrets.token_urlsafe(12)
    connection.execute(
        HANDOVERS.insert().values(
            token=digest(made),
            user_id=user_id,
            question=question,
            articles=list(articles),
            created=at,
            expires=at + VALID,
        )
    )
    return made


def find(connection: Connection, made: str, at: datetime) -> Handover | None:
    """The handover with an id, None if there is none or its day is over."""
    query = select(HANDOVERS, USERS.c.display, USERS.c.name).join(USERS, USERS.c.id == HANDOVERS.c.user_id)
    row = connection.execute(query.where(HANDOVERS.c.token == digest(made), HANDOVERS.c.expires > at)).first()
    return Handover(row.display or row.name, row.question, tuple(row.articles), row.created) if row else None
