"""The only analyser, for index and question alike: text → terms with their raw offsets.

normalise → quantities → mixed terms (U盾) → Latin and digit runs whole → jieba on what is Chinese, with inner words
→ concepts (groups of equals). Character pairs (bigrams) are a second stream.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kb.lexicon import Lexicon
from kb.normalize import Normalized, normalize
from kb.quantities import find_quantities

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jieba

jieba.setLogLevel(logging.WARNING)

Kind = Literal["word", "inner", "latin", "quantity", "concept"]
CONCEPT = "="
_HAN = r"〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHINESE = re.compile(rf"[{_HAN}]+")
_JOINT = r"[+*/.\-_&'@]"
_LATIN = re.compile(rf"[^\W_{_HAN}]+(?:{_JOINT}[^\W_{_HAN}]+)*")
_LATIN_PART = re.compile(r"[^\W_]+")
_HAS_LATIN = re.compile(r"[a-z0-9]")
_LONGEST_TOKEN = 60
# about 5 KB each
_REMEMBERED = 8192


@dataclass(frozen=True, slots=True)
class Token:
    """A term and the raw span it came from."""

    term: str
    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the analyser found in a text: terms in the order of their start, and bigrams."""

    tokens: tuple[Token, ...]
    bigrams: tuple[Token, ...]
    normalized: Normalized


class Analyzer:
    """Analyses texts with one lexicon. Safe for threads once made; making one loads jieba's dictionary (about a second)."""

    def __init__(self, lexicon: Lexicon, cache: Path) -> None:
        """`cache` is a folder of this service alone: jieba unmarshals what it finds there."""
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.lexicon = lexicon
        self._jieba = jieba.Tokenizer()
        self._jieba.tmp_dir = str(cache)
        self._jieba.initialize()
        for word in lexicon.words():
            if _CHINESE.fullmatch(word) and len(word) > 1:
                self._jieba.add_word(word)
        self._words: dict[str, int] = self._jieba.FREQ
        self._memory: dict[str, Analysis] = {}
        self._members = _by_first(w for w in {*lexicon.concepts, *lexicon.wider} if len(w) > 1)
        self._mixed = _mixed_pattern(w for w in lexicon.words() if _HAS_LATIN.search(w))

    def analyse(self, raw: str) -> Analysis:
        """Terms and bigrams of any string; never raises, and every offset lies inside the string."""
        plain = normalize(raw)
        spans: list[tuple[int, int, str, Kind]] = []
        pairs: list[tuple[int, int, str]] = []
        for start, end, term in self._segments(plain.text):
            if term is not None:
                spans += [(start, end, term, "quantity")]
            else:
                self._plain_segment(plain.text, start, end, spans, pairs)
        spans += self._concepts(plain.text, spans)
        spans.sort(key=lambda s: (s[0], -s[1]))
        return Analysis(
            tuple(Token(term, *plain.raw_span(start, end), kind) for start, end, term, kind in spans),
            tuple(Token(term, *plain.raw_span(start, end), "inner") for start, end, term in pairs),
            plain,
        )

    def remembered(self, raw: str) -> Analysis:
        """`analyse` for texts of articles, which are shown again and again; the latest few thousand are kept."""
        found = self._memory.get(raw)
        if found is None:
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
            found = self._memory[raw] = self.analyse(raw)
        return found

    def is_word(self, text: str) -> bool:
        """Whether the dictionary or the lexicon knows a normalised word."""
        return bool(self._words.get(text))

    def _segments(self, text: str) -> Iterator[tuple[int, int, str | None]]:
        """The text cut at its quantities: (start, end, canonical term, or None for what lies between)."""
        at = 0
        for quantity in find_quantities(text):
            if quantity.start < at:
                continue
            if quantity.start > at:
                yield at, quantity.start, None
            yield quantity.start, quantity.end, quantity.term
            at = quantity.end
        if at < len(text):
            yield at, len(text), None

    def _plain_segment(
        self,
        text: str,
        start: int,
        end: int,
        spans: list[tuple[int, int, str, Kind]],
        pairs: list[tuple[int, int, str]],
    ) -> None:
        at = start
        mixed = self._mixed if _HAS_LATIN.search(text, start, end) else None
        for match in mixed.finditer(text, start, end) if mixed else ():
            self._runs(text, at, match.start(), spans, pairs)
            spans.append((match.start(), match.end(), match[0], "word"))
            at = match.end()
        self._runs(text, at, end, spans, pairs)

    def _runs(
        self,
        text: str,
        start: int,
        end: int,
        spans: list[tuple[int, int, str, Kind]],
        pairs: list[tuple[int, int, str]],
    ) -> None:
        for match in _CHINESE.finditer(text, start, end):
            spans += self._chinese(match[0], match.start())
            pairs += [(i, i + 2, text[i : i + 2]) for i in range(match.start(), match.end() - 1)]
        for match in _LATIN.finditer(text, start, end):
            spans += _latin(match)

    def _chinese(self, run: str, offset: int) -> Iterator[tuple[int, int, str, Kind]]:
        at = 0
        for word in self._jieba.cut(run, HMM=False):
            start = offset + at
            yield start, start + len(word), word, "word"
            for size in range(2, len(word)):
                for i in range(len(word) - size + 1):
                    inner = word[i : i + size]
                    if self._words.get(inner):
                        yield start + i, start + i + size, inner, "inner"
            at += len(word)

    def _concepts(self, text: str, spans: Iterable[tuple[int, int, str, Kind]]) -> Iterator[tuple[int, int, str, Kind]]:
        """Concepts whose member begins and ends where some term does."""
        starts = {s[0] for s in spans}
        ends = {s[1] for s in spans}
        for start in sorted(starts):
            for word in self._members.get(text[start : start + 1], ()):
                if start + len(word) in ends and text.startswith(word, start):
                    if word in self.lexicon.concepts:
                        yield start, start + len(word), CONCEPT + self.lexicon.concepts[word], "concept"
                    elif word not in self._words:
                        yield start, start + len(word), word, "word"


def _latin(match: re.Match[str]) -> Iterator[tuple[int, int, str, Kind]]:
    """A Latin or digit run whole, and its parts where it is joined by signs."""
    yield match.start(), match.end(), match[0][:_LONGEST_TOKEN], "latin"
    parts = list(_LATIN_PART.finditer(match[0]))
    if len(parts) > 1:
        for part in parts:
            start = match.start() + part.start()
            yield start, start + len(part[0]), part[0][:_LONGEST_TOKEN], "latin"


def _by_first(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for word in words:
        table.setdefault(word[0], []).append(word)
    return {first: tuple(sorted(group, key=len, reverse=True)) for first, group in table.items()}


def _mixed_pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """Lexicon words with Latin letters, longest first, only where no Latin run goes on at their Latin end (AT&T)."""
    alternatives = [
        (rf"(?<![a-z0-9])(?<![a-z0-9]{_JOINT})" if _HAS_LATIN.match(w[0]) else "")
        + re.escape(w)
        + (rf"(?!{_JOINT}?[a-z0-9])" if _HAS_LATIN.match(w[-1]) else "")
        for w in sorted(set(words), key=lambda w: (-len(w), w))
    ]
    return re.compile("|".join(alternatives)) if alternatives else None
