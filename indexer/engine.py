"""The engine of one machine, as publishing and checking use it. Owns nothing: taking up is building, trying out is a trial."""

# What writes an index is imported where one is written: a service starts sooner without it.
from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from indexer.backends import CurrentSearcher
from kb.backend import Searcher, StoredArticle
from kb.prepared import Prepared
from kb.settings import Settings
from kb.types import Article


class LocalEngine:
    """Implements `kb.backend.Engine` over the folders that the settings name."""

    def __init__(self, settings: Settings, serving: CurrentSearcher | None = None) -> None:
        """`serving`: the searcher that answers in this process; it sees at once what was taken up here."""
        self._settings = settings
        self._serving = serving

    def take_up(self, paths: Sequence[Path], now: datetime) -> str:
        """Bring the index up to date with these files; a changed lexicon or registry makes everything be looked at."""
        from indexer import build as building

        articles = [path for path in paths if path.suffix == ".md"]
        named = articles if len(articles) == len(paths) else None
        generation = building.update(self._settings, now, paths=named).generation
        if self._serving:
            self._serving.look_again()
            # what wrote the index refers to itself, and keeps its files open until somebody looks
            gc.collect()
        return generation

    def of_article(self, article_id: str) -> list[Article]:
        """Every version of an article in the generation that serves."""
        return (self._serving or CurrentSearcher(self._settings)).searcher().of_article(article_id)

    def preview(self, article: Article) -> tuple[StoredArticle, Prepared]:
        """An article as the index would keep it; nothing is written."""
        from indexer import trial as trying

        return trying.preview(self._settings, article)

    def trial(self, texts: Mapping[str, str | None], now: datetime) -> AbstractContextManager[Searcher]:
        """A searcher as if these files were published; what was made is gone when the context ends."""
        from indexer import trial as trying

        return trying.trial(self._settings, texts, now)
