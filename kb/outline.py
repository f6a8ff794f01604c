"""What checks between articles need to know of each, and nothing else: small enough to keep for every file there is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from kb.clock import SHANGHAI
from kb.types import Article, ArticleType, RegulationDetail, Status

_LINK = re.compile(r"(?<!!)\[[^\]\n]{0,200}\]\(([^)\s]{1,200})(?:\s[^)\n]{0,200})?\)")
_EXTERNAL = re.compile(r"(?:https?://|mailto:|tel:|#)")


@dataclass(frozen=True, slots=True)
class Outline:
    """One version of one article as other articles see it. Times are aware, in Asia/Shanghai."""

    path: str
    id: str
    version: int
    type: ArticleType
    status: Status
    effective: datetime
    expires: datetime | None
    questions: tuple[str, ...]
    # targets in the body that are no addresses of their own, each as often as it is written
    links: tuple[str, ...]
    # ids that a regulation names
    affects: tuple[str, ...]
    digest: str

    @property
    def key(self) -> str:
        """Identity of this version among all versions of all articles, as `Article.key`."""
        return f"{self.id}@{self.version}"


def outline(article: Article) -> Outline:
    """The outline of an article."""
    return Outline(
        article.path,
        article.id,
        article.version,
        article.type,
        article.status,
        article.effective,
        article.expires,
        article.questions,
        _links(article.body),
        article.detail.affects if isinstance(article.detail, RegulationDetail) else (),
        article.digest,
    )


def _links(body: str) -> tuple[str, ...]:
    if "](" not in body:
        return ()
    return tuple(target for target in _LINK.findall(body) if not _EXTERNAL.match(target))


def to_row(outline: Outline) -> list[Any]:
    """The outline as a list that JSON can keep; `from_row` gives an equal outline back."""
    return [
        outline.path,
        outline.id,
        outline.version,
        outline.type,
        outline.status,
        _written(outline.effective),
        _written(outline.expires) if outline.expires else None,
        list(outline.questions),
        list(outline.links),
        list(outline.affects),
        outline.digest,
    ]


def from_row(row: list[Any]) -> Outline:
    """The outline that `to_row` wrote. Raises ValueError if the list is of another length; does not look at its cells."""
    path, id_, version, kind, status, effective, expires, questions, links, affects, digest = row
    return Outline(
        path,
        id_,
        version,
        kind,
        status,
        _moment(effective),
        _moment(expires) if expires else None,
        tuple(questions),
        tuple(links),
        tuple(affects),
        digest,
    )


def _written(moment: datetime) -> str:
    # seconds since 1970 have no way back to the first day of the year 1
    return moment.replace(tzinfo=None).isoformat()


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
