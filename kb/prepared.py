"""What an answer needs of one article version, read at question time: ready JSON, and where its words stand.

`kb/preparing.py` makes it when the index is made. Nothing here is decoded before it is needed: terms are found in the
bytes as they are stored, and groups of statements stay where they lie until a question asks for them.

    header (day, kind, ends of the parts) | parts | groups

A term is stored as its code, six bytes of its BLAKE2 hash: short enough to look for a dozen terms in a microsecond, and
two terms of one text share a code once in 10¹² texts. Two tables stand side by side, codes and what belongs to them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from typing import NamedTuple

from kb.highlight import Ranges, merged

# between the channels of a card, and the strings of a group; stands in no JSON text
SEPARATOR = b"\x1e"
_CODE = 6
# number of the text, start, end: as long as a code, so that both tables have the same offsets
_PLACE = struct.Struct("<HHH")
_BIGGEST = 0xFFFF
_COUNT = struct.Struct("<I")
_HEADER = struct.Struct("<IB10I")


@lru_cache(maxsize=1 << 16)
def code(term: str) -> bytes:
    """What a term is stored as."""
    return blake2b(term.encode("utf-8", "replace"), digest_size=_CODE).digest()


class Marks(NamedTuple):
    """Where the words of some texts stand: a table of codes and a table of places."""

    codes: bytes
    places: bytes

    def ranges(self, wanted: Iterable[bytes], texts: int) -> list[Ranges]:
        """The ranges of each of `texts` texts at which one of the wanted codes stands."""
        spans: list[list[tuple[int, int]]] = [[] for _ in range(texts)]
        codes, places = self
        find = codes.find
        for each in wanted:
            at = find(each)
            while at >= 0:
                if at % _CODE:
                    at = find(each, at + 1)
                    continue
                number, start, end = _PLACE.unpack_from(places, at)
                spans[number].append((start, end))
                at = find(each, at + _CODE)
        return [merged(s) if len(s) > 1 else tuple(s) for s in spans]


def make_marks(found: Iterable[tuple[str, int, int, int]]) -> Marks:
    """Marks of (term, number of the text, start, end); what lies too far out to be stored is left out."""
    kept = [f for f in found if max(f[1:]) <= _BIGGEST]
    return Marks(b"".join(code(term) for term, *_ in kept), b"".join(_PLACE.pack(*place) for _, *place in kept))


class Statement(NamedTuple):
    """A line of an answer as JSON strings; `channel` is the channel it speaks of, or `""`."""

    channel: bytes
    label: bytes
    text: bytes
    source: bytes


class Group(NamedTuple):
    """Statements that are shown together, with one table of where their words stand."""

    statements: tuple[Statement, ...]
    marks: Marks

    def to_bytes(self) -> bytes:
        """Bytes for `read_group`."""
        strings = SEPARATOR.join(string for statement in self.statements for string in statement)
        return b"".join([_COUNT.pack(len(self.marks.codes)), *self.marks, strings])


def read_group(data: bytes) -> Group:
    """The group that `Group.to_bytes` wrote."""
    (length,) = _COUNT.unpack_from(data)
    start, middle, end = _COUNT.size, _COUNT.size + length, _COUNT.size + 2 * length
    strings = iter(data[end:].split(SEPARATOR))
    statements = tuple(Statement(*four) for four in zip(strings, strings, strings, strings, strict=True))
    return Group(statements, Marks(data[start:middle], data[middle:end]))


def group_table(places: Iterable[tuple[str, int, int]]) -> bytes:
    """A table of where groups lie: name, start, end."""
    rows = (f"{json.dumps(name, ensure_ascii=False)}\t{start} {end}\n" for name, start, end in places)
    return "".join(["\n", *rows]).encode()


@lru_cache(maxsize=1 << 12)
def group_name(name: str) -> bytes:
    """The bytes that precede the place of a group in a table: of `fee`, `section.要带什么`, …"""
    return f"\n{json.dumps(name, ensure_ascii=False)}\t".encode("utf-8", "replace")


class Prepared(NamedTuple):
    """An article version, prepared. Immutable, and small but for its groups."""

    # ordinal of the last day on which it counts as verified; 0: it never was
    due: int
    # a regulation shows the clause that was found and nothing else
    by_clause: bool
    # the title, a JSON string
    title: bytes
    # words of abolished rules as a JSON list, empty where there are none
    superseded: bytes
    # the card's JSON up to the title's ranges
    head: bytes
    # what is spoken, a JSON string
    answer: bytes
    # JSON of the channels, divided by SEPARATOR
    channels: bytes
    # where the words of title (0) and answer (1) stand
    marks: Marks
    # codes of the concepts that the article speaks of, and for each a line: JSON list of the words that stand for it
    concepts: bytes
    words: bytes
    # table of where the groups lie
    table: bytes
    # may be a view of a file
    groups: bytes | memoryview

    def group(self, name: bytes) -> Group | None:
        """The group behind a `group_name`."""
        at = self.table.find(name)
        if at < 0:
            return None
        at += len(name)
        start, end = self.table[at : self.table.index(b"\n", at)].split()
        return read_group(bytes(self.groups[int(start) : int(end)]))

    def words_for(self, concept: bytes) -> tuple[str, ...]:
        """The words that stand for a concept in the article, in their order, by the concept's code."""
        at = self.concepts.find(concept)
        while at % _CODE and at >= 0:
            at = self.concepts.find(concept, at + 1)
        return _words(self.words.split(b"\n")[at // _CODE]) if at >= 0 else ()

    def to_bytes(self) -> bytes:
        """Bytes for `from_bytes`."""
        parts = list(self._parts())
        header = _HEADER.pack(self.due, self.by_clause, *accumulate(len(p) for p in parts))
        return b"".join([header, *parts, self.groups])

    def _parts(self) -> Iterator[bytes]:
        yield from (self.title, self.superseded, self.head, self.answer, self.channels, *self.marks)
        yield from (self.concepts, self.words, self.table)


@lru_cache(maxsize=1 << 12)
def _words(line: bytes) -> tuple[str, ...]:
    return tuple(json.loads(line))


def from_bytes(data: bytes | memoryview) -> Prepared:
    """What `Prepared.to_bytes` wrote. A view is kept for the groups, so its file must stay open; bytes are copied."""
    due, by_clause, a, b, c, d, e, f, g, h, i, j = _HEADER.unpack_from(data)
    end = _HEADER.size + j
    p = bytes(data[_HEADER.size : end])
    return Prepared(
        due,
        by_clause != 0,
        p[:a],
        p[a:b],
        p[b:c],
        p[c:d],
        p[d:e],
        Marks(p[e:f], p[f:g]),
        p[g:h],
        p[h:i],
        p[i:],
        data[end:],
    )
