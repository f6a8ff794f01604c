"""What the articles call things: the words with their frequency, and the phrases that can be suggested.

Made once per index generation from all its articles, kept as JSON, and opened into bisected lists.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kb.normalize import normalize
from kb.pinyin import full, initials
from kb.text import Analyzer
from kb.types import Article


@dataclass(frozen=True, slots=True)
class Phrase:
    """A title or a customers' phrasing, and the version of the article it belongs to."""

    text: str
    key: str
    is_title: bool


class Lookup:
    """Words and phrases of one generation."""

    def __init__(self, words: dict[str, int], phrases: list[Phrase], keys: list[tuple[str, int]]) -> None:
        self.words = words
        self.phrases = phrases
        # (normalised text, full pinyin or initials; number of the phrase), sorted
        self._keys = keys

    def suggest(self, text: str, most: int = 400) -> list[Phrase]:
        """Phrases that begin with what was typed, as written, in pinyin or by initials; titles first, then shorter ones."""
        typed = normalize(text[:60]).text.strip().replace(" ", "")
        if not typed:
            return []
        at = bisect_left(self._keys, (typed, -1))
        found: dict[int, None] = {}
        while at < len(self._keys) and self._keys[at][0].startswith(typed) and len(found) < most:
            found[self._keys[at][1]] = None
            at += 1
        phrases = [self.phrases[i] for i in found]
        return sorted(phrases, key=lambda p: (not p.is_title, len(p.text), p.text))

    def to_json(self) -> dict[str, Any]:
        """Plain data for `from_json`."""
        return {
            "words": self.words,
            "phrases": [[p.text, p.key, p.is_title] for p in self.phrases],
            "keys": self._keys,
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Lookup:
        """The lookup that `to_json` wrote."""
        return Lookup(data["words"], [Phrase(*p) for p in data["phrases"]], [(k, i) for k, i in data["keys"]])


def build_lookup(articles: Iterable[Article], analyzer: Analyzer) -> Lookup:
    """Count the Chinese words of titles, phrasings, keywords and answers, and sort the phrases."""
    words: Counter[str] = Counter()
    phrases: list[Phrase] = []
    for article in articles:
        named = (article.title, *article.questions, *article.keywords, article.answer)
        words.update({t.term for text in named for t in analyzer.analyse(text).tokens if _counts(t.term, t.kind)})
        phrases.append(Phrase(article.title, article.key, True))
        phrases += [Phrase(q, article.key, False) for q in article.questions]
    keys = sorted({(key, i) for i, phrase in enumerate(phrases) for key in _keys(phrase.text)})
    return Lookup(dict(sorted(words.items())), phrases, keys)


def _counts(term: str, kind: str) -> bool:
    return kind in ("word", "inner") and len(term) > 1 and all("\u4e00" <= c <= "\u9fff" for c in term)


def _keys(text: str) -> set[str]:
    plain = normalize(text).text.replace(" ", "")
    return {key for key in (plain, full(plain), initials(plain)) if key}
