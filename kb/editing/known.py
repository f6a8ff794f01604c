"""What the checks need to know of all other articles: made once for a library, the expensive parts when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property

from kb.editing.contradictions import Claims
from kb.editing.language import everyday_words, remarks
from kb.editing.quality import Quality, quality
from kb.editing.similar import SimilarArticles
from kb.lexicon import Lexicon
from kb.library import Library, periods
from kb.registry import Registry
from kb.types import Article


class KnownLibrary:
    """A library, ready for checks. Immutable; a changed library is another one.

    What was found out about an article is kept by its content, so that a library in which one changed is soon ready again.
    """

    def __init__(self, library: Library) -> None:
        self.library = library

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every usable version."""
        return self.library.articles

    @property
    def registry(self) -> Registry:
        """Menus, facts and departments."""
        return self.library.registry

    @property
    def lexicon(self) -> Lexicon:
        """The bank's words."""
        return self.library.lexicon

    @cached_property
    def ids(self) -> frozenset[str]:
        """Ids of all articles, those with errors included."""
        broken = (p.path.rpartition("/")[2] for p in self.library.problems if p.level == "error")
        return frozenset(a.id for a in self.articles) | {name.removesuffix(".md").partition("@")[0] for name in broken}

    @cached_property
    def everyday(self) -> frozenset[str]:
        """Jargon that customers know."""
        return everyday_words(self.articles, self.lexicon)

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """Phrasing → the article that has it."""
        return {question: article.id for article in reversed(self.articles) for question in article.questions}

    def quality(self, article: Article, at: datetime) -> Quality:
        """How good one of the articles is at a moment."""
        return quality(article, remarks(article, self.lexicon, self.everyday), at)

    @cached_property
    def similar(self) -> SimilarArticles:
        """Finds near duplicates."""
        return SimilarArticles(self.articles)

    @cached_property
    def claims(self) -> Claims:
        """Finds contradictions; articles of another system that nobody has reviewed are not believed."""
        reviewed = [article for article in self.articles if article.status == "published"]
        return Claims(reviewed, self.registry.facts, self.registry.notes)

    @cached_property
    def _periods(self) -> Mapping[str, tuple[datetime, datetime | None]]:
        return periods(self.articles)

    def in_force(self, at: datetime) -> dict[str, Article]:
        """The versions in force at a moment, by key."""
        ends = self._periods
        return {
            a.key: a for a in self.articles if ends[a.key][0] <= at and ((end := ends[a.key][1]) is None or at < end)
        }

    def standing(self, at: datetime) -> list[Article]:
        """The versions that are in force at a moment or begin later."""
        return [a for a in self.articles if (end := self._periods[a.key][1]) is None or at < end]

    def versions(self, article_id: str) -> Iterable[Article]:
        """All versions of an article."""
        return (a for a in self.articles if a.id == article_id)
