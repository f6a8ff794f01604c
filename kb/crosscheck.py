"""What only shows between articles: dead links, clashes, repeated phrasings. Pure; where it stands in a file is found later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kb.outline import Outline
from kb.types import FOLDERS

_FOLDERS = frozenset(FOLDERS.values())


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with an article, and the text of its file that shows where."""

    path: str
    needle: str
    message: str
    level: Literal["error", "warning"] = "error"


def without_clashes(articles: Iterable[Outline]) -> tuple[list[Outline], list[Finding]]:
    """One article for each id and version, and for each id and beginning: the first in order; the others are findings."""
    versions: dict[tuple[str, int], Outline] = {}
    begun: dict[tuple[str, datetime], Outline] = {}
    kept: list[Outline] = []
    found: list[Finding] = []
    for article in articles:
        other = versions.setdefault((article.id, article.version), article)
        if other is not article:
            message = f"编号 {article.id} 第 {article.version} 版和 {other.path} 重复，请改编号或版本号。"
            found.append(Finding(article.path, "version:", message))
            continue
        elder = begun.setdefault((article.id, article.effective), article)
        if elder is not article:
            found.append(Finding(article.path, "effective:", f"和 {elder.path} 同时生效，请改 effective。"))
            continue
        kept.append(article)
    return kept, found


def between(articles: Iterable[Outline], ids: Set[str]) -> Iterator[Finding]:
    """Findings of all articles; `ids`: every id that has a file, broken files included."""
    owners: dict[str, str] = {}
    for article in articles:
        yield from _wrong_folder(article)
        yield from _dead_links(article, ids)
        for question in article.questions:
            owner = owners.setdefault(question, article.id)
            if owner != article.id:
                message = f"相似问“{question}”在 {owner} 里也有，请只留一处。"
                yield Finding(article.path, question, message, "warning")


def _wrong_folder(article: Outline) -> Iterator[Finding]:
    folder = article.path.rpartition("/")[0].rpartition("/")[2]
    if folder in _FOLDERS and folder != FOLDERS[article.type]:
        yield Finding(article.path, "type:", f"{article.type} 类文章要放在 {FOLDERS[article.type]}/ 目录。")


def _dead_links(article: Outline, ids: Set[str]) -> Iterator[Finding]:
    for target in article.links:
        if target.partition("#")[0] not in ids:
            # articles of another system link to pages of that system
            level: Literal["error", "warning"] = "warning" if article.status == "imported" else "error"
            yield Finding(article.path, f"]({target}", f"正文链接到“{target}”，没有这篇文章。", level)
    for target in article.affects:
        if target not in ids:
            yield Finding(article.path, target, f"affects 写了“{target}”，没有这篇文章。")
