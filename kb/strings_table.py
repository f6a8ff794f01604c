"""Strings in one buffer, used where they lie: written once, opened without reading them, found by hash or by bisection.

All numbers are unsigned, of 32 bits, in the byte order of the machine; strings are UTF-8, whose order is that of code points.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from mmap import mmap
from typing import Final
from zlib import crc32

Buffer = bytes | bytearray | memoryview | mmap
# "I" has four bytes wherever CPython runs
_NUMBER: Final = "I"
_SIZE = 4


def pack_numbers(numbers: Iterable[int]) -> bytes:
    """Numbers for `numbers_of`."""
    return array(_NUMBER, numbers).tobytes()


def numbers_of(part: memoryview) -> memoryview[int]:
    """The numbers that `pack_numbers` wrote, as a sequence."""
    return part.cast(_NUMBER)


def join(parts: Sequence[bytes]) -> bytes:
    """One buffer of several parts, for `split`."""
    header = pack_numbers([len(parts), *map(len, parts)])
    return b"".join((header, *(part + bytes(-len(part) % _SIZE) for part in parts)))


def split(buffer: Buffer) -> list[memoryview]:
    """The parts that `join` put together; raises ValueError where the buffer ends too early."""
    view = memoryview(buffer).cast("B")
    count = numbers_of(view[:_SIZE])[0] if len(view) >= _SIZE else 0
    at = _SIZE * (count + 1)
    if not count or at > len(view):
        raise ValueError("a table without its parts")
    parts = []
    for size in numbers_of(view[_SIZE:at]):
        if at + size > len(view):
            raise ValueError("a table that ends too early")
        parts.append(view[at : at + size])
        at += size + -size % _SIZE
    return parts


def encoded(text: str) -> bytes:
    """UTF-8 of any string, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")


class Strings:
    """Strings by their number."""

    def __init__(self, part: memoryview) -> None:
        starts, self._bytes = split(part)
        self._starts = numbers_of(starts)

    @staticmethod
    def pack(strings: Iterable[str]) -> bytes:
        """The part that holds these strings."""
        data = [encoded(s) for s in strings]
        starts = array(_NUMBER, [0])
        for piece in data:
            starts.append(starts[-1] + len(piece))
        return join((starts.tobytes(), b"".join(data)))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> str:
        return str(self.raw(number), "utf-8", "surrogatepass")

    def raw(self, number: int) -> bytes:
        """The UTF-8 of a string."""
        return self._bytes[self._starts[number] : self._starts[number + 1]].tobytes()


class Table:
    """Sorted strings, each with a list of numbers."""

    def __init__(self, part: memoryview) -> None:
        strings, starts, numbers, slots = split(part)
        self.strings = Strings(strings)
        self._starts = numbers_of(starts)
        # the numbers of all strings, in the order of the strings
        self.numbers = numbers_of(numbers)
        # hash table with open addressing: number of the string + 1, or 0
        self._slots = numbers_of(slots)

    @staticmethod
    def pack(entries: Mapping[str, Sequence[int]], whole: bool = True) -> bytes:
        """The part that holds these strings with their numbers; `whole`: whether `find` will look for whole strings."""
        ordered = sorted(entries)
        starts, numbers = array(_NUMBER, [0]), array(_NUMBER)
        for string in ordered:
            numbers.extend(entries[string])
            starts.append(len(numbers))
        return join(
            (Strings.pack(ordered), starts.tobytes(), numbers.tobytes(), _slots(ordered if whole else ()).tobytes())
        )

    def __len__(self) -> int:
        return len(self.strings)

    def find(self, wanted: bytes) -> memoryview[int] | None:
        """The numbers of a string, given `encoded`, or None if it is not here."""
        slots = self._slots
        mask = len(slots) - 1
        slot = crc32(wanted) & mask
        while number := slots[slot]:
            if self.strings.raw(number - 1) == wanted:
                return self.numbers[self._starts[number - 1] : self._starts[number]]
            slot = (slot + 1) & mask
        return None

    def starting_with(self, prefix: str) -> tuple[int, int]:
        """Where in `numbers` those of all strings with this prefix lie: [start, end)."""
        wanted = encoded(prefix)
        every = range(len(self.strings))
        first = bisect_left(every, wanted, key=self.strings.raw)
        # 0xff occurs in no UTF-8: this is greater than every string with the prefix, less than what follows
        end = bisect_left(every, wanted + b"\xff", lo=first, key=self.strings.raw)
        return self._starts[first], self._starts[end]


def _slots(strings: Sequence[str]) -> array[int]:
    """A power of two, at most a quarter full: most strings that are not here meet an empty slot at once."""
    mask = (1 << (len(strings) * 4).bit_length()) - 1
    slots = array(_NUMBER, bytes(_SIZE * (mask + 1)))
    for number, string in enumerate(strings, 1):
        slot = crc32(encoded(string)) & mask
        while slots[slot]:
            slot = (slot + 1) & mask
        slots[slot] = number
    return slots
