"""The versions of one article that stand in the files: which is in force, which waits, which is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kb.articles import parse_article, read_bytes
from kb.crosscheck import without_clashes
from kb.files import digest
from kb.library import article_files, article_id, article_name, periods
from kb.outline import outline
from kb.publishing.workflow import Phase, phase
from kb.registry import Registry
from kb.types import Article, Problem


@dataclass(frozen=True, slots=True)
class Found:
    """A file that claims to be a version of an article."""

    path: str
    # SHA-256 of its content
    digest: str
    # None where the file has errors
    article: Article | None


@dataclass(frozen=True, slots=True)
class Version:
    """A version on the time line."""

    path: str
    version: int
    title: str
    effective: datetime
    # when it ends, by its own expiry or by its successor; None: open end
    end: datetime | None
    phase: Phase
    approver: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a file has to go together with: the versions of its article, and the ids of all articles."""

    versions: tuple[Found, ...]
    ids: frozenset[str]
    registry: Registry

    def at(self, path: str) -> Found | None:
        """The version in a file."""
        return next((found for found in self.versions if found.path == path), None)

    @property
    def latest(self) -> int:
        """The highest version in the files; 0 if there is none."""
        return max((found.article.version for found in self.versions if found.article), default=0)


def surroundings(root: Path, one: str, registry: Registry) -> Surroundings:
    """What stands around the article with this id."""
    files = list(article_files(root))
    found = []
    for path in files:
        if article_id(path) == one:
            name = article_name(path, root)
            data = read_bytes(path, name)
            if not isinstance(data, Problem):
                found.append(Found(name, digest(data), parse_article(data, name, registry).article))
    return Surroundings(tuple(found), frozenset(article_id(path) for path in files), registry)


def timeline(versions: Iterable[Found], at: datetime) -> list[Version]:
    """The usable versions in the order in which they begin."""
    articles = {found.path: found.article for found in versions if found.article}
    kept, _ = without_clashes([outline(article) for article in articles.values()])
    ends = periods(kept)
    line = []
    for one in kept:
        start, end = ends[one.key]
        article = articles[one.path]
        line.append(Version(one.path, one.version, article.title, start, end, phase(start, end, at), article.approver))
    return sorted(line, key=lambda version: (version.effective, version.version))
