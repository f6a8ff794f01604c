"""Trying out: an article as the index would keep it, and an index as if some files were published. Nothing of it serves anybody.

A trial lies in `var/trial-…/`, is locked by who made it, and is gone when its user is done; what a killed process left behind
is removed by the next trial. It is made by the same path as a real update, so that what it answers is what agents would see.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from indexer import generations
from indexer.build import Built, build_beside
from indexer.documents import Analyses, store
from indexer.searcher import WhooshSearcher, analyzer_of
from kb.backend import StoredArticle
from kb.errors import ArticleError, IndexProblem, KBError
from kb.library import article_files, article_name
from kb.prepared import Prepared
from kb.preparing import prepare
from kb.settings import Settings
from kb.text import Analyzer
from kb.types import Article

_PREFIX = "trial-"
# folders of the articles folder that hold no articles
_SHARED = ("_lexicon", "_registry")
# the serving generation may be pruned while a trial is made upon it
_ATTEMPTS = 3
# a trial is locked as soon as its folder is there; only much older ones without a lock were left behind
_STALE_AFTER = 60.0


def preview(settings: Settings, article: Article) -> tuple[StoredArticle, Prepared]:
    """An article as the index would keep it; nothing is written."""
    stored = store(article)
    return stored, prepare(stored, Analyses(_serving_analyzer(settings)))


def _serving_analyzer(settings: Settings) -> Analyzer:
    """The analyser of the generation that serves; without one, that of the files."""
    name = generations.current_name(settings.index)
    return analyzer_of(settings.index / name if name else settings.articles, settings.var / "cache")


@contextlib.contextmanager
def trial(settings: Settings, texts: Mapping[str, str | None], now: datetime) -> Iterator[WhooshSearcher]:
    """A searcher as if these files (path relative to the articles folder → text, None: gone) were published.

    Files of the lexicon and the registry may be among them; everything is read again then. Raises ArticleError if one of the
    texts has errors, KBError if a path is no place for a file or the disk does not allow it.
    """
    for name in texts:
        _check(name)
    with _folder(settings.var) as folder:
        try:
            built, searcher = _made(settings, texts, now, folder)
        except OSError as error:
            raise KBError(f"试算没有做成：{error.strerror or error}（{folder}）。正在使用的索引没有受影响。") from error
        wrong = [p for p in built.problems if p.level == "error" and texts.get(p.path) is not None]
        if wrong:
            raise ArticleError(wrong)
        yield searcher


def _check(name: str) -> None:
    """Raise KBError for what cannot be a file of the articles folder."""
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith((".", "_")) for part in parts[1:]) or name.startswith(".")
    if not parts or len(parts) < 2 or hidden or "\\" in name or "\0" in name or PurePosixPath(name).is_absolute():
        raise KBError(f"“{name}”不是文章目录里的文件。")


def _made(
    settings: Settings, texts: Mapping[str, str | None], now: datetime, folder: Path
) -> tuple[Built, WhooshSearcher]:
    articles, place = folder / "articles", folder / "index"
    shared = any(name.startswith(_SHARED) for name in texts)
    alone = replace(settings, articles=articles)
    for attempt in range(_ATTEMPTS):
        _write(articles, texts)
        try:
            paths = [articles / name for name in texts]
            made = None if shared else build_beside(alone, place, now, words=settings.articles, paths=paths)
            if made is None:
                _link_others(settings.articles, articles, texts)
                made = build_beside(alone, place, now)
            assert made is not None
            return made
        except (FileNotFoundError, IndexProblem):
            if attempt == _ATTEMPTS - 1:
                raise
            for left in (articles, place):
                shutil.rmtree(left, ignore_errors=True)
    raise AssertionError("unreachable")


def _write(articles: Path, texts: Mapping[str, str | None]) -> None:
    articles.mkdir(exist_ok=True)
    for name, text in texts.items():
        path = articles / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8", newline="\n")


def _link_others(source: Path, articles: Path, texts: Mapping[str, str | None]) -> None:
    """Beside the given files, all others of the articles folder, without copying where that can be avoided."""
    for path in article_files(source):
        _link(path, articles, article_name(path, source), texts)
    for shared in _SHARED:
        for path in sorted((source / shared).glob("*")):
            _link(path, articles, f"{shared}/{path.name}", texts)


def _link(path: Path, articles: Path, name: str, texts: Mapping[str, str | None]) -> None:
    if name in texts or path.is_symlink() or not path.is_file():
        return
    target = articles / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileNotFoundError:
        return  # it was removed meanwhile
    except OSError:  # another file system, or none that knows links
        shutil.copy2(path, target)


@contextlib.contextmanager
def _folder(var: Path) -> Iterator[Path]:
    """A folder of one's own, locked as long as it is used; those that nobody holds any more are removed first."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        _remove_stale(var)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=var))
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise KBError(f"试算没有做成：{error.strerror or error}（{var}）。正在使用的索引没有受影响。") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale(var: Path) -> None:
    """Remove trials whose owner is dead: its lock died with it."""
    for folder in var.glob(f"{_PREFIX}*"):
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - os.fstat(descriptor).st_mtime > _STALE_AFTER:
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)
