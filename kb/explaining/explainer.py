"""Answers “why?”: a question, an article that somebody names, and how that article stands for who asks. Reads, changes nothing."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kb.ask import KnowledgeBase, Suggestion
from kb.backend import Searcher, SearcherSource, StoredArticle
from kb.db.drafts import DraftRow
from kb.db.revisions import Revision
from kb.errors import DatabaseProblem
from kb.explaining.explanation import Explanation, explain
from kb.explaining.standing import Standing, Traces, files_of, missing, shown
from kb.people import Actor
from kb.publishing.workflow import STATES, State
from kb.types import ARTICLE_ID

_ID = re.compile(ARTICLE_ID)
_OPEN: tuple[State, ...] = ("draft", "review", "approved")
# articles that are offered where a title fits several
_OFFERED = 8


class Kept(Protocol):
    """What is read of the workbench."""

    def drafts(self, *, states: Collection[State] = ()) -> list[DraftRow]:
        """Drafts in these states."""

    def history(self, article_id: str) -> list[Revision]:
        """Every text of an article, newest first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question explained, and how the article stands that was named (or the first that was found)."""

    explanation: Explanation
    # None where nothing was named and nothing found, or where the name fits several
    standing: Standing | None
    # articles that the name fits, where it fits several
    choices: tuple[Suggestion, ...] = ()

    @property
    def visible(self) -> bool:
        """Whether there is an article that who asked may see."""
        return self.standing is not None and self.standing.reason == "shown"


class Explainer:
    """Explains questions with the current generation, the files and the drafts. Safe for threads."""

    def __init__(self, source: SearcherSource, base: KnowledgeBase, articles: Path, workbench: Kept) -> None:
        """`articles`: the folder of the files."""
        self._source = source
        self._base = base
        self._articles = articles
        self._workbench = workbench

    def explain(self, text: str, wanted: str, actor: Actor, at: datetime) -> Answer:
        """Why a question leads to what it leads to; `wanted`: id or title of an article, empty for the first that is found.

        Raises QuestionError (too long) or IndexProblem.
        """
        searcher = self._source.searcher()
        wanted = wanted.strip()
        chosen, standing, choices = self._named(searcher, wanted, actor, at) if wanted else (None, None, ())
        explanation = explain(searcher, text, chosen, actor.viewer, at)
        if not wanted and explanation.article:
            chosen = searcher.article(explanation.article.key)
        return Answer(explanation, shown(chosen, at) if chosen else standing, choices)

    def _named(
        self, searcher: Searcher, wanted: str, actor: Actor, at: datetime
    ) -> tuple[StoredArticle | None, Standing | None, tuple[Suggestion, ...]]:
        """The article with this id or title, or why there is none to show, or those that the title fits."""
        stored = searcher.current(wanted, at, actor.viewer)
        if stored:
            return stored, None, ()
        standing = self._missing(wanted, actor, at)
        if standing.exists:
            return None, standing, ()
        fitting = self._base.suggest(wanted, actor.viewer, at, _OFFERED)
        exact = [s for s in fitting if s.title == wanted]
        if len(fitting) == 1 or exact:
            return searcher.current((exact or fitting)[0].id, at, actor.viewer), standing, ()
        return (None, None, tuple(fitting)) if fitting else (None, standing, ())

    def _missing(self, wanted: str, actor: Actor, at: datetime) -> Standing:
        """How an article stands that the search does not show."""
        may_edit = actor.may("edit")
        if not _ID.fullmatch(wanted):
            return missing(wanted, (), Traces(), actor.viewer, at, may_edit=may_edit)
        files = files_of(self._articles, wanted)
        traces = self._traces(wanted, bool(files)) if may_edit else Traces()
        return missing(wanted, files, traces, actor.viewer, at, may_edit=may_edit)

    def _traces(self, article_id: str, has_files: bool) -> Traces:
        """What the workbench knows; nothing while the database cannot be asked."""
        with contextlib.suppress(DatabaseProblem):
            drafts = [d for d in self._workbench.drafts(states=_OPEN) if d.article_id == article_id]
            newest = next(iter(self._workbench.history(article_id)), None)
            removed = newest.at if newest and newest.removed and not has_files else None
            return Traces(tuple(dict.fromkeys(STATES[d.state] for d in drafts)), removed)
        return Traces()
