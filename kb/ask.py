"""A question, in six hops: understand → search → compose → answer. The house's front door for pages, API and commands."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from kb import fraud
from kb.answers import Card, compose
from kb.backend import Contribution, Hit, Searcher, SearcherSource, StoredArticle
from kb.privacy import mask
from kb.query import Query
from kb.visibility import Viewer

_LOG = logging.getLogger("kb.questions")
# share of the question that the best hit must contain to be called an answer
CONFIDENT = 0.3
NEAREST = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question led to."""

    query: Query
    generation: str
    at: datetime
    # fraud cards that the question set off, to be shown first
    alerts: tuple[Card, ...]
    cards: tuple[Card, ...]
    # False: nothing fits well; the cards are the nearest ones
    confident: bool
    # a Chinese sentence where something has to be said, else empty
    message: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A phrase that begins with what was typed, and the article behind it."""

    text: str
    id: str
    title: str


class KnowledgeBase:
    """Answers questions from the current generation."""

    def __init__(self, source: SearcherSource) -> None:
        self._source = source

    def ask(self, text: str, viewer: Viewer, at: datetime, limit: int = 10) -> Answer:
        """The answer to a question at a moment. Raises QuestionError (too long) or IndexProblem; never an empty page."""
        searcher = self._source.searcher()
        query = searcher.understanding.understand(text, searcher.knows)
        alerts = self._alerts(query, searcher, viewer, at)
        hits, literal = _found(searcher, query, at, viewer, limit)
        confident = bool(hits) and literal and _confident(query, hits[0])
        message = _message(query, hits, confident, literal)
        if not hits:
            hits = _nearest(searcher, viewer, at)
        shown = {card.key for card in alerts}
        cards = tuple(self._card(h, query, searcher, at) for h in hits if h.key not in shown)
        _LOG.info(
            "question=%r facet=%s hits=%d confident=%s best=%s generation=%s",
            mask(text), query.facet, len(hits), confident, hits[0].key if hits else "", searcher.generation,
        )  # fmt: skip
        return Answer(query, searcher.generation, at, alerts, cards, confident, message)

    def hits(self, text: str, viewer: Viewer, at: datetime, limit: int) -> list[Hit]:
        """Only what was found, without cards; for batches and measurements."""
        searcher = self._source.searcher()
        query = searcher.understanding.understand(text, searcher.knows)
        return _found(searcher, query, at, viewer, limit)[0]

    def article(self, article_id: str, viewer: Viewer, at: datetime) -> tuple[StoredArticle, Card] | None:
        """The version of an article in force, with its card, or None if there is none for this viewer."""
        searcher = self._source.searcher()
        stored = searcher.current(article_id, at, viewer)
        if stored is None:
            return None
        query = searcher.understanding.understand("", searcher.knows)
        return stored, self._card(Hit(stored.article.key, None, 0.0, 0.0), query, searcher, at)

    def suggest(self, text: str, viewer: Viewer, at: datetime, limit: int = 8) -> list[Suggestion]:
        """Titles and phrasings that begin with what was typed (characters, pinyin or initials), one for each article."""
        searcher = self._source.searcher()
        found: dict[str, Suggestion] = {}
        for phrase in searcher.lookup.suggest(text):
            article = searcher.article(phrase.key).article
            if article.id not in found and searcher.visible(phrase.key, at, viewer):
                found[article.id] = Suggestion(phrase.text, article.id, article.title)
            if len(found) == limit:
                break
        return list(found.values())

    def explain(
        self, text: str, article_id: str, viewer: Viewer, at: datetime
    ) -> tuple[Query, StoredArticle | None, list[Contribution]]:
        """How the score of an article came about; the article is None where nothing visible has this id."""
        searcher = self._source.searcher()
        query = searcher.understanding.understand(text, searcher.knows)
        stored = searcher.current(article_id, at, viewer)
        return query, stored, searcher.explain(query, stored.article.key) if stored else []

    def _alerts(self, query: Query, searcher: Searcher, viewer: Viewer, at: datetime) -> tuple[Card, ...]:
        found = fraud.tripped(query.text, searcher.alerts(at, viewer))
        return tuple(self._card(Hit(s.article.key, None, 0.0, 1.0), query, searcher, at) for s, _ in found)

    def _card(self, hit: Hit, query: Query, searcher: Searcher, at: datetime) -> Card:
        return compose(searcher.article(hit.key), hit, query, searcher.understanding.analyzer, at)


def _confident(query: Query, best: Hit) -> bool:
    """Whether the best hit holds enough of the question; a corrected word is not held as it was typed."""
    return best.coverage >= CONFIDENT or any(r.kind == "spelling" for r in query.readings)


def _found(searcher: Searcher, query: Query, at: datetime, viewer: Viewer, limit: int) -> tuple[list[Hit], bool]:
    """Hits, and whether they hold the quoted words as they stand; where nothing does, the quotes are dropped."""
    hits = searcher.search(query, at, viewer, limit)
    if hits or not query.phrases:
        return hits, True
    return searcher.search(replace(query, phrases=()), at, viewer, limit), False


def _message(query: Query, hits: list[Hit], confident: bool, literal: bool) -> str:
    if query.empty:
        return "请输入要问的事，例如“换手机号”。下面是常用的几条。"
    unknown = f"没看懂“{'、'.join(query.unknown[:3])}”。" if query.unknown else ""
    if hits and not literal:
        return "没有文章一字不差地包含引号里的话，下面是去掉引号后最接近的几条。"
    if not hits:
        return f"没有找到。{unknown}换个说法试试，或看看下面常用的几条。"
    return "" if confident else f"没有把握。{unknown}下面是最接近的几条，念之前请先核对。"


def _nearest(searcher: Searcher, viewer: Viewer, at: datetime) -> list[Hit]:
    """Where nothing matches at all: the articles with the most phrasings, the nearest thing to what is asked most."""
    titles = [p.key for p in searcher.lookup.phrases if p.is_title and searcher.visible(p.key, at, viewer)]
    ranked = sorted(titles, key=lambda k: (-len(searcher.article(k).article.questions), k))
    return [Hit(key, None, 0.0, 0.0) for key in ranked[:NEAREST]]
