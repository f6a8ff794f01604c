"""What was decided and has to be done to the files, as rows; done in the order of their numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from kb.db.schema import PUBLICATIONS

Action = Literal["write", "remove"]
# pending: decided; written: the file is as decided, the index does not answer with it yet; applied: done
# failed: the file had been changed by somebody else, and nothing was overwritten
Progress = Literal["pending", "written", "applied", "failed"]


@dataclass(frozen=True, slots=True)
class Publication:
    """One decision about one file."""

    id: int
    # the draft that it came from, if it came from one
    draft_id: int | None
    action: Action
    # empty for files that are no articles
    article_id: str
    # relative to the articles folder
    path: str
    text: str = field(repr=False)
    # SHA-256 of the text, and of what must stand there before; empty: no file
    digest: str
    base_digest: str
    state: Progress
    # a Chinese sentence: why it is not done, or what else there is to know
    reason: str
    # sign-in names
    author: str
    approver: str
    at: datetime
    applied: datetime | None
    # index generation that answers with it
    generation: str


def add(
    connection: Connection,
    action: Action,
    article_id: str,
    path: str,
    text: str,
    digest: str,
    base_digest: str,
    author: str,
    approver: str,
    at: datetime,
    draft_id: int | None = None,
) -> int:
    """Decide; the number of the decision."""
    made = connection.execute(
        PUBLICATIONS.insert()
        .values(
            draft_id=draft_id,
            action=action,
            article_id=article_id,
            path=path,
            text=text,
            digest=digest,
            base_digest=base_digest,
            author=author,
            approver=approver,
            at=at,
        )
        .returning(PUBLICATIONS.c.id)
    )
    return int(made.scalar_one())


def find(connection: Connection, number: int) -> Publication | None:
    """A publication by its number."""
    row = connection.execute(select(PUBLICATIONS).where(PUBLICATIONS.c.id == number)).first()
    return Publication(**row._mapping) if row else None


def in_states(connection: Connection, *states: Progress) -> list[Publication]:
    """Publications of these states, in the order in which they have to be done."""
    query = select(PUBLICATIONS).where(PUBLICATIONS.c.state.in_(states)).order_by(PUBLICATIONS.c.id)
    return [Publication(**row._mapping) for row in connection.execute(query)]


def unfinished(connection: Connection) -> bool:
    """Whether anything remains to be done."""
    query = select(PUBLICATIONS.c.id).where(PUBLICATIONS.c.state.in_(("pending", "written"))).limit(1)
    return connection.execute(query).first() is not None


def latest(connection: Connection, limit: int) -> list[Publication]:
    """The newest publications, newest first."""
    query = select(PUBLICATIONS).order_by(PUBLICATIONS.c.id.desc()).limit(limit)
    return [Publication(**row._mapping) for row in connection.execute(query)]


def change(connection: Connection, numbers: Collection[int], **values: Any) -> None:
    """Set columns of publications."""
    connection.execute(PUBLICATIONS.update().where(PUBLICATIONS.c.id.in_(numbers)).values(**values))
