"""Letters an agent types (`xgsjh`, `xiugaishouji`, 挂shi) → the words of the knowledge base they may stand for."""

from __future__ import annotations

import re
from functools import cache, partial
from itertools import product
from typing import NamedTuple

from kb.lookup import Lookup
from kb.normalize import normalize
from kb.pinyin import full, initials
from kb.rereading import Swap

_LONGEST_INPUT = 40
_CHOICES = 3
# characters beside the letters that may belong to the same word, on each side
_BESIDE = 3
# words of one spelling that are looked through for one with these characters
_LOOKED_THROUGH = 24


_CHINESE_BEFORE = re.compile(rf"[\u4e00-\u9fff]{{1,{_BESIDE}}}$")
_CHINESE_AFTER = re.compile(rf"[\u4e00-\u9fff]{{1,{_BESIDE}}}")


class Mixed(NamedTuple):
    """A word typed half in letters, and how many characters before and after the letters belong to it."""

    before: int
    word: str
    after: int


class Speller:
    """Finds the words behind Latin letters, by full pinyin or by initials."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def read(self, raw: str, start: int, end: int, at: int = 0) -> Swap | None:
        """What letters of a question stand for, with Chinese characters beside them or alone; `at`: where they may begin.

        Full pinyin with its neighbours comes before the letters alone, these before initials with their neighbours.
        """
        letters = normalize(raw[start:end]).text
        before, after = _CHINESE_BEFORE.search(raw[at:start]), _CHINESE_AFTER.match(raw, end)
        beside = normalize(before[0]).text if before else "", normalize(after[0]).text if after else ""
        if any(beside) and len(letters) > 1:
            for short in (False, True):
                mixed = self.mixed(beside[0], letters, beside[1], short)
                if mixed:
                    return Swap("pinyin", start - mixed.before, end + mixed.after, mixed.word)
                if not short and (parts := self.words(letters)):
                    return _alone(start, end, parts)
            return None
        parts = self.words(letters)
        return _alone(start, end, parts) if parts else None

    def words(self, letters: str) -> list[tuple[str, ...]]:
        """The cheapest reading of the letters as words: for each part its best few words; empty if there is none.

        Fewest and most frequent words win: each word costs -log of its share of all words (a unigram model).
        Only what has no reading as it stands is read as southern speakers may confuse it (zuanzang).
        """
        if not 2 <= len(letters) <= _LONGEST_INPUT or not letters.isascii() or not letters.isalpha():
            return []
        return self._read(letters, blur=False) or self._read(letters, blur=True)

    def _read(self, letters: str, blur: bool) -> list[tuple[str, ...]]:
        spelt = cache(partial(self._spelt, blur=blur))
        # for each end: (cost, start of the last part, its words)
        best: list[tuple[float, int, tuple[str, ...]] | None] = [(0.0, 0, ())] + [None] * len(letters)
        longest = self._lookup.longest_letters
        for end in range(2, len(letters) + 1):
            for start in range(max(0, end - longest), end - 1):
                before = best[start]
                choices = spelt(letters[start:end]) if before else ()
                if before and choices:
                    cost = before[0] + self._lookup.cost(choices[0][0])
                    now = best[end]
                    if now is None or cost < now[0]:
                        best[end] = (cost, start, tuple(word for _, word in choices))
        found: list[tuple[str, ...]] = []
        end = len(letters)
        while end > 0:
            step = best[end]
            if step is None:
                return []
            found.append(step[2])
            end = step[1]
        return found[::-1]

    def _spelt(self, letters: str, blur: bool) -> list[tuple[int, str]]:
        exact = self._lookup.words_spelt(letters, _CHOICES)
        return exact or (self._lookup.words_spelt(letters, _CHOICES, blur=True) if blur else [])

    def mixed(self, before: str, letters: str, after: str, short: bool) -> Mixed | None:
        """The word that letters make with Chinese characters beside them, those of most characters first.

        `short`: each letter stands for a character (信用k); otherwise the letters are full pinyin (信用ka).
        """
        if not letters.isascii() or not letters.isalpha() or len(letters) > _LONGEST_INPUT:
            return None
        spell = initials if short else full
        sides = product(range(min(len(before), _BESIDE) + 1), range(min(len(after), _BESIDE) + 1))
        for left, right in sorted(sides, key=sum, reverse=True)[:-1]:
            head, tail = before[len(before) - left :], after[:right]
            for _, word in self._lookup.words_spelt(spell(head) + letters + spell(tail), _LOOKED_THROUGH):
                inside = word[left : len(word) - right]
                if inside and word == head + inside + tail and spell(inside) == letters:
                    return Mixed(left, word, right)
        return None


def _alone(start: int, end: int, parts: list[tuple[str, ...]]) -> Swap:
    others = tuple((word, 1 / (1 + rank)) for choices in parts for rank, word in enumerate(choices) if rank)
    return Swap("pinyin", start, end, "".join(choices[0] for choices in parts), others)
