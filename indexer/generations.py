"""Generations of the index: folders beside one another, and the pointer to the one that serves.

`gen-<time>-<id>/` holds `whoosh/`, `segments/`, `state.arrays`, `_lexicon/` and `manifest.json` (counts, segments, fingerprints,
checksum of every file). Segments are hard-linked from one generation to the next and never changed. `current` is a symlink that is
replaced atomically. A folder without a manifest is unfinished. Nothing here knows Whoosh.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path

from indexer import checksums
from kb.errors import IndexCorrupt, IndexLocked, IndexMissing
from kb.locks import exclusive

MANIFEST = "manifest.json"
SEGMENTS = "segments"
_POINTER = "current"
_STAMP = "%Y%m%d-%H%M%S-%f"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself."""

    name: str
    # ISO time with offset
    made: str
    articles: int
    documents: int
    # recipe it was made with: schema, analyser, lexicon, code
    fingerprint: str
    # of the registry's files
    registry: str
    # average length of each stream field, see indexer/inverted.py
    averages: list[float]
    # names of the segments, the largest and oldest first
    segments: list[str]
    # relative path → checksum, see `indexer.checksums`
    files: dict[str, str]
    # what was learned from phrasings: version of the learning, number of articles, generation in which; empty: nothing
    learned: dict[str, int | str] = field(default_factory=dict)


# of each file by its name
Identities = dict[str, checksums.Identity]
# files that no question needs
_IDLE = re.compile(r"whoosh/|segments/.*\.build$")


def generation_name(root: Path, now: datetime) -> str:
    """A new, unique name that sorts by time, and behind every generation there is, wherever the clock stood then."""
    newest = max((found for p in root.glob("gen-*") if (found := _moment(p.name))), default=None)
    wall = now.replace(tzinfo=None)
    if newest and newest >= wall:
        wall = newest + timedelta(microseconds=1)
    return f"gen-{wall:{_STAMP}}-{secrets.token_hex(3)}"


def _moment(name: str) -> datetime | None:
    """The moment in the name of a generation."""
    try:
        return datetime.strptime(name[4:-7], _STAMP)
    except ValueError:
        return None


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


def previous_name(root: Path) -> str | None:
    """The newest generation that is older than the one that serves, or None."""
    current = current_name(root)
    return next((name for name in names(root) if current is None or name < current), None)


def switch(root: Path, name: str) -> None:
    """Let another generation serve: one atomic rename, on disk before it returns."""
    temporary = root / f".{_POINTER}-{secrets.token_hex(4)}"
    temporary.symlink_to(name)
    temporary.replace(root / _POINTER)
    _sync(root)


def seal(folder: Path, manifest: Manifest, inherited: Mapping[str, str]) -> Manifest:
    """Checksum and fsync every new file of a generation, then write its manifest, last and atomically.

    `inherited`: files linked from an older generation, with their checksums; they are on disk already.
    """
    files = dict(inherited)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in files:
            _sync(path)
            files[name] = checksums.checksum(path)
    for path in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
        _sync(path)
    sealed = replace(manifest, files=files)
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
        if unknown := (content.keys() ^ {f.name for f in fields(Manifest)}) - {"learned"}:
            # whole, but of a program that writes other things into it
            raise IndexCorrupt(
                f"索引 {folder.name} 是用另一个版本的程序建的（{'、'.join(sorted(unknown))}），请运行 kb index build。"
            )
        return Manifest(**content)
    except FileNotFoundError as error:
        raise IndexMissing(f"索引 {folder.name} 不完整（没有 {MANIFEST}）。") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexCorrupt(f"索引 {folder.name} 的 {MANIFEST} 读不出来。") from error


def verify_files(folder: Path, manifest: Manifest, *, everything: bool = False, again: bool = False) -> None:
    """Check that exactly the manifest's files are there and unharmed; raises IndexCorrupt that names the first that is not.

    Every file that answers questions is compared with its checksum; those that only building needs (`_IDLE`) if `everything`
    is asked for. What this process has checked and was not touched since is read once more only if `again`.
    """
    with verifying(folder, manifest, everything=everything, again=again):
        pass


@contextlib.contextmanager
def verifying(folder: Path, manifest: Manifest, *, everything: bool = False, again: bool = False) -> Iterator[None]:
    """`verify_files` beside what is done in the meantime; raised at the end, in place of any other error."""
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {MANIFEST}
    for name in sorted(present ^ set(manifest.files)):
        what = "缺少文件" if name in manifest.files else "多出文件"
        raise IndexCorrupt(f"索引 {folder.name} {what} {name}。")
    names = [n for n in manifest.files if everything or not _IDLE.match(n)]
    # the largest first; reading and hashing leave the interpreter free
    names.sort(key=lambda n: -(folder / n).stat().st_size)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        found = [(n, checksums.begin(pool, folder / n, again=again)) for n in names]
        try:
            yield
        finally:
            for name, checksum in found:
                _compare(folder.name, name, checksum, manifest.files[name])


def _compare(generation: str, name: str, checksum: Callable[[], str], wanted: str) -> None:
    try:
        actual = checksum()
    except OSError as error:
        raise IndexCorrupt(f"索引 {generation} 的文件 {name} 读不出来：{error.strerror}。") from error
    if actual != wanted:
        raise IndexCorrupt(f"索引 {generation} 的文件 {name} 已损坏（校验和不符）。")


def identities(folder: Path) -> Identities:
    """What tells of each file that answers questions whether it was changed since."""
    found: Identities = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        with contextlib.suppress(OSError):
            if not _IDLE.match(name) and path.is_file():
                found[name] = checksums.identity(path)
    return found


def touched(folder: Path, known: Identities) -> str:
    """The first file that was written to where it lies; empty if none was. One that is gone or another one does not count."""
    for name, was in known.items():
        with contextlib.suppress(OSError):
            now = checksums.identity(folder / name)
            if now[:2] == was[:2] and now != was:
                return name
    return ""


def prune(root: Path, keep: int) -> list[str]:
    """Remove old and unfinished generations; the serving one stays, with `keep - 1` others. Call it under the lock. Names removed."""
    current = current_name(root)
    kept = {current, *[name for name in names(root) if name != current][: keep - 1]}
    removed = [p.name for p in sorted(root.glob("gen-*")) if p.name not in kept]
    for name in removed:
        shutil.rmtree(root / name, ignore_errors=True)
    for stale in root.glob(f".{_POINTER}-*"):
        stale.unlink(missing_ok=True)
    return removed


def write_lock(root: Path, patience: float = 0) -> AbstractContextManager[None]:
    """Be the only writer. The lock dies with the process; raises IndexLocked if another job holds it for so many seconds."""
    refusal = IndexLocked("另一个任务正在写索引，本次没有执行，请稍后再试。")
    return exclusive(root / "lock", patience, refusal, mode=0o644)


def _seal(content: dict[str, object]) -> str:
    """Checksum of the manifest itself, which no other file vouches for."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
