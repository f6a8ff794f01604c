"""Files → entries with counted terms, in as many processes as there are cores. The expensive part of indexing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.batch import Batch, BatchBuilder, Entry, Source
from indexer.documents import Analyses, documents, store
from indexer.workers import spread
from kb import codec
from kb.articles import parse_article, read_bytes
from kb.naming import naming
from kb.outline import outline, to_row
from kb.preparing import prepare
from kb.registry import Registry
from kb.sections import is_clause
from kb.text import Analyzer
from kb.types import Article, Audience, Problem

# files in one piece of work, and from how many files on other processes help
_PIECE, _ALONE = 100, 150
_EVERYBODY = Audience()


@dataclass(frozen=True, slots=True)
class File:
    """An article file as the folder lists it: its path, the name people see, and how to see that it changed."""

    path: Path
    name: str
    modified_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Analysed:
    """What became of some files: entries of those that can be used, and every problem."""

    batch: Batch
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Tools:
    """What analysing needs: the registry, its fingerprint, and the analyser."""

    registry: Registry
    registry_print: str
    analyzer: Analyzer


def source_digest(name: str, data: bytes, registry_print: str) -> str:
    """Digest of everything an entry is made from, recipe and lexicon left out."""
    return hashlib.sha256(b"\0".join((name.encode(), registry_print.encode(), data))).hexdigest()


def analyse(files: Sequence[File], tools: Tools) -> Analysed:
    """Read, check, render and tokenise files, in this process."""
    builder = BatchBuilder()
    analyses = Analyses(tools.analyzer)
    problems: list[Problem] = []
    for file in files:
        data = read_bytes(file.path, file.name)
        if isinstance(data, Problem):
            problems.append(data)
            continue
        parsed = parse_article(data, file.name, tools.registry)
        problems += parsed.problems
        if parsed.article:
            source = Source(
                file.name, file.modified_ns, file.size, source_digest(file.name, data, tools.registry_print)
            )
            analyses.next_article()
            _add(builder, parsed.article, source, tools.analyzer, analyses)
    return Analysed(builder.batch(), tuple(problems))


def _add(builder: BatchBuilder, article: Article, source: Source, analyzer: Analyzer, analyses: Analyses) -> None:
    stored = store(article)
    by_clause = article.by_clause
    anchors = tuple(p.section.anchor for p in stored.sections if p.section.anchor)
    entry = Entry(
        key=article.key,
        source=source,
        outline=to_row(outline(article)),
        naming=naming(
            article, analyzer, lambda text: analyses.counts(text)[0], [s.text for s in stored.sections]
        ).to_row(),
        prepared=prepare(stored, analyses).to_bytes(),
        stored=codec.dump(stored),
        anchors=anchors,
        clauses=tuple(by_clause and is_clause(a) for a in anchors),
        by_clause=by_clause,
        is_alert=article.type == "alert",
        restricted=article.audience != _EVERYBODY,
    )
    builder.add(entry, documents(stored, analyses))


def analyse_all(
    files: Sequence[File], tools: Tools, progress: Callable[[int, int], None], workers: int | None = None
) -> Iterator[Analysed]:
    """All files, in pieces, in their order; `progress(done, total)` counts files. Raises IndexProblem if a process dies."""
    done = 0

    def count(piece: Sequence[File]) -> None:
        nonlocal done
        done += len(piece)
        progress(done, len(files))

    progress(0, len(files))
    workers = workers or os.cpu_count() or 1
    if len(files) >= _ALONE and workers > 1:
        pieces = [files[i : i + _PIECE] for i in range(0, len(files), _PIECE)]
        yield from spread(_analyse, tools, pieces, workers, count)
        return
    for file in files:
        yield analyse([file], tools)
        count([file])


def _analyse(tools: Tools, files: Sequence[File]) -> Analysed:
    return analyse(files, tools)
