"""Writing a file for others: it is there whole or not at all, and on the disk before it is said to be."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from kb.errors import KBError
from kb.files import why


def write_whole(target: Path, data: bytes | Iterable[bytes], mode: int = 0o666) -> None:
    """Put a file in its place at once, in the place of one of that name. Raises KBError; then nothing has changed.

    What a killed writer of the same file left beside it is removed. `mode`: who may do what with it, less the umask.
    """
    try:
        if target.is_dir():
            raise KBError(f"{target} 是目录，请写出文件名，例如 {target / 'kb-offline.html'}。")
        _remove_stale(target)
        with _beside(target, mode) as (descriptor, beside):
            with open(descriptor, "wb", closefd=False) as file:
                file.writelines([data] if isinstance(data, bytes) else data)
                file.flush()
                os.fsync(descriptor)
            beside.replace(target)
        _sync(target.parent)
    except FileNotFoundError as error:
        raise KBError(f"没有目录 {target.parent}，请先建好。") from error
    except OSError as error:
        raise KBError(f"{target} 没有写成：{why(error)}。") from error


@contextlib.contextmanager
def _beside(target: Path, mode: int) -> Iterator[tuple[int, Path]]:
    """A new file beside the target, locked as long as somebody writes it, and gone in the end unless it was renamed."""
    while True:
        path = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            # a file system without locks: nothing is taken for stale there either
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not os.fstat(descriptor).st_nlink:
                # somebody took it for a dead writer's before it was locked
                continue
            yield descriptor, path
            return
        finally:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                path.unlink()


def _remove_stale(target: Path) -> None:
    """Remove what writers began that are dead: their lock died with them."""
    unfinished = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}")
    for path in target.parent.iterdir():
        if not unfinished.fullmatch(path.name):
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
