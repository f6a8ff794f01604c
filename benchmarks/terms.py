"""The documents of an index as a file of terms: analysed once, read by every engine that is compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from indexer.documents import Document, documents, store
from kb.articles import read_article
from kb.lexicon import load_lexicon
from kb.library import article_files
from kb.registry import load_registry
from kb.settings import Settings
from kb.text import Analyzer

_CHUNK = 500


class TermFile:
    """Documents on the disk: can be gone through as often as needed, without holding them all in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[Document]:
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                yield Document(*json.loads(line))


def write_terms(
    settings: Settings, target: Path, wanted: Callable[[str], bool], progress: Callable[[int, int], None]
) -> TermFile:
    """Analyse all articles whose key is wanted, exactly as the index does it, into a new file."""
    files = list(article_files(settings.articles))
    chunks = [(settings, files[i : i + _CHUNK]) for i in range(0, len(files), _CHUNK)]
    with target.open("w", encoding="utf-8") as out:
        for done, lines in enumerate(_analysed(chunks), 1):
            out.writelines(line + "\n" for key, line in lines if wanted(key))
            progress(min(done * _CHUNK, len(files)), len(files))
    return TermFile(target)


def _analysed(chunks: list[tuple[Settings, list[Path]]]) -> Iterator[list[tuple[str, str]]]:
    if len(chunks) < 2:
        yield from map(_analyse, chunks)
        return
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(_analyse, chunks)


_ANALYZERS: dict[Settings, Analyzer] = {}


def _analyse(chunk: tuple[Settings, list[Path]]) -> list[tuple[str, str]]:
    """(key, document as JSON) of each file's documents. One analyser serves all chunks of a process."""
    settings, files = chunk
    if settings not in _ANALYZERS:
        _ANALYZERS[settings] = Analyzer(load_lexicon(settings.articles)[0], settings.var / "cache")
    registry, _ = load_registry(settings.articles)
    lines = []
    for path in files:
        article = read_article(path, path.relative_to(settings.articles).as_posix(), registry).article
        for made in documents(store(article), _ANALYZERS[settings]) if article else ():
            lines.append((made.key, json.dumps([made.key, made.anchor, made.streams], ensure_ascii=False)))
    return lines
