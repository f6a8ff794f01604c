"""Feedback of agents, as it is kept. Functions on a connection, so that a change and its audit event are one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, true

from kb.db import audit
from kb.db.schema import DRAFTS, FEEDBACK, USERS
from kb.errors import Conflict, NotAllowed, Refused
from kb.feedback import STATES, UNDO, Feedback, Kind, State
from kb.people import Actor

Show = Literal["open", "late", "done", "praise", "all"]
_NOT_PRAISE = FEEDBACK.c.kind != "praise"
_ANSWERED = and_(FEEDBACK.c.state != "open", _NOT_PRAISE)


def send(
    connection: Connection,
    actor: Actor,
    kind: Kind,
    article_key: str,
    question: str,
    text: str,
    at: datetime,
    due: datetime,
    address: str = "",
) -> int:
    """Keep what somebody says about an article version; the number it got. `question` and `text` are masked already."""
    article_id = article_key.rpartition("@")[0] or article_key
    # praise asks for nothing
    state: State = "done" if kind == "praise" else "open"
    values = {
        "kind": kind, "article_key": article_key, "article_id": article_id, "question": question, "text": text,
        "reporter_id": actor.id, "reporter": actor.name, "at": at, "due": due, "state": state,
    }  # fmt: skip
    number = int(connection.execute(FEEDBACK.insert().values(values).returning(FEEDBACK.c.id)).scalar_one())
    audit.record(
        connection, at, actor.name, "feedback.send", _target(number), {"kind": kind, "article": article_key}, address
    )
    return number


def undo(connection: Connection, actor: Actor, number: int, at: datetime, address: str = "") -> None:
    """Take back what one has just sent. Raises NotAllowed for somebody else's, Refused where it is too late."""
    found = find(connection, number)
    if found is None:
        # taken back already: pressing twice is no mistake
        return
    if found.reporter_id != actor.id:
        raise NotAllowed("只能撤销自己刚发的反馈。")
    if at - found.at > UNDO or found.answered or found.draft_id:
        raise Refused("已经过了可以撤销的时间，反馈已在处理。")
    connection.execute(FEEDBACK.delete().where(FEEDBACK.c.id == number))
    audit.record(connection, at, actor.name, "feedback.undo", _target(number), {"article": found.article_key}, address)


def answer(
    connection: Connection, actor: Actor, number: int, state: State, text: str, at: datetime, address: str = ""
) -> None:
    """Close a feedback with an answer to its reporter. Raises Refused if there is none, Conflict if it is answered."""
    values = {"state": state, "answer": text, "answered_by": actor.id, "answered": at, "seen": None}
    changed = connection.execute(
        FEEDBACK.update().where(FEEDBACK.c.id == number, FEEDBACK.c.state == "open").values(values)
    )
    if not changed.rowcount:
        raise _taken(find(connection, number))
    audit.record(connection, at, actor.name, "feedback.answer", _target(number), {"state": state}, address)


def _taken(found: Feedback | None) -> Refused:
    if found is None:
        return Refused("这条反馈已经被报告人撤销了。")
    if found.kind == "praise":
        return Refused("这一条是“有用”，不用答复。")
    return Conflict(f"{found.answered_by}刚才已经答复了这条反馈（{STATES[found.state]}），您写的没有发出。")


def link_draft(
    connection: Connection, actor: Actor, number: int, draft_id: int, at: datetime, address: str = ""
) -> None:
    """Note which draft mends what was reported."""
    connection.execute(FEEDBACK.update().where(FEEDBACK.c.id == number).values(draft_id=draft_id))
    audit.record(connection, at, actor.name, "feedback.draft", _target(number), {"draft": draft_id}, address)


def find(connection: Connection, number: int) -> Feedback | None:
    """One feedback, None if there is none."""
    row = connection.execute(_select().where(FEEDBACK.c.id == number)).first()
    return _feedback(row) if row else None


def listed(
    connection: Connection, show: Show, at: datetime, limit: int, offset: int = 0, article_id: str = ""
) -> list[Feedback]:
    """What waits, most urgent first; for all that is not waiting, the newest first. `article_id`: only about this one."""
    order = [FEEDBACK.c.due, FEEDBACK.c.id] if show in ("open", "late") else [FEEDBACK.c.id.desc()]
    about = FEEDBACK.c.article_id == article_id if article_id else true()
    query = _select().where(_shown(show, at), about).order_by(*order).limit(limit).offset(offset)
    return [_feedback(row) for row in connection.execute(query)]


def counts(connection: Connection, at: datetime) -> dict[Show, int]:
    """How many there are of each that can be shown."""
    shows: tuple[Show, ...] = ("open", "late", "done", "praise", "all")
    query = select(*(func.count().filter(_shown(show, at)).label(show) for show in shows)).select_from(FEEDBACK)
    row = connection.execute(query).one()
    return {show: getattr(row, show) for show in shows}


def waiting(connection: Connection) -> int:
    """How many wait for an answer."""
    return int(connection.execute(select(func.count()).where(FEEDBACK.c.state == "open")).scalar_one())


def of_reporter(connection: Connection, user_id: int, limit: int) -> list[Feedback]:
    """What somebody reported: answers not yet read first, then the newest."""
    unread = and_(_ANSWERED, FEEDBACK.c.seen.is_(None))
    query = (
        _select().where(FEEDBACK.c.reporter_id == user_id).order_by(unread.desc(), FEEDBACK.c.id.desc()).limit(limit)
    )
    return [_feedback(row) for row in connection.execute(query)]


def unread_answers(connection: Connection, user_id: int) -> int:
    """How many answers somebody has not read yet."""
    query = select(func.count()).where(FEEDBACK.c.reporter_id == user_id, _ANSWERED, FEEDBACK.c.seen.is_(None))
    return int(connection.execute(query).scalar_one())


def mark_read(connection: Connection, actor: Actor, numbers: list[int], at: datetime, address: str = "") -> None:
    """Note that the reporter has read these answers."""
    own = and_(FEEDBACK.c.reporter_id == actor.id, FEEDBACK.c.id.in_(numbers), _ANSWERED, FEEDBACK.c.seen.is_(None))
    if connection.execute(FEEDBACK.update().where(own).values(seen=at)).rowcount:
        audit.record(connection, at, actor.name, "feedback.read", "", {"feedback": sorted(numbers)}, address)


def _shown(show: Show, at: datetime) -> ColumnElement[bool]:
    open_ = FEEDBACK.c.state == "open"
    return {
        "open": open_,
        "late": and_(open_, FEEDBACK.c.due < at),
        "done": _ANSWERED,
        "praise": FEEDBACK.c.kind == "praise",
        "all": or_(true()),
    }[show]


def _select() -> Select[Any]:
    reporter, answerer = USERS.alias("reporter_user"), USERS.alias("answerer")
    return (
        select(
            FEEDBACK,
            reporter.c.display.label("reporter_display"),
            answerer.c.display.label("answerer_display"),
            DRAFTS.c.state.label("draft_state"),
        )
        .outerjoin(reporter, reporter.c.id == FEEDBACK.c.reporter_id)
        .outerjoin(answerer, answerer.c.id == FEEDBACK.c.answered_by)
        .outerjoin(DRAFTS, DRAFTS.c.id == FEEDBACK.c.draft_id)
    )


def _feedback(row: Row[Any]) -> Feedback:
    values = dict(row._mapping)
    values["reporter"] = values.pop("reporter_display") or values["reporter"]
    values["answered_by"] = values.pop("answerer_display") or ""
    values["draft_state"] = values["draft_state"] or ""
    return Feedback(**values)


def _target(number: int) -> str:
    return f"feedback:{number}"
