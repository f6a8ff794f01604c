"""Reported gaps, as they are kept. Functions on a connection, so that a change and its audit event are one transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from kb.db import audit
from kb.db.schema import DRAFTS, GAPS, USERS
from kb.errors import Conflict, NotAllowed, Refused
from kb.feedback import UNDO
from kb.gaps import Gap, State
from kb.people import Actor

_FRUITLESS = DRAFTS.alias("fruitless")
# a gap whose draft came to nothing waits again
_OPEN = or_(
    GAPS.c.state == "open",
    and_(
        GAPS.c.state.in_(("draft", "alias")),
        select(_FRUITLESS.c.id).where(_FRUITLESS.c.id == GAPS.c.draft_id, _FRUITLESS.c.state == "withdrawn").exists(),
    ),
)


def send(
    connection: Connection,
    actor: Actor,
    question: str,
    facet: str,
    best: str,
    confident: bool,
    at: datetime,
    address: str = "",
) -> int:
    """Keep a question (masked already) that was not answered, with what was found; the number it got."""
    values = {
        "question": question, "facet": facet, "best": best, "confident": confident,
        "reporter_id": actor.id, "reporter": actor.name, "at": at,
    }  # fmt: skip
    number = int(connection.execute(GAPS.insert().values(values).returning(GAPS.c.id)).scalar_one())
    audit.record(connection, at, actor.name, "gap.send", _target(number), {"best": best}, address)
    return number


def undo(connection: Connection, actor: Actor, number: int, at: datetime, address: str = "") -> None:
    """Take back what one has just reported. Raises NotAllowed for somebody else's, Refused where it is too late."""
    row = connection.execute(select(GAPS).where(GAPS.c.id == number)).first()
    if row is None:
        # taken back already: pressing twice is no mistake
        return
    if row.reporter_id != actor.id:
        raise NotAllowed("只能撤销自己刚报告的缺口。")
    if at - row.at > UNDO or row.state != "open":
        raise Refused("已经过了可以撤销的时间，缺口已在处理。")
    connection.execute(GAPS.delete().where(GAPS.c.id == number))
    audit.record(connection, at, actor.name, "gap.undo", _target(number), {}, address)


def decide(
    connection: Connection,
    actor: Actor,
    numbers: Collection[int],
    state: State,
    at: datetime,
    draft_id: int | None = None,
    address: str = "",
) -> int:
    """Close the gaps among these that wait; how many. Raises Conflict if none of them waits any more."""
    values = {"state": state, "draft_id": draft_id, "decided_by": actor.id, "decided": at}
    changed = connection.execute(GAPS.update().where(GAPS.c.id.in_(numbers), _OPEN).values(values)).rowcount
    if not changed:
        raise Conflict(_TAKEN)
    detail = {"gaps": sorted(numbers), "draft": draft_id}
    audit.record(connection, at, actor.name, f"gap.{state}", f"gap:{min(numbers)}", detail, address)
    return changed


_TAKEN = "这些缺口别人刚才已经处理了，没有再做一遍。"


def waiting_of(connection: Connection, numbers: Collection[int]) -> list[Gap]:
    """The gaps among these that wait, oldest first. Raises Conflict if none of them waits any more."""
    found = _gaps(connection, _select().where(GAPS.c.id.in_(numbers), _OPEN).order_by(GAPS.c.id))
    if not found:
        raise Conflict(_TAKEN)
    return found


def find(connection: Connection, number: int) -> Gap | None:
    """One gap, None if there is none."""
    return next(iter(_gaps(connection, _select().where(GAPS.c.id == number))), None)


def open_ones(connection: Connection, limit: int) -> list[Gap]:
    """The gaps that wait, newest first."""
    return _gaps(connection, _select().where(_OPEN).order_by(GAPS.c.id.desc()).limit(limit))


def decided_ones(connection: Connection, limit: int, offset: int = 0) -> list[Gap]:
    """The gaps that were decided, the latest decision first."""
    order = (GAPS.c.decided.desc(), GAPS.c.id.desc())
    return _gaps(connection, _select().where(~_OPEN).order_by(*order).limit(limit).offset(offset))


def of_reporter(connection: Connection, user_id: int, limit: int) -> list[Gap]:
    """What somebody reported, newest first."""
    return _gaps(connection, _select().where(GAPS.c.reporter_id == user_id).order_by(GAPS.c.id.desc()).limit(limit))


def counts(connection: Connection) -> tuple[int, int]:
    """How many wait, and how many were decided."""
    query = select(func.count().filter(_OPEN), func.count().filter(~_OPEN)).select_from(GAPS)
    waiting, decided = connection.execute(query).one()
    return waiting, decided


def _gaps(connection: Connection, query: Select[Any]) -> list[Gap]:
    return [_gap(row) for row in connection.execute(query)]


def _select() -> Select[Any]:
    reporter, decider = USERS.alias("reporter_user"), USERS.alias("decider")
    return (
        select(
            GAPS,
            reporter.c.display.label("reporter_display"),
            decider.c.display.label("decider_display"),
            DRAFTS.c.state.label("draft_state"),
        )
        .outerjoin(reporter, reporter.c.id == GAPS.c.reporter_id)
        .outerjoin(decider, decider.c.id == GAPS.c.decided_by)
        .outerjoin(DRAFTS, DRAFTS.c.id == GAPS.c.draft_id)
    )


def _gap(row: Row[Any]) -> Gap:
    values = dict(row._mapping)
    values["reporter"] = values.pop("reporter_display") or values["reporter"]
    values["decided_by"] = values.pop("decider_display") or ""
    values["draft_state"] = values["draft_state"] or ""
    return Gap(**values)


def _target(number: int) -> str:
    return f"gap:{number}"
