"""Managing people: who is added, what they may do, who is disabled. Each step and its audit event are one transaction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from kb.db import audit, links, sessions, users
from kb.db.engine import Connection, Database
from kb.db.users import ORIGINS, User
from kb.errors import Refused
from kb.people import ROLES, Actor

_NAME = re.compile(r"[\w.@+-]{1,64}")
_LONGEST = 64
_MOST_WORDS = 50


@dataclass(frozen=True, slots=True)
class Profile:
    """What is decided about somebody."""

    display: str
    roles: frozenset[str]
    queues: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def checked(self) -> Profile:
        """The same without stray spaces. Raises Refused for a role that does not exist, or for what is too long."""
        unknown = sorted(self.roles - set(ROLES))
        if unknown:
            raise Refused(
                f"没有“{unknown[0][:40]}”这个角色，可以用：{'、'.join(f'{k}（{v}）' for k, v in ROLES.items())}。"
            )
        if not self.roles:
            raise Refused("至少要选一个角色。")
        return Profile(
            _line(self.display, "姓名"), self.roles, _words(self.queues, "技能组"), _words(self.regions, "地区")
        )


def folded(name: str) -> str:
    """A sign-in name as it is kept: neither width nor case makes two people."""
    return unicodedata.normalize("NFKC", name[:256]).strip().casefold()


def checked_name(name: str) -> str:
    """A new sign-in name as it is kept. Raises Refused for what cannot be one."""
    kept = folded(name)
    if not _NAME.fullmatch(kept):
        raise Refused("登录名要有 1 到 64 个字，只能用文字、数字和 . @ + - _。")
    return kept


def _line(text: str, what: str) -> str:
    kept = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(kept) > _LONGEST:
        raise Refused(f"{what}最多 {_LONGEST} 个字。")
    return kept


def _words(words: Collection[str], what: str) -> frozenset[str]:
    kept = frozenset(filter(None, (_line(word, what) for word in words)))
    if len(kept) > _MOST_WORDS:
        raise Refused(f"{what}最多 {_MOST_WORDS} 个。")
    return kept


def add_user(
    database: Database, actor: Actor, name: str, profile: Profile, origin: str, at: datetime, address: str = ""
) -> tuple[User, str]:
    """Add somebody, and for a local account the secret of a link that sets the password (else empty).

    Raises Conflict if the name is taken, Refused for what cannot be kept.
    """
    name, profile = checked_name(name), profile.checked()
    if origin not in ORIGINS:
        raise Refused(f"没有“{origin[:20]}”这种登录方式。")
    with database.writing() as connection:
        user = users.add(
            connection, name, profile.display, profile.roles, at,
            queues=profile.queues, regions=profile.regions, origin=origin,
        )  # fmt: skip
        detail = {**_told(profile), "origin": origin}
        audit.record(connection, at, actor.name, "user.add", name, detail, address)
        secret = links.make(connection, "invite", user.id, at) if origin == "local" else ""
    return user, secret


def change_user(
    database: Database, actor: Actor, user_id: int, profile: Profile, at: datetime, address: str = ""
) -> User:
    """Change what somebody may do or is called. Raises Refused if nobody would be left to manage people."""
    profile = profile.checked()
    with database.writing() as connection:
        user = _existing(connection, user_id)
        users.change(
            connection, user.id,
            display=profile.display or user.name, roles=profile.roles, queues=profile.queues, regions=profile.regions,
        )  # fmt: skip
        _keep_an_administrator(connection, user)
        before = _told(Profile(user.display, user.roles, user.queues, user.regions))
        detail = {"before": before, "after": _told(profile)}
        audit.record(connection, at, actor.name, "user.change", user.name, detail, address)
        return _existing(connection, user_id)


def set_active(database: Database, actor: Actor, user_id: int, active: bool, at: datetime, address: str = "") -> None:
    """Disable somebody, which ends all sessions, links and keys; or let the person in again.

    Raises Refused if nobody would be left to manage people.
    """
    with database.writing() as connection:
        user = _existing(connection, user_id)
        users.change(connection, user.id, active=active, failures=0, locked_until=None)
        _keep_an_administrator(connection, user)
        detail: dict[str, object] = {}
        if not active:
            detail["sessions"] = sessions.end_all(connection, user.id)
            detail["links"] = links.withdraw(connection, list(links.VALID), user.id, at)
        audit.record(
            connection, at, actor.name, "user.enable" if active else "user.disable", user.name, detail, address
        )


def password_link(database: Database, actor: Actor, user_id: int, at: datetime, address: str = "") -> str:
    """The secret of a link by which somebody chooses a password; until then the old one only leads to changing it."""
    with database.writing() as connection:
        user = _active(connection, user_id)
        if user.origin != "local":
            raise Refused(f"{user.name} 用{ORIGINS[user.origin]}登录，这里没有密码。")
        users.change(connection, user.id, must_change=bool(user.password), failures=0, locked_until=None)
        audit.record(connection, at, actor.name, "user.password_link", user.name, {}, address)
        return links.make(connection, "reset" if user.password else "invite", user.id, at)


def make_key(database: Database, actor: Actor, user_id: int, at: datetime, valid: timedelta, address: str = "") -> str:
    """A key by which another system acts as somebody."""
    with database.writing() as connection:
        user = _active(connection, user_id)
        audit.record(connection, at, actor.name, "user.key", user.name, {"days": valid.days}, address)
        return links.make(connection, "api", user.id, at, valid)


def withdraw_keys(database: Database, actor: Actor, user_id: int, at: datetime, address: str = "") -> int:
    """Make all keys of somebody worthless; how many there were."""
    with database.writing() as connection:
        user = _existing(connection, user_id)
        withdrawn = links.withdraw(connection, ["api"], user.id, at)
        audit.record(connection, at, actor.name, "user.key_withdraw", user.name, {"keys": withdrawn}, address)
        return withdrawn


def _existing(connection: Connection, user_id: int) -> User:
    user = users.get(connection, user_id)
    if user is None:
        raise Refused("没有这个用户。")
    return user


def _active(connection: Connection, user_id: int) -> User:
    user = _existing(connection, user_id)
    if not user.active:
        raise Refused(f"{user.name} 已停用，请先启用。")
    return user


def _keep_an_administrator(connection: Connection, before: User) -> None:
    """Raises Refused, which undoes the transaction, if the change took away the last one."""
    if before.active and before.actor.may("people") and not users.administrators(connection):
        raise Refused("这是最后一个管理员，请先让另一个人当管理员。")


def _told(profile: Profile) -> dict[str, object]:
    return {
        "display": profile.display,
        "roles": sorted(profile.roles),
        "queues": sorted(profile.queues),
        "regions": sorted(profile.regions),
    }
