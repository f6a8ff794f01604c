"""What only shows between articles: dead links, clashes, repeated phrasings. Pure; where it stands in a file is found later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from kb.types import FOLDERS, Article, RegulationDetail

_LINK = re.compile(r"(?<!!)\[[^\]\n]{0,200}\]\(([^)\s]{1,200})(?:\s[^)\n]{0,200})?\)")
_EXTERNAL = re.compile(r"(?:https?://|mailto:|tel:|#)")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with an article, and the text of its file that shows where."""

    article: Article
    needle: str
    message: str
    level: Literal["error", "warning"] = "error"


def without_clashes(articles: Iterable[Article]) -> tuple[list[Article], list[Finding]]:
    """One article for each id and version, and for each id and beginning: the first in order; the others are findings."""
    versions: dict[tuple[str, int], Article] = {}
    begun: dict[tuple[str, datetime], Article] = {}
    kept: list[Article] = []
    found: list[Finding] = []
    for article in articles:
        other = versions.setdefault((article.id, article.version), article)
        if other is not article:
            message = f"编号 {article.id} 第 {article.version} 版和 {other.path} 重复，请改编号或版本号。"
            found.append(Finding(article, "version:", message))
            continue
        elder = begun.setdefault((article.id, article.effective), article)
        if elder is not article:
            found.append(Finding(article, "effective:", f"和 {elder.path} 同时生效，请改 effective。"))
            continue
        kept.append(article)
    return kept, found


def between(articles: Iterable[Article], ids: set[str]) -> Iterator[Finding]:
    """Findings of all articles; `ids`: every id that has a file, broken files included."""
    owners: dict[str, str] = {}
    for article in articles:
        yield from _wrong_folder(article)
        yield from _dead_links(article, ids)
        for question in article.questions:
            owner = owners.setdefault(question, article.id)
            if owner != article.id:
                message = f"相似问“{question}”在 {owner} 里也有，请只留一处。"
                yield Finding(article, question, message, "warning")


def _wrong_folder(article: Article) -> Iterator[Finding]:
    folder = Path(article.path).parent.name
    if folder in FOLDERS.values() and folder != FOLDERS[article.type]:
        yield Finding(article, "type:", f"{article.type} 类文章要放在 {FOLDERS[article.type]}/ 目录。")


def _dead_links(article: Article, ids: set[str]) -> Iterator[Finding]:
    for target in _LINK.findall(article.body):
        if not _EXTERNAL.match(target) and target.partition("#")[0] not in ids:
            # articles of another system link to pages of that system
            level: Literal["error", "warning"] = "warning" if article.status == "imported" else "error"
            yield Finding(article, f"]({target}", f"正文链接到“{target}”，没有这篇文章。", level)
    if isinstance(article.detail, RegulationDetail):
        for target in article.detail.affects:
            if target not in ids:
                yield Finding(article, target, f"affects 写了“{target}”，没有这篇文章。")
