"""Correcting what the knowledge base does not know: homophones and near shapes of its own words (挂事 → 挂失).

A noisy channel: of all ways to read a question as words, the likeliest wins, where a word may stand for itself,
P(word of the language), or for one of the knowledge base that was typed wrongly, P(word of its titles) × P(typed | word).
Only stretches that no known word covers are touched, and never a stretch that is a word of the language itself
(景点 stays 景点, however much 经典 is in the articles).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from math import log
from typing import NamedTuple

from kb.lookup import Lookup
from kb.pinyin import slips, sounds_like, syllables

_LONGEST_WORD = 5
# candidates of one stretch, of each kind: bounds the time of any question
_MOST = 24
# stretches whose word is kept, some 250 bytes each
_REMEMBERED = 1 << 14
_CHINESE = re.compile(rf"[\u4e00-\u9fff]{{2,{_LONGEST_WORD}}}")

# -log P(typed | word), by what went wrong with a character; figures: docs/decisions/0011-words.md
_SAME_SOUND = 3.0
_NEAR_SHAPE = 4.0
# each sound of a syllable that southern speakers confuse (zh/z, n/l, f/h, ang/an)
_CONFUSED = 1.5
# what a character costs more that stands alone in no article (纪念必)
_STRANGE = 4.0
# that somebody types this and means it, against all that the knowledge base may be asked for
_DOUBT = 6.0


@dataclass(frozen=True, slots=True)
class Correction:
    """A stretch of the normalised question and the word it was probably meant to be."""

    start: int
    end: int
    wrong: str
    right: str


class _Step(NamedTuple):
    """A word of a reading: where it ends, -log of its likelihood, and the correction that it is, if it is one."""

    end: int
    cost: float
    correction: Correction | None = None


class Corrector:
    """Knows the words of the knowledge base by their sound and their look."""

    def __init__(
        self,
        lookup: Lookup,
        shapes: Mapping[str, frozenset[str]],
        words: Mapping[str, int],
        misspelt: Mapping[str, str],
        total: int | None = None,
    ) -> None:
        """`shapes`: character → characters that look like it; `words`: word of the language → count, beginning of one → 0.

        `total`: the sum of their counts, where it is known.
        """
        self._lookup = lookup
        self._shapes = shapes
        self._words = words
        self._misspelt = misspelt
        self._misspelt_by_first: dict[str, list[str]] = {}
        for wrong in misspelt:
            self._misspelt_by_first.setdefault(wrong[0], []).append(wrong)
        # while somebody types, most stretches of a question are those of the one before
        self._meant = lru_cache(_REMEMBERED)(partial(_meant_by, lookup, shapes, words))
        self._log_total = log((sum(words.values()) if total is None else total) + 1)

    def correct(
        self, text: str, covered: Sequence[bool], fixed: Container[int] = (), strange: Container[str] = ()
    ) -> list[Correction]:
        """Corrections of a normalised text, not overlapping.

        `covered[i]`: character i lies in a known word of 2 or more; `fixed`: places that mean what they say (amounts);
        `strange`: characters that stand alone in no article.
        """
        listed = list(self._listed(text, covered))
        taken = {i for c in listed for i in range(c.start, c.end)}
        if all(covered[i] or i in taken for i in range(len(text))):
            return sorted(listed, key=_start)
        guessed: dict[int, list[_Step]] = {}
        for correction, cost in self.candidates(text, covered):
            if not any(i in taken or i in fixed for i in range(correction.start, correction.end)):
                guessed.setdefault(correction.start, []).append(_Step(correction.end, cost, correction))
        return sorted((*listed, *(self._likeliest(text, guessed, strange) if guessed else ())), key=_start)

    def _listed(self, text: str, covered: Sequence[bool]) -> Iterator[Correction]:
        """Misspellings that editors have listed, but not where they are only the seam of known words (免密|吗)."""
        taken = 0
        present = {
            wrong
            for at, char in enumerate(text)
            for wrong in self._misspelt_by_first.get(char, ())
            if text.startswith(wrong, at)
        }
        for at, wrong in sorted((m.start(), w) for w in present for m in re.finditer(re.escape(w), text)):
            end = at + len(wrong)
            if at >= taken and not self._is_seam(text, at, end, covered):
                taken = end
                yield Correction(at, end, wrong, self._misspelt[wrong])

    def _is_seam(self, text: str, start: int, end: int, covered: Sequence[bool]) -> bool:
        """Whether a word that begins before a stretch, or ends behind it, holds a part of it."""
        if all(covered[start:end]):
            return False
        before = range(max(0, start - _LONGEST_WORD), start)
        behind = range(end + 1, min(len(text), end + _LONGEST_WORD) + 1)
        return (covered[start] and any(self._words.get(text[i : start + 1]) for i in before)) or (
            covered[end - 1] and any(self._words.get(text[end - 1 : i]) for i in behind)
        )

    def _likeliest(
        self, text: str, guessed: Mapping[int, list[_Step]], strange: Container[str]
    ) -> Iterator[Correction]:
        """The corrections on the likeliest way to read a text (Viterbi's algorithm, from the end)."""
        costs = [0.0] * (len(text) + 1)
        steps: list[_Step] = [_Step(0, 0.0)] * len(text)
        for start in range(len(text) - 1, -1, -1):
            choices = [*self._as_typed(text, start, strange), *guessed.get(start, ())]
            steps[start] = min(choices, key=lambda step: step.cost + costs[step.end])
            costs[start] = steps[start].cost + costs[steps[start].end]
        start = 0
        while start < len(text):
            step = steps[start]
            if step.correction:
                yield step.correction
            start = step.end

    def _as_typed(self, text: str, start: int, strange: Container[str]) -> Iterator[_Step]:
        """The words of the language that begin at a place; any single character is one."""
        alone = self._log_total - log(self._words.get(text[start]) or 1)
        yield _Step(start + 1, alone + _STRANGE if text[start] in strange else alone)
        for end in range(start + 2, len(text) + 1):
            count = self._words.get(text[start:end])
            if count is None:
                return
            if count:
                # a bank's articles speak of 短信 more often than the language does
                named = self._lookup.frequency(text[start:end])
                cost = self._log_total - log(count)
                yield _Step(end, min(cost, self._lookup.cost(named)) if named else cost)

    def candidates(self, text: str, covered: Sequence[bool]) -> Iterator[tuple[Correction, float]]:
        """For each Chinese stretch that is no word and not all covered: the likeliest word that it may be meant for.

        With -log of P(word) × P(typed | word). At most one for each stretch of up to _LONGEST_WORD characters.
        """
        for start in range(len(text) - 1):
            run = _CHINESE.match(text, start)
            if run and False in covered[start : run.end()]:
                for end in range(start + 2, run.end() + 1):
                    wrong = text[start:end]
                    if False in covered[start:end] and not self._words.get(wrong):
                        cost, right = self._meant(wrong)
                        if right:
                            yield Correction(start, end, wrong, right), cost


def _meant_by(
    lookup: Lookup, shapes: Mapping[str, frozenset[str]], words: Mapping[str, int], wrong: str
) -> tuple[float, str]:
    """The likeliest word that a stretch may stand for, with what it costs; an empty one if there is none."""
    alike = lookup.words_sounding(sounds_like(wrong)) or ()
    return min(_costs(lookup, wrong, alike, _near_shapes(shapes, words, wrong)), default=(0.0, ""))


def _near_shapes(shapes: Mapping[str, frozenset[str]], words: Mapping[str, int], stretch: str) -> list[str]:
    """Words, and beginnings of words, that differ from a stretch in one character that looks like its own."""
    near: list[str] = []
    for end, char in enumerate(stretch):
        before, like = stretch[:end], shapes.get(char, ())
        near = [word for other in near if (word := other + char) in words]
        if like and (not before or before in words):
            near += [word for other in like if (word := before + other) in words]
    return near


def _costs(lookup: Lookup, wrong: str, alike: Iterable[str], near: Iterable[str]) -> Iterator[tuple[float, str]]:
    """What each word costs that a stretch may stand for: -log of P(word) × P(typed | word)."""
    heard = (w for w in alike if w != wrong and len(w) <= _LONGEST_WORD and (len(w) > 2 or set(w) & set(wrong)))
    for word in islice(heard, _MOST):
        if count := lookup.frequency(word):
            yield lookup.cost(count) + _misheard(wrong, word) + _DOUBT, word
    for word in islice(near, _MOST):
        if count := lookup.frequency(word):
            yield lookup.cost(count) + _NEAR_SHAPE + _DOUBT, word


def _misheard(typed: str, meant: str) -> float:
    """-log P(typed | meant) of two words that sound alike: an input method takes a word at once, so one slip is counted once."""
    pairs = zip(syllables(typed), syllables(meant), strict=False)
    return _SAME_SOUND + _CONFUSED * sum(slips(one, other) for one, other in pairs)


def _start(correction: Correction) -> int:
    return correction.start
