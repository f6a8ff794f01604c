"""Several named arrays in one file: written once, memory-mapped when opened, shared by every process that opens it.

Layout: magic, length of the header (uint64), header (JSON: name → dtype, shape, offset), then the data, each array aligned to
64 bytes. Little-endian throughout.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import IndexCorrupt

Arrays = dict[str, NDArray[Any]]
Buffer = bytes | memoryview
_MAGIC = b"KBARRAY1"
_ALIGN = 64


def write_bundle(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a new file with the arrays; durability is the caller's."""
    with path.open("xb") as file:
        for piece in _pieces(arrays):
            file.write(piece)


def to_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The same bytes as in a file of `write_bundle`."""
    return b"".join(_pieces(arrays))


def _pieces(arrays: Mapping[str, NDArray[Any]]) -> Iterator[Buffer]:
    header: dict[str, list[object]] = {}
    offset = 0
    for name, array in arrays.items():
        header[name] = [array.dtype.newbyteorder("<").str, list(array.shape), offset]
        offset += _padded(array.nbytes)
    text = json.dumps(header).encode()
    text += b" " * (_padded(len(_MAGIC) + 8 + len(text)) - len(_MAGIC) - 8 - len(text))
    yield _MAGIC + len(text).to_bytes(8, "little") + text
    for array in arrays.values():
        yield np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data
        yield bytes(_padded(array.nbytes) - array.nbytes)


def open_bundle(path: Path) -> Arrays:
    """The arrays of a file, read-only views of the mapped file. Raises IndexCorrupt or OSError."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return from_bytes(mapped, path.name)


def from_bytes(data: bytes | mmap.mmap, name: str) -> Arrays:
    """The arrays of what `to_bytes` wrote, read-only views of it; `name` is what it is called. Raises IndexCorrupt."""
    try:
        start = len(_MAGIC) + 8
        if data[: len(_MAGIC)] != _MAGIC:
            raise ValueError("magic")
        start += int.from_bytes(data[len(_MAGIC) : start], "little")
        header = json.loads(data[len(_MAGIC) + 8 : start])
        return {key: _view(data, start, *place) for key, place in header.items()}
    except (ValueError, TypeError, KeyError) as error:
        raise IndexCorrupt(f"索引文件 {name} 读不出来。") from error


def _view(data: bytes | mmap.mmap, start: int, dtype: str, shape: list[int], offset: int) -> NDArray[Any]:
    count = 1
    for size in shape:
        count *= size
    if count == 0:  # numpy refuses an empty view at the end of a buffer
        return np.empty(shape, dtype)
    return np.frombuffer(data, dtype, count, start + offset).reshape(shape)


def _padded(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN


def packed(name: str, parts: list[bytes]) -> Arrays:
    """Byte strings as two arrays: `name` uint8 [total], and `name_ends` int64 [n + 1], where each begins and ends."""
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return {name: np.frombuffer(b"".join(parts), np.uint8), f"{name}_ends": ends}


def part(arrays: Arrays, name: str, number: int) -> bytes:
    """One of the byte strings that `packed` wrote."""
    start, end = arrays[f"{name}_ends"][number : number + 2].tolist()
    found: bytes = arrays[name][start:end].tobytes()
    return found


def parts(arrays: Arrays, name: str) -> list[bytes]:
    """All byte strings that `packed` wrote."""
    text = arrays[name].tobytes()
    ends = arrays[f"{name}_ends"].tolist()
    return [text[a:b] for a, b in pairwise(ends)]
