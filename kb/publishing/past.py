"""What an article said at a moment in the past, from the texts that its files had by then. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kb.clock import parse_moment
from kb.db.revisions import Revision
from kb.library import periods
from kb.publishing.stamp import scalars


@dataclass(frozen=True, slots=True)
class _Version:
    """A text as far as its period goes."""

    id: str
    version: int
    effective: datetime
    expires: datetime | None
    revision: Revision

    @property
    def key(self) -> str:
        return f"{self.id}@{self.version}"


def said(revisions: Iterable[Revision], at: datetime) -> Revision | None:
    """The text of an article that was in force at a moment; None if none was, or none is known of that time.

    `revisions`: all of the article, newest first.
    """
    standing: dict[str, Revision] = {}
    for revision in revisions:
        if revision.at <= at:
            standing.setdefault(revision.path, revision)
    versions = [found for r in standing.values() if not r.removed and (found := _version(r)) is not None]
    spans = periods(versions)
    for one in versions:
        start, end = spans[one.key]
        if start <= at and (end is None or at < end):
            return one.revision
    return None


def _version(revision: Revision) -> _Version | None:
    """None for a text that no reader could be shown."""
    front = scalars(revision.text, revision.path)
    with contextlib.suppress(ValueError):
        expires = parse_moment(front["expires"]) if front.get("expires") else None
        effective = parse_moment(front.get("effective", ""))
        return _Version(revision.article_id, revision.version, effective, expires, revision)
    return None
