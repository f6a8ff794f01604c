"""From a text that was approved to the changes of files that publish it. Pure: what is in the files is given, nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from kb.articles import ALERT_DAYS, parse_article
from kb.clock import SHANGHAI, parse_moment
from kb.crosscheck import Finding, between, without_clashes
from kb.errors import ArticleError, Refused
from kb.files import digest
from kb.outline import outline
from kb.publishing.stamp import scalars, stamp
from kb.publishing.versions import Found, Surroundings, timeline
from kb.publishing.workflow import file_name
from kb.types import Article, Problem


@dataclass(frozen=True, slots=True)
class Change:
    """One file to be written or removed."""

    action: Literal["write", "remove"]
    path: str
    text: str = field(repr=False)
    # SHA-256 of what must stand there before; empty: no file
    base_digest: str
    # of what will stand there; empty: no file
    digest: str
    version: int = 0
    title: str = ""
    effective: datetime | None = None
    author: str = ""
    approver: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an approval adds to a text."""

    # as people are called in the file; None: as the text says
    author: str | None
    approver: str
    at: datetime
    # it was looked at now; a text that is rolled back to was not
    verified: bool = True
    change_note: str | None = None
    # whether a moment in the future is kept
    may_wait: bool = True
    # the highest version that the article ever had
    latest: int = 0


def written(path: str, text: str, base_digest: str, article: Article | None = None) -> Change:
    """The change that makes a file say this."""
    data = digest(text.encode())
    if article is None:
        return Change("write", path, text, base_digest, data)
    return Change(
        "write", path, text, base_digest, data, article.version, article.title, article.effective, article.author,
        article.approver,
    )  # fmt: skip


def removed(path: str, base_digest: str) -> Change:
    """The change that takes a file away."""
    return Change("remove", path, "", base_digest, "")


def publish(path: str, text: str, decision: Decision, around: Surroundings, *, urgent: bool) -> list[Change]:
    """The changes that publish a text begun from the file `path`: its own file, and the one that it leaves.

    Raises ArticleError with everything that is wrong.
    """
    stamped = stamp(text, path, stamps(text, path, decision, around))
    parsed = parse_article(stamped.encode(), path, around.registry)
    if parsed.article is None:
        raise ArticleError(parsed.errors)
    article, at = parsed.article, decision.at
    target = _target(path, article, around, at)
    left = _left(path, target, around, at)
    # another version that waits for the same moment is not replaced but said to clash
    gone = {left, target} if target == path or article.effective <= at else {left}
    problems = _clashes(stamped, target, article, around, gone)
    if urgent and (article.expires is None or article.expires > article.effective + timedelta(days=ALERT_DAYS)):
        problems.append(Problem(target, 0, 0, f"加急发布要写失效时间 expires，不晚于生效后 {ALERT_DAYS} 天。"))
    if problems:
        raise ArticleError(problems)
    replaced = around.at(target)
    changes = [written(target, stamped, replaced.digest if replaced else "", article)]
    if left and (found := around.at(left)):
        changes.append(removed(left, found.digest))
    return changes


def stamps(text: str, path: str, decision: Decision, around: Surroundings) -> dict[str, str]:
    """The fields that the workflow owns, as they will stand in the file."""
    at = decision.at.astimezone(SHANGHAI)
    values = {"version": str(max(around.latest, decision.latest) + 1), "approver": decision.approver}
    if decision.author is not None:
        values["author"] = decision.author
    if decision.verified:
        values["verified"] = f"{at:%Y-%m-%d}"
    if decision.change_note is not None:
        values["change_note"] = decision.change_note
    begins = _moment(scalars(text, path).get("effective", ""))
    # what cannot be read is left for the validator to say
    if begins is not None and not (decision.may_wait and begins > decision.at):
        values["effective"] = written_moment(at)
    return values


def written_moment(at: datetime) -> str:
    """A moment as articles write it, to the second and not after it."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _moment(written: str) -> datetime | None:
    """The moment a field says; the beginning of time where it says nothing, None where it cannot be read."""
    try:
        return parse_moment(written or "1970-01-01")
    except ValueError:
        return None


def _target(path: str, article: Article, around: Surroundings, at: datetime) -> str:
    folder = path.rpartition("/")[0]
    taken = {
        found.path.rpartition("/")[2]
        for found in around.versions
        if found.path != path and found.article and found.article.effective != article.effective
    }
    return f"{folder}/{file_name(article.id, article.effective, at, taken)}"


def _left(path: str, target: str, around: Surroundings, at: datetime) -> str:
    """The file that a version which had not begun yet is moved from; empty where nothing is moved."""
    base = around.at(path)
    waits = base is not None and base.article is not None and base.article.effective > at
    return path if waits and path != target else ""


def _clashes(text: str, target: str, article: Article, around: Surroundings, gone: Collection[str]) -> list[Problem]:
    """What does not go together with the other versions and articles."""
    others = [outline(f.article) for f in around.versions if f.article and f.path not in gone]
    one = outline(article)
    _, found = without_clashes([*others, one])
    # every other file stays where it is; only its own clashes are of interest
    own = [f for f in (*found, *between([one], around.ids | {article.id})) if f.path == one.path and f.level == "error"]
    occupied = around.at(target)
    if occupied and occupied.article and target in gone and _overwrites_waiting(occupied.article, article):
        own.append(Finding(target, "effective:", f"{target} 里是一版待生效的内容，请先改那一版的文件名。"))
    return [_placed(text, target, finding) for finding in own]


def _overwrites_waiting(other: Article, article: Article) -> bool:
    """Whether a version that has not begun would be lost to another one, which begins earlier."""
    return other.effective > article.effective and other.path != article.path


def _placed(text: str, path: str, finding: Finding) -> Problem:
    at = text.find(finding.needle)
    line = text.count("\n", 0, at) + 1 if at >= 0 else 1
    return Problem(path, line, 1, finding.message, finding.level)


def expire(path: str, text: str, at: datetime, around: Surroundings) -> list[Change]:
    """The changes that take a version away at once. Raises Refused where that makes no sense, ArticleError."""
    found = around.at(path)
    if found is None or found.shown is None:
        raise Refused(f"{path} 里没有能用的版本，坐席本来就看不到它。")
    if found.article is None:
        return _without(found, at, around)
    if found.article.effective > at:
        return [removed(path, found.digest)]
    if found.article.expires and found.article.expires <= at:
        raise Refused("这一版已经失效了。")
    # not before it began: it was published in this very second
    end = max(at, found.article.effective + timedelta(seconds=1))
    stamped = stamp(text, path, {"expires": written_moment(end)})
    parsed = parse_article(stamped.encode(), path, around.registry)
    if parsed.article is None:
        raise ArticleError(parsed.errors)
    return [written(path, stamped, found.digest, parsed.article)]


def _without(broken: Found, at: datetime, around: Surroundings) -> list[Change]:
    """The changes that take away a file with errors, and those that it replaced: they would be in force again."""
    phases = {version.path: version.phase for version in timeline(around.versions, at)}
    if phases.get(broken.path, "expired") == "expired":
        raise Refused("这一版已经失效了。")
    in_force = phases[broken.path] == "in_force"
    replaced = [f for f in around.versions if in_force and f.path != broken.path and f.shown and _goes_on(f.shown, at)]
    return [removed(found.path, found.digest) for found in (broken, *replaced)]


def _goes_on(article: Article, at: datetime) -> bool:
    """Whether a version has begun and does not end by itself."""
    return article.effective <= at and (article.expires is None or article.expires > at)


def newly_broken(before: Mapping[str, Collection[Problem]], after: Mapping[str, Collection[Problem]]) -> list[Problem]:
    """Errors of articles that were without any before a shared file changed."""
    return [p for path, problems in after.items() if not before.get(path) for p in problems]
