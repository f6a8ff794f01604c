"""A search cluster in place of this machine's index: where the current searcher comes from, and what publishing uses.

A thread of every process asks the cluster for the snapshot that serves, and opens a new one beside the old, so that no question waits.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from indexer.cluster_parts import Snapshot, write_words
from indexer.cluster_searcher import ClusterSearcher, Slices
from indexer.engine import LocalEngine
from indexer.following import keep_looking
from indexer.opensearch import Cluster
from indexer.recipe import recipe_fingerprint
from indexer.searcher import analyzer_of
from indexer.shipping import present, read_part, ship
from kb.backend import Searcher, StoredArticle
from kb.errors import ClusterProblem, IndexMissing, IndexProblem, Refused
from kb.prepared import Prepared
from kb.settings import Settings
from kb.types import Article

_LOG = logging.getLogger("indexer.cluster")
# how often the cluster is asked for its snapshot, in seconds
LOOK_EVERY = 0.5
# seconds that publishing waits for another shipment of this machine
_SHIP_PATIENCE = 5.0


class ClusterSource:
    """Implements `kb.backend.SearcherSource`. Safe for threads and across a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._prefix = settings.search_prefix
        self._searcher: ClusterSearcher | None = None
        self._parts: dict[str, bytes] = {}
        # why the snapshot could not be followed the last time; empty where it could
        self.problem = ""
        self._begin()
        here = weakref.ref(self)
        # a child must not begin while a thread of its parent is opening something
        os.register_at_fork(
            before=lambda: _hold(here()),
            after_in_parent=lambda: _let_go(here()),
            after_in_child=lambda: _begin_again(here()),
        )

    def searcher(self) -> ClusterSearcher:
        """The searcher of the snapshot that serves. Raises IndexProblem where none could be opened yet."""
        self._watch()
        if self._searcher is None:
            with self.opening:
                return self._searcher or self._follow()
        return self._searcher

    def open_current(self) -> bool:
        """Open the snapshot that serves; whether that can answer."""
        try:
            self.searcher()
        except IndexProblem as error:
            _LOG.info("cluster cannot serve: %s", error)
            return False
        return True

    def keep_up(self) -> None:
        """See what was shipped until now, and look from here on without being asked. Call it after forking."""
        self.look_again()
        self._watch()

    def pointed(self) -> str:
        """Name of the generation that the cluster says to serve; empty where there is none. Raises ClusterProblem."""
        found = present(self._cluster, self._prefix)
        return found.generation if found else ""

    def reconnect(self) -> None:
        """Go on in a child process."""
        self._begin()
        if self._searcher:
            self._searcher.reconnect(self._cluster, self._slices)

    def _begin(self) -> None:
        self._cluster = Cluster(self._settings)
        self._slices = Slices(self._cluster)
        self.opening = threading.Lock()
        self._watching: threading.Thread | None = None

    def _watch(self) -> None:
        """Look at the cluster from now on, whether anybody asks or not: the first question after a quiet hour is not answered
        from an hour ago."""
        if self._watching is None:
            with self.opening:
                if self._watching is None:
                    self._watching = keep_looking(self, LOOK_EVERY)

    def look_again(self) -> None:
        """Open the snapshot that serves, if it is another one, before this returns."""
        try:
            with self.opening:
                self._follow()
        except IndexProblem as error:
            if self.problem != str(error):
                _LOG.warning("snapshot could not be followed: %s", error)
            self.problem = str(error)
        except Exception:
            self.problem = "检索集群的新索引打不开，现在用的是以前的一代；原因见日志。"
            raise

    def _follow(self) -> ClusterSearcher:
        """Open the snapshot that serves, if it is not open; under the lock."""
        found = present(self._cluster, self._prefix)
        if found is None:
            raise IndexMissing("检索集群里还没有索引，请在整理索引的机器上运行 kb index ship。")
        if self._searcher is None or self._searcher.snapshot != found:
            self._searcher = self._open(found)
            _LOG.info("snapshot %d (%s) serves", found.number, found.generation)
        self.problem = ""
        return self._searcher

    def _open(self, snapshot: Snapshot) -> ClusterSearcher:
        names = {name for name, _ in snapshot.parts.values()}
        kept = {name: data for name, data in self._parts.items() if name in names}
        for what, (name, _) in snapshot.parts.items():
            if name not in kept:
                kept[name] = read_part(self._cluster, snapshot, what)
        parts = {what: kept[name] for what, (name, _) in snapshot.parts.items()}
        words = mirror(self._settings)
        write_words(parts["words"], words)
        cache = self._settings.var / "cache"
        analyzer = analyzer_of(words, cache)
        if snapshot.manifest.fingerprint != recipe_fingerprint(analyzer.lexicon.fingerprint):
            raise ClusterProblem("集群里的索引是用另一个版本的程序建的：先升级编辑台那台机器，再升级其他的。")
        opened = ClusterSearcher(
            self._cluster, snapshot, parts, self._slices, analyzer, cache, learned=self._settings.learned
        )
        opened.warm()
        self._parts = kept
        return opened


def _hold(source: ClusterSource | None) -> None:
    if source is not None:
        source.opening.acquire()


def _let_go(source: ClusterSource | None) -> None:
    if source is not None:
        source.opening.release()


def _begin_again(source: ClusterSource | None) -> None:
    """After a fork: connections and locks of the parent are not the child's; what was opened stays shared, and asks anew."""
    if source is not None:
        source.reconnect()


def mirror(settings: Settings) -> Path:
    """Where a node keeps lexicon and registry as the cluster has them."""
    return settings.var / "cluster"


def desk_settings(settings: Settings) -> Settings:
    """Settings of a node without articles: what it needs of their folder is mirrored."""
    return replace(settings, articles=mirror(settings))


class ClusterEngine:
    """Implements `kb.backend.Engine` on the node that has the files: what is taken up here is shipped."""

    def __init__(self, settings: Settings, serving: ClusterSource | None = None) -> None:
        """`serving`: the source that answers in this process; it sees at once what was shipped here."""
        self._settings = settings
        self._local = LocalEngine(settings)
        self._serving = serving

    def take_up(self, paths: Sequence[Path], now: datetime) -> str:
        """Bring the index up to date with these files, and the cluster with the index."""
        self._local.take_up(paths, now)
        # who approves does not wait for a whole shipment of another job: the applier tries again
        shipped = ship(self._settings, now, patience=_SHIP_PATIENCE)
        if self._serving:
            self._serving.look_again()
        return shipped.generation

    def of_article(self, article_id: str) -> list[Article]:
        """Every version of an article in this machine's index, which the cluster follows."""
        return self._local.of_article(article_id)

    def preview(self, article: Article) -> tuple[StoredArticle, Prepared]:
        """An article as the index would keep it; nothing is written."""
        return self._local.preview(article)

    def trial(self, texts: Mapping[str, str | None], now: datetime) -> AbstractContextManager[Searcher]:
        """A searcher as if these files were published; made on this machine, the cluster is not touched."""
        return self._local.trial(texts, now)


class DeskEngine:
    """Implements `kb.backend.Engine` on a node without articles: it refuses, and says where that is done."""

    def __init__(self, settings: Settings) -> None:
        where = f"：{settings.workbench_url}" if settings.workbench_url else ""
        self._said = f"这台机器只回答问题，文章在编辑台上改{where}。"

    def take_up(self, paths: Sequence[Path], now: datetime) -> str:
        """Raises Refused."""
        raise Refused(self._said)

    def of_article(self, article_id: str) -> list[Article]:
        """Raises Refused."""
        raise Refused(self._said)

    def preview(self, article: Article) -> tuple[StoredArticle, Prepared]:
        """Raises Refused."""
        raise Refused(self._said)

    def trial(self, texts: Mapping[str, str | None], now: datetime) -> AbstractContextManager[Searcher]:
        """Raises Refused."""
        raise Refused(self._said)
