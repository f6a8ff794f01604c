"""Must-read notices and who has acknowledged them. Functions on a connection, so that a change and its audit event are one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from kb.db import audit
from kb.db.schema import ACKNOWLEDGEMENTS, NOTICES, USERS
from kb.errors import Refused
from kb.people import Actor


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that certain people must have read."""

    id: int
    title: str
    text: str
    # empty where it is about no article
    article_id: str
    # roles that must read it; none: everybody
    roles: tuple[str, ...]
    author_id: int
    author: str
    at: datetime
    # None: until it is ended
    expires: datetime | None
    # when the person asked about acknowledged it
    acknowledged: datetime | None = None

    @property
    def last_day(self) -> str:
        """The last day on which it is to be read, empty if there is none; midnight belongs to the day before."""
        return (self.expires - timedelta(seconds=1)).strftime("%Y-%m-%d") if self.expires else ""

    def runs(self, at: datetime) -> bool:
        """Whether it is still to be read."""
        return self.expires is None or at < self.expires


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who must read a notice."""

    name: str
    display: str
    roles: tuple[str, ...]
    acknowledged: datetime | None


def publish(
    connection: Connection,
    actor: Actor,
    title: str,
    text: str,
    article_id: str,
    roles: Collection[str],
    expires: datetime,
    at: datetime,
    address: str = "",
) -> int:
    """Put a notice before the people of some roles; the number it got. Title and text are masked already."""
    values = {
        "title": title, "text": text, "article_id": article_id, "roles": sorted(roles), "author_id": actor.id, "at": at,
        "expires": expires,
    }  # fmt: skip
    number = int(connection.execute(NOTICES.insert().values(values).returning(NOTICES.c.id)).scalar_one())
    detail = {"title": title, "roles": sorted(roles), "article": article_id, "expires": expires.isoformat()}
    audit.record(connection, at, actor.name, "notice.publish", _target(number), detail, address)
    return number


def end(connection: Connection, actor: Actor, number: int, at: datetime, address: str = "") -> None:
    """Stop asking people to read a notice. Raises Refused if it has ended."""
    running = and_(NOTICES.c.id == number, _runs(at))
    if not connection.execute(NOTICES.update().where(running).values(expires=at)).rowcount:
        raise Refused("这条通知已经结束了。")
    audit.record(connection, at, actor.name, "notice.end", _target(number), {}, address)


def acknowledge(connection: Connection, actor: Actor, number: int, at: datetime, address: str = "") -> None:
    """Note that somebody has read a notice; once is enough. Raises Refused if there is none for this person."""
    # one after the other: pressing twice at once is no mistake either
    connection.execute(select(NOTICES.c.id).where(NOTICES.c.id == number).with_for_update())
    found = find(connection, number, actor.id)
    if found is None or not _meant(found, actor):
        raise Refused("没有这条要您读的通知。")
    if found.acknowledged:
        return
    connection.execute(ACKNOWLEDGEMENTS.insert().values(notice_id=number, user_id=actor.id, at=at))
    audit.record(connection, at, actor.name, "notice.acknowledge", _target(number), {}, address)


def find(connection: Connection, number: int, user_id: int = 0) -> Notice | None:
    """One notice, None if there is none."""
    row = connection.execute(_select(user_id).where(NOTICES.c.id == number)).first()
    return _notice(row) if row else None


def listed(connection: Connection, actor: Actor, limit: int) -> list[Notice]:
    """Notices that a person must or may see, newest first; who publishes notices sees all of them."""
    query = _select(actor.id).order_by(NOTICES.c.id.desc())
    if actor.may("notify"):
        return [_notice(row) for row in connection.execute(query.limit(limit))]
    # roles are a list in JSON, which two engines search in two ways
    meant = (notice for notice in map(_notice, connection.execute(query)) if _meant(notice, actor))
    return list(islice(meant, limit))


def unread(connection: Connection, actor: Actor, at: datetime) -> list[Notice]:
    """Notices that a person still has to acknowledge, newest first."""
    query = _select(actor.id).where(_runs(at), ACKNOWLEDGEMENTS.c.at.is_(None)).order_by(NOTICES.c.id.desc())
    return [n for n in map(_notice, connection.execute(query)) if _meant(n, actor) and n.author_id != actor.id]


def readers(connection: Connection, notice: Notice) -> list[Reader]:
    """Everybody who must read a notice, those who have not first; people who are no longer active only if they have."""
    done = and_(ACKNOWLEDGEMENTS.c.user_id == USERS.c.id, ACKNOWLEDGEMENTS.c.notice_id == notice.id)
    query = (
        select(USERS.c.name, USERS.c.display, USERS.c.roles, ACKNOWLEDGEMENTS.c.at)
        .outerjoin(ACKNOWLEDGEMENTS, done)
        .where(USERS.c.id != notice.author_id, or_(USERS.c.active, ACKNOWLEDGEMENTS.c.at.is_not(None)))
        .order_by(ACKNOWLEDGEMENTS.c.at.is_not(None), USERS.c.name)
    )
    found = [Reader(row.name, row.display, tuple(row.roles), row.at) for row in connection.execute(query)]
    return [r for r in found if r.acknowledged or not notice.roles or set(notice.roles) & set(r.roles)]


def read_by(connection: Connection, numbers: Collection[int]) -> dict[int, int]:
    """Notice → how many have acknowledged it."""
    query = select(ACKNOWLEDGEMENTS.c.notice_id, func.count()).where(ACKNOWLEDGEMENTS.c.notice_id.in_(numbers))
    rows = connection.execute(query.group_by(ACKNOWLEDGEMENTS.c.notice_id))
    return {row[0]: row[1] for row in rows}


def _meant(notice: Notice, actor: Actor) -> bool:
    return not notice.roles or bool(actor.roles & set(notice.roles))


def _runs(at: datetime) -> ColumnElement[bool]:
    return or_(NOTICES.c.expires.is_(None), NOTICES.c.expires > at)


def _select(user_id: int) -> Select[Any]:
    mine = and_(ACKNOWLEDGEMENTS.c.notice_id == NOTICES.c.id, ACKNOWLEDGEMENTS.c.user_id == user_id)
    return (
        select(NOTICES, USERS.c.display.label("author"), ACKNOWLEDGEMENTS.c.at.label("acknowledged"))
        .join(USERS, USERS.c.id == NOTICES.c.author_id)
        .outerjoin(ACKNOWLEDGEMENTS, mine)
    )


def _notice(row: Row[Any]) -> Notice:
    return Notice(**{**row._mapping, "roles": tuple(row.roles)})


def _target(number: int) -> str:
    return f"notice:{number}"
