"""Every text that a file ever had, as rows: what was published here, and what was found changed in the files."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from kb.db.schema import REVISIONS

Origin = Literal["workbench", "files", "git"]
# author and approver have room for so many characters
_NAME = 64


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that a file had from a moment on."""

    id: int
    # empty for files that are no articles
    article_id: str
    path: str
    # 0 where it cannot be read, and for files that are no articles
    version: int
    digest: str
    text: str = field(repr=False)
    # the file is gone with this revision
    removed: bool
    effective: datetime | None
    at: datetime
    # as people call them
    author: str
    approver: str
    source: Origin
    publication_id: int | None


def add(connection: Connection, **values: Any) -> int:
    """Keep a revision (the columns are those of `Revision`); its number."""
    kept = {**values, **{name: values.get(name, "")[:_NAME] for name in ("author", "approver")}}
    return int(connection.execute(REVISIONS.insert().values(**kept).returning(REVISIONS.c.id)).scalar_one())


def find(connection: Connection, number: int) -> Revision | None:
    """A revision by its number."""
    row = connection.execute(select(REVISIONS).where(REVISIONS.c.id == number)).first()
    return Revision(**row._mapping) if row else None


def of_article(connection: Connection, article_id: str) -> list[Revision]:
    """Every revision of an article's files, newest first."""
    return _newest_first(connection, REVISIONS.c.article_id == article_id)


def of_file(connection: Connection, path: str) -> list[Revision]:
    """Every revision of a file, newest first."""
    return _newest_first(connection, REVISIONS.c.path == path)


def _newest_first(connection: Connection, condition: Any) -> list[Revision]:
    query = select(REVISIONS).where(condition).order_by(REVISIONS.c.id.desc())
    return [Revision(**row._mapping) for row in connection.execute(query)]


def digests(connection: Connection) -> dict[str, str]:
    """Path → digest of its newest revision; those that are gone are left out."""
    newest = select(func.max(REVISIONS.c.id)).group_by(REVISIONS.c.path)
    query = select(REVISIONS.c.path, REVISIONS.c.digest).where(
        REVISIONS.c.id.in_(newest), REVISIONS.c.removed.is_(False)
    )
    return {row.path: row.digest for row in connection.execute(query)}


def latest_version(connection: Connection, article_id: str) -> int:
    """The highest version that an article ever had; 0 if none is known."""
    query = select(func.max(REVISIONS.c.version)).where(REVISIONS.c.article_id == article_id)
    return int(connection.execute(query).scalar_one() or 0)


def add_all(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Keep many revisions at once."""
    kept = [{**r, **{name: r.get(name, "")[:_NAME] for name in ("author", "approver")}} for r in rows]
    if kept:
        connection.execute(REVISIONS.insert(), kept)


def since(connection: Connection, number: int) -> list[Revision]:
    """Revisions with greater numbers, oldest first."""
    query = select(REVISIONS).where(REVISIONS.c.id > number).order_by(REVISIONS.c.id)
    return [Revision(**row._mapping) for row in connection.execute(query)]


def last(connection: Connection) -> int:
    """The greatest number given; 0 if there is none."""
    return int(connection.execute(select(func.max(REVISIONS.c.id))).scalar_one() or 0)


def forget(connection: Connection, publications: Collection[int]) -> None:
    """Drop the revisions of publications that never reached their files."""
    connection.execute(REVISIONS.delete().where(REVISIONS.c.publication_id.in_(publications)))
