"""The only analyser, for index and question alike: text → terms with their raw offsets.

normalise → quantities → mixed terms (U盾) → Latin and digit runs whole → jieba on what is Chinese, with inner words
→ concepts (groups of equals). Character pairs (bigrams) are a second stream.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import add
from pathlib import Path
from typing import Literal, NamedTuple

from kb.lexicon import Lexicon
from kb.lexicon_words import cutter_with
from kb.mixed import MixedWords
from kb.normalize import Normalized, normalize
from kb.quantities import find_quantities

Kind = Literal["word", "inner", "latin", "quantity", "concept"]
CONCEPT = "="
_HAN = r"〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHINESE = re.compile(rf"[{_HAN}]+")
_JOINT = r"[+*/.\-_&'@]"
_LATIN = re.compile(rf"[^\W_{_HAN}]+(?:{_JOINT}[^\W_{_HAN}]+)*")
_LATIN_PART = re.compile(r"[^\W_]+")
_HAS_LATIN = re.compile(r"[a-z0-9]")
# the number of a code: EB1024 is also found by 1024
_CODE_NUMBER = re.compile(r"(?<=[a-z])\d{3,8}$")
_LONGEST_TOKEN = 60
# about 5 KB each
_REMEMBERED = 8192
# runs of Chinese characters whose words are kept, about 1 KB each
_RUNS = 8192


class Token(NamedTuple):
    """A term and the raw span it came from."""

    term: str
    start: int
    end: int
    kind: Kind


# (term, start, end, kind) in the plain text: a token that costs a third to make
_Span = tuple[str, int, int, Kind]
_token = partial(tuple.__new__, Token)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the analyser found in a text: terms in the order of their start, and bigrams."""

    tokens: tuple[Token, ...]
    # where runs of Chinese characters lie in the plain text
    runs: tuple[tuple[int, int], ...]
    normalized: Normalized

    @property
    def bigrams(self) -> tuple[Token, ...]:
        """Pairs of neighbours in runs of Chinese characters; made anew each time."""
        text, raw = self.normalized.text, self.normalized.raw_span
        places = [i for start, end in self.runs for i in range(start, end - 1)]
        if self.normalized.shifted:
            return tuple(Token(text[i : i + 2], *raw(i, i + 2), "inner") for i in places)
        return tuple([_token((text[i : i + 2], i, i + 2, "inner")) for i in places])

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """How often each term and each bigram occurs."""
        return Counter([token[0] for token in self.tokens]), _pairs(self.normalized.text, self.runs)


def _pairs(text: str, runs: Iterable[tuple[int, int]]) -> Counter[str]:
    bigrams: Counter[str] = Counter()
    for start, end in runs:
        bigrams.update(map(add, text[start : end - 1], text[start + 1 : end]))
    return bigrams


class Analyzer:
    """Analyses texts with one lexicon. Safe for threads once made; making one loads a large dictionary."""

    def __init__(self, lexicon: Lexicon, cache: Path) -> None:
        """`cache` is a folder of this service alone, for a copy of the dictionary."""
        self.lexicon = lexicon
        self._cutter = cutter_with([w for w in lexicon.words() if _CHINESE.fullmatch(w) and len(w) > 1], cache)
        # words of the dictionary and of the lexicon
        self.words = self._cutter.frequency
        # an article says the same in its title, its answer and its body
        self._chinese = lru_cache(_RUNS)(self._words_of)
        self._memory: dict[str, Analysis] = {}
        self._members = _by_first_two(w for w in {*lexicon.concepts, *lexicon.wider} if len(w) > 1)
        self._mixed = MixedWords(w for w in lexicon.words() if _HAS_LATIN.search(w))

    def analyse(self, raw: str) -> Analysis:
        """Terms and bigrams of any string; never raises, and every offset lies inside the string."""
        plain = normalize(raw)
        spans, runs = self._spans(plain.text)
        spans.sort(key=_place)
        if plain.shifted:
            spans = [(term, *plain.raw_span(start, end), kind) for term, start, end, kind in spans]
        return Analysis(tuple(map(_token, spans)), tuple(runs), plain)

    def counts(self, raw: str) -> tuple[Counter[str], Counter[str]]:
        """How often each term and each bigram of `analyse` occurs in a text, without their places."""
        text = normalize(raw).text
        spans, runs = self._spans(text)
        return Counter([span[0] for span in spans]), _pairs(text, runs)

    def remembered(self, raw: str) -> Analysis:
        """`analyse` for texts of articles, which are shown again and again; the latest few thousand are kept."""
        found = self._memory.get(raw)
        if found is None:
            found = self.analyse(raw)
            if len(self._memory) >= _REMEMBERED:
                # the oldest; a list, for another thread may change the dictionary meanwhile
                self._memory.pop(list(self._memory)[0], None)  # noqa: RUF015
            self._memory[raw] = found
        return found

    def is_word(self, text: str) -> bool:
        """Whether the dictionary or the lexicon knows a normalised word."""
        return bool(self.words.get(text))

    def _spans(self, text: str) -> tuple[list[_Span], list[tuple[int, int]]]:
        """Terms of a plain text in no order, and its runs of Chinese characters."""
        spans: list[_Span] = []
        runs: list[tuple[int, int]] = []
        at = 0
        for term, start, end in find_quantities(text):
            if start > at:
                self._plain_segment(text, at, start, spans, runs)
            spans.append((term, start, end, "quantity"))
            at = end
        if at < len(text):
            self._plain_segment(text, at, len(text), spans, runs)
        spans += self._concepts(text, spans)
        return spans, runs

    def _plain_segment(self, text: str, start: int, end: int, spans: list[_Span], runs: list[tuple[int, int]]) -> None:
        """What lies between quantities: mixed terms first, then runs of Chinese and of Latin characters."""
        latin = _HAS_LATIN.search(text, start, end)
        for first, last in self._mixed.find(text, start, end) if latin else ():
            self._runs(text, start, first, spans, runs)
            start = last
            spans.append((text[first:last], first, last, "word"))
        self._runs(text, start, end, spans, runs)

    def _runs(self, text: str, start: int, end: int, spans: list[_Span], runs: list[tuple[int, int]]) -> None:
        for match in _CHINESE.finditer(text, start, end):
            place = match.span()
            runs.append(place)
            at = place[0]
            spans += [(word, at + i, at + j, kind) for word, i, j, kind in self._chinese(match[0])]
        for match in _LATIN.finditer(text, start, end):
            spans += _latin(match)

    def _words_of(self, run: str) -> list[_Span]:
        """The words of a run of Chinese characters and those inside them, places counted from the run's beginning."""
        spans: list[_Span] = []
        at = 0
        for word in self._cutter.cut(run):
            end = at + len(word)
            spans.append((word, at, end, "word"))
            if end - at > 2:
                spans += [(inner, at + i, at + j, "inner") for inner, i, j in self._cutter.inner(word)]
            at = end
        return spans

    def _concepts(self, text: str, spans: Iterable[_Span]) -> Iterator[_Span]:
        """Concepts whose member begins and ends where some term does."""
        ends = {s[2] for s in spans}
        for start in {s[1] for s in spans}:
            for word in self._members.get(text[start : start + 2], ()):
                end = start + len(word)
                if end in ends and text.startswith(word, start):
                    if word in self.lexicon.concepts:
                        yield CONCEPT + self.lexicon.concepts[word], start, end, "concept"
                    elif word not in self.words:
                        yield word, start, end, "word"


def _place(span: _Span) -> tuple[int, int]:
    return span[1], -span[2]


def _latin(match: re.Match[str]) -> Iterator[_Span]:
    """A Latin or digit run whole, the number at its end, and its parts where it is joined by signs."""
    yield match[0][:_LONGEST_TOKEN], match.start(), match.end(), "latin"
    number = _CODE_NUMBER.search(match[0])
    if number:
        yield number[0], match.start() + number.start(), match.end(), "latin"
    parts = list(_LATIN_PART.finditer(match[0]))
    if len(parts) > 1:
        for part in parts:
            start = match.start() + part.start()
            yield part[0][:_LONGEST_TOKEN], start, start + len(part[0]), "latin"


def _by_first_two(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for word in words:
        table.setdefault(word[:2], []).append(word)
    return {first: tuple(sorted(group, key=len, reverse=True)) for first, group in table.items()}
