"""Copies of what takes long to read from a library: made once, in a folder of this service alone, and checked when read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

from kb.errors import KBError
from kb.strings_table import join, numbers_of, pack_numbers, split
from kb.whole_file import write_whole

_LOG = logging.getLogger("kb.copies")


def kept(file: Path, made_with: str, make: Callable[[], Sequence[bytes]]) -> list[memoryview]:
    """The parts that `make` gives, from the copy if there is a whole one of the same `made_with`; it is made anew otherwise.

    The folder is made if it is missing, for its owner alone; where nothing can be written, the parts come without a copy.
    """
    try:
        return _unpack(file.read_bytes(), made_with)
    except (OSError, ValueError):
        pass
    body = join((made_with.encode(), *make()))
    data = join((pack_numbers([crc32(body)]), body))
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(file, data)
    except (KBError, OSError) as error:
        # made anew by whoever starts next
        _LOG.warning("copy is not kept: %s", error)
    return _unpack(data, made_with)


def _unpack(data: bytes, made_with: str) -> list[memoryview]:
    """Raises ValueError for what is not the whole copy."""
    checksum, body = split(data)
    if len(checksum) != 4 or numbers_of(checksum)[0] != crc32(body):
        raise ValueError("a damaged copy")
    found, *parts = split(body)
    if found != made_with.encode():
        raise ValueError("a copy of something else")
    return parts
