"""A folder of articles → all versions, and every problem that only shows between files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kb.articles import Parsed, read_article
from kb.crosscheck import Finding, between, without_clashes
from kb.frontmatter import decode
from kb.registry import Registry, load_registry
from kb.types import Article, Problem


@dataclass(frozen=True, slots=True)
class Library:
    """Everything under an articles folder: usable versions in order of id and effective time, and all problems."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]
    registry: Registry

    @property
    def errors(self) -> list[Problem]:
        """The problems that block publishing."""
        return [p for p in self.problems if p.level == "error"]


def article_files(root: Path) -> Iterator[Path]:
    """Article files below a folder in a stable order; names beginning with `_` or `.` are not articles."""
    for path in sorted(root.rglob("*.md")):
        parts = path.relative_to(root).parts
        if not any(part.startswith(("_", ".")) for part in parts):
            yield path


def load_library(root: Path) -> Library:
    """Read every article below `root`. A file with errors is left out and reported; the others are used."""
    registry, problems = load_registry(root)
    articles: list[Article] = []
    ids: set[str] = set()
    for path in article_files(root):
        name = os.fsencode(path.relative_to(root)).decode("utf-8", "replace")  # any bytes can be a file name
        parsed: Parsed = read_article(path, name, registry)
        problems += parsed.problems
        # a link to an article that has an error elsewhere is not dead
        ids.add(path.stem.partition("@")[0])
        if parsed.article:
            articles.append(parsed.article)
    kept, clashes = without_clashes(articles)
    problems += [_placed(root, finding) for finding in (*clashes, *between(kept, ids))]
    kept.sort(key=lambda a: (a.id, a.effective, a.version))
    return Library(tuple(kept), tuple(problems), registry)


def _placed(root: Path, finding: Finding) -> Problem:
    """A finding with the line and column of its needle's first occurrence in the file."""
    text = decode((root / finding.article.path).read_bytes(), finding.article.path)
    at = text.find(finding.needle) if isinstance(text, str) else -1
    if at < 0 or not isinstance(text, str):
        return Problem(finding.article.path, 1, 1, finding.message, finding.level)
    line = text.count("\n", 0, at) + 1
    return Problem(finding.article.path, line, at - text.rfind("\n", 0, at), finding.message, finding.level)


def periods(articles: Iterable[Article]) -> dict[str, tuple[datetime, datetime | None]]:
    """When each version (by `key`) is in force: from its effective time until it expires or its successor begins."""
    by_id: dict[str, list[Article]] = {}
    for article in articles:
        by_id.setdefault(article.id, []).append(article)
    found: dict[str, tuple[datetime, datetime | None]] = {}
    for versions in by_id.values():
        versions.sort(key=lambda a: (a.effective, a.version))
        for current, following in zip(versions, [*versions[1:], None], strict=True):
            ends = [t for t in (current.expires, following.effective if following else None) if t]
            found[current.key] = (current.effective, min(ends) if ends else None)
    return found
