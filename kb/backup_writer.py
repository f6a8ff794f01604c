"""Making a backup: articles and database as they stand at one moment, in a file that appears only when it is whole and checked."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kb import __version__
from kb.backup import ARTICLES, MANIFEST, TABLES, AuditHead, Manifest, Member, article_files
from kb.backup_reader import Archive
from kb.clock import timestamp
from kb.db import audit, dump, upgrading
from kb.db.engine import Database
from kb.errors import BackupProblem

# told (done, total) of files and rows
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    manifest: Manifest
    # of the whole file
    sha256: str
    # names below the articles folder that it does not hold: links and the like
    skipped: tuple[str, ...]


def make(
    target: Path,
    articles: Path,
    database: Database,
    at: datetime,
    publishing: AbstractContextManager[object],
    progress: Progress,
) -> Made:
    """Write a backup to a new file, for its owner only.

    `publishing` is held while the files are read, so that no publication comes between them and the database; people
    go on working. Raises BackupProblem if the file exists or cannot be written, DatabaseProblem.
    """
    if target.exists():
        raise BackupProblem(f"{target} 已经有了，没有改动它：请换一个文件名。")
    if not articles.is_dir():
        raise BackupProblem(f"找不到文章目录 {articles}，请在项目目录里运行，或设置 KB_ARTICLES。")
    database.require_current()
    with _appearing(target) as unfinished:
        skipped = _Writing(at, progress).everything(unfinished, articles, database, publishing)
        with Archive(unfinished) as written:
            written.check()
            manifest, sha256 = written.manifest, str(written.identity()["sha256"])
    with database.writing() as connection:
        detail = {"sha256": sha256, "articles": manifest.articles, "rows": sum(manifest.tables.values())}
        audit.record(connection, at, "系统", "backup.make", target.name, detail)
    return Made(manifest, sha256, skipped)


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """A file beside the target, for its owner only, that takes its place at the end, or leaves no trace."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        try:
            os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            yield unfinished
            _sync(unfinished)
            unfinished.replace(target)
        finally:
            with suppress(FileNotFoundError):
                unfinished.unlink()
        _sync(target.parent)
    except OSError as error:
        raise BackupProblem(f"备份 {target} 没有做成：{error.strerror or error}。") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Writing:
    """An archive that is being written."""

    def __init__(self, at: datetime, progress: Progress) -> None:
        self._at = at
        self._progress = progress
        self._members: dict[str, Member] = {}
        self._done = self._total = 0

    def everything(
        self, file: Path, articles: Path, database: Database, publishing: AbstractContextManager[object]
    ) -> tuple[str, ...]:
        """Write the archive; what was left out of it."""
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, ExitStack() as until_the_end:
            with publishing:
                connection = until_the_end.enter_context(database.snapshot())
                tables = dump.counts(connection)
                found = list(article_files(articles))
                self._total = sum(tables.values()) + len(found)
                skipped = self._articles(archive, found)
            for name in tables:
                self._write(archive, f"{TABLES}{name}.jsonl", self._counted(dump.lines(connection, name)))
            head = AuditHead(*audit.head(connection), audit.broken_at(connection))
            manifest = Manifest(__version__, upgrading.head(), timestamp(self._at), tables, head, self._members)
            archive.writestr(self._info(MANIFEST), manifest.dump())
        return skipped

    def _articles(self, archive: zipfile.ZipFile, found: list[tuple[str, Path | None]]) -> tuple[str, ...]:
        skipped = []
        for name, path in found:
            # somebody may remove a file by hand meanwhile
            with suppress(FileNotFoundError):
                if path is None:
                    skipped.append(name)
                else:
                    self._write(archive, ARTICLES + name, self._counted([path.read_bytes()]))
        return tuple(skipped)

    def _counted(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        for part in parts:
            yield part
            self._done += 1
            self._progress(self._done, self._total)

    def _write(self, archive: zipfile.ZipFile, name: str, parts: Iterator[bytes]) -> None:
        size, sha256 = 0, hashlib.sha256()
        first = next(parts, b"")
        with archive.open(self._info(name), "w", force_zip64=True) as member:
            part: bytes | None = first
            while part is not None:
                member.write(part)
                sha256.update(part)
                size += len(part)
                part = next(parts, None)
        self._members[name] = Member(size, sha256.hexdigest())

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        return info
