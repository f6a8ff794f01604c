"""Doing what was decided: files first, in the order of the decisions, then the index. Every step may be repeated after a kill."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from kb.backend import Engine
from kb.db import audit, drafts, publications, revisions, users
from kb.db.engine import Connection, Database
from kb.db.publications import Publication
from kb.errors import FileProblem, IndexLocked, KBError, Refused
from kb.files import ArticleFiles, digest, why
from kb.people import SYSTEM
from kb.publishing.git import GitProblem, GitTree, Identity
from kb.publishing.stamp import scalars

_LOG = logging.getLogger("kb.publishing")
# how often a locked index is tried again, in seconds
_TRY_EVERY = 0.1
_CHANGED = "文件 {path} 刚被别人改过（手工或 Git），没有覆盖它。请作者先和文件里的内容合并，再送审。"
_NOT_IN_GIT = "已发布，但没有提交到 Git："


class Applier:
    """Brings publications into the files and the index."""

    def __init__(self, database: Database, files: ArticleFiles, engine: Engine, git: GitTree | None) -> None:
        self._database = database
        self._files = files
        self._engine = engine
        self._git = git

    def write_files(self, at: datetime) -> None:
        """Write what was decided. Call it under the lock of publishing.

        A file that somebody changed meanwhile is left alone and its publication fails; one that cannot be written now stays
        pending, with the reason.
        """
        with self._database.reading() as connection:
            waiting = publications.in_states(connection, "pending")
        if waiting:
            self._files.tidy()
        for _, decided in groupby(waiting, key=lambda p: (p.draft_id, p.at, p.approver)):
            self._write_decision(list(decided), at)

    def _write_decision(self, decided: Sequence[Publication], at: datetime) -> None:
        """All files of one decision, or none."""
        try:
            failed = self._changed_by_others(decided)
            for publication in decided:
                if publication not in failed:
                    self._write(publication)
        except (FileProblem, Refused) as error:
            self._note(decided, f"{error}内容没有丢，问题解决后会自动完成。")
            return
        done = [p for p in decided if p not in failed]
        note = self._commit(done) if done else ""
        with self._database.writing() as connection:
            if done:
                publications.change(connection, [p.id for p in done], state="written", reason=note)
            if failed:
                self._fail(connection, failed, at, whole=not done)

    def _changed_by_others(self, decided: Sequence[Publication]) -> list[Publication]:
        """Those whose file says neither what it said when it was decided nor what it is to say."""
        standing = {p.id: self._standing(p) for p in decided}
        changed = [p for p in decided if standing[p.id] not in (p.digest, p.base_digest)]
        # what was begun before a kill goes on: the other files of the decision are out already
        begun = any(standing[p.id] == p.digest for p in decided)
        return list(decided) if changed and not begun else changed

    def _standing(self, publication: Publication) -> str:
        data = self._files.read(publication.path)
        return "" if data is None else digest(data)

    def _write(self, publication: Publication) -> None:
        if self._standing(publication) == publication.digest:
            return
        if publication.action == "remove":
            self._files.remove(publication.path)
        else:
            self._files.write(publication.path, publication.text.encode())

    def _fail(self, connection: Connection, failed: Sequence[Publication], at: datetime, *, whole: bool) -> None:
        """Somebody changed the files: say so, and give the draft back to those who can merge."""
        reason = _CHANGED.format(path=failed[0].path)
        numbers = [p.id for p in failed]
        publications.change(connection, numbers, state="failed", reason=reason)
        revisions.forget(connection, numbers)
        for publication in failed:
            detail = {"publication": publication.id, "approver": publication.approver}
            audit.record(connection, at, SYSTEM.name, "publication.fail", publication.path, detail, result="failed")
        draft = drafts.find(connection, failed[0].draft_id) if failed[0].draft_id and whole else None
        if draft and draft.state == "approved" and draft.approver:
            drafts.change(connection, draft.id, state="review", approver_id=None, decided=None)
            drafts.comment(connection, draft.id, draft.approver.id, f"（系统）没有发布成：{reason}", at)

    def _commit(self, done: Sequence[Publication]) -> str:
        """Commit to Git where that is wanted; the note of what went wrong, which changes nothing else."""
        if self._git is None:
            return ""
        first = done[0]
        with self._database.reading() as connection:
            person = users.find(connection, first.approver)
        author = Identity(person.display if person else first.approver, first.approver)
        contents = {p.path: p.text if p.action == "write" else None for p in done}
        try:
            self._git.commit(contents, _message(first), author, first.at)
        except GitProblem as problem:
            _LOG.warning("publication %d is not in Git: %s", first.id, problem)
            return f"{_NOT_IN_GIT}{problem}。"
        return ""

    def take_up(self, at: datetime, patience: float) -> None:
        """Let the index answer with what is written; waits so many seconds while another job writes the index.

        Where that fails, the publications stay as they are, with the reason.
        """
        with self._database.reading() as connection:
            waiting = publications.in_states(connection, "written")
        if not waiting:
            return
        try:
            generation = self._index([p.path for p in waiting], at, patience)
        except IndexLocked:
            self._note(waiting, "文件已经写好；另一个任务正在写索引，它一结束就自动生效。")
        except (KBError, OSError) as error:
            said = why(error) if isinstance(error, OSError) else str(error).rstrip("。")
            _LOG.error("index did not take up %s: %s", [p.path for p in waiting], error)
            self._note(waiting, f"文件已经写好，但索引没有更新（{said}）；问题解决后会自动生效。")
        else:
            self._finish(waiting, generation, at)

    def _index(self, names: Iterable[str], at: datetime, patience: float) -> str:
        paths = [self._files.root / name for name in dict.fromkeys(names)]
        until = time.monotonic() + patience
        while True:
            try:
                return self._engine.take_up(paths, at)
            except IndexLocked:
                if time.monotonic() >= until:
                    raise
            time.sleep(_TRY_EVERY)

    def _finish(self, done: Sequence[Publication], generation: str, at: datetime) -> None:
        with self._database.writing() as connection:
            # another process may have been faster
            still = {p.id for p in publications.in_states(connection, "written")}
            for publication in (p for p in done if p.id in still):
                note = publication.reason if publication.reason.startswith(_NOT_IN_GIT) else ""
                publications.change(
                    connection, [publication.id], state="applied", applied=at, generation=generation, reason=note
                )
                detail = {"publication": publication.id, "digest": publication.digest, "generation": generation}
                audit.record(connection, at, SYSTEM.name, "publication.done", publication.path, detail)
                draft = drafts.find(connection, publication.draft_id) if publication.draft_id else None
                if draft and draft.state == "approved":
                    drafts.change(connection, draft.id, state="published")

    def _note(self, waiting: Iterable[Publication], reason: str) -> None:
        with self._database.writing() as connection:
            publications.change(connection, [p.id for p in waiting], reason=reason)


def _message(publication: Publication) -> str:
    """What a commit is called."""
    fields = scalars(publication.text, publication.path)
    title = fields.get("title") or publication.path
    version = f" 第{fields['version']}版" if fields.get("version") else ""
    return " ".join(f"{'撤下' if publication.action == 'remove' else '发布'} {title}{version}".split()) + "\n"
