"""Words of the lexicon that hold Latin letters or digits (U盾, K宝, ATM机), found in plain texts.

A dictionary by first character, not one pattern of all words: that takes fifteen times as long, and longer to make.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from string import ascii_lowercase, digits

_LATIN = frozenset(ascii_lowercase + digits)
# what joins two Latin runs to one: AT&T
_JOINTS = frozenset("+*/.-_&'@")


class MixedWords:
    """Finds some words, the longest first, only where no Latin run goes on at their Latin end. Immutable; safe for threads."""

    def __init__(self, words: Iterable[str]) -> None:
        """`words`: normalised, each of at least one character."""
        self._by_first: dict[str, list[str]] = {}
        for word in sorted(set(words), key=lambda w: (-len(w), w)):
            self._by_first.setdefault(word[0], []).append(word)

    def find(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where words stand in `text[start:end]`, in order, not overlapping. What follows `end` is not looked at."""
        at = start
        while at < end:
            stop = self._at(text, at, end) if text[at] in self._by_first else 0
            if stop:
                yield at, stop
            at = stop or at + 1

    def _at(self, text: str, at: int, end: int) -> int:
        """Where the word that begins at a place ends; 0 if none does."""
        for word in self._by_first[text[at]]:
            stop = at + len(word)
            if stop <= end and text.startswith(word, at) and not _cut(text, at, stop, end):
                return stop
        return 0


def _cut(text: str, start: int, stop: int, end: int) -> bool:
    """Whether a Latin run goes on before or behind a stretch."""
    before = text[start] in _LATIN and start > 0 and _goes_on(text[start - 1], text[start - 2 : start - 1])
    return before or (
        text[stop - 1] in _LATIN and stop < end and _goes_on(text[stop], text[stop + 1 : min(stop + 2, end)])
    )


def _goes_on(beside: str, next_but_one: str) -> bool:
    return beside in _LATIN or (beside in _JOINTS and next_but_one in _LATIN)
