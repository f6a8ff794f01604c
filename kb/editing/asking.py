"""Questions whose answer is known, asked of a searcher by the path that agents' questions take: pins, fraud cards first.

Owns what such a question is and at which rank its article stands; what follows from that is `effect.py`'s and `kb.evaluating`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kb.backend import Searcher
from kb.findings import Ranking, rank
from kb.query import Query
from kb.types import Article
from kb.visibility import ANYBODY, Viewer

TOP = 3
DEPTH = 10
# golden: a test query · phrasing: of a changed article · not: must not be found · given: nothing is expected · pair: of a file
Kind = Literal["golden", "phrasing", "not", "given", "pair"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the article that it should lead to (kind `not`: should not), and who asks."""

    text: str
    article_id: str = ""
    kind: Kind = "given"
    viewer: Viewer = ANYBODY
    # other articles that answer it just as well
    also: tuple[str, ...] = ()
    # anchor of the section that should be named as the place of the answer; empty: any
    section: str = ""

    @property
    def expected(self) -> tuple[str, ...]:
        """Every article that answers it."""
        return (self.article_id, *self.also) if self.article_id else ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """An article as it stands in an answer."""

    id: str
    title: str


def insider(*articles: Article) -> Viewer:
    """Somebody whom the audiences of all these articles admit."""
    every = [article.audience for article in articles]
    return Viewer(
        frozenset(role for a in every for role in a.roles),
        frozenset(queue for a in every for queue in a.queues),
        frozenset(region for a in every for region in a.regions),
    )


def questions_to(article: Article, *kinds: Kind) -> list[Question]:
    """What an article says it is asked for, or must not be found by, of some kinds; asked by those it is for."""
    texts = {"golden": article.test_queries, "phrasing": article.questions, "not": article.not_queries}
    viewer = insider(article)
    return [Question(text, article.id, kind, viewer) for kind in kinds for text in texts.get(kind, ())]


class Asking:
    """A searcher that is asked at one moment; every question is searched once, however often it is asked."""

    def __init__(self, searcher: Searcher, at: datetime) -> None:
        self.searcher = searcher
        self.at = at
        self._ids: dict[tuple[str, Viewer], list[str]] = {}
        self._titles: dict[tuple[str, Viewer], str] = {}

    def ranking(self, question: Question) -> tuple[Query, Ranking]:
        """A question as it was understood, and what it leads to. Raises QuestionError if it is too long."""
        query = self.searcher.understanding.understand(question.text, self.searcher.knows)
        ranking = rank(self.searcher, query, question.viewer, self.at, DEPTH)
        self._ids[(question.text, question.viewer)] = _ids(ranking)
        return query, ranking

    def ids(self, question: Question) -> list[str]:
        """The articles that answer a question, best first; fraud cards that it sets off stand before all others."""
        found = self._ids.get((question.text, question.viewer))
        return _ids(self.ranking(question)[1]) if found is None else found

    def rank(self, question: Question) -> int | None:
        """The place, from 1, of the first article that was expected; None where none is among the first ten."""
        ids, expected = self.ids(question), question.expected
        return next((place for place, id_ in enumerate(ids, 1) if id_ in expected), None)

    def ranked(self, ids: Iterable[str], viewer: Viewer) -> tuple[Ranked, ...]:
        """Articles with their titles."""
        return tuple(Ranked(i, self.title(i, viewer)) for i in ids)

    def title(self, article_id: str, viewer: Viewer) -> str:
        """The title of an article, empty where there is none now."""
        key = (article_id, viewer)
        if key not in self._titles:
            stored = self.searcher.current(article_id, self.at, viewer)
            self._titles[key] = stored.article.title if stored else ""
        return self._titles[key]


def _ids(ranking: Ranking) -> list[str]:
    return list(dict.fromkeys(key.rpartition("@")[0] for key in ranking.keys))[:DEPTH]
