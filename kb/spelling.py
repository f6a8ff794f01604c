"""Correcting what the knowledge base does not know: homophones and near shapes of its own words (挂事 → 挂失).

Only stretches that no known word covers are touched, and never a stretch that is a word of the language itself
(景点 stays 景点, however much 经典 is in the articles).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kb.lookup import Lookup
from kb.pinyin import Sounds

_LONGEST_WORD = 5
_CHINESE = re.compile(rf"[\u4e00-\u9fff]{{2,{_LONGEST_WORD}}}")


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
        lookup: Lookup,
        shapes: Mapping[str, frozenset[str]],
        words: Mapping[str, int],
        misspelt: Mapping[str, str],
    ) -> None:
        """`shapes`: character → characters that look like it; `words`: word of the language → count, beginning of one → 0."""
        self._lookup = lookup
        self._shapes = shapes
        self._words = words
        self._misspelt = misspelt

    def correct(self, text: str, covered: list[bool]) -> list[Correction]:
        """Corrections of a normalised text, not overlapping; `covered[i]`: character i lies in a known word of 2 or more."""
        found = list(self._listed(text))
        taken = [False] * len(text)
        for correction in found:
            taken[correction.start : correction.end] = [True] * (correction.end - correction.start)
        if not all(covered):
            for correction in sorted(self._guessed(text, covered), key=_longest_first):
                if True not in taken[correction.start : correction.end]:
                    found.append(correction)
                    taken[correction.start : correction.end] = [True] * (correction.end - correction.start)
        return sorted(found, key=_start)

    def _listed(self, text: str) -> Iterator[Correction]:
        """Misspellings that editors have listed."""
        for wrong in [w for w in self._misspelt if w in text]:
            at = text.find(wrong)
            yield Correction(at, at + len(wrong), wrong, self._misspelt[wrong])

    def _guessed(self, text: str, covered: list[bool]) -> Iterator[Correction]:
        """For each Chinese stretch that is no word and not all covered: the word it was probably meant to be, if any."""
        sounds = Sounds(text, _LONGEST_WORD)
        for start in range(len(text) - 1):
            run = _CHINESE.match(text, start)
            if not run or False not in covered[start : run.end()]:
                continue
            plain = sounds.plain(start, run.end())
            heard = True
            near = [other for other in self._shapes.get(text[start], ()) if other in self._words]
            for end in range(start + 2, run.end() + 1):
                alike = self._lookup.words_sounding(sounds.of(start, end)) if heard else None
                # if no word begins with these syllables, none begins with more of them
                heard = heard and not (alike is None and plain)
                near = self._near_shapes(near, text[start : end - 1], text[end - 1])
                if (alike or near) and False in covered[start:end] and not self._words.get(text[start:end]):
                    right = self._best(text[start:end], alike or (), near)
                    if right:
                        yield Correction(start, end, text[start:end], right)

    def _near_shapes(self, near: list[str], before: str, char: str) -> list[str]:
        """Beginnings of words that differ from a stretch in one character; `near`: those of the stretch without its last."""
        longer = [word for other in near if (word := other + char) in self._words]
        if char in self._shapes and before in self._words:
            longer += [word for other in self._shapes[char] if (word := before + other) in self._words]
        return longer

    def _best(self, wrong: str, alike: Iterable[str], near: Iterable[str]) -> str | None:
        """The most frequent word that sounds the same, or differs in one character of near shape."""
        options = [w for w in alike if w != wrong and len(w) <= _LONGEST_WORD and (len(w) > 2 or set(w) & set(wrong))]
        counted = [(count, word) for word in (*options, *near) if (count := self._lookup.frequency(word))]
        return max(counted)[1] if counted else None


def _longest_first(correction: Correction) -> tuple[int, int]:
    return correction.start - correction.end, correction.start


def _start(correction: Correction) -> int:
    return correction.start
