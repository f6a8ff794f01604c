"""Near duplicates: articles that say nearly the same, or are asked for with nearly the same words. Pure.

Compared are pairs of characters. An index of them, thinned out, finds the few candidates; only these are compared in full.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from math import log
from zlib import crc32

from kb.normalize import normalize
from kb.types import Article

# from these shares on two parts are called alike
TITLE_ALIKE = 0.75
PHRASING_ALIKE = 0.8
TEXT_ALIKE = 0.55
# so many phrasings that are alike make two articles alike
PHRASINGS_ALIKE = 2
_CANDIDATES = 12
# phrasings of an article that are compared
_PHRASINGS = 100
# one in so many pairs of the text goes into the index; all pairs of title and phrasings do
_THINNED = 8
_KEPT = 2048
# a pair that more articles hold tells nothing
_COMMON = 50
_WORDS = re.compile(r"[\w%‰]+")
# what hardly tells one question from another
_EMPTY_WORDS = re.compile(r"怎么办|怎么|如何|我的|我想|请问|能不能|可以|什么|吗|呢|了|的")

Pairs = frozenset[str]


@dataclass(frozen=True, slots=True)
class Similar:
    """An article that is nearly the same."""

    article_id: str
    title: str
    path: str
    # how alike they are in the part that is most alike, 0 to 1
    score: float
    # which parts are alike, in Chinese
    reasons: tuple[str, ...]
    # phrasings that are alike: mine, theirs
    phrasings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """What two articles are compared by."""

    title: Pairs
    phrasings: tuple[tuple[str, Pairs], ...]
    text: Pairs


def pairs(raw: str) -> Pairs:
    """The pairs of neighbouring characters in a text, normalised; a word of one character stands for itself."""
    found: set[str] = set()
    for word in _WORDS.findall(normalize(raw).text):
        found.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
    return frozenset(found)


def alike(one: Collection[str], other: Collection[str]) -> float:
    """How much two sets have in common, 0 to 1 (Dice)."""
    if not one or not other:
        return 0.0
    return 2 * len(set(one) & set(other)) / (len(one) + len(other))


def said(article: Article) -> str:
    """Everything that an article says, its title and phrasings left out."""
    channels = (part for c in article.channels for part in (c.path, c.materials, c.if_fails))
    steps = (part for s in article.steps for part in (s.do, s.if_fails))
    return "\n".join((article.answer, *steps, *channels, article.body))


@lru_cache(maxsize=_KEPT)
def profile(article: Article) -> Profile:
    """The profile of an article."""
    asked = (article.title, *article.questions[:_PHRASINGS])
    phrasings = tuple((q, pairs(_EMPTY_WORDS.sub(" ", q)) or pairs(q)) for q in asked)
    return Profile(pairs(article.title), phrasings, pairs(said(article)))


class SimilarArticles:
    """Finds near duplicates among some articles."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = articles
        self._holding: dict[str, list[int]] = defaultdict(list)
        for number, article in enumerate(articles):
            for pair in _features(article):
                self._holding[pair].append(number)

    def to(self, article: Article, among: Collection[str]) -> tuple[Similar, ...]:
        """Near duplicates of an article, most alike first; `among`: keys of the versions to look at, its own left out."""
        most = max(_COMMON, len(self._articles) // 10)
        weights: dict[int, float] = defaultdict(float)
        for pair in _features(article):
            holding = self._holding.get(pair, ())
            if len(holding) <= most:
                weight = log(1 + len(self._articles) / (1 + len(holding)))
                for number in holding:
                    weights[number] += weight
        others = (n for n in weights if self._articles[n].id != article.id and self._articles[n].key in among)
        candidates = nlargest(_CANDIDATES, others, key=weights.__getitem__)
        found = (compared(article, self._articles[n]) for n in candidates)
        return tuple(sorted(filter(None, found), key=lambda s: (-s.score, s.article_id)))


def _features(article: Article) -> Iterable[str]:
    asked = pairs("\n".join((article.title, *article.questions)))
    return asked | {pair for pair in profile(article).text if crc32(pair.encode()) % _THINNED == 0}


def compared(article: Article, other: Article) -> Similar | None:
    """How an article is like another, or None where they differ enough."""
    mine, theirs = profile(article), profile(other)
    title, text = alike(mine.title, theirs.title), alike(mine.text, theirs.text)
    phrasings = list(_alike_phrasings(mine, theirs))
    reasons: list[str] = []
    if title >= TITLE_ALIKE:
        reasons.append(f"标题有 {title:.0%} 相同")
    if text >= TEXT_ALIKE:
        reasons.append(f"答案和正文有 {text:.0%} 相同")
    if len(phrasings) >= PHRASINGS_ALIKE:
        reasons.append(f"有 {len(phrasings)} 条问法几乎一样")
    if not reasons:
        return None
    score = max(title, text, min(1.0, len(phrasings) / max(1, len(article.questions))))
    return Similar(other.id, other.title, other.path, round(score, 2), tuple(reasons), tuple(phrasings))


def _alike_phrasings(mine: Profile, theirs: Profile) -> Iterable[tuple[str, str]]:
    for text, own in mine.phrasings:
        best, share = max(
            ((other, alike(own, others)) for other, others in theirs.phrasings), key=lambda p: p[1], default=("", 0.0)
        )
        if share >= PHRASING_ALIKE:
            yield text, best
