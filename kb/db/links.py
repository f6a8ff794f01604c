"""Secrets that are shown once and kept as SHA-256: links that set a password, and keys of other systems."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from kb.db.schema import LINKS
from kb.db.sessions import digest, new_token

# setup: creates the first administrator · invite, reset: set a password · api: another system acts as a person
VALID: dict[str, timedelta] = {
    "setup": timedelta(hours=24),
    "invite": timedelta(days=3),
    "reset": timedelta(hours=24),
    "api": timedelta(days=365),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A secret that opens something."""

    # SHA-256 of what was shown
    token: str
    # key of VALID
    purpose: str
    user_id: int | None
    created: datetime
    expires: datetime
    # when it was used up, or withdrawn
    used: datetime | None


def make(
    connection: Connection, purpose: str, user_id: int | None, at: datetime, valid: timedelta | None = None
) -> str:
    """A new secret, to be shown now and never again; earlier links of the same person for the same purpose die.

    Keys of other systems live beside each other, so that one can be changed without a gap.
    """
    if purpose != "api":
        withdraw(connection, [purpose], user_id, at)
    token = new_token()
    connection.execute(
        LINKS.insert().values(
            token=digest(token), purpose=purpose, user_id=user_id, created=at, expires=at + (valid or VALID[purpose])
        )
    )
    return token


def find(connection: Connection, token: str, purposes: Collection[str], at: datetime) -> Link | None:
    """What a secret opens, if it is one of these purposes, not used and not too old."""
    row = connection.execute(select(LINKS).where(LINKS.c.token == digest(token))).first()
    link = Link(**row._mapping) if row else None
    if link is None or link.purpose not in purposes or link.used or link.expires <= at:
        return None
    return link


def use(connection: Connection, link: Link, at: datetime) -> bool:
    """Use a link up; False if somebody else did meanwhile."""
    used = connection.execute(LINKS.update().where(LINKS.c.token == link.token, LINKS.c.used.is_(None)).values(used=at))
    return used.rowcount == 1


def withdraw(connection: Connection, purposes: Collection[str], user_id: int | None, at: datetime) -> int:
    """Make every open secret of somebody (None: of nobody in particular) for these purposes worthless; how many."""
    whose = LINKS.c.user_id.is_(None) if user_id is None else LINKS.c.user_id == user_id
    done = connection.execute(
        LINKS.update().where(whose, LINKS.c.purpose.in_(purposes), LINKS.c.used.is_(None)).values(used=at)
    )
    return done.rowcount


def open_keys(connection: Connection, user_id: int, at: datetime) -> int:
    """How many keys of other systems act as somebody."""
    rows = connection.execute(
        select(LINKS.c.expires).where(LINKS.c.user_id == user_id, LINKS.c.purpose == "api", LINKS.c.used.is_(None))
    )
    return sum(row.expires > at for row in rows)
