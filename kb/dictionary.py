"""jieba's dictionary: read from jieba once, then from a copy in a folder of this service, each word when one like it is asked for.

Whoever opens an index for one question needs a few thousand of the half million words; reading all of them takes longer than
opening the index.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any

from kb.copies import kept
from kb.strings_table import numbers_of, pack_numbers

# changes with the layout of the copy
_LAYOUT = "by first character, characters counted"
_FILE = "words"


class Words(Mapping[str, int]):
    """Word → count, beginning of a word → 0. Words are read with all that begin with the same character.

    Safe for threads once all words are added: two that read the same words at once write the same.
    """

    def __init__(self, parts: Sequence[memoryview]) -> None:
        """`parts`: what `_copied` makes."""
        totals, firsts, starts, numbers, self._words, counts, *self._characters = parts
        # the sum of all counts; what jieba takes for it, words that its file names twice counted twice
        self.total, self.jieba_total = numbers_of(totals)
        self._starts, self._numbers, self._counts = map(numbers_of, (starts, numbers, counts))
        # first character of words that were not read yet → their place; for the inner loop of `kb.cutting`, as is `known`
        self.unread: dict[str, int | None] = {char: place for place, char in enumerate(str(firsts, "utf-8"))}
        self.known: dict[str, int] = {}
        # first character → what was added to the dictionary and not read yet
        self._added: dict[str, dict[str, int]] = {}

    def read(self, first: str) -> None:
        """Read the words that begin with a character, if that was not done yet."""
        if first not in self.unread:
            return
        place = self.unread[first]
        if place is not None:
            words = str(self._words[self._starts[place] : self._starts[place + 1] - 1], "utf-8").split("\n")
            self.known.update(zip(words, self._counts[self._numbers[place] : self._numbers[place + 1]], strict=True))
        self.known.update(self._added.get(first, ()))
        self.unread.pop(first, None)

    def characters(self) -> tuple[str, Sequence[int]]:
        """The characters of jieba's words, and how often each is written in all Chinese."""
        text, counts = self._characters
        return str(text, "utf-8"), numbers_of(counts)

    def add(self, word: str, count: int) -> None:
        """Let a word have a count."""
        self.total += count - self.get(word, 0)
        self.known[word] = count
        for end in range(1, len(word)):
            self.known.setdefault(word[:end], 0)

    def add_all(self, counts: Mapping[str, int], total: int) -> None:
        """Let words, and beginnings of words, have counts, before any of them is read; `total`: the sum of all counts then."""
        for word, count in counts.items():
            self.unread.setdefault(word[0], None)
            self._added.setdefault(word[0], {})[word] = count
        self.total = total

    def read_all(self) -> dict[str, int]:
        """Read every word now."""
        if not self.known:
            # in one go, which takes half as long
            self.known.update(zip(str(self._words[:-1], "utf-8").split("\n"), self._counts, strict=True))
            for added in self._added.values():
                self.known.update(added)
            self.unread.clear()
        for first in list(self.unread):
            self.read(first)
        return self.known

    def get(self, word: str, default: Any = None) -> Any:
        """The count of a word."""
        if word[:1] in self.unread:
            self.read(word[0])
        return self.known.get(word, default)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.get(word) is not None

    def __getitem__(self, word: str) -> int:
        if word[:1] in self.unread:
            self.read(word[0])
        return self.known[word]

    def values(self) -> ValuesView[int]:
        """All counts."""
        return self.read_all().values()

    def items(self) -> ItemsView[str, int]:
        """All words with their counts."""
        return self.read_all().items()

    def __iter__(self) -> Iterator[str]:
        return iter(self.read_all())

    def __len__(self) -> int:
        return len(self.read_all())


def load(cache: Path) -> tuple[Words, int]:
    """The words, and the total count that likelihoods are shares of. A copy that is damaged or of another jieba is made anew."""
    parts = kept(cache / _FILE, f"{version('jieba')} {_LAYOUT}", _copied)
    words = Words(parts)
    return words, words.jieba_total


def _copied() -> list[bytes]:
    """Both totals; first characters; where the words of each begin in the text, and in the counts; text; counts; all characters, and how
    often each is written."""
    frequency, total = _from_jieba()
    groups: dict[str, list[str]] = {}
    for word in frequency:
        groups.setdefault(word[0], []).append(word)
    written: Counter[str] = Counter()
    for word, count in frequency.items():
        for char in word:
            written[char] += count
    texts = ["\n".join([*words, ""]).encode() for words in groups.values()]
    return [
        pack_numbers([sum(frequency.values()), total]),
        "".join(groups).encode(),
        pack_numbers(accumulate(map(len, texts), initial=0)),
        pack_numbers(accumulate(map(len, groups.values()), initial=0)),
        b"".join(texts),
        pack_numbers(frequency[word] for words in groups.values() for word in words),
        "".join(written).encode(),
        pack_numbers(written.values()),
    ]


def _from_jieba() -> tuple[dict[str, int], int]:
    """Read the dictionary that comes with jieba; takes seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba

    tokenizer = jieba.Tokenizer()
    frequency, total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    return frequency, total
