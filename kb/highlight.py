"""Plain text plus ranges: what matched, in offsets of the text as it stands. HTML is born in the template."""

from __future__ import annotations

from dataclasses import dataclass

from kb.query import Query
from kb.text import Analyzer


@dataclass(frozen=True, slots=True)
class Highlighted:
    """A text and its matched ranges [start, end), ascending, not overlapping."""

    text: str
    ranges: tuple[tuple[int, int], ...] = ()

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


def highlight(text: str, query: Query, analyzer: Analyzer) -> Highlighted:
    """Mark every word of a text that the question asks for, synonyms included.

    Single characters are noise beside whole words: they are marked only where the question has nothing else.
    """
    words = {t.text for t in query.terms if t.stream == "word"}
    wanted = {w for w in words if len(w) > 1} or words
    spans = sorted((t.start, t.end) for t in analyzer.remembered(text).tokens if t.term in wanted)
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return Highlighted(text, tuple(merged))
