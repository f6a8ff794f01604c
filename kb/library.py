"""A folder of articles → all versions, and every problem that only shows between files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kb.articles import Parsed, read_article
from kb.registry import Registry, load_registry
from kb.types import FOLDERS, Article, Problem, RegulationDetail

_LINK = re.compile(r"(?<!!)\[[^\]\n]{0,200}\]\(([^)\s]{1,200})(?:\s[^)\n]{0,200})?\)")
_EXTERNAL = re.compile(r"(?:https?://|mailto:|tel:|#)")


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
    for path in article_files(root):
        name = os.fsencode(path.relative_to(root)).decode("utf-8", "replace")  # any bytes can be a file name
        parsed: Parsed = read_article(path, name, registry)
        problems += parsed.problems
        if parsed.article:
            articles.append(parsed.article)
    kept, clashes = _without_clashes(articles)
    problems += clashes
    problems += _between(kept, _published_ids(root, kept))
    kept.sort(key=lambda a: (a.id, a.effective, a.version))
    return Library(tuple(kept), tuple(problems), registry)


def _published_ids(root: Path, articles: list[Article]) -> set[str]:
    """Ids of all files, broken ones included: a link to an article that has an error elsewhere is not dead."""
    return {a.id for a in articles} | {p.stem.partition("@")[0] for p in article_files(root)}


def _without_clashes(articles: list[Article]) -> tuple[list[Article], list[Problem]]:
    """One article for each id and version, the first file in order; the others are problems."""
    first: dict[tuple[str, int], Article] = {}
    begun: dict[tuple[str, datetime], Article] = {}
    kept: list[Article] = []
    problems: list[Problem] = []
    for article in articles:
        other = first.setdefault((article.id, article.version), article)
        if other is not article:
            message = f"编号 {article.id} 第 {article.version} 版和 {other.path} 重复，请改编号或版本号。"
            problems.append(Problem(article.path, 2, 1, message))
            continue
        elder = begun.setdefault((article.id, article.effective), article)
        if elder is not article:
            problems.append(Problem(article.path, 2, 1, f"和 {elder.path} 同时生效，请改 effective。"))
            continue
        kept.append(article)
    return kept, problems


def _between(articles: Iterable[Article], ids: set[str]) -> list[Problem]:
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for article in articles:
        folder = Path(article.path).parent.name
        if folder in FOLDERS.values() and folder != FOLDERS[article.type]:
            problems.append(Problem(article.path, 3, 1, f"{article.type} 类文章要放在 {FOLDERS[article.type]}/ 目录。"))
        for target in _LINK.findall(article.body):
            if not _EXTERNAL.match(target) and target.partition("#")[0] not in ids:
                said = f"正文链接到“{target}”，没有这篇文章。"
                problems.append(
                    Problem(article.path, 0, 0, said, "warning" if article.status == "imported" else "error")
                )
        if isinstance(article.detail, RegulationDetail):
            for target in article.detail.affects:
                if target not in ids:
                    problems.append(Problem(article.path, 0, 0, f"affects 写了“{target}”，没有这篇文章。"))
        for question in article.questions:
            owner = owners.setdefault(question, article.id)
            if owner != article.id:
                problems.append(
                    Problem(article.path, 0, 0, f"相似问“{question}”在 {owner} 里也有，请只留一处。", "warning")
                )
    return problems


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
