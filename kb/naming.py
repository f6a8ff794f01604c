"""What one article version calls things: its words, and the phrases that can be suggested with the keys they are found by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from kb.normalize import normalize
from kb.pinyin import full, initials
from kb.text import Analyzer
from kb.types import Article

# text → the terms in it
Terms = Callable[[str], Iterable[str]]
_WORD = re.compile("[\u4e00-\u9fff]{2,}")
# sentences of an article that are compared with a question, the fewest characters of one, and where it ends
MOST_SENTENCES, _LEAST = 80, 4
_END = re.compile(r"[。！？；;!?\n]+")


@dataclass(frozen=True, slots=True)
class Naming:
    """The part of one article version in a lookup; costly to make (pinyin), cheap to keep."""

    key: str
    id: str
    title: str
    # Chinese words of two characters or more in title, phrasings, keywords and answer, each once
    words: tuple[str, ...]
    # the title, then the customers' phrasings: (text, its normalised text, full pinyin and initials)
    phrases: tuple[tuple[str, tuple[str, ...]], ...]
    # questions that it must not be found by, normalised
    refused: tuple[str, ...] = ()
    # what its editors say it is about, normalised
    keywords: tuple[str, ...] = ()
    # the characters of each sentence of its answer and body, each once; none where it is found clause by clause
    sentences: tuple[str, ...] = ()

    @property
    def phrasings(self) -> int:
        """How many ways of customers to ask for it the article knows."""
        return len(self.phrases) - 1

    def to_row(self) -> list[Any]:
        """Plain data for `from_row`."""
        return [self.key, self.id, self.title, self.words, self.phrases, self.refused, self.keywords, self.sentences]

    @staticmethod
    def from_row(row: list[Any]) -> Naming:
        """The naming that `to_row` wrote, perhaps by way of JSON."""
        key, id_, title, words, phrases, refused, keywords, sentences = row
        read = tuple((text, tuple(keys)) for text, keys in phrases)
        return Naming(key, id_, title, tuple(words), read, tuple(refused), tuple(keywords), tuple(sentences))


def naming(article: Article, analyzer: Analyzer, terms: Terms | None = None, body: Iterable[str] = ()) -> Naming:
    """What an article calls things. `terms`: a way to the terms of a text that remembers them, if the caller has one; `body`: the
    texts of its sections."""
    terms = terms or (lambda text: analyzer.counts(text)[0])
    named = (article.title, *article.questions, *article.keywords, article.answer)
    words = {term for text in named for term in terms(text) if is_chinese_word(term)}
    phrases = tuple((text, _keys(text)) for text in (article.title, *article.questions))
    refused = tuple(normalize(text).text for text in article.not_queries)
    keywords = tuple(normalize(text).text for text in article.keywords)
    sentences = () if article.by_clause else tuple(_sentences((article.answer, *body)))
    return Naming(article.key, article.id, article.title, tuple(sorted(words)), phrases, refused, keywords, sentences)


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    """The characters of each sentence, each once, in the order of the texts; the first MOST_SENTENCES that say anything."""
    parts = (part for text in texts for part in _END.split(normalize(text).text))
    said = ("".join(dict.fromkeys(filter(str.isalnum, part))) for part in parts)
    return islice((s for s in said if len(s) >= _LEAST), MOST_SENTENCES)


def is_chinese_word(term: str) -> bool:
    """Whether a term is a Chinese word of at least two characters; quantities, Latin terms and concepts are none."""
    return _WORD.fullmatch(term) is not None


def _keys(text: str) -> tuple[str, ...]:
    plain = normalize(text).text.replace(" ", "")
    return tuple(key for key in dict.fromkeys((plain, full(plain), initials(plain))) if key)
