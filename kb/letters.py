"""Letters an agent types (`xgsjh`, `xiugaishouji`) → the words of the knowledge base they may stand for."""

from __future__ import annotations

from functools import cache, partial

from kb.lookup import Lookup

_LONGEST_INPUT = 40
_CHOICES = 3


class Speller:
    """Finds the words behind Latin letters, by full pinyin or by initials."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def words(self, letters: str) -> list[tuple[str, ...]]:
        """The cheapest reading of the letters as words: for each part its best few words; empty if there is none.

        Fewest and most frequent words win: each word costs -log of its share of all words (a unigram model).
        """
        if not 2 <= len(letters) <= _LONGEST_INPUT or not letters.isascii() or not letters.isalpha():
            return []
        spelt = cache(partial(self._lookup.words_spelt, most=_CHOICES))
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
