"""A folder of articles → all versions, and every problem that only shows between files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Protocol

from kb.articles import parse_article, read_bytes
from kb.crosscheck import Finding, between, without_clashes
from kb.editing.language import everyday_words, remarks
from kb.editing.places import placed
from kb.fraud import dead_phrases
from kb.frontmatter import decode
from kb.lexicon import Lexicon, load_lexicon
from kb.outline import Outline, outline
from kb.pins import dead_pins
from kb.registry import Registry, load_registry
from kb.types import Article, Problem


@dataclass(frozen=True, slots=True)
class Library:
    """Everything under an articles folder: usable versions in order of id and effective time, and all problems."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]
    registry: Registry
    lexicon: Lexicon = field(default_factory=Lexicon)
    # the files that use shared facts, as they are written, by path
    with_facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> list[Problem]:
        """The problems that block publishing."""
        return [p for p in self.problems if p.level == "error"]


class Version(Protocol):
    """What `periods` needs to know of a version: articles and outlines have it."""

    @property
    def id(self) -> str:
        """The article."""

    @property
    def version(self) -> int:
        """The version."""

    @property
    def key(self) -> str:
        """Identity of the version."""

    @property
    def effective(self) -> datetime:
        """When it begins."""

    @property
    def expires(self) -> datetime | None:
        """When it ends by itself."""


def article_files(root: Path) -> Iterator[Path]:
    """Article files below a folder in a stable order; names beginning with `_` or `.` are not articles.

    Whatever is named like an article is listed, even a link or a folder; links to folders are not entered.
    """
    try:
        with os.scandir(root) as found:
            entries = sorted(found, key=attrgetter("name"))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    for entry in entries:
        name = entry.name
        if name.startswith(("_", ".")):
            continue
        if name.endswith(".md"):
            yield root / name
        if entry.is_dir(follow_symlinks=False):
            yield from article_files(root / name)


def article_name(path: Path, root: Path) -> str:
    """The path of an article of `article_files(root)` as shown to people: relative to the articles folder."""
    above = str(root)
    name = str(path) if above == "." else str(path)[len(above) :].lstrip("/")
    # any bytes can be a file name
    return os.fsencode(name).decode("utf-8", "replace")


def article_id(path: Path) -> str:
    """The id that a file's name claims: `card@2026-12-01.md` is a version of `card`."""
    return path.stem.partition("@")[0]


def load_library(root: Path) -> Library:
    """Read every article below `root`. A file with errors in its fields is left out and reported; the others are used."""
    registry, problems = load_registry(root)
    lexicon, malformed = load_lexicon(root)
    problems += malformed
    articles: list[Article] = []
    ids: set[str] = set()
    with_facts: dict[str, str] = {}
    for path in article_files(root):
        name = article_name(path, root)
        data = read_bytes(path, name)
        ids.add(article_id(path))
        if isinstance(data, Problem):
            problems.append(data)
            continue
        parsed = parse_article(data, name, registry)
        problems += parsed.problems
        if parsed.article:
            articles.append(parsed.article)
            if b"{{fact:" in data:
                with_facts[name] = data.decode("utf-8", "replace")
    problems += _language(root, articles, lexicon)
    problems += dead_pins(lexicon.pins, ids)
    problems += dead_phrases(lexicon.fraud, {article.id: article.type for article in articles}, ids)
    outlines = [outline(article) for article in articles]
    # two files can have the same name for people
    owners = {id(o): article for o, article in zip(outlines, articles, strict=True)}
    kept, found = check_outlines(root, outlines, ids)
    return Library(tuple(owners[id(o)] for o in kept), (*problems, *found), registry, lexicon, with_facts)


def _language(root: Path, articles: Iterable[Article], lexicon: Lexicon) -> Iterator[Problem]:
    everyday = everyday_words(articles, lexicon)
    for article in articles:
        if found := remarks(article, lexicon, everyday):
            yield from placed(found, _text(root, article.path), article.path)


def check_outlines(root: Path, outlines: Iterable[Outline], ids: Set[str]) -> tuple[list[Outline], list[Problem]]:
    """The usable versions in order of id and effective time, and every problem between files, with its place.

    `outlines` of all files without errors, in the order of `article_files`: of two that clash, the first is kept.
    `ids`: the ids of all files, broken ones included; a link to an article that has an error elsewhere is not dead.
    """
    kept, clashes = without_clashes(outlines)
    problems = list(_placed(root, (*clashes, *between(kept, ids))))
    kept.sort(key=lambda o: (o.id, o.effective, o.version))
    return kept, problems


def _placed(root: Path, findings: Iterable[Finding]) -> Iterator[Problem]:
    """Findings with the line and column of the needle's first occurrence in the file."""
    for path, group in groupby(findings, key=lambda finding: finding.path):
        text = _text(root, path)
        for finding in group:
            at = text.find(finding.needle)
            line = text.count("\n", 0, at) + 1 if at >= 0 else 1
            column = at - text.rfind("\n", 0, at) if at >= 0 else 1
            yield Problem(path, line, column, finding.message, finding.level)


def _text(root: Path, path: str) -> str:
    """What a file says; nothing where it is gone by now."""
    try:
        text = decode((root / path).read_bytes(), path)
    except OSError:
        return ""
    return text if isinstance(text, str) else ""


def periods(versions: Iterable[Version]) -> dict[str, tuple[datetime, datetime | None]]:
    """When each version (by `key`) is in force: from its effective time until it expires or its successor begins."""
    by_id: dict[str, list[Version]] = {}
    for version in versions:
        by_id.setdefault(version.id, []).append(version)
    found: dict[str, tuple[datetime, datetime | None]] = {}
    for successive in by_id.values():
        successive.sort(key=lambda v: (v.effective, v.version))
        for current, following in zip(successive, [*successive[1:], None], strict=True):
            ends = [t for t in (current.expires, following.effective if following else None) if t]
            found[current.key] = (current.effective, min(ends) if ends else None)
    return found


def in_force(articles: Iterable[Article], at: datetime) -> list[Article]:
    """The versions in force at a moment."""
    versions = list(articles)
    spans = periods(versions)
    return [a for a in versions if spans[a.key][0] <= at and (not (end := spans[a.key][1]) or at < end)]
