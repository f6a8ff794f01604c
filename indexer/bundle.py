"""Several named arrays in one file: written once, memory-mapped when opened, shared by every process that opens it.

Layout: magic, length of the header (uint64), header (JSON: name → dtype, shape, offset), then the data, each array aligned to
64 bytes. Little-endian throughout.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import IndexCorrupt

Arrays = dict[str, NDArray[Any]]
_MAGIC = b"KBARRAY1"
_ALIGN = 64


def write_bundle(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a new file with the arrays; durability is the caller's."""
    header: dict[str, list[object]] = {}
    offset = 0
    for name, array in arrays.items():
        header[name] = [array.dtype.newbyteorder("<").str, list(array.shape), offset]
        offset += _padded(array.nbytes)
    text = json.dumps(header).encode()
    text += b" " * (_padded(len(_MAGIC) + 8 + len(text)) - len(_MAGIC) - 8 - len(text))
    with path.open("xb") as file:
        file.write(_MAGIC + len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
            file.write(bytes(_padded(array.nbytes) - array.nbytes))


def open_bundle(path: Path) -> Arrays:
    """The arrays of a file, read-only views of the mapped file. Raises IndexCorrupt or OSError."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        start = len(_MAGIC) + 8
        if mapped[: len(_MAGIC)] != _MAGIC:
            raise ValueError("magic")
        start += int.from_bytes(mapped[len(_MAGIC) : start], "little")
        header = json.loads(mapped[len(_MAGIC) + 8 : start])
        return {name: _view(mapped, start, *place) for name, place in header.items()}
    except (ValueError, TypeError, KeyError) as error:
        raise IndexCorrupt(f"索引文件 {path.name} 读不出来。") from error


def _view(mapped: mmap.mmap, start: int, dtype: str, shape: list[int], offset: int) -> NDArray[Any]:
    count = 1
    for size in shape:
        count *= size
    if count == 0:  # numpy refuses an empty view at the end of a buffer
        return np.empty(shape, dtype)
    return np.frombuffer(mapped, dtype, count, start + offset).reshape(shape)


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
