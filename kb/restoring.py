"""Putting a backup back: articles and database together, or neither."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType

from kb.backup import AuditHead, Manifest
from kb.backup_reader import Archive
from kb.db import audit, dump, upgrading
from kb.db.engine import Connection, Database
from kb.errors import BackupProblem

# told (done, total) of files and rows
Progress = Callable[[int, int], None]
_STAGING = ".restoring-"


def occupied(articles: Path, database: Database) -> str | None:
    """What stands where the backup would go, as a Chinese phrase; None if nothing does."""
    if articles.is_dir() and _visible(articles):
        return f"文章目录 {articles} 不是空的"
    with database.snapshot() as connection:
        if upgrading.standing(connection) == "current" and any(dump.counts(connection).values()):
            return f"数据库 {database.shown} 里已有内容"
    return None


def restore(
    file: Path,
    articles: Path,
    database: Database,
    at: datetime,
    publishing: AbstractContextManager[object],
    progress: Progress,
) -> Manifest:
    """Replace everything by what a backup holds; look at `occupied` first. Returns what the backup said about itself.

    Raises BackupProblem and DatabaseProblem; then nothing has changed. The audit trail goes on from that of the backup,
    with an event that says what was replaced.
    """
    try:
        with Archive(file) as archive:
            _refuse_tables(archive.manifest, database)
            archive.check()
            with publishing, _Folder(articles) as folder:
                _replace(archive, folder, database, at, _Progress(archive.manifest, progress))
            return archive.manifest
    except BackupProblem as error:
        raise BackupProblem(f"{error}什么都没有改动。") from error


def _replace(archive: Archive, folder: _Folder, database: Database, at: datetime, restoring: _Progress) -> None:
    for name, content in archive.articles():
        folder.stage(name, content)
        restoring.more(1)
    # ends before the folder's change is final: where it fails, the folder is as it was
    with database.writing() as connection:
        replaced = _emptied(connection)
        _load(connection, archive, restoring)
        detail = {**archive.identity(), "replaced_seq": replaced[0], "replaced_hash": replaced[1]}
        audit.record(connection, at, "系统", "backup.restore", archive.file.name, detail)
        folder.exchange()


def _emptied(connection: Connection) -> tuple[int, str]:
    """No tables any more; the head of the audit trail that went with them."""
    if upgrading.standing(connection) != "current":
        return (0, "")
    replaced = audit.head(connection)
    upgrading.unmake(connection)
    return replaced


def _load(connection: Connection, archive: Archive, restoring: _Progress) -> None:
    """The tables of the backup, brought up to this version of the program."""
    manifest = archive.manifest
    upgrading.migrate(connection, manifest.schema)
    tables = dump.in_order(connection, manifest.tables)
    for table in tables:
        restoring.table(table.name, dump.load(connection, table, archive.rows(table.name)))
    dump.continue_numbers(connection, tables)
    upgrading.migrate(connection)
    if AuditHead(*audit.head(connection), audit.broken_at(connection)) != manifest.audit:
        # a trail that was broken when the backup was made is put back as it was
        raise BackupProblem("备份里的审计记录和做备份时不一样。")


def _refuse_tables(manifest: Manifest, database: Database) -> None:
    if manifest.schema not in upgrading.known():
        raise BackupProblem(
            f"备份里的表是 {manifest.schema[:20]} 版（程序 {manifest.program[:20]}），这个程序只认识到 {upgrading.head()} 版："
            "请先装较新的程序。"
        )
    with database.snapshot() as connection:
        problem = upgrading.refusal(connection, database.shown, "empty")
    if problem:
        raise problem


class _Progress:
    """How far a restoration is; refuses a table with other rows than were promised."""

    def __init__(self, manifest: Manifest, progress: Progress) -> None:
        self._promised = manifest.tables
        self._progress = progress
        self._done, self._total = 0, manifest.articles + sum(manifest.tables.values())

    def more(self, count: int) -> None:
        self._done += count
        self._progress(self._done, self._total)

    def table(self, name: str, rows: int) -> None:
        if rows != self._promised[name]:
            raise BackupProblem(f"备份里表 {name} 有 {rows} 行，manifest.json 说是 {self._promised[name]} 行。")
        self.more(rows)


def _visible(folder: Path) -> list[Path]:
    """What is in the folder but for hidden entries, which are none of ours (`.git`)."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


class _Folder:
    """The articles folder, whose content is exchanged as a whole: staged inside it, so that it may be a mounted volume.

    Entered and left as a context: left with an error, everything is as it was.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staging = folder / f"{_STAGING}{os.getpid()}"
        self._old, self._new = self._staging / "old", self._staging / "new"
        # (from, to) of what was moved
        self._moved: list[tuple[Path, Path]] = []

    def __enter__(self) -> _Folder:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # of a restoration that was killed
            for left in self._folder.glob(f"{_STAGING}*"):
                shutil.rmtree(left)
            for made in (self._staging, self._old, self._new):
                made.mkdir(mode=0o700)
        except OSError as error:
            raise self._failed(error) from error
        return self

    def stage(self, name: str, content: bytes) -> None:
        """Write a file of the new content."""
        path = self._new / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        except OSError as error:
            raise self._failed(error) from error

    def exchange(self) -> None:
        """Put the new content in the place of the old."""
        try:
            # many small files: once for all of them
            os.sync()
            for entry in _visible(self._folder):
                self._move(entry, self._old / entry.name)
            for entry in _visible(self._new):
                self._move(entry, self._folder / entry.name)
            os.sync()
        except OSError as error:
            raise self._failed(error) from error

    def _move(self, source: Path, target: Path) -> None:
        source.rename(target)
        self._moved.append((source, target))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for source, target in reversed(self._moved):
                target.rename(source)
        shutil.rmtree(self._staging, ignore_errors=True)

    def _failed(self, error: OSError) -> BackupProblem:
        return BackupProblem(f"文章目录 {self._folder} 写不进去：{error.strerror or error}。")
