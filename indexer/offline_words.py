"""What a page without the service needs to read questions: the part of dictionary and lexicon that can matter to its articles.

Nothing of an article that is not in the copy is in here: terms come from the copy, everything else from files that are no articles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.confidence import CONFIDENT
from kb.confidence import WEIGHTS as CONFIDENCE
from kb.normalize import simplified_characters
from kb.pinyin import full, initials
from kb.query import WEIGHTS
from kb.text import CONCEPT, Analyzer

Streams = Sequence[Mapping[str, Mapping[str, int]]]
# a word of the language that no article has still keeps its neighbours apart, if it is common enough to be asked
_COMMON = 100
_NAMING = ("title_word", "questions_word", "keywords_word")
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")
_LATIN = re.compile("[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Words:
    """How questions are read. Tables of words are lines, their columns apart by tabs."""

    # word, frequency in the language
    dictionary: str
    # sum of all frequencies, of words that are not in here too
    total: int
    # word, full pinyin, initials, in how many articles' titles, phrasings and keywords
    letters: str
    # lexicon words with Latin letters, which are one term
    mixed: tuple[str, ...]
    stopwords: tuple[str, ...]
    concepts: dict[str, str]
    wider: dict[str, tuple[str, ...]]
    misspelt: dict[str, str]
    # question as `kb.pins.pin_key` compares it → article
    pins: dict[str, str]
    # traditional characters, and in the same places the simplified ones
    traditional: str
    simplified: str
    # how much a term counts, by how it was found
    weights: dict[str, float]
    # `kb.confidence`
    confidence: dict[str, float]
    confident: float


def words_for(analyzer: Analyzer, streams: Streams, keys: Sequence[str]) -> Words:
    """The words for articles with these terms and keys."""
    lexicon = analyzer.lexicon
    vocabulary = {
        t for of_article in streams for field, ts in of_article.items() if field.endswith("_word") for t in ts
    }
    concepts = {w: c for w, c in sorted(lexicon.concepts.items()) if CONCEPT + c in vocabulary}
    wider = {w: _useful(targets, concepts, vocabulary) for w, targets in sorted(lexicon.wider.items())}
    wider = {word: targets for word, targets in wider.items() if targets}
    misspelt = {wrong: right for wrong, right in sorted(lexicon.misspelt.items()) if right in vocabulary}
    own = {*concepts, *wider, *lexicon.stopwords, *misspelt.values(), *vocabulary, *lexicon.terms}
    ids = {key.rpartition("@")[0] for key in keys}
    pairs = sorted((old, new) for old, new in simplified_characters().items() if old != new)
    return Words(
        dictionary=_dictionary(analyzer.words, own),
        total=sum(analyzer.words.values()),
        letters=_letters(streams),
        mixed=tuple(sorted((w for w in own if _LATIN.search(w) and w in set(lexicon.words())), key=_longest_first)),
        stopwords=tuple(sorted(lexicon.stopwords)),
        concepts=concepts,
        wider=wider,
        misspelt=misspelt,
        pins={q: pin.article_id for q, pin in sorted(lexicon.pins.items()) if pin.article_id in ids},
        traditional="".join(old for old, _ in pairs),
        simplified="".join(new for _, new in pairs),
        weights=WEIGHTS,
        confidence=CONFIDENCE,
        confident=CONFIDENT,
    )


def _useful(targets: Sequence[str], concepts: Mapping[str, str], vocabulary: set[str]) -> tuple[str, ...]:
    return tuple(t for t in targets if t in concepts or t in vocabulary)


def _longest_first(word: str) -> tuple[int, str]:
    return -len(word), word


def _dictionary(words: Mapping[str, int], own: set[str]) -> str:
    chosen = sorted(w for w, n in words.items() if n and len(w) > 1 and (n >= _COMMON or w in own))
    singles = sorted(w for w, n in words.items() if n and len(w) == 1)
    return "\n".join(f"{word}\t{words[word]}" for word in [*singles, *chosen])


def _letters(streams: Streams) -> str:
    """Words by which articles are called, with their spelling, those of most articles first."""
    found: Counter[str] = Counter()
    for of_article in streams:
        found.update({w for field in _NAMING for w in of_article[field] if _CHINESE.fullmatch(w)})
    rows = sorted(found.items(), key=lambda row: (-row[1], row[0]))
    return "\n".join(f"{word}\t{full(word)}\t{initials(word)}\t{count}" for word, count in rows)
