"""Plain text plus ranges: what matched, in offsets of the text as it stands. HTML is born in the template."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kb.query import Query
from kb.text import Analyzer

# [start, end) in characters of a text, ascending, not overlapping
Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Highlighted:
    """A text and its matched ranges."""

    text: str
    ranges: Ranges = ()

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The text cut into (piece, matched), for a template."""
        found: list[tuple[str, bool]] = []
        at = 0
        for start, end in self.ranges:
            if start > at:
                found.append((self.text[at:start], False))
            found.append((self.text[start:end], True))
            at = end
        if at < len(self.text):
            found.append((self.text[at:], False))
        return found


def wanted(query: Query) -> set[str]:
    """The terms to mark: every word that the question asks for, synonyms included.

    Single characters are noise beside whole words: they are marked only where the question has nothing else.
    """
    words = {t.text for t in query.terms if t.stream == "word"}
    return {w for w in words if len(w) > 1} or words


def merged(spans: Iterable[tuple[int, int]]) -> Ranges:
    """Spans in any order as ranges; those that touch or overlap become one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def highlight(text: str, query: Query, analyzer: Analyzer) -> Highlighted:
    """Mark what the question asks for in a text that was not prepared when the index was made."""
    terms = wanted(query)
    return Highlighted(text, merged((t.start, t.end) for t in analyzer.remembered(text).tokens if t.term in terms))
