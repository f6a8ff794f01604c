"""Generations of the index: folders beside one another, and the pointer to the one that serves.

`gen-<time>-<id>/` holds `whoosh/`, `_lexicon/`, `lookup.json` and `manifest.json` (counts, digests of every article,
fingerprints, SHA-256 of every file). `current` is a symlink that is replaced atomically. A folder without a manifest is
unfinished. Nothing here knows Whoosh.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from kb.errors import IndexCorrupt, IndexLocked, IndexMissing

MANIFEST = "manifest.json"
_POINTER = "current"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself."""

    name: str
    # ISO time with offset
    made: str
    articles: int
    documents: int
    # version key → digest of its content and the period it is in force
    digests: dict[str, str]
    # recipe it was made with: schema, analyser, lexicon, code
    fingerprint: str
    # relative path → SHA-256
    files: dict[str, str]


def generation_name(now: datetime) -> str:
    """A new, unique name that sorts by time."""
    return f"gen-{now:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}"


def names(root: Path) -> list[str]:
    """Finished generations, newest first."""
    found = [p.name for p in root.glob("gen-*") if (p / MANIFEST).is_file()]
    return sorted(found, reverse=True)


def current_name(root: Path) -> str | None:
    """The generation that serves, or None."""
    try:
        return (root / _POINTER).readlink().name
    except OSError:
        return None


def switch(root: Path, name: str) -> None:
    """Let another generation serve: one atomic rename, on disk before it returns."""
    temporary = root / f".{_POINTER}-{secrets.token_hex(4)}"
    temporary.symlink_to(name)
    temporary.replace(root / _POINTER)
    _sync(root)


def seal(folder: Path, manifest: Manifest) -> Manifest:
    """Checksum and fsync every file of a new generation, then write its manifest, last and atomically."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            _sync(path)
            files[path.relative_to(folder).as_posix()] = _checksum(path)
    for path in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
        _sync(path)
    sealed = Manifest(**{**asdict(manifest), "files": files})
    temporary = folder / f".{MANIFEST}"
    content = asdict(sealed)
    temporary.write_text(json.dumps({**content, "seal": _seal(content)}, ensure_ascii=False), encoding="utf-8")
    _sync(temporary)
    temporary.replace(folder / MANIFEST)
    _sync(folder)
    _sync(folder.parent)
    return sealed


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation; raises IndexMissing or IndexCorrupt."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if content.pop("seal") != _seal(content):
            raise ValueError(MANIFEST)
        return Manifest(**content)
    except FileNotFoundError as error:
        raise IndexMissing(f"索引 {folder.name} 不完整（没有 {MANIFEST}）。") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexCorrupt(f"索引 {folder.name} 的 {MANIFEST} 读不出来。") from error


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its checksum; raises IndexCorrupt that names the first file that differs."""
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {MANIFEST}
    for name in sorted(present ^ set(manifest.files)):
        what = "缺少文件" if name in manifest.files else "多出文件"
        raise IndexCorrupt(f"索引 {folder.name} {what} {name}。")
    for name, checksum in manifest.files.items():
        try:
            actual = _checksum(folder / name)
        except OSError as error:
            raise IndexCorrupt(f"索引 {folder.name} 的文件 {name} 读不出来：{error.strerror}。") from error
        if actual != checksum:
            raise IndexCorrupt(f"索引 {folder.name} 的文件 {name} 已损坏（校验和不符）。")


def prune(root: Path, keep: int) -> list[str]:
    """Remove old and unfinished generations; the serving one always stays. Call it under the lock. Names removed."""
    current = current_name(root)
    kept = set(names(root)[:keep]) | {current}
    removed = [p.name for p in sorted(root.glob("gen-*")) if p.name not in kept]
    for name in removed:
        shutil.rmtree(root / name, ignore_errors=True)
    for stale in root.glob(f".{_POINTER}-*"):
        stale.unlink(missing_ok=True)
    return removed


@contextlib.contextmanager
def write_lock(root: Path) -> Iterator[None]:
    """Be the only writer. The lock dies with the process; raises IndexLocked at once if another job holds it."""
    root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexLocked("另一个任务正在写索引，本次没有执行，请稍后再试。") from error
        yield
    finally:
        os.close(descriptor)


def _seal(content: dict[str, object]) -> str:
    """Checksum of the manifest itself, which no other file vouches for."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
