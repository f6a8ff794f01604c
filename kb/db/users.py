"""The people who may sign in, as rows. Says nothing about passwords, sessions or who may change whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from kb.db.schema import USERS
from kb.errors import Conflict
from kb.people import Actor

# how the program knows who somebody is
ORIGINS: dict[str, str] = {"local": "本地密码", "oidc": "单点登录", "proxy": "反向代理"}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    id: int
    # what is typed to sign in, unique
    name: str
    display: str
    # hash, empty where no password opens the account
    password: str = field(repr=False)
    roles: frozenset[str]
    queues: frozenset[str]
    regions: frozenset[str]
    active: bool
    # key of ORIGINS; `subject` is how the other side names the person
    origin: str
    subject: str
    # wrong passwords since the last right one
    failures: int
    locked_until: datetime | None
    # the password has to be changed before anything else
    must_change: bool
    created: datetime
    signed_in: datetime | None

    @property
    def actor(self) -> Actor:
        """The person as somebody who does something."""
        return Actor(self.id, self.name, self.display, self.roles, self.queues, self.regions)


def _user(row: Row[Any]) -> User:
    values = dict(row._mapping)
    for name in ("roles", "queues", "regions"):
        values[name] = frozenset(values[name])
    return User(**values)


def find(connection: Connection, name: str) -> User | None:
    """By the name typed to sign in."""
    row = connection.execute(select(USERS).where(USERS.c.name == name)).first()
    return _user(row) if row else None


def get(connection: Connection, user_id: int) -> User | None:
    """By number."""
    row = connection.execute(select(USERS).where(USERS.c.id == user_id)).first()
    return _user(row) if row else None


def known_as(connection: Connection, origin: str, subject: str) -> User | None:
    """By the name that somebody else who checks people has for them."""
    row = connection.execute(select(USERS).where(USERS.c.origin == origin, USERS.c.subject == subject)).first()
    return _user(row) if row else None


def listed(connection: Connection) -> list[User]:
    """Everybody, by name."""
    return [_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))]


def count(connection: Connection) -> int:
    """How many there are."""
    return int(connection.execute(select(func.count()).select_from(USERS)).scalar_one())


def administrators(connection: Connection) -> list[User]:
    """Those who may manage people and are not disabled."""
    rows = connection.execute(select(USERS).where(USERS.c.active))
    return [user for user in map(_user, rows) if user.actor.may("people")]


def add(
    connection: Connection,
    name: str,
    display: str,
    roles: Collection[str],
    at: datetime,
    *,
    queues: Collection[str] = (),
    regions: Collection[str] = (),
    password: str = "",
    origin: str = "local",
    subject: str = "",
    must_change: bool = False,
) -> User:
    """Add somebody; `password` is a hash. Raises Conflict if the name is taken."""
    if find(connection, name):
        raise Conflict(f"登录名 {name} 已经有人用了。")
    made = connection.execute(
        USERS.insert().values(
            name=name,
            display=display or name,
            password=password,
            roles=sorted(roles),
            queues=sorted(queues),
            regions=sorted(regions),
            origin=origin,
            subject=subject,
            must_change=must_change,
            created=at,
        )
    )
    key = made.inserted_primary_key
    user = get(connection, key[0]) if key else None
    if user is None:
        raise RuntimeError(f"user {name} vanished while being added")
    return user


def change(connection: Connection, user_id: int, **values: Any) -> None:
    """Set columns of somebody; sets of words are kept as sorted lists."""
    kept = {n: sorted(v) if isinstance(v, (set, frozenset)) else v for n, v in values.items()}
    connection.execute(USERS.update().where(USERS.c.id == user_id).values(**kept))
