"""Drafts and what is said about them, as rows. Which step may follow which is decided in kb/publishing/workflow.py."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, select

from kb.db.schema import COMMENTS, DRAFTS, USERS
from kb.publishing.workflow import Standing, State

Kind = Literal["article", "file"]
TITLE_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as drafts and comments name them."""

    id: int
    name: str
    display: str


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft without its text, for lists."""

    id: int
    # article, or file (of the lexicon or the registry)
    kind: Kind
    # empty for files that are no articles
    article_id: str
    # the file it is meant for, relative to the articles folder
    path: str
    title: str
    state: State
    # SHA-256 of the file when the draft was begun; empty for a new file
    base_digest: str
    # counts the changes
    number: int
    urgent: bool
    author: Person
    # ids of everybody who changed the text
    editors: frozenset[int]
    approver: Person | None
    created: datetime
    updated: datetime
    submitted: datetime | None
    decided: datetime | None

    @property
    def standing(self) -> Standing:
        """What the rules need to know."""
        return Standing(self.state, self.author.id, self.editors)


@dataclass(frozen=True, slots=True)
class Draft(DraftRow):
    """A draft with its text."""

    text: str = field(repr=False)
    # what the file said when the draft was begun; empty for a new file
    base: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """Something said about a draft."""

    id: int
    draft_id: int
    author: Person
    at: datetime
    text: str


_AUTHOR, _APPROVER = USERS.alias("author"), USERS.alias("approver")
_PEOPLE = [
    _AUTHOR.c.name.label("author_name"), _AUTHOR.c.display.label("author_display"),
    _APPROVER.c.name.label("approver_name"), _APPROVER.c.display.label("approver_display"),
]  # fmt: skip
# columns that lists do not read
_LONG = ("text", "base")


def _query(*, whole: bool) -> Select[Any]:
    columns = [c for c in DRAFTS.c if whole or c.name not in _LONG]
    joined = DRAFTS.join(_AUTHOR, DRAFTS.c.author_id == _AUTHOR.c.id).outerjoin(
        _APPROVER, DRAFTS.c.approver_id == _APPROVER.c.id
    )
    return select(*columns, *_PEOPLE).select_from(joined)


def _values(row: Row[Any]) -> dict[str, Any]:
    values = dict(row._mapping)
    author = Person(values.pop("author_id"), values.pop("author_name"), values.pop("author_display"))
    approver_id, name, display = (values.pop(f"approver_{part}") for part in ("id", "name", "display"))
    approver = Person(approver_id, name, display) if approver_id is not None else None
    return {**values, "author": author, "approver": approver, "editors": frozenset(values["editors"])}


def listed(connection: Connection, states: Collection[State] = (), author_id: int | None = None) -> list[DraftRow]:
    """Drafts without their texts, newest change first; of these states (none: all), begun by this person."""
    query = _query(whole=False).order_by(DRAFTS.c.updated.desc(), DRAFTS.c.id.desc())
    if states:
        query = query.where(DRAFTS.c.state.in_(states))
    if author_id is not None:
        query = query.where(DRAFTS.c.author_id == author_id)
    return [DraftRow(**_values(row)) for row in connection.execute(query)]


def in_review(connection: Connection) -> int:
    """How many drafts wait for a review."""
    return int(connection.execute(select(func.count()).where(DRAFTS.c.state == "review")).scalar_one())


def find(connection: Connection, draft_id: int) -> Draft | None:
    """A draft by its number."""
    row = connection.execute(_query(whole=True).where(DRAFTS.c.id == draft_id)).first()
    return Draft(**_values(row)) if row else None


def is_new(connection: Connection, article_id: str) -> bool:
    """Whether a draft is open that begins this article."""
    query = select(DRAFTS.c.id).where(
        DRAFTS.c.article_id == article_id,
        DRAFTS.c.base_digest == "",
        DRAFTS.c.state.in_(("draft", "review", "approved")),
    )
    return connection.execute(query.limit(1)).first() is not None


def add(
    connection: Connection,
    kind: Kind,
    article_id: str,
    path: str,
    title: str,
    text: str,
    base: str,
    base_digest: str,
    author_id: int,
    at: datetime,
) -> int:
    """Begin a draft; its number."""
    made = connection.execute(
        DRAFTS.insert()
        .values(
            kind=kind,
            article_id=article_id,
            path=path,
            title=title[:TITLE_LENGTH],
            text=text,
            base=base,
            base_digest=base_digest,
            author_id=author_id,
            editors=[author_id],
            created=at,
            updated=at,
        )
        .returning(DRAFTS.c.id)
    )
    return int(made.scalar_one())


def change(connection: Connection, draft_id: int, **values: Any) -> None:
    """Set columns of a draft; `editors` may be a set."""
    if "editors" in values:
        values["editors"] = sorted(values["editors"])
    if "title" in values:
        values["title"] = values["title"][:TITLE_LENGTH]
    connection.execute(DRAFTS.update().where(DRAFTS.c.id == draft_id).values(**values))


def comment(connection: Connection, draft_id: int, user_id: int, text: str, at: datetime) -> Comment:
    """Keep something said about a draft."""
    row = COMMENTS.insert().values(draft_id=draft_id, user_id=user_id, at=at, text=text)
    number = connection.execute(row.returning(COMMENTS.c.id)).scalar_one()
    return next(c for c in comments(connection, draft_id) if c.id == number)


def comments(connection: Connection, draft_id: int) -> list[Comment]:
    """What was said about a draft, oldest first."""
    query = (
        select(COMMENTS, USERS.c.name, USERS.c.display)
        .select_from(COMMENTS.join(USERS, COMMENTS.c.user_id == USERS.c.id))
        .where(COMMENTS.c.draft_id == draft_id)
        .order_by(COMMENTS.c.id)
    )
    return [
        Comment(r.id, r.draft_id, Person(r.user_id, r.name, r.display), r.at, r.text) for r in connection.execute(query)
    ]
