"""Making generations: a full build, or an update that adds what changed beside shared segments. One path for both."""

from __future__ import annotations

import contextlib
import gc
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from indexer import changes as comparing
from indexer import generations, learning
from indexer.analysis import Tools, analyse_all
from indexer.base import Base, open_base
from indexer.changes import Changes
from indexer.progress import Progress, no_progress
from indexer.recipe import recipe_fingerprint
from indexer.searcher import WhooshSearcher, shared_analyzer
from indexer.segment import Segment
from indexer.state import open_states
from indexer.writing import append, restate, restating
from kb import pinyin
from kb.confirmed import confirmed
from kb.errors import IndexProblem
from kb.files import told
from kb.lexicon import load_lexicon
from kb.library import article_id
from kb.registry import load_registry, registry_print
from kb.settings import Settings
from kb.types import Problem


@dataclass(frozen=True, slots=True)
class Built:
    """What a build or update did."""

    generation: str
    added: int
    removed: int
    unchanged: int
    problems: tuple[Problem, ...]
    # files with errors whose last good version goes on serving
    quarantined: tuple[str, ...] = ()


# raises KBError where a generation must not serve
Accept = Callable[[WhooshSearcher, Built], None]
# where generations are made that nobody must prune; below the index, so that they can be moved
_UNFINISHED = ".unfinished"
# seconds that a finished rebuild waits for a publication that is on its way
_PATIENCE = 60.0


@contextlib.contextmanager
def _told(place: Path) -> Iterator[None]:
    """What a disk does not allow is said with its path, in words of somebody who can do something about it."""
    try:
        yield
    except OSError as error:
        raise IndexProblem(f"索引没有写成，原来的照常服务：{told(error, place)}") from error


def build(settings: Settings, now: datetime, progress: Progress = no_progress) -> Built:
    """Make a generation from all files, as one segment, verify it, and let it serve. Raises IndexProblem; the old one then
    still serves. Every file is read; what did not change since the present generation is not analysed again.
    """
    with _told(settings.index):
        return _Job(settings, now, progress).build()


def update(
    settings: Settings, now: datetime, progress: Progress = no_progress, paths: Iterable[Path] | None = None
) -> Built:
    """Bring the index up to date with the files: only what changed is analysed. Without any change, nothing is written.

    `paths`: look at these files only (changed, new or gone); only versions of the same articles are checked with one another
    then. Falls back to a full build where there is no usable generation or the recipe changed. Raises as `build` does.
    """
    with _told(settings.index):
        return _Job(settings, now, progress).update(list(paths) if paths is not None else None)


def rebuild(
    settings: Settings, now: datetime, accept: Accept, progress: Progress = no_progress, *, dry: bool = False
) -> Built:
    """A full build that holds nobody up: made while others may publish, then brought up to date under the lock.

    `accept` is asked about what was made before it serves, and raises KBError where it must not; the old one serves on
    then. `dry`: everything but that: what was made is removed again.
    """
    place = settings.index / _UNFINISHED
    # of a job that was killed
    shutil.rmtree(place, ignore_errors=True)
    try:
        with _told(settings.index):
            job = _Job(settings, now, progress)
            made, searcher = job.whole(place)
        accept(searcher, made)
        with _told(settings.index):
            return made if dry else _Job(settings, now, progress).finish(place / made.generation, made)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def build_beside(
    settings: Settings, place: Path, now: datetime, *, words: Path | None = None, paths: Iterable[Path] | None = None
) -> tuple[Built, WhooshSearcher] | None:
    """Make a generation below a folder of its own, upon the one that serves; nothing is locked, switched or pruned.

    `paths`: as for `update`, below `settings.articles`, which may hold these files alone; None is the answer where that is
    not enough: there is no usable generation, or the recipe or the registry changed. `words`: where lexicon and registry are.
    """
    return _Job(settings, now, no_progress, words).beside(place, list(paths) if paths is not None else None)


class _Job:
    """One build or update, with what it needs."""

    def __init__(self, settings: Settings, now: datetime, progress: Progress, words: Path | None = None) -> None:
        """`words`: the folder with lexicon and registry, where it is not the articles' own."""
        self._settings = settings
        self._now = now
        self._progress = progress
        self._words = words or settings.articles
        self._lexicon, word_problems = load_lexicon(self._words)
        registry, registry_problems = load_registry(self._words)
        analyzer = shared_analyzer(self._lexicon, settings.var / "cache")
        # before processes are forked that read words
        pinyin.load(settings.var / "cache")
        self._tools = Tools(registry, registry_print(self._words), analyzer)
        self._problems = (*registry_problems, *word_problems)
        self._fingerprint = recipe_fingerprint(self._lexicon.fingerprint)

    def build(self) -> Built:
        with generations.write_lock(self._settings.index), _collecting_later():
            base = open_base(self._settings.index, self._fingerprint)
            return self._write(base, self._all(base, by_time=False), whole=True)

    def update(self, paths: list[Path] | None) -> Built:
        with generations.write_lock(self._settings.index), _collecting_later():
            base = open_base(self._settings.index, self._fingerprint)
            if base and paths is not None and base.manifest.registry == self._tools.registry_print:
                found = self._some(base, paths)
            else:
                found = self._all(base, by_time=True)
            if base and comparing.same_as(base, found):
                # what a job left that was killed at the last moment
                generations.prune(self._settings.index, self._settings.keep_generations)
                return Built(
                    base.manifest.name, 0, 0, found.unchanged, (*self._problems, *found.problems), found.quarantined
                )
            return self._write(base, found, whole=False)

    def beside(self, place: Path, paths: list[Path] | None) -> tuple[Built, WhooshSearcher] | None:
        """A generation below `place` that nothing points at; None where `paths` alone cannot be taken up."""
        with _collecting_later():
            base = open_base(self._settings.index, self._fingerprint)
            if paths is None:
                found = self._all(base, by_time=False)
            elif base and base.manifest.registry == self._tools.registry_print:
                found = self._some(base, paths)
            else:
                return None
            name = generations.generation_name(self._settings.index, self._now)
            return self._built(name, found), self._make(place, name, base, found, whole=False)

    def whole(self, place: Path) -> tuple[Built, WhooshSearcher]:
        """A generation from all files below `place`, as one segment, without any lock."""
        with _collecting_later():
            base = open_base(self._settings.index, self._fingerprint)
            found = self._all(base, by_time=False)
            name = generations.generation_name(self._settings.index, self._now)
            return self._built(name, found), self._make(place, name, base, found, whole=True)

    def finish(self, made: Path, built: Built) -> Built:
        """Let a generation serve that was made elsewhere, with everything that was published since."""
        index = self._settings.index
        with generations.write_lock(index, _PATIENCE), _collecting_later():
            made.replace(index / made.name)
            base = open_base(index, self._fingerprint, made.name)
            found = self._all(base, by_time=False)
            if base and comparing.same_as(base, found):
                generations.switch(index, made.name)
                generations.prune(index, self._settings.keep_generations)
                return built
            caught_up = self._write(base, found, whole=False)
            return replace(caught_up, added=built.added + caught_up.added, removed=built.removed + caught_up.removed)

    def _all(self, base: Base | None, *, by_time: bool) -> Changes:
        root = self._settings.articles
        files = comparing.listed(root)
        compared = comparing.compare(files, base, self._tools, by_time=by_time)
        analysed = analyse_all(compared.changed, self._tools, self._progress)
        return comparing.collect(
            root, base, base.indexed if base else {}, compared.staying, analysed, {article_id(f.path) for f in files}
        )

    def _some(self, base: Base, paths: list[Path]) -> Changes:
        root = self._settings.articles
        files, gone = comparing.named(root, paths)
        analysed = list(analyse_all(files, self._tools, self._progress))
        return comparing.of_paths(root, base, files, gone, analysed)

    def _write(self, base: Base | None, found: Changes, *, whole: bool) -> Built:
        index = self._settings.index
        name = generations.generation_name(self._settings.index, self._now)
        self._make(index, name, base, found, whole=whole)
        generations.switch(index, name)
        generations.prune(index, self._settings.keep_generations)
        return self._built(name, found)

    def _built(self, name: str, found: Changes) -> Built:
        problems = (*self._problems, *found.problems)
        return Built(name, len(found.added.entries), found.removed, found.unchanged, problems, found.quarantined)

    def _make(self, place: Path, name: str, base: Base | None, found: Changes, *, whole: bool) -> WhooshSearcher:
        """Write and check a generation; it is gone if that fails."""
        folder = place / name
        try:
            folder.mkdir(parents=True)
            _copy_lexicon(self._words, folder)
            written = restate if whole or base is None or restating(base, found) else append
            made = written(folder, base, found)
            inherited, learned = self._learn(folder, name, made.segments, None if whole else base)
            manifest = generations.Manifest(
                name, self._now.isoformat(), made.articles, made.documents, self._fingerprint, self._tools.registry_print,
                made.averages.tolist(), made.segments, {}, learned,
            )  # fmt: skip
            generations.seal(folder, manifest, {**made.inherited, **inherited})
            searcher = WhooshSearcher(folder, self._settings.var / "cache", learned=self._settings.learned)
            searcher.check()
            return searcher
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _learn(
        self, folder: Path, name: str, segments: list[str], base: Base | None
    ) -> tuple[dict[str, str], dict[str, int | str]]:
        """Learn anew, or keep what `base` learned: files that were linked with their checksums, and the manifest's entry."""
        states = open_states(folder, segments)
        opened = {s: (Segment(folder / generations.SEGMENTS, s), states[s]) for s in segments}
        if base is None:
            taken = confirmed(self._settings.logs, self._now)
            articles = learning.learn(folder, opened, self._progress, taken)
            said: dict[str, int | str] = {"version": learning.VERSION, "articles": articles, "in": name}
            return {}, said | {"confirmed": sum(map(len, taken.values()))} if articles else {}
        linked = learning.carry_over(base.folder, folder, opened)
        return {file: base.manifest.files[file] for file in linked}, base.manifest.learned


@contextlib.contextmanager
def _collecting_later() -> Iterator[None]:
    """Hundreds of thousands of small objects are made, hardly any in cycles: looking for some takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _copy_lexicon(articles: Path, folder: Path) -> None:
    """Questions are read with the words the index was made with."""
    copied = folder / "_lexicon"
    copied.mkdir()
    source = articles / "_lexicon"
    for file in sorted(source.glob("*.txt")) if source.is_dir() else ():
        shutil.copyfile(file, copied / file.name)
