"""How people come in: with a password, by a one-time link, through somebody else who checks them; and how they leave."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from kb import passwords
from kb.accounts import checked_name, folded
from kb.db import audit, links, sessions, users
from kb.db.engine import Connection, Database
from kb.db.links import Link
from kb.db.sessions import Limits
from kb.db.users import ORIGINS, User
from kb.errors import Conflict, Refused
from kb.people import ANONYMOUS, SYSTEM, Actor

# wrong passwords that are let pass, and minutes that an account is locked after that: doubled each time, up to the most
LET_PASS, FIRST_LOCK, LONGEST_LOCK = 5, 1, 15
_REFUSED = (
    f"登录名或密码不对，请检查大小写和输入法后再试。连续输错 {LET_PASS} 次，账号会锁定 "
    f"{FIRST_LOCK} 到 {LONGEST_LOCK} 分钟；忘记密码请找管理员要重设链接。"
)
_STALE_LINK = "这个链接用过了，或者过期了。请找管理员要一个新的。"
PASSWORD_LINKS = ("invite", "reset")


class SignInRefused(Refused):
    """Somebody is not let in; the sentence is the same whatever was wrong."""


def lock_minutes(failures: int) -> int:
    """How long an account is locked after so many wrong passwords; 0: not at all."""
    if failures < LET_PASS:
        return 0
    return min(FIRST_LOCK << min(failures - LET_PASS, 10), LONGEST_LOCK)


def sign_in(database: Database, name: str, password: str, at: datetime, address: str, limits: Limits) -> str:
    """Check a password; the token of the new session. Raises SignInRefused, after the same work in every case."""
    with database.reading() as connection:
        known = users.find(connection, folded(name))
    # slow on purpose, therefore outside of the transaction
    right = passwords.matches(known.password if known else "", password)
    fresh = passwords.hash_password(password) if right and known and passwords.is_outdated(known.password) else ""
    with database.writing() as connection:
        user = users.find(connection, folded(name))
        why = _why_not(user, known, right, at)
        if user is None or why:
            _note_refusal(connection, user, why, at, address)
        else:
            if fresh:
                users.change(connection, user.id, password=fresh)
            return _begin(connection, user, at, address, limits, "password")
    raise SignInRefused(_REFUSED)


def _why_not(user: User | None, checked: User | None, right: bool, at: datetime) -> str:
    """Why somebody is not let in, a word for the audit; empty if nothing is in the way. Pure."""
    if user is None or checked is None or user.password != checked.password:
        return "unknown"
    if not user.active:
        return "disabled"
    if user.locked_until and at < user.locked_until:
        return "locked"
    return "" if right else "password"


def _note_refusal(connection: Connection, user: User | None, why: str, at: datetime, address: str) -> None:
    detail: dict[str, object] = {"why": why}
    if user and why == "password":
        failures = user.failures + 1
        minutes = lock_minutes(failures)
        until = at + timedelta(minutes=minutes) if minutes else None
        users.change(connection, user.id, failures=failures, locked_until=until)
        detail |= {"failures": failures, "locked_minutes": minutes}
    # a name that nobody has is not written down: it may be a password in the wrong field
    audit.record(connection, at, ANONYMOUS.name, "sign_in", user.name if user else "", detail, address, "denied")


def _begin(connection: Connection, user: User, at: datetime, address: str, limits: Limits, by: str) -> str:
    """Start a session with a new token."""
    sessions.forget_ended(connection, limits, at)
    users.change(connection, user.id, failures=0, locked_until=None, signed_in=at)
    audit.record(connection, at, user.name, "sign_in", user.name, {"by": by}, address)
    return sessions.begin(connection, user.id, at, address)


def sign_out(database: Database, actor: Actor, session: str, at: datetime, address: str = "") -> None:
    """End a session, by the SHA-256 of its token."""
    with database.writing() as connection:
        sessions.end(connection, session)
        audit.record(connection, at, actor.name, "sign_out", actor.name, {}, address)


def sign_out_everywhere(database: Database, actor: Actor, at: datetime, address: str = "") -> int:
    """End every session of somebody; how many."""
    with database.writing() as connection:
        ended = sessions.end_all(connection, actor.id)
        audit.record(connection, at, actor.name, "sign_out", actor.name, {"sessions": ended}, address)
        return ended


def change_password(
    database: Database, actor: Actor, old: str, new: str, at: datetime, address: str, limits: Limits
) -> str:
    """Change one's own password; ends all sessions, and the token of a new one for this browser.

    Raises Refused for a wrong old password (which counts as a failed sign-in) or a weak new one.
    """
    _refuse_weak(new, actor.name)
    if old == new:
        raise Refused("新密码和原来的一样，请换一个。")
    with database.reading() as connection:
        user = users.get(connection, actor.id)
    right = user is not None and passwords.matches(user.password, old)
    hashed = passwords.hash_password(new)
    with database.writing() as connection:
        current = users.get(connection, actor.id)
        why = _why_not(current, user, right, at)
        if current is not None and not why:
            _set_password(connection, current, hashed)
            audit.record(connection, at, actor.name, "password.change", actor.name, {}, address)
            return _begin(connection, current, at, address, limits, "password change")
        _note_refusal(connection, current, why, at, address)
    raise SignInRefused("原来的密码不对，或者账号因为连续输错被锁定了，请过一会儿再试。")


def setup_link(database: Database, at: datetime) -> str:
    """The secret of a link that creates the first administrator; empty where there is one. Earlier ones die."""
    with database.reading() as connection:
        if users.administrators(connection):
            return ""
    with database.writing() as connection:
        audit.record(connection, at, SYSTEM.name, "setup.link")
        return links.make(connection, "setup", None, at)


def open_link(database: Database, secret: str, purposes: Collection[str], at: datetime) -> tuple[Link, User | None]:
    """What a one-time link is good for, and for whom. Raises Refused if it is used or too old."""
    with database.reading() as connection:
        return _open(connection, secret, purposes, at)


def _open(connection: Connection, secret: str, purposes: Collection[str], at: datetime) -> tuple[Link, User | None]:
    link = links.find(connection, secret, purposes, at)
    user = users.get(connection, link.user_id) if link and link.user_id else None
    if link is None or (user and not user.active):
        raise Refused(_STALE_LINK)
    return link, user


def create_administrator(
    database: Database, secret: str, name: str, display: str, password: str, at: datetime, address: str, limits: Limits
) -> str:
    """Use the setup link; the token of the new administrator's session. Raises Refused, and the link stays good."""
    name = checked_name(name)
    _refuse_weak(password, name)
    open_link(database, secret, ["setup"], at)
    hashed = passwords.hash_password(password)
    with database.writing() as connection:
        link, _ = _open(connection, secret, ["setup"], at)
        if users.administrators(connection):
            raise Refused("已经有管理员了。")
        links.use(connection, link, at)
        user = users.add(connection, name, display[:64], ["admin"], at, password=hashed)
        audit.record(connection, at, name, "setup.administrator", name, {}, address)
        return _begin(connection, user, at, address, limits, "setup link")


def set_password_by_link(
    database: Database, secret: str, password: str, at: datetime, address: str, limits: Limits
) -> str:
    """Choose a password by an invite or reset link; ends all sessions, and the token of a new one."""
    _, user = open_link(database, secret, PASSWORD_LINKS, at)
    _refuse_weak(password, user.name if user else "")
    hashed = passwords.hash_password(password)
    with database.writing() as connection:
        link, user = _open(connection, secret, PASSWORD_LINKS, at)
        if user is None:
            raise Refused(_STALE_LINK)
        links.use(connection, link, at)
        _set_password(connection, user, hashed)
        audit.record(connection, at, user.name, f"password.{link.purpose}", user.name, {}, address)
        return _begin(connection, user, at, address, limits, f"{link.purpose} link")


def _refuse_weak(password: str, name: str) -> None:
    why = passwords.weakness(password, name)
    if why:
        raise Refused(why)


def _set_password(connection: Connection, user: User, hashed: str) -> None:
    users.change(connection, user.id, password=hashed, must_change=False)
    sessions.end_all(connection, user.id)


def from_proxy(database: Database, name: str, at: datetime, address: str = "") -> User:
    """The person that a trusted proxy names; an unknown one is added as an agent. Raises Refused for who may not come in."""
    name = checked_name(name)
    with database.reading() as connection:
        user = users.find(connection, name)
    if user is None:
        with database.writing() as connection:
            # two requests of the same new person may be here at once
            user = users.find(connection, name) or _joined(
                connection, "proxy", name, name, name, ["agent"], at, address
            )
    return _admitted(user, "proxy")


def from_oidc(
    database: Database,
    subject: str,
    name: str,
    display: str,
    roles: Collection[str] | None,
    at: datetime,
    address: str,
    limits: Limits,
) -> str:
    """Sign in somebody whom the OpenID provider vouches for; the token of the session.

    `roles`: what the provider says the person may do, None if it has no say. Raises Refused for who may not come in.
    """
    name = checked_name(name)
    with database.writing() as connection:
        user = users.known_as(connection, "oidc", subject)
        if user is None:
            user = users.find(connection, name)
            if user is None:
                user = _joined(connection, "oidc", name, display, subject, roles or ["agent"], at, address)
            elif user.origin == "oidc" and not user.subject:
                # an administrator added the person before
                users.change(connection, user.id, subject=subject)
            else:
                raise Conflict(f"登录名 {name} 已是另一个账号（{ORIGINS[user.origin]}），请找管理员处理。")
        _admitted(user, "oidc")
        if roles is not None and user.roles != frozenset(roles):
            users.change(connection, user.id, roles=frozenset(roles))
            detail = {"before": sorted(user.roles), "after": sorted(roles)}
            audit.record(connection, at, SYSTEM.name, "user.change", user.name, detail, address)
        return _begin(connection, user, at, address, limits, "oidc")


def _joined(
    connection: Connection,
    origin: str,
    name: str,
    display: str,
    subject: str,
    roles: Collection[str],
    at: datetime,
    address: str,
) -> User:
    user = users.add(connection, name, display[:64], roles, at, origin=origin, subject=subject[:255])
    detail = {"roles": sorted(roles), "origin": origin}
    audit.record(connection, at, SYSTEM.name, "user.add", name, detail, address)
    return user


def _admitted(user: User, origin: str) -> User:
    if user.origin != origin:
        raise Refused(f"登录名 {user.name} 已是另一个账号（{ORIGINS[user.origin]}），请找管理员处理。")
    if not user.active:
        raise Refused("您的账号已停用，需要时请找管理员。")
    return user
