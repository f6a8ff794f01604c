"""Terms and postings in the form Whoosh's own reader ("W3" codec) takes, written term by term instead of posting by posting.

A term's few postings stand in the term table itself; longer ones in the postings file, in blocks of 128.
"""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from operator import lt
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh.codec.whoosh3 import WHOOSH3_HEADER_MAGIC
    from whoosh.compat import dumps
    from whoosh.filedb.filetables import HashWriter, OrderedHashWriter
    from whoosh.system import pack_int, pack_ushort
    from whoosh.util.numeric import byte_to_length
    from whoosh.util.numlists import GrowableArray

Bytes = NDArray[np.uint8]
Integers = NDArray[np.integer[Any]]

BLOCK = 128
# a term with at most so many postings has them in the term table
INLINED = 4
# postings encoded at a time: bounds the memory taken beyond the input
CHUNK = 1 << 17
# the smallest form that holds bytes as bytes
_PROTOCOL = 3
_CRC32 = 1
_LENGTHS = np.array([byte_to_length(b) for b in range(256)])
_HEAD = np.dtype([("key", ">i4"), ("value", ">i4"), ("field", ">u2")])
_INFO = np.dtype([("inlined", "u1"), ("weight", ">f4"), ("documents", ">u4"), ("shortest", "u1"), ("longest", "u1"),
         ("heaviest", ">f4"), ("first", ">u4"), ("last", ">u4")])  # fmt: skip
_EXTENT = np.dtype([("offset", ">i8"), ("size", ">i4")])
_POINTER = np.dtype([("hash", ">u4"), ("position", ">i8")])


def length_bytes(lengths: Integers) -> Bytes:
    """Lengths in terms as Whoosh keeps them, one byte each: exact for short ones, rounded up for long ones."""
    return np.minimum(np.searchsorted(_LENGTHS, lengths), 255).astype(np.uint8)


class TermTable(OrderedHashWriter):  # type: ignore[misc]
    """The term table: key → term information, by hash and by order. Takes many keys at a time."""

    def __init__(self, file: Any) -> None:
        """`file`: Whoosh's file to fill; closed by `close`."""
        HashWriter.__init__(self, file, hashtype=_CRC32)
        self.extras["fieldmap"] = {}
        self._last = (-1, b"")
        self._hashes: list[NDArray[np.uint32]] = []
        self._positions: list[NDArray[np.int64]] = []

    def field(self, name: str) -> int:
        """Number of a field; fields are numbered in the order they are first asked for."""
        fields: dict[str, int] = self.extras["fieldmap"]
        return fields.setdefault(name, len(fields))

    def add_all(self, field: int, terms: Sequence[bytes], values: Sequence[bytes]) -> None:
        """Add terms of one field with their encoded information. Raises ValueError unless all come in ascending order."""
        if not ((field, terms[0]) > self._last and all(map(lt, terms, islice(terms, 1, None)))):
            raise ValueError(f"terms must ascend: {self._last} .. {(field, terms[0])}")
        self._last = (field, terms[-1])
        prefix = pack_ushort(field)
        start = crc32(prefix)
        heads = np.empty(len(terms), _HEAD)
        heads["key"] = np.fromiter(map(len, terms), np.int64, len(terms)) + len(prefix)
        heads["value"] = np.fromiter(map(len, values), np.int64, len(terms))
        heads["field"] = field
        # lengths and prefix, rest of the key, value
        pieces = [b""] * (3 * len(terms))
        pieces[::3], pieces[1::3], pieces[2::3] = _rows(heads), terms, values
        ends = np.cumsum(heads["key"].astype(np.int64) + heads["value"] + 8)
        self._positions.append(self.dbfile.tell() + np.concatenate(([0], ends[:-1])))
        self._hashes.append(np.fromiter((crc32(t, start) for t in terms), np.uint32, len(terms)))
        self.dbfile.write(b"".join(pieces))

    def _write_hashes(self) -> None:
        """256 hash tables, found by the lowest byte of a hash."""
        hashes = np.concatenate([np.empty(0, np.uint32), *self._hashes])
        positions = np.concatenate([np.empty(0, np.int64), *self._positions])
        order = np.argsort(hashes & 255, kind="stable")
        bounds = np.searchsorted(hashes[order] & 255, np.arange(257))
        for first, last in pairwise(bounds.tolist()):
            entries = order[first:last]
            self.directory.append((self.dbfile.tell(), 2 * len(entries)))
            self.dbfile.write(_hash_table(hashes[entries], positions[entries]).tobytes())
        self.index = GrowableArray("I")
        small = not len(positions) or positions[-1] < 1 << 32
        self.index.array = array("I", positions.astype(np.uint32).tobytes()) if small else positions.tolist()


def _hash_table(hashes: NDArray[np.uint32], positions: NDArray[np.int64]) -> NDArray[Any]:
    """A half full table: every entry in its own slot, or in the next free one, round the end if need be."""
    table = np.zeros(2 * len(hashes), _POINTER)
    if not len(hashes):
        return table
    home = (hashes >> 8) % len(table)
    order = np.argsort(home, kind="stable")
    index = np.arange(len(order))
    slots = np.maximum.accumulate(home[order].astype(np.int64) - index) + index
    inside = int(np.searchsorted(slots, len(table)))
    placed = order[:inside]
    table["hash"][slots[:inside]], table["position"][slots[:inside]] = hashes[placed], positions[placed]
    free = np.flatnonzero(table["position"] == 0)
    over = order[inside:]
    slots = free[: len(over)]
    table["hash"][slots], table["position"][slots] = hashes[over], positions[over]
    return table


class PostingsFile:
    """Encodes terms' postings: few of them as the term's information, longer ones into the postings file."""

    def __init__(self, file: Any) -> None:
        """`file`: Whoosh's file to fill, empty."""
        self._file = file
        self._offset = 0

    def encode(self, starts: Integers, documents: Integers, counts: Integers, lengths: Bytes | None) -> list[bytes]:
        """Term information of each term, in order; what it refers to is then in the file.

        starts: [terms + 1], the first posting of each term and the end of all; documents, counts: of each posting;
        lengths: byte for the length of each document of the segment, None for a field without lengths.
        """
        sizes = np.diff(starts)
        info = _information(starts, documents, counts, lengths)
        info["inlined"] = sizes <= INLINED
        single, some = (np.flatnonzero(info["inlined"] & which) for which in (sizes == 1, sizes > 1))
        large = np.flatnonzero(sizes > INLINED)
        first = starts[single]
        values = _rows(info)
        for terms, bodies in (
            (single, map(_single, documents[first].tolist(), counts[first].tolist())),
            (some, _inline(starts, some, documents, counts)),
            (large, _rows(self._write(starts, large, documents, counts, lengths))),
        ):
            for term, body in zip(terms.tolist(), bodies, strict=True):
                values[term] += body
        return values

    def _write(
        self, starts: Integers, terms: Integers, documents: Integers, counts: Integers, lengths: Bytes | None
    ) -> NDArray[Any]:
        """Write the postings of some terms; the place of each in the file, as records."""
        bounds = [self._offset]
        pieces: list[bytes] = []
        blocks = _blocks(starts, terms, documents, counts, lengths)
        for size in ((np.diff(starts)[terms] + BLOCK - 1) // BLOCK).tolist():
            pieces.append(WHOOSH3_HEADER_MAGIC)
            self._offset += len(WHOOSH3_HEADER_MAGIC)
            for last, block in enumerate(islice(blocks, size), 1 - size):
                # a negative length marks the last block
                pieces += (pack_int(len(block) if last else -len(block)), block)
                self._offset += 4 + len(block)
            bounds.append(self._offset)
        self._file.write(b"".join(pieces))
        extents = np.empty(len(terms), _EXTENT)
        extents["offset"], extents["size"] = bounds[:-1], np.diff(bounds)
        return extents


def _information(starts: Integers, documents: Integers, counts: Integers, lengths: Bytes | None) -> NDArray[Any]:
    """What Whoosh keeps of each term, as records."""
    first = starts[:-1]
    info = np.zeros(len(first), _INFO)
    info["weight"] = np.add.reduceat(counts, first, dtype=np.int64)
    info["documents"] = np.diff(starts)
    info["heaviest"] = np.maximum.reduceat(counts, first)
    info["first"], info["last"] = documents[first], documents[starts[1:] - 1]
    if lengths is not None:
        found = lengths[documents]
        info["shortest"], info["longest"] = np.minimum.reduceat(found, first), np.maximum.reduceat(found, first)
    return info


def _inline(starts: Integers, terms: Integers, documents: Integers, counts: Integers) -> Iterator[bytes]:
    """The postings of some terms as they stand in the terms' information."""
    ids, weights = documents.tolist(), counts.astype(np.float64).tolist()
    for first, last in zip(starts[terms].tolist(), starts[terms + 1].tolist(), strict=True):
        yield dumps((tuple(ids[first:last]), tuple(weights[first:last]), (None,) * (last - first)), _PROTOCOL)


@lru_cache(1 << 16)
def _single(document: int, count: int) -> bytes:
    """One posting. Most terms stand once in one document, and a document has many of them."""
    encoded: bytes = dumps(((document,), (float(count),), (None,)), _PROTOCOL)
    return encoded


def _blocks(
    starts: Integers, terms: Integers, documents: Integers, counts: Integers, lengths: Bytes | None
) -> Iterator[bytes]:
    """The blocks of some terms, in order: information for skipping, then documents as differences, then counts.

    Counts below 256 are written as bytes: an indexable of numbers is all that the reader wants.
    """
    sizes = np.diff(starts)[terms]
    number = (sizes + BLOCK - 1) // BLOCK
    within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    first = np.repeat(starts[terms], number) + BLOCK * within
    last = np.minimum(first + BLOCK, np.repeat(starts[terms] + sizes, number))
    if not len(first):
        return
    deltas = np.diff(documents, prepend=0)
    deltas[first] = documents[first]
    numbers, small = deltas.tolist(), np.minimum(counts, 255).astype(np.uint8).tobytes()
    shortest, longest = _extremes(lengths[documents], first, last) if lengths is not None else (0 * first, 0 * first)
    lightest, heaviest = _extremes(counts, first, last)
    columns = (first, last, documents[last - 1], lightest, heaviest, shortest, longest)
    for a, b, end, least, most, short, long in zip(*(c.tolist() for c in columns), strict=True):
        weights = _weights(least, most, small[a:b], counts[a:b])
        yield dumps((b - a, end, float(most), 0, short, long), _PROTOCOL) + dumps(
            (tuple(numbers[a:b]), weights, None), _PROTOCOL
        )


def _weights(least: int, most: int, small: bytes, counts: Integers) -> float | bytes | tuple[float, ...] | None:
    """Counts of a block; None stands for all 1, a number for all the same."""
    if least == most:
        return None if most == 1 else float(most)
    return small if most < 256 else tuple(map(float, counts.tolist()))


def _extremes(values: Integers, first: Integers, last: Integers) -> tuple[Integers, Integers]:
    """Smallest and largest of the values in each of some ranges, which may have gaps between them."""
    bounds = np.column_stack((first, last)).ravel()
    padded = np.append(values, values[-1:])
    return np.minimum.reduceat(padded, bounds)[::2], np.maximum.reduceat(padded, bounds)[::2]


def _rows(records: NDArray[Any]) -> list[bytes]:
    """The bytes of each record."""
    rows: list[bytes] = records.view(f"V{records.dtype.itemsize}").tolist()
    return rows
