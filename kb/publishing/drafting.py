"""Drafts: begun, written, sent to review, talked about. Nothing here touches the files."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kb.db import audit, drafts, revisions
from kb.db.drafts import Comment, Draft, DraftRow, Kind
from kb.db.engine import Connection
from kb.db.words import clean
from kb.errors import ArticleError, Conflict, Missing, Refused
from kb.feedback import words
from kb.files import digest, is_article, is_shared
from kb.frontmatter import MAX_BYTES, decode
from kb.library import article_files, article_id, article_name
from kb.people import Actor
from kb.publishing.catalogue import SHARED_FILES
from kb.publishing.desk import Desk, DraftChanged, target_of
from kb.publishing.stamp import scalars, stamp
from kb.publishing.three_way import Hunk, settled, three_way
from kb.publishing.versions import surroundings
from kb.publishing.workflow import State, Step, after
from kb.registry import load_registry
from kb.templates import make_template
from kb.templates import refusal as slug_refusal
from kb.types import FOLDERS, ArticleType, Problem

LONGEST_COMMENT = 2000
# autosaving somebody's typing is one event in so much time; steps carry the digest of the text
_ONE_SITTING = timedelta(minutes=10)
_TITLE = re.compile(r"^title:[ \t]*[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Merge:
    """A draft whose file was changed by somebody else: the three texts, and how they go together."""

    # what the file said when the draft was begun
    base: str = field(repr=False)
    # what the draft says, and what the file says now
    mine: str = field(repr=False)
    theirs: str = field(repr=False)
    hunks: tuple[Hunk, ...] = field(repr=False)
    # the text with both changes; None where both changed the same lines
    merged: str | None = field(repr=False)


class Drafting(Desk):
    """The part of the workbench that is about drafts."""

    def drafts(self, *, states: Collection[State] = (), author_id: int | None = None) -> list[DraftRow]:
        """Drafts without their texts, newest change first; of these states (none: all), begun by this person."""
        with self._database.reading() as connection:
            return drafts.listed(connection, states, author_id)

    def comments(self, draft_id: int) -> list[Comment]:
        """What was said about a draft, oldest first."""
        with self._database.reading() as connection:
            return drafts.comments(connection, draft_id)

    def begin_new(
        self,
        actor: Actor,
        kind_of_article: ArticleType,
        slug: str,
        at: datetime,
        address: str = "",
        text: str | None = None,
    ) -> Draft:
        """Begin an article, from the template of its type or with a text. Raises Refused if the id is bad or taken."""
        path = f"{FOLDERS[kind_of_article]}/{slug}.md"
        self._require("edit", actor, "draft.begin", path, at, address)
        taken = {article_id(file): article_name(file, self._root) for file in article_files(self._root)}
        if why := slug_refusal(slug, taken):
            raise Refused(why)
        text = _typed(make_template(kind_of_article, slug) if text is None else text)
        with self._database.writing() as connection:
            if drafts.is_new(connection, slug):
                raise Refused(f"编号 {slug} 已经有了（有人正在起草），请换一个编号。")
            return self._begin(connection, actor, "article", slug, path, text, "", "", at, address)

    def begin_from(self, actor: Actor, path: str, at: datetime, address: str = "") -> Draft:
        """Begin the next version of an article file, or a change of a file of the lexicon or the registry.

        Raises Missing if there is no such file, Refused if it is none that can be changed here.
        """
        self._require("edit", actor, "draft.begin", path, at, address)
        data = self._files.read(path)
        if data is None:
            if not is_shared(path):
                raise Missing(f"没有 {path[:80]} 这个文件，可能已经撤下。")
            data = b""
        base = decode(data, path)
        if isinstance(base, Problem):
            raise ArticleError([base])
        text, one = base, ""
        if is_article(path):
            one = article_id(self._root / path)
            text = self._next_version(one, path, base)
        with self._database.writing() as connection:
            known = digest(data) if data else ""
            kind: Kind = "article" if one else "file"
            return self._begin(connection, actor, kind, one, path, text, base, known, at, address)

    def _next_version(self, one: str, path: str, base: str) -> str:
        around = surroundings(self._root, one, load_registry(self._root)[0])
        with self._database.reading() as connection:
            latest = max(around.latest, revisions.latest_version(connection, one))
        try:
            return stamp(base, path, {"version": str(latest + 1)})
        except ArticleError:
            # a file that cannot be read is begun as it is, to be mended
            return base

    def _begin(
        self, connection: Connection, actor: Actor, kind: Kind, one: str, path: str, text: str, base: str,
        base_digest: str, at: datetime, address: str,
    ) -> Draft:  # fmt: skip
        title = _title(text, path) if kind == "article" else SHARED_FILES.get(path, (path, ""))[0]
        number = drafts.add(connection, kind, one, path, title, text, base, base_digest, actor.id, at)
        audit.record(connection, at, actor.name, "draft.begin", target_of(number), {"path": path}, address)
        draft = drafts.find(connection, number)
        assert draft
        return draft

    def save(self, actor: Actor, draft_id: int, number: int, text: str, at: datetime, address: str = "") -> Draft:
        """Keep a text; `number` is that of the draft it was typed over.

        Raises DraftChanged, a Conflict with the stored draft, if somebody else saved meanwhile.
        """
        with self._step("save", actor, draft_id, at, address) as (connection, draft):
            return self._save(connection, draft, actor, number, text, at, address)

    def rebase(
        self,
        actor: Actor,
        draft_id: int,
        number: int,
        text: str,
        at: datetime,
        address: str = "",
        seen: str | None = None,
    ) -> Draft:
        """Keep a text that was put together with what the file says now; it counts as begun from that.

        `seen`: what the file said when they were put together. Raises DraftChanged, and Conflict if the file changed again.
        """
        path = self.draft(draft_id).path
        data = self._files.read(path) or b""
        base = decode(data, path)
        if isinstance(base, Problem):
            raise ArticleError([base])
        if seen is not None and seen.rstrip("\n") != base.rstrip("\n"):
            raise Conflict("文件刚刚又被改过，没有覆盖它。请再合并一次。")
        with self._step("save", actor, draft_id, at, address) as (connection, draft):
            if draft.number != number:
                raise DraftChanged(draft)
            known = digest(data) if data else ""
            drafts.change(connection, draft_id, base=base, base_digest=known)
            return self._save(connection, draft, actor, number, text, at, address, base_digest=known)

    def _save(
        self, connection: Connection, draft: Draft, actor: Actor, number: int, text: str, at: datetime, address: str,
        **more: object,
    ) -> Draft:  # fmt: skip
        text = _typed(text)
        if draft.number != number:
            raise DraftChanged(draft)
        if text == draft.text and not more:
            return draft
        title = _title(text, draft.path) if draft.kind == "article" else draft.title
        drafts.change(
            connection, draft.id, text=text, title=title or draft.title, number=draft.number + 1, updated=at,
            editors=draft.editors | {actor.id},
        )  # fmt: skip
        if more or not _saved_just_now(connection, draft.id, actor, at):
            detail = {"number": draft.number + 1, "digest": digest(text.encode()), **more}
            audit.record(connection, at, actor.name, "draft.save", target_of(draft.id), detail, address)
        return self._again(connection, draft.id)

    def set_urgent(self, actor: Actor, draft_id: int, urgent: bool, at: datetime, address: str = "") -> Draft:
        """Say that it is in a hurry, or that it is not; what is urgent has to expire by itself."""
        return self._take("urgent", actor, draft_id, at, address, {"urgent": urgent}, urgent=urgent)

    def submit(self, actor: Actor, draft_id: int, at: datetime, address: str = "") -> Draft:
        """Send to review."""
        return self._take("submit", actor, draft_id, at, address, submitted=at)

    def recall(self, actor: Actor, draft_id: int, at: datetime, address: str = "") -> Draft:
        """Take back from review, to go on writing."""
        return self._take("recall", actor, draft_id, at, address)

    def withdraw(self, actor: Actor, draft_id: int, at: datetime, address: str = "") -> Draft:
        """Give it up; the text stays where it is."""
        return self._take("withdraw", actor, draft_id, at, address, decided=at)

    def send_back(self, actor: Actor, draft_id: int, comment: str, at: datetime, address: str = "") -> Draft:
        """Back to the author, with what to change."""
        said = words(comment, LONGEST_COMMENT, "要改什么", required=True)
        with self._step("send_back", actor, draft_id, at, address) as (connection, draft):
            drafts.comment(connection, draft_id, actor.id, said, at)
            return self._taken(connection, "send_back", actor, draft, at, address, {})

    def comment(self, actor: Actor, draft_id: int, text: str, at: datetime, address: str = "") -> Comment:
        """Say something about a draft."""
        said = words(text, LONGEST_COMMENT, "留言", required=True)
        with self._step("comment", actor, draft_id, at, address) as (connection, _):
            kept = drafts.comment(connection, draft_id, actor.id, said, at)
            audit.record(
                connection, at, actor.name, "draft.comment", target_of(draft_id), {"comment": kept.id}, address
            )
            return kept

    def conflict(self, draft_id: int) -> Merge | None:
        """What to put together, if the file was changed since the draft was begun; None if it was not."""
        draft = self.draft(draft_id)
        if draft.state not in ("draft", "review"):
            return None
        data = self._files.read(draft.path)
        if (digest(data) if data else "") == draft.base_digest:
            return None
        theirs = decode(data or b"", draft.path)
        if isinstance(theirs, Problem):
            raise ArticleError([theirs])
        hunks = three_way(draft.base, draft.text, theirs)
        return Merge(draft.base, draft.text, theirs, hunks, settled(hunks, {}))

    def _take(
        self, step: Step, actor: Actor, draft_id: int, at: datetime, address: str, detail: dict[str, Any] | None = None,
        **values: Any,
    ) -> Draft:  # fmt: skip
        with self._step(step, actor, draft_id, at, address) as (connection, draft):
            return self._taken(connection, step, actor, draft, at, address, detail or {}, **values)

    def _taken(
        self, connection: Connection, step: Step, actor: Actor, draft: Draft, at: datetime, address: str,
        detail: dict[str, Any], **values: Any,
    ) -> Draft:  # fmt: skip
        drafts.change(connection, draft.id, state=after(step, draft.state), updated=at, **values)
        said = {"number": draft.number, "digest": digest(draft.text.encode()), **detail}
        audit.record(connection, at, actor.name, f"draft.{step}", target_of(draft.id), said, address)
        return self._again(connection, draft.id)

    def _again(self, connection: Connection, draft_id: int) -> Draft:
        found = drafts.find(connection, draft_id)
        assert found
        return found


def _typed(text: str) -> str:
    """A text as it is kept. Raises Refused if it is too long."""
    kept = clean(text.replace("\r\n", "\n").replace("\r", "\n"))
    size = len(kept.encode())
    if size > MAX_BYTES:
        raise Refused(f"全文有 {size // 1024} KB，超过 {MAX_BYTES // 1024} KB，请拆成几篇。")
    return kept


def _title(text: str, path: str) -> str:
    """What an article calls itself, as far as that can be read."""
    said = scalars(text, path).get("title")
    found = None if said else _TITLE.search(text)
    return said or (found[1] if found else "")


def _saved_just_now(connection: Connection, draft_id: int, actor: Actor, at: datetime) -> bool:
    newest = audit.latest(connection, 1, target_of(draft_id))
    return bool(
        newest
        and newest[0].action == "draft.save"
        and newest[0].actor == actor.name
        and at - newest[0].at < _ONE_SITTING
    )
