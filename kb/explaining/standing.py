"""Whether an article is shown to somebody at a moment, and if not, why: as much of it as that person may know.

Who may edit is told everything but what an article says that is not for them; others learn only when a version for them begins or ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from kb.articles import parse_article, read_bytes
from kb.backend import StoredArticle
from kb.crosscheck import without_clashes
from kb.library import article_files, article_id, article_name, periods
from kb.outline import outline
from kb.publishing.workflow import Phase, phase
from kb.registry import Registry, load_registry
from kb.types import Article, Audience, Problem
from kb.visibility import Viewer, admitted

Reason = Literal[
    "shown", "scheduled", "expired", "audience", "broken", "unindexed", "draft", "withdrawn", "unknown"
]  # fmt: skip
_AUDIENCE = (("roles", "岗位"), ("queues", "业务队列"), ("regions", "地区"))
# which version is spoken of where none is shown
_ORDER: tuple[Phase, ...] = ("in_force", "scheduled", "expired")


@dataclass(frozen=True, slots=True)
class File:
    """A file that claims to be a version of an article."""

    path: str
    # None where the file has errors and is left out
    article: Article | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Traces:
    """What the workbench knows of an article beyond its files."""

    # states of the drafts that are open, in Chinese
    drafts: tuple[str, ...] = ()
    # when its last file was taken away; None: it had none, or still has one
    removed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an article stands for somebody at a moment."""

    id: str
    reason: Reason
    # a Chinese sentence for people
    sentence: str
    # the rest is empty where the viewer may not know it
    title: str = ""
    version: int = 0
    # in force from … until (None: open end)
    start: datetime | None = None
    end: datetime | None = None
    verified: date | None = None
    # last day on which it counts as verified, and whether that is past
    due: date | None = None
    overdue: bool = False
    # what is wrong in its files
    problems: tuple[Problem, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether the viewer may know that there is such an article."""
        return self.reason != "unknown"


@dataclass(frozen=True, slots=True)
class _Version:
    article: Article
    start: datetime
    end: datetime | None
    phase: Phase


def files_of(root: Path, one: str) -> tuple[File, ...]:
    """The files that claim to be versions of an article, with what is wrong in them."""
    paths = [path for path in article_files(root) if article_id(path) == one]
    if not paths:
        return ()
    registry, _ = load_registry(root)
    return tuple(_read(path, root, registry) for path in paths)


def _read(path: Path, root: Path, registry: Registry) -> File:
    name = article_name(path, root)
    data = read_bytes(path, name)
    if isinstance(data, Problem):
        return File(name, None, (data,))
    parsed = parse_article(data, name, registry)
    return File(name, parsed.article, tuple(parsed.errors))


def shown(stored: StoredArticle, at: datetime) -> Standing:
    """How an article stands that the viewer sees."""
    return _of_version("shown", "现在生效，看得到。", stored.article, stored.start, stored.end, at)


def missing(
    one: str, files: Sequence[File], traces: Traces, viewer: Viewer, at: datetime, *, may_edit: bool
) -> Standing:
    """How an article stands that the search does not show to this viewer."""
    version = _spoken_of(files, at)
    if not may_edit:
        if version is None or version.phase == "in_force" or not admitted(version.article.audience, viewer):
            return _unknown(one)
        return _of_phase(version, at, titled=False)
    broken = tuple(problem for file in files for problem in (*file.problems, *_clashes(file, files)))
    if version and not admitted(version.article.audience, viewer):
        return Standing(one, "audience", f"本文不对你的岗位开放，只给：{_named(version.article.audience)}。")
    if version and version.phase == "in_force":
        said = "文件里有生效的一版，索引还没有收进来，请运行 kb index update。"
        return _of_version("unindexed", said, version.article, version.start, version.end, at)
    if broken:
        return Standing(one, "broken", "文件有错误，没有收进索引，改好以后才看得到。", problems=broken)
    if version:
        return _of_phase(version, at, titled=True)
    return _without_files(one, traces)


def _unknown(one: str) -> Standing:
    return Standing(one, "unknown", f"没有这篇文章：{one[:80]}")


def _without_files(one: str, traces: Traces) -> Standing:
    drafts = "、".join(traces.drafts)
    if traces.removed:
        later = f"，现在有一稿：{drafts}" if drafts else ""
        return Standing(one, "withdrawn", f"已经撤下，{_moment(traces.removed)} 起没有文件了{later}。")
    if drafts:
        return Standing(one, "draft", f"只有草稿（{drafts}），还没有发布。")
    return _unknown(one)


def _spoken_of(files: Iterable[File], at: datetime) -> _Version | None:
    """The version in force, or the next one, or the last one."""
    articles = {file.path: file.article for file in files if file.article}
    kept, _ = without_clashes([outline(article) for article in articles.values()])
    ends = periods(kept)
    found = [_Version(articles[o.path], *ends[o.key], phase(*ends[o.key], at)) for o in kept]
    found.sort(key=lambda v: (_ORDER.index(v.phase), _distance(v, at)))
    return found[0] if found else None


def _distance(version: _Version, at: datetime) -> timedelta:
    return abs((version.end or version.start if version.phase == "expired" else version.start) - at)


def _clashes(file: File, files: Iterable[File]) -> list[Problem]:
    """What is wrong with a file beside the others."""
    _, found = without_clashes([outline(f.article) for f in files if f.article])
    return [Problem(f.path, 0, 0, f.message, f.level) for f in found if f.path == file.path]


def _of_phase(version: _Version, at: datetime, *, titled: bool) -> Standing:
    if version.phase == "scheduled":
        reason: Reason = "scheduled"
        said = f"还没有生效，从 {_moment(version.start)} 起看得到。"
    else:
        reason = "expired"
        said = f"已经失效，{_moment(version.end or version.start)} 起不再显示。"
    if titled:
        return _of_version(reason, said, version.article, version.start, version.end, at)
    return Standing(version.article.id, reason, said, start=version.start, end=version.end)


def _of_version(
    reason: Reason, said: str, article: Article, start: datetime, end: datetime | None, at: datetime
) -> Standing:
    due = article.verified + timedelta(days=article.review_days) if article.verified else None
    return Standing(
        article.id, reason, said, article.title, article.version, start, end, article.verified, due,
        overdue=due is None or due < at.date(),
    )  # fmt: skip


def _named(audience: Audience) -> str:
    """Whom an article is for, e.g. `岗位 班长；地区 深圳、广州`."""
    return "；".join(
        f"{name} {'、'.join(allowed)}" for field, name in _AUDIENCE if (allowed := getattr(audience, field))
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
