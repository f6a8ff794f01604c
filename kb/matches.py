"""How a hit meets the question: all of a card that depends on the question or the day, from what was prepared.

No sentence is made up: each stands in the article, and its source says where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kb.backend import Hit
from kb.highlight import Ranges, wanted
from kb.prepared import Group, Prepared, Statement, code, group_name
from kb.query import Facet, Query, Reading
from kb.text import CONCEPT

_EXCERPT_SENTENCES = 3
_FEES = re.compile("手续费|费用|收费|工本费|年费|多少钱|要钱|收钱|几块|价格")
# what is asked for → the groups of statements that say it; the channels' paths and the steps stand on every card
_GROUPS: dict[Facet, tuple[bytes, ...]] = {
    "path": (),
    "amount": (group_name("numbers"),),
    "duration": (group_name("duration"), group_name("deadlines")),
    "materials": (group_name("materials"),),
    "condition": (group_name("conditions"),),
    "definition": (),
    "any": (),
}
_FEE = (group_name("fee"),)

# a statement and its matched ranges
MatchedLine = tuple[Statement, Ranges]


@dataclass(frozen=True, slots=True)
class Asked:
    """What all cards of an answer share of the question, worked out once."""

    query: Query
    # ordinal of the day on which it is asked
    day: int
    # codes of the terms to be marked
    wanted: tuple[bytes, ...]
    # concepts of the question: the code, and the word that was typed for it
    concepts: tuple[tuple[bytes, str], ...]
    # how parts of the question were read, in words
    readings: tuple[str, ...]
    # groups of statements that are asked for
    groups: tuple[bytes, ...]
    # channels that the question names, JSON strings
    channels: frozenset[bytes]


class Match(NamedTuple):
    """A hit's card, as far as question and day decide it."""

    hit: Hit
    prepared: Prepared
    title: Ranges
    # what is spoken, a JSON string
    spoken: bytes
    answer: Ranges
    lines: tuple[MatchedLine, ...]
    matched: tuple[str, ...]
    superseded: tuple[str, ...]
    past_due: bool


def asked(query: Query, at: datetime) -> Asked:
    """What the cards of all hits need of a question asked at a moment."""
    fee = _FEE if query.facet == "amount" and _FEES.search(query.text) else ()
    return Asked(
        query=query,
        day=at.toordinal(),
        wanted=tuple(code(term) for term in wanted(query)),
        concepts=tuple((code(t.text), query.raw[t.start : t.end]) for t in query.terms if t.text.startswith(CONCEPT)),
        readings=tuple(_said(r) for r in query.readings),
        groups=_GROUPS[query.facet] + fee,
        channels=frozenset(json.dumps(c, ensure_ascii=False).encode() for c in query.channels),
    )


def match(prepared: Prepared, hit: Hit, asked: Asked) -> Match:
    """How an article version meets a question."""
    title, answer = prepared.marks.ranges(asked.wanted, 2)
    spoken = prepared.answer
    if hit.section and (elsewhere := prepared.group(group_name(f"spoken.{hit.section}"))):
        spoken = elsewhere.statements[0].text
        (answer,) = elsewhere.marks.ranges(asked.wanted, 1)
    return Match(
        hit=hit,
        prepared=prepared,
        title=title,
        spoken=spoken,
        answer=answer,
        lines=tuple(_lines(prepared, hit, asked)) if hit.section or asked.groups else (),
        matched=(*asked.readings, *_synonyms(prepared, asked)) if asked.concepts else asked.readings,
        superseded=_superseded(prepared, asked.query) if prepared.superseded else (),
        past_due=0 < prepared.due < asked.day,
    )


def _said(reading: Reading) -> str:
    return f"您是不是要找“{reading.read}”" if reading.kind == "spelling" else f"按拼音“{reading.read}”匹配"


def _synonyms(prepared: Prepared, asked: Asked) -> Iterator[str]:
    """Concepts that led here by another word than the one that was typed."""
    for concept, typed in asked.concepts:
        words = prepared.words_for(concept)
        if words and typed not in words:
            yield f"按同义词 {words[0]} 匹配"


def _superseded(prepared: Prepared, query: Query) -> tuple[str, ...]:
    return tuple(term for term in json.loads(prepared.superseded) if term in query.text)


def _lines(prepared: Prepared, hit: Hit, asked: Asked) -> Iterator[MatchedLine]:
    section = prepared.group(group_name(f"section.{hit.section}")) if hit.section else None
    if not (section and prepared.by_clause):
        for sought in asked.groups:
            group = prepared.group(sought)
            if group:
                yield from _named_first(_marked(group, asked), asked.channels)
    if section:
        lines = _marked(section, asked)
        yield from lines if prepared.by_clause else _excerpt(lines)


def _marked(group: Group, asked: Asked) -> list[MatchedLine]:
    ranges = group.marks.ranges(asked.wanted, len(group.statements))
    return list(zip(group.statements, ranges, strict=True))


def _named_first(lines: list[MatchedLine], channels: frozenset[bytes]) -> Iterable[MatchedLine]:
    """What speaks of a channel that the question names comes first."""
    return sorted(lines, key=lambda line: line[0].channel not in channels) if channels else lines


def _excerpt(lines: list[MatchedLine]) -> Iterator[MatchedLine]:
    """The sentences that hold most of the question, in their order."""
    held = [sum(end - start for start, end in ranges) for _, ranges in lines]
    best = sorted(range(len(lines)), key=lambda i: (-held[i], i))[:_EXCERPT_SENTENCES]
    return (lines[i] for i in sorted(best))
