"""Where the current searcher comes from: follows the pointer, opens beside, swaps a reference.

A service follows in a thread of its own (`keep_up`), so that no question waits; everybody else looks when a question is asked.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from pathlib import Path

from indexer import generations
from indexer.following import keep_looking
from indexer.searcher import WhooshSearcher
from indexer.sound import own_manifest
from kb.errors import IndexMissing, IndexProblem
from kb.settings import Settings

_LOG = logging.getLogger("indexer.backends")
# how often the pointer is looked at, and how often the files that answer, in seconds
LOOK_EVERY, CHECK_EVERY = 0.1, 2.0
# seconds after which a question looks itself, because the thread that should does not
_PATIENCE = 1.0


class CurrentSearcher:
    """Implements `kb.backend.SearcherSource`. Safe for threads: one opens a new generation, the others keep the old."""

    def __init__(self, settings: Settings) -> None:
        self._root = settings.index
        # a generation that cannot be followed is said by `pointed`
        self.problem = ""
        self._cache = settings.var / "cache"
        self._learned = settings.learned
        self._opening = threading.Lock()
        self._searcher: WhooshSearcher | None = None
        self._pointed: str | None = None
        self._looked = 0.0
        self._following: threading.Thread | None = None
        # the files that answer as they were when they were checked, and when they were last looked at
        self._files: generations.Identities = {}
        self._checked = 0.0
        self._said: set[tuple[str, str]] = set()

    def searcher(self) -> WhooshSearcher:
        """The searcher of the generation that `current` points at; if that one is damaged, of the newest sound one."""
        present = self._searcher
        patience = _PATIENCE if self._following else LOOK_EVERY
        if present is not None and time.monotonic() - self._looked < patience:
            return present
        if not self._opening.acquire(blocking=present is None) and present is not None:
            return present
        try:
            return self._follow()
        finally:
            self._opening.release()

    def open_current(self) -> bool:
        """Open the generation that `current` points at; whether that can serve. Opens no other one instead."""
        with self._opening:
            name = generations.current_name(self._root)
            if name is None:
                return False
            try:
                self._searcher, self._pointed = self._open(name), name
            except IndexProblem as error:
                _LOG.info("generation %s cannot serve: %s", name, error)
                return False
            self._looked = time.monotonic()
            return True

    def pointed(self) -> str:
        """Name of the generation that should serve; empty where there is none."""
        return generations.current_name(self._root) or ""

    def look_again(self) -> None:
        """See what was published just now, before this returns."""
        # what cannot be opened is said to whoever asks
        with contextlib.suppress(IndexProblem), self._opening:
            self._follow()

    def keep_up(self) -> None:
        """See what was published until now, and look from here on without being asked. Call it after forking."""
        try:
            self.look_again()
        except OSError:
            # whoever asks is told; a worker that did not start could tell nobody
            _LOG.exception("generation could not be opened")
        if self._following is None:
            self._following = keep_looking(self, LOOK_EVERY)

    def _follow(self) -> WhooshSearcher:
        name = generations.current_name(self._root)
        if self._searcher is not None and not self._untouched(self._searcher):
            self._searcher = None
        if self._searcher is None or name != self._pointed:
            opened = self._open_best(name)
            self._searcher, self._pointed = opened, name
        self._looked = time.monotonic()
        return self._searcher

    def _untouched(self, searcher: WhooshSearcher) -> bool:
        """Whether what is mapped is what was checked. A file that is gone or was replaced is still mapped as it was."""
        if time.monotonic() - self._checked < CHECK_EVERY:
            return True
        self._checked = time.monotonic()
        touched = generations.touched(self._root / searcher.generation, self._files)
        if touched:
            _LOG.error("generation %s was changed while it served: %s", searcher.generation, touched)
        return not touched

    def _open(self, name: str) -> WhooshSearcher:
        # looked at before they are checked: what changes in between is noticed later
        files = generations.identities(self._root / name)
        opened = open_generation(self._root / name, self._cache, learned=self._learned)
        opened.warm()
        self._files, self._checked = files, time.monotonic()
        return opened

    def _open_best(self, name: str | None) -> WhooshSearcher:
        others = [n for n in generations.names(self._root) if n != name]
        first: IndexProblem | None = None
        for candidate in [name, *others] if name else others:
            try:
                return self._open(candidate)
            except IndexProblem as error:
                self._say_once(candidate, str(error))
                first = first or error
        if self._searcher is not None:
            return self._searcher
        raise first or IndexMissing("还没有索引，请运行 kb index build。")

    def _say_once(self, name: str, why: str) -> None:
        """Every question tries again where none can serve; the log says each reason once."""
        if (name, why) not in self._said:
            self._said.add((name, why))
            _LOG.error("generation %s cannot serve: %s", name, why)


def open_generation(folder: Path, cache: Path, *, everything: bool = False, learned: bool = True) -> WhooshSearcher:
    """Open a generation whose recipe is this program's; raises IndexMissing or IndexCorrupt.

    `everything`: read every file and compare its checksum, those included that only building needs. `learned`: as for the searcher.
    """
    try:
        manifest = own_manifest(folder)
        if everything:
            generations.verify_files(folder, manifest, everything=True, again=True)
        return WhooshSearcher(folder, cache, learned=learned)
    except FileNotFoundError as error:
        raise IndexMissing(f"索引 {folder.name} 正在被删除，或缺少文件 {error.filename}。") from error
