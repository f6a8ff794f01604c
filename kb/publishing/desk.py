"""What drafting and publishing have in common: where things are, who may, and that every refusal is written down."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from kb.backend import Engine
from kb.db import audit, drafts
from kb.db.drafts import Draft
from kb.db.engine import Connection, Database
from kb.errors import Conflict, Missing, NotAllowed, Refused
from kb.files import ArticleFiles
from kb.people import RIGHTS, Actor, Right
from kb.publishing.applier import Applier
from kb.publishing.git import GitTree
from kb.publishing.workflow import Step, allowed, refusal


class DraftChanged(Conflict):
    """Somebody else changed the draft meanwhile; `draft` is what is stored."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("这一稿刚刚被别人改过，没有覆盖它。请看过对方的修改再决定。")
        self.draft = draft


class _Denied(Exception):
    """Carries a refusal out of a transaction, to be written down in one of its own."""

    def __init__(self, error: Refused) -> None:
        super().__init__(str(error))
        self.error = error


class Desk:
    """The parts that every step needs."""

    def __init__(
        self, database: Database, articles: Path, engine: Engine, *, git_commit: bool = False, lock: Path | None = None
    ) -> None:
        """`lock`: the file whose lock makes publishing one at a time, on all processes; beside the database by default."""
        self._database = database
        self._root = articles
        self._files = ArticleFiles(articles)
        self._engine = engine
        self._applier = Applier(database, self._files, engine, GitTree(articles) if git_commit else None)
        self._lock = lock or (database.file or articles).parent / "publish.lock"

    def draft(self, draft_id: int) -> Draft:
        """A draft. Raises Missing."""
        with self._database.reading() as connection:
            return _found(connection, draft_id)

    @contextlib.contextmanager
    def _step(
        self, step: Step, actor: Actor, draft_id: int, at: datetime, address: str
    ) -> Iterator[tuple[Connection, Draft]]:
        """A writing transaction in which somebody may take a step; a refusal is written down and raised."""
        try:
            with self._database.writing() as connection:
                draft = _found(connection, draft_id)
                _check(step, draft, actor)
                yield connection, draft
        except _Denied as denied:
            self._deny(denied.error, actor, f"draft.{step}", target_of(draft_id), at, address)

    def _allowed(self, step: Step, actor: Actor, draft_id: int, at: datetime, address: str) -> Draft:
        """The draft, if somebody may take a step now; a refusal is written down and raised."""
        draft = self.draft(draft_id)
        try:
            _check(step, draft, actor)
        except _Denied as denied:
            self._deny(denied.error, actor, f"draft.{step}", target_of(draft_id), at, address)
        return draft

    def _require(self, right: Right, actor: Actor, action: str, target: str, at: datetime, address: str) -> None:
        """Raises NotAllowed, written down, if somebody has not a right."""
        if not actor.may(right):
            self._deny(NotAllowed(f"您没有“{RIGHTS[right]}”的权限。"), actor, action, target, at, address)

    def _deny(self, error: Refused, actor: Actor, action: str, target: str, at: datetime, address: str) -> NoReturn:
        with self._database.writing() as connection:
            audit.record(connection, at, actor.name, action, target, {"why": str(error)}, address, result="denied")
        raise error


def target_of(draft_id: int) -> str:
    """How the audit names a draft."""
    return f"draft:{draft_id}"


def _found(connection: Connection, draft_id: int) -> Draft:
    # greater numbers are none that a database gives
    draft = drafts.find(connection, draft_id) if 0 < draft_id < 2**63 else None
    if draft is None:
        raise Missing(f"没有编号为 {draft_id} 的草稿。")
    return draft


def _check(step: Step, draft: Draft, actor: Actor) -> None:
    why = refusal(step, draft.standing, actor)
    if why is not None:
        own = step == "approve" and actor.id in draft.editors | {draft.author.id}
        raise _Denied(NotAllowed(why) if own or not allowed(step, actor) else Refused(why))
