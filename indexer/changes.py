"""What is different between the files and the index: pure comparison, nothing is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.analysis import Analysed, File, Tools, source_digest
from indexer.base import Base, Indexed
from indexer.batch import Batch, Entry, joined_batches, selected
from kb.errors import KBError
from kb.library import article_files, article_id, article_name, check_outlines, periods
from kb.outline import from_row
from kb.types import Problem
from kb.visibility import seconds

# a file may change twice within the clock's resolution: one that is as young as the index is read again
_YOUNG_NS = 2_000_000_000
Period = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """Files beside the index: what has to be analysed, and which of the indexed articles stay for the time being."""

    changed: list[File]
    staying: list[Indexed]


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference that makes the next generation."""

    # articles that stay, for each segment of the base: bool [articles]
    live: list[NDArray[np.bool_]]
    # when they are in force, for each segment: int64 [articles]
    start: list[NDArray[np.int64]]
    end: list[NDArray[np.int64]]
    added: Batch
    # by version key
    periods: dict[str, Period]
    # versions that are gone, and that are as they were
    removed: int
    unchanged: int
    problems: tuple[Problem, ...]
    # files that cannot be used as they are now, whose last good version stays
    quarantined: tuple[str, ...] = ()


def listed(root: Path) -> list[File]:
    """All article files below a folder."""
    return [_file(path, root) for path in article_files(root)]


def named(root: Path, paths: Iterable[Path]) -> tuple[list[File], set[str]]:
    """The files among some paths, and the names of those that are gone. Raises KBError for what can be no article file."""
    files, gone = [], set()
    for given in paths:
        inside = Path(os.path.relpath(given, root))
        if given.suffix != ".md" or any(part.startswith(("_", ".")) for part in inside.parts):
            raise KBError(f"{given} 不是文章目录 {root} 里的文章文件（.md）。")
        path = root / inside
        try:
            files.append(_file(path, root))
        except (FileNotFoundError, NotADirectoryError):
            gone.add(article_name(path, root))
    return files, gone


def _file(path: Path, root: Path) -> File:
    status = path.lstat()
    return File(path, article_name(path, root), status.st_mtime_ns, status.st_size)


def compare(files: Sequence[File], base: Base | None, tools: Tools, *, by_time: bool) -> Compared:
    """Which files have to be analysed. `by_time`: trust size and time of change where they are those of the index."""
    indexed = base.indexed if base else {}
    by_time = by_time and base is not None and base.manifest.registry == tools.registry_print
    young = int(datetime.fromisoformat(base.manifest.made).timestamp() * 1e9) - _YOUNG_NS if base else 0
    changed: list[File] = []
    staying: list[Indexed] = []
    for file in files:
        known = indexed.get(file.name)
        if known and ((by_time and _untouched(file, known, young)) or _same(file, known, tools)):
            staying.append(known)
        else:
            changed.append(file)
    return Compared(changed, staying)


def _untouched(file: File, known: Indexed, young: int) -> bool:
    return file.modified_ns == known.source.modified_ns and file.size == known.source.size and file.modified_ns < young


def _same(file: File, known: Indexed, tools: Tools) -> bool:
    try:
        return source_digest(file.name, file.path.read_bytes(), tools.registry_print) == known.source.digest
    except OSError:
        return False


def collect(
    root: Path,
    base: Base | None,
    indexed: Mapping[str, Indexed],
    staying: Sequence[Indexed],
    analysed: Iterable[Analysed],
    ids: Set[str],
) -> Changes:
    """The difference, once every changed file is analysed. `indexed`: what is indexed of the files
    that were analysed, by name; `ids`: of all files, broken ones included."""
    pieces = list(analysed)
    added, same = _without_equals(joined_batches(p.batch for p in pieces), indexed)
    good = _last_good(pieces, {e.source.path for e in added.entries}, indexed, same)
    staying = [*staying, *same, *good]
    fresh = [from_row(e.outline) for e in added.entries]
    kept, found = check_outlines(root, [*(i.outline for i in staying), *fresh], ids)
    paths = {o.path for o in kept}
    spans = {key: (seconds(start), seconds(end)) for key, (start, end) in periods(kept).items()}
    live, start, end = _states(base)
    before = sum(int(np.count_nonzero(mask)) for mask in live)
    for mask in live:
        mask[:] = False
    unchanged = 0
    for i in staying:
        if i.source.path in paths:
            live[i.segment][i.article] = True
            start[i.segment][i.article], end[i.segment][i.article] = spans[i.outline.key]
            unchanged += 1
    batch = selected(added, [n for n, e in enumerate(added.entries) if e.source.path in paths])
    replaced = _replaced(base, batch.entries, live)
    problems = (*(p for piece in pieces for p in piece.problems), *found)
    quarantined = tuple(sorted(i.source.path for i in good if i.source.path in paths))
    return Changes(live, start, end, batch, spans, before - unchanged - replaced, unchanged, problems, quarantined)


def _last_good(
    pieces: Iterable[Analysed], usable: Set[str], indexed: Mapping[str, Indexed], same: Sequence[Indexed]
) -> list[Indexed]:
    """What is indexed of the files that have an error now: an agent is better off with the version before the mistake."""
    broken = {p.path for piece in pieces for p in piece.problems if p.level == "error"}
    return [indexed[name] for name in sorted(broken - usable - {i.source.path for i in same}) if name in indexed]


def _without_equals(added: Batch, indexed: Mapping[str, Indexed]) -> tuple[Batch, list[Indexed]]:
    """The new entries that differ from what is indexed, and the indexed articles that the others are equal to.

    The registry or the file's time changed, but nothing of the article.
    """
    different: list[int] = []
    same: list[Indexed] = []
    for number, entry in enumerate(added.entries):
        known = indexed.get(entry.source.path)
        if known and known.outline == from_row(entry.outline):
            same.append(known)
        else:
            different.append(number)
    return (selected(added, different), same) if same else (added, [])


def _replaced(base: Base | None, entries: Iterable[Entry], live: Sequence[NDArray[np.bool_]]) -> int:
    """How many of the new entries take the place of an indexed version."""
    if base is None:
        return 0
    found = 0
    for entry in entries:
        for number, segment in enumerate(base.segments):
            article = segment.find(entry.key)
            found += article is not None and bool(base.states[number].live[article]) and not live[number][article]
    return found


def _states(
    base: Base | None,
) -> tuple[list[NDArray[np.bool_]], list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    states = base.states if base else []
    return [s.live.copy() for s in states], [s.start.copy() for s in states], [s.end.copy() for s in states]


def same_as(base: Base, changes: Changes) -> bool:
    """Whether nothing is different at all."""
    return not changes.added.entries and all(
        np.array_equal(s.live, live)
        and np.array_equal(s.start[live], start[live])
        and np.array_equal(s.end[live], end[live])
        for s, live, start, end in zip(base.states, changes.live, changes.start, changes.end, strict=True)
    )


def of_paths(root: Path, base: Base, files: Sequence[File], gone: set[str], analysed: Sequence[Analysed]) -> Changes:
    """The difference where only some files were named: everything else is taken as it is in the index.

    Only versions of the same articles are compared with one another; a full update checks the rest.
    """
    names = gone | {f.name for f in files}
    ids = {article_id(Path(name)) for name in names}
    around = [i for one in sorted(ids) for i in base.versions(one)]
    known = _Ids(base, {article_id(f.path) for f in files})
    of_files = {i.source.path: i for i in around}
    partial = collect(root, base, of_files, [i for i in around if i.source.path not in names], analysed, known)
    live, start, end = _states(base)
    for i in around:
        stays = bool(partial.live[i.segment][i.article])
        live[i.segment][i.article] = stays
        if stays:
            start[i.segment][i.article] = partial.start[i.segment][i.article]
            end[i.segment][i.article] = partial.end[i.segment][i.article]
    unchanged = sum(int(np.count_nonzero(mask)) for mask in live)
    removed = base.articles - unchanged - _replaced(base, partial.added.entries, live)
    return Changes(
        live, start, end, partial.added, partial.periods, removed, unchanged, partial.problems, partial.quarantined
    )


class _Ids(Set[str]):
    """Ids of all articles, looked up in the index instead of listed."""

    def __init__(self, base: Base, more: set[str]) -> None:
        self._base = base
        self._more = more

    def __contains__(self, one: object) -> bool:
        return one in self._more or (isinstance(one, str) and self._base.has(one))

    def __iter__(self) -> Iterator[str]:
        return iter(self._more)

    def __len__(self) -> int:
        return self._base.articles + len(self._more)
