"""Checksums of files: SHA-256 over the SHA-256 of every 16 MB, so that several threads can read one large file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

# bytes under one inner checksum, and read at once: in between, a thread waits until the others let it have the interpreter
_PIECE, _READ = 16 << 20, 4 << 20
# device, inode, size, time of change: what tells that a file is as it was
Identity = tuple[int, int, int, int]
# files that this process has read → their checksum
_KNOWN: dict[Identity, str] = {}
_MOST_KNOWN = 10_000


def identity(path: Path) -> Identity:
    """What tells whether a file was changed since. Raises OSError."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def checksum(path: Path) -> str:
    """The checksum of a file, read once for as long as it is not changed. Raises OSError."""
    own = identity(path)
    found = _KNOWN.get(own)
    return found if found is not None else _remembered(own, [_piece(path, at) for at in _places(own)])


def begin(pool: Executor, path: Path, *, again: bool) -> Callable[[], str]:
    """Begin to read a file in the pool's threads; what is returned waits for its checksum. Both raise OSError.

    `again`: even if this process has read it, and it was not changed.
    """
    own = identity(path)
    found = None if again else _KNOWN.get(own)
    if found is not None:
        return lambda: found
    pieces = [pool.submit(_piece, path, at) for at in _places(own)]
    return lambda: _remembered(own, [piece.result() for piece in pieces])


def forget() -> None:
    """Read every file anew from now on."""
    _KNOWN.clear()


def _places(own: Identity) -> range:
    return range(0, max(own[2], 1), _PIECE)


def _piece(path: Path, at: int) -> bytes:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_READ))
    end = at + _PIECE
    with path.open("rb", buffering=0) as file:
        file.seek(at)
        while at < end and (size := file.readinto(buffer[: end - at])):
            digest.update(buffer[:size])
            at += size
    return digest.digest()


def _remembered(own: Identity, pieces: list[bytes]) -> str:
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    found = _KNOWN[own] = hashlib.sha256(b"".join(pieces)).hexdigest()
    return found
