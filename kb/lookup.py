"""The words and the phrases of all articles, in tables that are used where they lie, on the disk.

An index has one large table and a few small ones from updates. An entry of a version that a newer table has replaced
does not count any more; only the word counts of a table stay until the tables are made one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from kb.naming import Naming
from kb.normalize import normalize
from kb.pinyin import blurred, full, initials, sounds_like
from kb.smallest import ascending, minima
from kb.strings_table import Buffer, Strings, Table, encoded, join, numbers_of, pack_numbers, split

# (number of the table, version key) → whether its entries count
Live = Callable[[int, str], bool]
_LONGEST_TYPED = 60
# before the keys of words by pinyin as southern speakers confuse it
_BLURRED = "~"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A title or a customers' phrasing, with the article version it belongs to."""

    text: str
    key: str
    id: str
    title: str
    is_title: bool

    @property
    def rank(self) -> tuple[bool, int, str, str]:
        """Titles first, then shorter phrases."""
        return not self.is_title, len(self.text), self.text, self.key


def write_table(namings: Iterable[Naming]) -> bytes:
    """One table of these versions. Versions are numbered by their phrasings, most first; phrases by their rank."""
    versions = sorted(namings, key=lambda n: (-n.phrasings, n.key))
    frequency = Counter(word for n in versions for word in n.words)
    words = sorted(frequency)
    sounds: dict[str, list[int]] = {}
    letters: dict[str, list[int]] = {}
    for number in sorted(range(len(words)), key=lambda i: (-frequency[words[i]], words[i])):
        word = words[number]
        syllables = sounds_like(word).split(" ")
        for size in range(1, len(syllables)):
            sounds.setdefault(" ".join(syllables[:size]), [])
        sounds.setdefault(" ".join(syllables), []).append(number)
        spelt = full(word)
        for key in {spelt, initials(word), _BLURRED + blurred(spelt)}:
            if len(key) > 1:
                letters.setdefault(key, []).append(number)
    head = (sum(frequency.values()), max(map(len, letters), default=0), len(versions))
    return join(
        (
            pack_numbers(head),
            Table.pack({word: (frequency[word],) for word in words}),
            Table.pack(sounds),
            Table.pack(letters),
            Strings.pack(n.key for n in versions),
            Strings.pack(n.id for n in versions),
            Strings.pack(n.title for n in versions),
            pack_numbers(n.phrasings for n in versions),
            *_phrases(versions),
        )
    )


def _phrases(versions: Sequence[Naming]) -> Iterator[bytes]:
    ranked = sorted(
        ((i > 0, len(text), text, version.key, number, keys)
         for number, version in enumerate(versions) for i, (text, keys) in enumerate(version.phrases)),
    )  # fmt: skip
    yield Strings.pack(text for _, _, text, *_ in ranked)
    yield pack_numbers(number for *_, number, _ in ranked)
    found: dict[str, list[int]] = {}
    for phrase, (*_, keys) in enumerate(ranked):
        for key in keys:
            found.setdefault(key, []).append(phrase)
    packed = Table.pack(found, whole=False)
    yield packed
    yield join([b"", *(level.tobytes() for level in minima(Table(memoryview(packed)).numbers))])


class _Opened:
    """One table, opened."""

    def __init__(self, buffer: Buffer) -> None:
        """Raises ValueError for what is no table."""
        head, words, sounds, letters, keys, ids, titles, phrasings, texts, owners, phrase_keys, levels = split(buffer)
        self.total, self.longest, self._titles = numbers_of(head)
        self.words, self.sounds, self.letters = Table(words), Table(sounds), Table(letters)
        self.keys, self._ids, self._names = Strings(keys), Strings(ids), Strings(titles)
        self.phrasings = numbers_of(phrasings)
        self._texts, self._owners, self._phrase_keys = Strings(texts), numbers_of(owners), Table(phrase_keys)
        self._levels = [self._phrase_keys.numbers, *map(numbers_of, split(levels)[1:])]

    def ranked(self, prefix: str, live: Callable[[str], bool]) -> Iterator[Phrase]:
        """Phrases that one of their keys finds, in the order of their rank."""
        for number in ascending(self._levels, *self._phrase_keys.starting_with(prefix)):
            owner = self._owners[number]
            key = self.keys[owner]
            if live(key):
                title = number < self._titles
                yield Phrase(self._texts[number], key, self._ids[owner], self._names[owner], title)


def _always(table: int, key: str) -> bool:
    return True


class Lookup:
    """Words and phrases of one generation. Opening reads next to nothing; safe for threads."""

    def __init__(self, tables: Sequence[Buffer] = (), live: Live = _always) -> None:
        """`tables`: what `write_table` made, in memory or mapped. Raises ValueError for what is none."""
        self._tables = [_Opened(buffer) for buffer in tables]
        self._live = live

    @property
    def versions(self) -> int:
        """How many versions the tables know, those included that a newer table has replaced."""
        return sum(len(table.phrasings) for table in self._tables)

    def frequency(self, word: str) -> int:
        """How many versions call something by this word."""
        wanted = encoded(word)
        count = 0
        for table in self._tables:
            if found := table.words.find(wanted):
                count += found[0]
        return count

    @property
    def longest_letters(self) -> int:
        """Length of the longest pinyin of a word."""
        return max((table.longest for table in self._tables), default=0)

    def cost(self, count: int) -> float:
        """-log of a word's share of all words."""
        return -math.log(count / (sum(table.total for table in self._tables) + 1))

    def words_sounding(self, key: str) -> list[str] | None:
        """Words with this key of `sounds_like`; None if no word even begins with these syllables."""
        wanted = encoded(key)
        words: dict[str, None] | None = None
        for table in self._tables:
            found = table.sounds.find(wanted)
            if found is not None:
                words = words or {}
                for number in found:
                    words[table.words.strings[number]] = None
        return None if words is None else list(words)

    def words_spelt(self, letters: str, most: int = 3, blur: bool = False) -> list[tuple[int, str]]:
        """(count, word) of the most frequent words with this full pinyin or these initials, most frequent first.

        `blur`: with this full pinyin as southern speakers confuse it (`kb.pinyin.blurred`), and no initials.
        Words of small tables are counted everywhere; of the longest list, its beginning and those words are enough.
        """
        letters = _BLURRED + blurred(letters) if blur else letters
        wanted = encoded(letters)
        lists = [(t.words.strings, found) for t in self._tables if (found := t.letters.find(wanted))]
        if not lists:
            return []
        lists.sort(key=lambda pair: len(pair[1]))
        words = {strings[i] for strings, found in lists[:-1] for i in found}
        strings, found = lists[-1]
        words.update(strings[i] for i in found[: most + len(words)])
        return sorted(((self.frequency(word), word) for word in words), key=lambda f: (-f[0], f[1]))[:most]

    def starting_with(self, text: str) -> Iterator[Phrase]:
        """Phrases that begin with what was typed, as written, in pinyin or by initials; titles first, then shorter ones.

        Each is made when it is asked for: the first few cost little, however many there are.
        """
        typed = normalize(text[:_LONGEST_TYPED]).text.strip().replace(" ", "")
        if not typed:
            return iter(())
        found = [table.ranked(typed, self._living(n)) for n, table in enumerate(self._tables)]
        return found[0] if len(found) == 1 else merge(*found, key=lambda p: p.rank)

    def suggest(self, text: str, most: int = 400) -> list[Phrase]:
        """The first of `starting_with`."""
        return list(islice(self.starting_with(text), most))

    def popular(self) -> Iterator[str]:
        """Keys of versions, those with the most phrasings first; each is found when it is asked for."""
        found = (self._popular(n, table) for n, table in enumerate(self._tables))
        return (key for _, key in merge(*found))

    def _living(self, number: int) -> Callable[[str], bool]:
        return lambda key: self._live(number, key)

    def _popular(self, number: int, table: _Opened) -> Iterator[tuple[int, str]]:
        for i, phrasings in enumerate(table.phrasings):
            key = table.keys[i]
            if self._live(number, key):
                yield -phrasings, key
