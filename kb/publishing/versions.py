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
    problems: tuple[Problem, ...] = ()
    # of a file with errors: what the index still answers with
    last_good: Article | None = None

    @property
    def shown(self) -> Article | None:
        """What agents can be shown of it."""
        return self.article or self.last_good


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
    # what is wrong in the file, of which agents see the last good version; empty where they see what it says
    problems: tuple[Problem, ...] = ()


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
            if isinstance(data, Problem):
                found.append(Found(name, "", None, (data,)))
            else:
                parsed = parse_article(data, name, registry)
                found.append(Found(name, digest(data), parsed.article, tuple(parsed.errors)))
    return Surroundings(tuple(found), frozenset(article_id(path) for path in files), registry)


def timeline(versions: Iterable[Found], at: datetime) -> list[Version]:
    """The versions that agents can be shown, in the order in which they begin."""
    files = list(versions)
    articles = {found.path: found.shown for found in files if found.shown}
    problems = {found.path: found.problems for found in files}
    kept, _ = without_clashes([outline(article) for article in articles.values()])
    ends = periods(kept)
    line = []
    for one in kept:
        start, end = ends[one.key]
        article = articles[one.path]
        line.append(
            Version(
                one.path, one.version, article.title, start, end, phase(start, end, at), article.approver,
                problems[one.path],
            )
        )  # fmt: skip
    return sorted(line, key=lambda version: (version.effective, version.version))
