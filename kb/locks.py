"""Locks between processes: a file that one of them holds, and that is free when its process ends, however that comes about."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from kb.errors import KBError, Refused

# seconds between two tries
_TRY_EVERY = 0.02
_PUBLISHING = "另一项发布还没有结束，请过一会儿再试。什么都没有改动。"


@contextlib.contextmanager
def exclusive(path: Path, patience: float, refusal: KBError | None = None, mode: int = 0o600) -> Iterator[None]:
    """Be the only one who holds a file, which is made with this mode.

    Raises `refusal` (by default Refused: others publish) if others hold it for so many seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
    _HELD.add(descriptor)
    try:
        until = time.monotonic() + patience
        while not _taken(descriptor):
            if time.monotonic() >= until:
                raise refusal or Refused(_PUBLISHING)
            time.sleep(_TRY_EVERY)
        yield
    finally:
        _HELD.discard(descriptor)
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _let_go() -> None:
    """In a forked child: a lock must not outlive its owner in a process that inherited it."""
    for descriptor in _HELD:
        os.close(descriptor)
    _HELD.clear()


_HELD: set[int] = set()
os.register_at_fork(after_in_child=_let_go)
