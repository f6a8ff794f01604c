"""Reading a backup that nobody vouches for: everything is checked against its manifest before anything is used."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from zlib import error as ZlibError

from kb.backup import (
    ARTICLES,
    MANIFEST,
    TABLES,
    Manifest,
    acceptable_manifest_size,
    load_manifest,
    refused_name,
    refused_sizes,
)
from kb.errors import BackupProblem

_PIECE = 1 << 20
_DAMAGED = (zipfile.BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)


class Archive:
    """An opened backup whose list of members is sound; their content is checked when it is read."""

    def __init__(self, file: Path) -> None:
        """Raises BackupProblem if it cannot be opened, or lists what no backup holds."""
        self.file = file
        try:
            self._zip = zipfile.ZipFile(file)
        except OSError as error:
            raise BackupProblem(f"备份 {file} 打不开：{error.strerror or error}。") from error
        except _DAMAGED as error:
            raise self._damaged("不是备份，或者不完整") from error
        try:
            self.manifest = self._checked()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def _checked(self) -> Manifest:
        listed = self._zip.infolist()
        sizes = {info.filename: info.file_size for info in listed}
        if len(sizes) != len(listed):
            raise self._damaged("里面有重名的文件")
        archive_size = self.file.stat().st_size
        if not acceptable_manifest_size(sizes.pop(MANIFEST, -1), archive_size):
            raise self._damaged("里面没有可用的 manifest.json")
        for info in listed:
            if info.filename != MANIFEST and (refused_name(info.filename) or not _plain_file(info)):
                raise self._damaged(f"里面有不该有的文件 {info.filename[:80]!r}")
        manifest = load_manifest(b"".join(self._pieces(MANIFEST)))
        why = refused_sizes(sizes, manifest, archive_size)
        if why:
            raise self._damaged(why)
        return manifest

    def articles(self) -> Iterator[tuple[str, bytes]]:
        """(name below the articles folder, content) of every file. Raises BackupProblem at the first that is damaged."""
        for name in self.manifest.members:
            if name.startswith(ARTICLES):
                yield name.removeprefix(ARTICLES), b"".join(self._verified(name))

    def rows(self, table: str) -> Iterator[bytes]:
        """The lines of a table. Raises BackupProblem at their end if they are damaged: use them in a transaction."""
        rest = b""
        for piece in self._verified(f"{TABLES}{table}.jsonl"):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
        if rest:
            yield rest

    def identity(self) -> dict[str, object]:
        """What tells this backup from all others."""
        with self.file.open("rb") as opened:
            return {"sha256": hashlib.file_digest(opened, "sha256").hexdigest(), "made": self.manifest.made}

    def check(self) -> None:
        """Read everything. Raises BackupProblem if anything is damaged."""
        for name in self.manifest.members:
            for _ in self._verified(name):
                pass

    def _verified(self, name: str) -> Iterator[bytes]:
        sha256 = hashlib.sha256()
        for piece in self._pieces(name):
            sha256.update(piece)
            yield piece
        if sha256.hexdigest() != self.manifest.members[name].sha256:
            raise self._damaged(f"{name} 和做备份时不一样")

    def _pieces(self, name: str) -> Iterator[bytes]:
        """The content of a member, never more than it is listed with."""
        try:
            with self._zip.open(name) as member:
                while piece := member.read(_PIECE):
                    yield piece
        except _DAMAGED as error:
            raise self._damaged(f"{name} 读不出来") from error

    def _damaged(self, why: str) -> BackupProblem:
        return BackupProblem(f"备份 {self.file} 不能用：{why}。")


def _plain_file(info: zipfile.ZipInfo) -> bool:
    """Not a link, a folder, or encrypted."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind in (0, stat.S_IFREG) and not info.is_dir() and not info.flag_bits & 1
