"""All articles in the files, as the workbench lists and checks against them; read again when something was published."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from kb.editing.known import KnownLibrary
from kb.errors import IndexProblem
from kb.library import Library, load_library
from kb.registry import Menu, Registry
from kb.types import PATH_SEPARATOR
from web.editor_scores import Scores
from web.services import Services


@dataclass(frozen=True, slots=True)
class Offers:
    """What the form offers to choose from."""

    departments: tuple[str, ...]
    categories: tuple[str, ...]
    # channel → every path of its menu
    menus: dict[str, list[str]]
    facts: dict[str, str]
    # id → title
    articles: dict[str, str]


class Shelf:
    """The library of the articles folder, kept as long as the same index generation answers. Safe for threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._scores = Scores(services.settings.articles)
        self._generation: str | None = None
        self._library: Library | None = None
        self._known: KnownLibrary | None = None

    def library(self) -> Library:
        """Every version in the files."""
        return self._read()[0]

    def known(self) -> KnownLibrary:
        """What the checks need to know of all articles."""
        return self._read()[1]

    def registry(self) -> Registry:
        """Menus, facts and departments."""
        return self.library().registry

    def taken(self) -> set[str]:
        """Ids that no new article can have."""
        drafts = self._services.workbench.drafts()
        return {article.id for article in self.library().articles} | {draft.article_id for draft in drafts}

    def offers(self) -> Offers:
        """What the form offers to choose from."""
        library = self.library()
        registry = library.registry
        return Offers(
            tuple(registry.departments),
            tuple(sorted({article.category for article in library.articles if article.category})),
            {channel: list(_paths(menu)) for channel, menu in registry.menus.items()},
            registry.facts,
            {article.id: article.title for article in library.articles},
        )

    def scores(self, at: datetime) -> tuple[Mapping[str, int], int]:
        """Quality of every version by its key, as far as it is known, and how many are still to come."""
        return self._scores.of(self.known(), at)

    def _read(self) -> tuple[Library, KnownLibrary]:
        try:
            generation = self._services.source.searcher().generation
        except IndexProblem:
            # nothing tells that something changed: read each time
            generation = None
        with self._lock:
            if self._library is None or self._known is None or generation is None or generation != self._generation:
                self._library = load_library(self._services.settings.articles)
                self._known = KnownLibrary(self._library)
                self._generation = generation
            return self._library, self._known


def _paths(menu: Menu, above: str = "") -> Iterator[str]:
    """Every path of a menu, from its top."""
    for name, below in menu.items():
        path = f"{above}{PATH_SEPARATOR}{name}" if above else name
        yield path
        yield from _paths(below, path)
