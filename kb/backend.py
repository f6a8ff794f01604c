"""The port between what is known and how it is found. Engines implement it; `kb` never imports one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from kb.lookup import Lookup
from kb.prepared import Prepared
from kb.query import Query, Understanding
from kb.types import Article, Section
from kb.visibility import Viewer


class Hit(NamedTuple):
    """A found article version, or a clause of it."""

    key: str
    # anchor of the best section; a clause for regulations; None where no section matched
    section: str | None
    score: float
    # share of the question's weight (by inverse document frequency) that the article contains, 0 to 1
    coverage: float
    # score by its terms alone, where `score` counts more than them
    lexical: float = 0.0

    @property
    def by_terms(self) -> float:
        """The score by terms alone; an engine that counts nothing else leaves `lexical` out."""
        return self.lexical or self.score


class PartialHits(list[Hit]):
    """Hits of an engine of which a part did not answer: there may be better ones."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one term added to a score in one field."""

    term: str
    field: str
    weight: float
    document_frequency: int
    score: float


class Influence(NamedTuple):
    """What one comparison of question and article, or something learned, added to its place; engines name their own."""

    name: str
    # as measured, and what that counts, on the scale of the logarithm of odds
    value: float
    points: float


@dataclass(frozen=True, slots=True)
class StoredSection:
    """A section as it is shown: rendered when the index was made."""

    section: Section
    html: str
    # plain text without markup
    text: str


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the index keeps it: everything an answer needs, nothing has to be rendered."""

    article: Article
    sections: tuple[StoredSection, ...]
    # in force from … until (None: open end); a successor ends it as well as its own expiry
    start: datetime
    end: datetime | None


class Searcher(Protocol):
    """Reads one generation of an index. Immutable: a newer generation is another Searcher. Safe for threads.

    Every method shows only what `viewer` may see at the moment `at`. A failing engine raises IndexProblem; an empty
    answer means that nothing was found.
    """

    @property
    def generation(self) -> str:
        """Name of the generation."""

    @property
    def understanding(self) -> Understanding:
        """Reads questions with the lexicon and the words this generation was made with."""

    @property
    def lookup(self) -> Lookup:
        """Words and phrases of the generation."""

    def knows(self, term: str) -> bool:
        """Whether a word stands in any article."""

    def search(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> list[Hit]:
        """The best hits, best first; equal scores in the order of article key and section."""

    def current(self, article_id: str, at: datetime, viewer: Viewer) -> StoredArticle | None:
        """The version of an article that is in force at a moment."""

    def article(self, key: str) -> StoredArticle:
        """A version by its key, as found by `search`; everything of it, which takes longer to read than `prepared`."""

    def prepared(self, key: str) -> Prepared:
        """What answers need of a version, by its key."""

    def visible(self, key: str, at: datetime, viewer: Viewer) -> bool:
        """Whether a version may be shown."""

    def valid_until(self, at: datetime) -> datetime | None:
        """The first moment after `at` at which any version begins or ends to be in force; None if there is none."""

    def tripped(
        self, text: str, at: datetime, viewer: Viewer, leaning: Mapping[str, int]
    ) -> list[tuple[StoredArticle, str]]:
        """Alerts in force that a normalised text sets off, with what did; see `kb.tripwire.Tripwire` for `leaning` and order."""

    def explain(self, query: Query, key: str) -> list[Contribution]:
        """How the score of a version came about, greatest contribution first, sections included."""

    def influences(self, query: Query, key: str, at: datetime, viewer: Viewer) -> list[Influence]:
        """What put a version in its place among the best candidates, besides and with its terms; empty where it is none of them,
        or where nothing but terms counts for it.
        """


class SearcherSource(Protocol):
    """Where the present Searcher comes from."""

    def searcher(self) -> Searcher:
        """The searcher of the current generation; raises IndexProblem if there is none that can be used."""


class Engine(Protocol):
    """What publishing and checking need of an engine beyond asking."""

    def take_up(self, paths: Sequence[Path], now: datetime) -> str:
        """Bring the index up to date with these files (changed, new or gone); name of the generation that answers with
        them. Raises IndexLocked while another job writes, KBError if it cannot be done; the old generation then serves.
        """

    def of_article(self, article_id: str) -> list[Article]:
        """Every version of an article that answers, whenever it is in force and whoever may see it. Raises IndexProblem."""

    def preview(self, article: Article) -> tuple[StoredArticle, Prepared]:
        """An article as the index would keep it; nothing is written."""

    def trial(self, texts: Mapping[str, str | None], now: datetime) -> AbstractContextManager[Searcher]:
        """A searcher as if these files (path relative to the articles folder → text, None: gone) were published.

        The articles folder and the serving index are not touched; what was made is gone when the context ends. Files of the
        lexicon and the registry may be among them. Raises KBError where no such index can be made.
        """
