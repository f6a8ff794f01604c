"""What is published: approved, taken away, rolled back, taken up from the files. Decided in one transaction, then applied."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kb.db import audit, drafts, publications, revisions
from kb.db.drafts import Draft
from kb.db.engine import Connection
from kb.db.publications import Publication
from kb.db.revisions import Revision
from kb.errors import Conflict, IndexProblem, Missing, NotAllowed, Refused
from kb.feedback import words
from kb.files import digest, is_article
from kb.library import article_id
from kb.locks import exclusive
from kb.people import SYSTEM, Actor
from kb.publishing import past, planning, shared, taking_up
from kb.publishing.desk import Desk, DraftChanged, target_of
from kb.publishing.planning import Change, Decision
from kb.publishing.versions import Surroundings, Version, surroundings, timeline
from kb.publishing.workflow import after
from kb.registry import FILES, load_registry
from kb.types import Article

LONGEST_REASON = 500
# seconds to wait for another one who publishes, and for another job that writes the index
_FOR_OTHERS, _FOR_INDEX = 30.0, 20.0
_MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where the changes of a decision come from."""

    # sign-in name of who wrote the text
    author: str
    draft_id: int | None = None


class Releases(Desk):
    """The part of the workbench that is about what is published."""

    # seconds; tests and jobs that must not wait set it
    patience = _FOR_INDEX

    def approve(self, actor: Actor, draft_id: int, number: int, at: datetime, address: str = "") -> Publication:
        """Let a draft through and publish it; `number` is that of the draft that was looked at.

        Raises NotAllowed or Refused, DraftChanged, Conflict if the file was changed since the draft was begun, ArticleError
        with everything that is wrong; then nothing has changed. What cannot be finished now is finished by `resume`.
        """
        self._allowed("approve", actor, draft_id, at, address)
        with self._publishing(at):
            draft = self._allowed("approve", actor, draft_id, at, address)
            if draft.number != number:
                raise DraftChanged(draft)
            changes = self._planned(draft, actor, at)
            with self._step("approve", actor, draft_id, at, address) as (connection, found):
                if (found.number, found.urgent) != (draft.number, draft.urgent):
                    raise DraftChanged(found)
                made = self._decide(connection, changes, actor, _Origin(draft.author.name, draft.id), at)
                state = after("approve", draft.state)
                drafts.change(connection, draft.id, state=state, approver_id=actor.id, decided=at, updated=at)
                detail = {**_told(changes), "publication": made, "number": number, "urgent": draft.urgent}
                audit.record(connection, at, actor.name, "draft.approve", target_of(draft.id), detail, address)
        return self._publication(made)

    def _planned(self, draft: Draft, actor: Actor, at: datetime) -> list[Change]:
        data = self._files.read(draft.path)
        if (digest(data) if data else "") != draft.base_digest:
            raise Conflict(f"起草以后，文件 {draft.path} 被改过，没有覆盖它。请退回，由作者先合并。")
        if draft.kind == "file":
            if draft.text == draft.base:
                raise Refused("和现在的文件一样，没有要发布的改动。")
            shared.check(self._root, draft.path, draft.text)
            return [planning.written(draft.path, draft.text, draft.base_digest)]
        author, approver = draft.author.display, actor.display
        if author == approver:
            approver = f"{actor.display}（{actor.name}）"
        decision = Decision(author, approver, at, latest=self._latest(draft.article_id))
        return planning.publish(draft.path, draft.text, decision, self._around(draft.article_id), urgent=draft.urgent)

    def expire(self, actor: Actor, path: str, at: datetime, reason: str, address: str = "") -> Publication:
        """Take a version away now, alone if need be: one in force ends, one that waits never begins. A reason is needed."""
        self._require("approve", actor, "publication.expire", path, at, address)
        said = words(reason, LONGEST_REASON, "为什么撤下", required=True)
        if not is_article(path):
            raise Refused(f"“{path[:80]}”不是文章。")
        with self._publishing(at):
            data = self._files.read(path)
            if data is None:
                raise Missing(f"没有 {path} 这个文件，可能已经撤下。")
            around = self._shown(article_id(self._root / path))
            changes = planning.expire(path, taking_up.text_of(data, path), at, around)
            with self._database.writing() as connection:
                newest = next(iter(revisions.of_file(connection, path)), None)
                origin = _Origin(self._author_of(connection, newest))
                made = self._decide(connection, changes, actor, origin, at)
                detail = {**_told(changes), "publication": made, "reason": said}
                audit.record(connection, at, actor.name, "publication.expire", path, detail, address)
        return self._publication(made)

    def rollback(self, actor: Actor, revision_id: int, at: datetime, address: str = "") -> Publication:
        """Let an older text be in force again, as a new version. Whoever wrote it may not do so.

        Raises NotAllowed, Missing, Refused, and ArticleError if the text is no longer right.
        """
        target = f"revision:{revision_id}"
        self._require("approve", actor, "publication.rollback", target, at, address)
        with self._publishing(at):
            with self._database.reading() as connection:
                revision = revisions.find(connection, revision_id) if 0 < revision_id < 2**63 else None
                if revision is None or revision.removed:
                    raise Missing("没有这一版，或者它没有文字。")
                wrote = self._wrote(connection, revision, actor)
                origin = _Origin(self._author_of(connection, revision), self._draft_of(connection, revision))
            if wrote:
                error = NotAllowed("这一版是您写的，请另一位审核人来回退。")
                self._deny(error, actor, "publication.rollback", target, at, address)
            change = self._planned_rollback(revision, actor, at)
            with self._database.writing() as connection:
                made = self._decide(connection, [change], actor, origin, at)
                detail = {**_told([change]), "publication": made, "revision": revision_id}
                audit.record(connection, at, actor.name, "publication.rollback", change.path, detail, address)
        return self._publication(made)

    def _planned_rollback(self, revision: Revision, actor: Actor, at: datetime) -> Change:
        if not revision.article_id:
            data = self._files.read(revision.path)
            shared.check(self._root, revision.path, revision.text)
            return planning.written(revision.path, revision.text, digest(data) if data else "")
        latest = self._latest(revision.article_id)
        note = f"回退到第{revision.version}版" if revision.version else "回退到以前的内容"
        decision = Decision(None, actor.display, at, verified=False, change_note=note, may_wait=False, latest=latest)
        around = self._around(revision.article_id)
        path = f"{revision.path.partition('/')[0]}/{revision.article_id}.md"
        present = around.at(path)
        if present and present.article and present.article.effective > at:
            raise Refused(f"{path} 里是一版待生效的内容，回退会覆盖它。请先撤下那一版，或另外起草。")
        return planning.publish(path, revision.text, decision, around, urgent=False)[0]

    def history(self, article_id: str) -> list[Revision]:
        """Every text that the files of an article ever had, newest first."""
        with self._database.reading() as connection:
            return revisions.of_article(connection, article_id)

    def history_of_file(self, path: str) -> list[Revision]:
        """Every text that a file ever had, newest first."""
        with self._database.reading() as connection:
            return revisions.of_file(connection, path)

    def said(self, article_id: str, at: datetime) -> Revision | None:
        """What agents could read of an article at a moment, with the shared numbers of then filled in, as far as it was kept;
        None where there was nothing.
        """
        registry = [r for name in FILES for r in self.history_of_file(f"_registry/{name}")]
        return past.said(self.history(article_id), registry, at)

    def timeline(self, article_id: str, at: datetime) -> list[Version]:
        """The versions of an article that agents can be shown, in the order in which they begin; of a file with errors the
        last good one, as long as the index has it.
        """
        return timeline(self._shown(article_id).versions, at)

    def publications(self, limit: int = 20) -> list[Publication]:
        """The newest publications, newest first."""
        with self._database.reading() as connection:
            return publications.latest(connection, limit)

    def unfinished(self) -> list[Publication]:
        """What was decided and is not done yet, in the order in which it has to be done."""
        with self._database.reading() as connection:
            return publications.in_states(connection, "pending", "written")

    def resume(self, at: datetime, *, waiting: bool = True) -> list[Publication]:
        """Finish what a kill or a full disk interrupted; what became of it.

        `waiting`: wait for others who publish or write the index; else leave it to them and raise Refused.
        """
        open_ones = self.unfinished()
        if not open_ones:
            return []
        with self._publishing(at, waiting=waiting):
            pass
        with self._database.reading() as connection:
            found = [publications.find(connection, publication.id) for publication in open_ones]
        return [publication for publication in found if publication]

    def take_up_files(self, at: datetime) -> list[Revision]:
        """Keep as revisions what was changed in the files by hand or by Git since the last look; what was found."""
        with self._publishing(at):
            with self._database.reading() as connection:
                known = revisions.digests(connection)
                busy = [p.path for p in publications.in_states(connection, "pending")]
            contents, gone = taking_up.changed(self._root, known, busy)
            if not contents and not gone:
                return []
            rows = taking_up.as_rows(self._root, contents, gone, at)
            with self._database.writing() as connection:
                last = revisions.last(connection)
                revisions.add_all(connection, rows)
                names = [row["path"] for row in rows]
                detail = {"files": len(rows), "paths": names[:_MOST_NAMED]}
                audit.record(connection, at, SYSTEM.name, "publication.take_up", "", detail)
                return revisions.since(connection, last)

    @contextlib.contextmanager
    def _publishing(self, at: datetime, *, waiting: bool = True) -> Iterator[None]:
        """Be the only one who publishes: what was decided before is written first, then what is decided here, then indexed.

        `waiting`: wait for others as long as somebody at a browser has patience; else raise Refused at once.
        """
        with contextlib.ExitStack() as afterwards:
            # what was written before a refusal is taken up too, but nobody waits for that
            afterwards.callback(self._applier.take_up, at, 0)
            with exclusive(self._lock, _FOR_OTHERS if waiting else 0):
                self._applier.write_files(at)
                yield
                self._applier.write_files(at)
            self._applier.take_up(at, self.patience if waiting else 0)
            afterwards.pop_all()

    def _decide(
        self, connection: Connection, changes: Sequence[Change], actor: Actor, origin: _Origin, at: datetime
    ) -> int:
        """Write the decision down; the number of its first publication. Raises Refused while an older one is not done."""
        busy = {p.path: p.reason for p in publications.in_states(connection, "pending")}
        for change in changes:
            if change.path in busy:
                raise Refused(f"{change.path} 上一次发布还没有完成：{busy[change.path]}")
        self._keep_unseen(connection, changes, at)
        numbers = []
        for change in changes:
            one = article_id(self._root / change.path) if is_article(change.path) else ""
            number = publications.add(
                connection, change.action, one, change.path, change.text, change.digest, change.base_digest,
                origin.author, actor.name, at, origin.draft_id,
            )  # fmt: skip
            revisions.add(
                connection, article_id=one, path=change.path, version=change.version, digest=change.digest,
                text=change.text, removed=change.action == "remove", effective=change.effective, at=at,
                author=change.author or origin.author, approver=actor.display, source="workbench", publication_id=number,
            )  # fmt: skip
            numbers.append(number)
        return numbers[0]

    def _keep_unseen(self, connection: Connection, changes: Collection[Change], at: datetime) -> None:
        """What stands in the files and is not known yet is kept before it is replaced."""
        unseen = {}
        for change in changes:
            newest = next(iter(revisions.of_file(connection, change.path)), None)
            if change.base_digest and (newest is None or newest.digest != change.base_digest):
                unseen[change.path] = self._files.read(change.path) or b""
        revisions.add_all(connection, taking_up.as_rows(self._root, unseen, [], at))

    def _publication(self, number: int) -> Publication:
        with self._database.reading() as connection:
            found = publications.find(connection, number)
        assert found
        return found

    def _around(self, article_id: str) -> Surroundings:
        return surroundings(self._root, article_id, load_registry(self._root)[0])

    def _shown(self, article_id: str) -> Surroundings:
        """What stands around an article, with what the index answers for files that have errors."""
        around = self._around(article_id)
        if all(found.article for found in around.versions):
            return around
        kept: dict[str, Article] = {}
        # without an index nobody sees anything
        with contextlib.suppress(IndexProblem):
            kept = {article.path: article for article in self._engine.of_article(article_id)}
        versions = (f if f.article else replace(f, last_good=kept.get(f.path)) for f in around.versions)
        return replace(around, versions=tuple(versions))

    def _latest(self, article_id: str) -> int:
        with self._database.reading() as connection:
            return revisions.latest_version(connection, article_id)

    def _wrote(self, connection: Connection, revision: Revision, actor: Actor) -> bool:
        """Whether somebody wrote the text of a revision, or changed it before it was published."""
        publication = publications.find(connection, revision.publication_id) if revision.publication_id else None
        draft = drafts.find(connection, publication.draft_id) if publication and publication.draft_id else None
        if draft:
            return actor.id in draft.editors | {draft.author.id}
        if publication:
            return publication.author == actor.name
        return revision.author in (actor.name, actor.display)

    def _author_of(self, connection: Connection, revision: Revision | None) -> str:
        """Sign-in name of who wrote a text, or what the file says."""
        publication = (
            publications.find(connection, revision.publication_id) if revision and revision.publication_id else None
        )
        return publication.author if publication else revision.author if revision else ""

    def _draft_of(self, connection: Connection, revision: Revision) -> int | None:
        publication = publications.find(connection, revision.publication_id) if revision.publication_id else None
        return publication.draft_id if publication else None


def _told(changes: Sequence[Change]) -> dict[str, object]:
    """What the audit says about changes."""
    return {"files": [{"path": c.path, "action": c.action, "version": c.version, "digest": c.digest} for c in changes]}
