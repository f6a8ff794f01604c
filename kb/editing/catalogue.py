"""The list of the workbench: drafts that are open and versions that are in the files, and which of them a filter shows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from kb.library import periods
from kb.people import Actor
from kb.publishing.workflow import PHASES, STATES, Standing, State, phase, refusal
from kb.types import FOLDERS, TYPES, Article

FILTERS: dict[str, str] = {
    "mine": "我的",
    "review": "待我审核",
    "due": "到期待核对",
    "scheduled": "待生效",
    "expired": "已失效",
    "low": "质量低",
    "all": "全部",
}
OPEN_STATES: tuple[State, ...] = ("draft", "review", "approved")
LOW_SCORE = 60
# days before the day on which an article has to be verified again
DUE_SOON = 14
_OTHER = "词库与登记"


class OpenDraft(Protocol):
    """What the list needs to know of a draft."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def article_id(self) -> str:
        """The article, empty for other files."""

    @property
    def path(self) -> str:
        """The file it is meant for."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def state(self) -> State:
        """Where it stands."""

    @property
    def urgent(self) -> bool:
        """Whether it is in a hurry."""

    @property
    def updated(self) -> datetime:
        """When it was changed last."""

    @property
    def standing(self) -> Standing:
        """What the rules need to know."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: a draft, or a version that is in the files (`draft_id` 0)."""

    draft_id: int
    article_id: str
    path: str
    title: str
    # key of TYPES, empty for files that are no articles
    type: str
    type_name: str
    # state of a draft or phase of a version, and how it is called
    state: str
    state_name: str
    owner: str
    version: int
    # when it was changed (drafts), began or begins (versions)
    when: datetime
    # last day on which it counts as verified
    due: date | None = None
    late: bool = False
    score: int | None = None
    urgent: bool = False
    filters: frozenset[str] = frozenset()


def catalogue(
    articles: Iterable[Article],
    drafts: Iterable[OpenDraft],
    actor: Actor,
    at: datetime,
    scores: Mapping[str, int],
) -> list[Entry]:
    """Everything that can be listed: open drafts, newest change first, then versions by title.

    `scores`: quality of versions by key, where it is known.
    """
    versions = list(articles)
    ends = periods(versions)
    owners = {article.id: article.owner for article in versions}
    rows = [_of_draft(draft, actor, owners) for draft in drafts if draft.state in OPEN_STATES]
    rows.sort(key=lambda entry: (entry.urgent, entry.when), reverse=True)
    found = [_of_version(article, ends[article.key], at, scores.get(article.key)) for article in versions]
    return [*rows, *sorted(found, key=lambda entry: (entry.title, entry.when))]


def _of_draft(draft: OpenDraft, actor: Actor, owners: Mapping[str, str]) -> Entry:
    kind = next((name for name, folder in FOLDERS.items() if draft.path.startswith(f"{folder}/")), "")
    mine = actor.id in draft.standing.editors | {draft.standing.author_id}
    shown = {"all"}
    if mine:
        shown.add("mine")
    if refusal("approve", draft.standing, actor) is None:
        shown.add("review")
    return Entry(
        draft.id, draft.article_id, draft.path, draft.title or draft.path, kind, TYPES.get(kind, _OTHER), draft.state,
        STATES[draft.state], owners.get(draft.article_id, ""), 0, draft.updated, urgent=draft.urgent,
        filters=frozenset(shown),
    )  # fmt: skip


def _of_version(article: Article, period: tuple[datetime, datetime | None], at: datetime, score: int | None) -> Entry:
    start, end = period
    now = phase(start, end, at)
    due = article.verified + timedelta(days=article.review_days) if article.verified else None
    shown = {"in_force": {"all"}, "scheduled": {"scheduled", "all"}, "expired": {"expired"}}[now]
    if now == "in_force" and (due is None or due <= at.date() + timedelta(days=DUE_SOON)):
        shown.add("due")
    if now != "expired" and score is not None and score < LOW_SCORE:
        shown.add("low")
    return Entry(
        0, article.id, article.path, article.title, article.type, TYPES[article.type], now, PHASES[now], article.owner,
        article.version, end if now == "expired" and end else start, due, due is None or due < at.date(), score,
        filters=frozenset(shown),
    )  # fmt: skip


def chosen(entries: Iterable[Entry], words: str = "", kind: str = "", owner: str = "") -> list[Entry]:
    """The entries with all these words in title or id, of a type, of a department."""
    wanted = words.lower().split()
    return [
        entry
        for entry in entries
        if (not kind or entry.type == kind)
        and (not owner or entry.owner == owner)
        and all(word in f"{entry.title} {entry.article_id}".lower() for word in wanted)
    ]


def counts(entries: Iterable[Entry]) -> Mapping[str, int]:
    """How many entries each filter shows."""
    return Counter(name for entry in entries for name in entry.filters)


def shown_by(entries: Iterable[Entry], name: str) -> list[Entry]:
    """The entries of a filter; those to be verified with the oldest first, low quality with the lowest."""
    found = [entry for entry in entries if name in entry.filters]
    if name == "due":
        found.sort(key=lambda entry: entry.due or date.min)
    if name == "low":
        found.sort(key=lambda entry: entry.score or 0)
    if name == "scheduled":
        found.sort(key=lambda entry: entry.when)
    return found
