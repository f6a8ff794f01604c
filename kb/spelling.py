"""Correcting what the knowledge base does not know: homophones and near shapes of its own words (挂事 → 挂失).

Only stretches that no known word covers are touched, and never a stretch that is a word of the language itself
(景点 stays 景点, however much 经典 is in the articles).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kb.pinyin import sounds_like

_LONGEST_WORD = 5


@dataclass(frozen=True, slots=True)
class Correction:
    """A stretch of the normalised question and the word it was probably meant to be."""

    start: int
    end: int
    wrong: str
    right: str


class Corrector:
    """Knows the words of the knowledge base by their sound and their look."""

    def __init__(
        self,
        frequency: Mapping[str, int],
        shapes: Mapping[str, frozenset[str]],
        is_word: Callable[[str], bool],
        misspelt: Mapping[str, str],
    ) -> None:
        """`frequency`: Chinese word of 2–5 characters → article count; `is_word`: whether the language knows a word."""
        self._frequency = {w: n for w, n in frequency.items() if 2 <= len(w) <= _LONGEST_WORD}
        self._shapes = shapes
        self._is_word = is_word
        self._misspelt = misspelt
        self._by_sound: dict[str, list[str]] = {}
        for word in self._frequency:
            self._by_sound.setdefault(sounds_like(word), []).append(word)

    def correct(self, text: str, covered: list[bool]) -> list[Correction]:
        """Corrections of a normalised text, not overlapping; `covered[i]`: character i lies in a known word of 2 or more."""
        found = list(self._listed(text))
        taken = [False] * len(text)
        for correction in found:
            taken[correction.start : correction.end] = [True] * (correction.end - correction.start)
        for size in range(_LONGEST_WORD, 1, -1):
            for start in range(len(text) - size + 1):
                end = start + size
                if any(taken[start:end]) or all(covered[start:end]):
                    continue
                right = self._candidate(text[start:end])
                if right and not self._is_word(text[start:end]):
                    found.append(Correction(start, end, text[start:end], right))
                    taken[start:end] = [True] * size
        return sorted(found, key=lambda c: c.start)

    def _listed(self, text: str) -> Iterator[Correction]:
        """Misspellings that editors have listed."""
        for wrong, right in self._misspelt.items():
            at = text.find(wrong)
            if at >= 0:
                yield Correction(at, at + len(wrong), wrong, right)

    def _candidate(self, wrong: str) -> str | None:
        """The most frequent word that sounds the same, or differs in one character of near shape."""
        if not all("\u4e00" <= c <= "\u9fff" for c in wrong):
            return None
        same_sound = [w for w in self._by_sound.get(sounds_like(wrong), ()) if w != wrong]
        near = [w for w in self._near_shapes(wrong) if w in self._frequency]
        options = [w for w in same_sound if set(w) & set(wrong) or len(w) > 2] + near
        return max(options, key=lambda w: (self._frequency[w], w), default=None)

    def _near_shapes(self, wrong: str) -> Iterator[str]:
        for i, char in enumerate(wrong):
            for other in self._shapes.get(char, ()):
                yield wrong[:i] + other + wrong[i + 1 :]
