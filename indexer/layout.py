"""Which document is what: the documents of one generation as arrays, laid out once when it is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.fields import COVERAGE, SECTION_COVERAGE
from kb.backend import StoredArticle
from kb.sections import is_clause
from kb.types import Article, Audience
from kb.visibility import seconds

_EVERYBODY = Audience()


@dataclass(frozen=True, slots=True)
class Row:
    """A live document of the index: its number, its version's key, and its anchor (empty for the article itself)."""

    document: int
    key: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Articles are numbered in the order of their keys; sections stand in the order of article and place."""

    keys: list[str]
    number: dict[str, int]
    # document of each article, int32 [articles]
    article_document: NDArray[np.int32]
    # document, article number and anchor of each section: int32 [sections], int32 [sections], [sections]
    sections: NDArray[np.int32]
    owners: NDArray[np.int32]
    anchors: list[str]
    # sections that are found as clauses by themselves, bool [sections]
    clauses: NDArray[np.bool_]
    # laws without phrasings are answered clause by clause, the others as articles; bool [articles]
    by_clause: NDArray[np.bool_]
    # in force from … until, seconds since 1970, int64 [articles]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    # numbers of articles that not everybody may see
    restricted: list[int]
    # how much coverage counts, float32 [documents]; see indexer/ranking.py
    emphasis: NDArray[np.float32]

    def sections_of(self, article: int) -> slice:
        """The places of an article's sections among all sections."""
        start, end = np.searchsorted(self.owners, [article, article + 1])
        return slice(int(start), int(end))


def lay_out(rows: Iterable[Row], size: int, articles: Mapping[str, StoredArticle]) -> Layout:
    """The layout of the live documents; `size` counts deleted documents too."""
    keys = sorted(articles)
    number = {key: i for i, key in enumerate(keys)}
    places = {(key, p.section.anchor): i for key in keys for i, p in enumerate(articles[key].sections)}
    article_document = np.zeros(len(keys), np.int32)
    found: list[tuple[int, int, int, str]] = []
    for row in rows:
        if row.anchor:
            found.append((number[row.key], places[(row.key, row.anchor)], row.document, row.anchor))
        else:
            article_document[number[row.key]] = row.document
    found.sort()
    sections = np.array([document for _, _, document, _ in found], np.int32)
    owners = np.array([owner for owner, _, _, _ in found], np.int32)
    anchors = [anchor for _, _, _, anchor in found]
    stored = [articles[key] for key in keys]
    by_clause = np.array([_by_clause(s.article) for s in stored], bool)
    emphasis = np.full(size, COVERAGE, np.float32)
    emphasis[sections] = SECTION_COVERAGE
    return Layout(
        keys,
        number,
        article_document,
        sections,
        owners,
        anchors,
        np.array([is_clause(a) for a in anchors], bool) & by_clause[owners],
        by_clause,
        np.array([seconds(s.start) for s in stored], np.int64),
        np.array([seconds(s.end) for s in stored], np.int64),
        [i for i, s in enumerate(stored) if s.article.audience != _EVERYBODY],
        emphasis,
    )


def _by_clause(article: Article) -> bool:
    return article.type == "regulation" and not article.questions
