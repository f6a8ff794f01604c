"""Who is signed in. Only the SHA-256 of a token is kept, so that nobody can sign in with what a backup holds."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from kb.db.schema import SESSIONS

# how often it is noted that somebody is still there
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in."""

    # SHA-256 of the token
    token: str
    user_id: int
    created: datetime
    seen: datetime
    address: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts without a request, and in all."""

    idle: timedelta
    total: timedelta

    def over(self, session: Session, at: datetime) -> bool:
        """Whether a session has ended at a moment."""
        return at - session.seen >= self.idle or at - session.created >= self.total


def new_token() -> str:
    """256 random bits, as text that fits into cookies and addresses."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def begin(connection: Connection, user_id: int, at: datetime, address: str = "") -> str:
    """Sign somebody in; the token for the browser."""
    token = new_token()
    connection.execute(
        SESSIONS.insert().values(token=digest(token), user_id=user_id, created=at, seen=at, address=address[:64])
    )
    return token


def find(connection: Connection, token: str, limits: Limits, at: datetime) -> Session | None:
    """The session of a token, if it has not ended."""
    row = connection.execute(select(SESSIONS).where(SESSIONS.c.token == digest(token))).first()
    session = Session(**row._mapping) if row else None
    return None if session is None or limits.over(session, at) else session


def seen(connection: Connection, session: Session, at: datetime) -> None:
    """Note that somebody is still there."""
    connection.execute(SESSIONS.update().where(SESSIONS.c.token == session.token).values(seen=at))


def of_user(connection: Connection, user_id: int, limits: Limits, at: datetime) -> list[Session]:
    """Where somebody is signed in, latest first."""
    rows = connection.execute(select(SESSIONS).where(SESSIONS.c.user_id == user_id).order_by(SESSIONS.c.seen.desc()))
    return [s for s in (Session(**row._mapping) for row in rows) if not limits.over(s, at)]


def end(connection: Connection, session: str) -> None:
    """End one session, by the SHA-256 of its token."""
    connection.execute(SESSIONS.delete().where(SESSIONS.c.token == session))


def end_all(connection: Connection, user_id: int, but: str = "") -> int:
    """End every session of somebody, apart from one; how many."""
    ended = connection.execute(SESSIONS.delete().where(SESSIONS.c.user_id == user_id, SESSIONS.c.token != but))
    return ended.rowcount


def forget_ended(connection: Connection, limits: Limits, at: datetime) -> None:
    """Remove what has ended by itself."""
    over = or_(SESSIONS.c.seen <= at - limits.idle, SESSIONS.c.created <= at - limits.total)
    connection.execute(SESSIONS.delete().where(over))
