"""The generation that a new one is made from: its live articles, and which files they came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer import generations
from indexer.batch import Batch, Source
from indexer.generations import Manifest
from indexer.segment import Segment
from indexer.state import SegmentState, open_states
from indexer.whoosh_lengths import stored_lengths
from kb.errors import IndexProblem
from kb.outline import Outline, from_row


@dataclass(frozen=True, slots=True)
class Indexed:
    """A live article version: numbers of segment and article, its file, and its outline."""

    segment: int
    article: int
    source: Source
    outline: Outline


class Base:
    """A sound generation, opened for building upon."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self.segments = [Segment(folder / generations.SEGMENTS, name) for name in manifest.segments]
        found = open_states(folder, manifest.segments)
        self.states: list[SegmentState] = [found[name] for name in manifest.segments]

    @property
    def articles(self) -> int:
        """How many live articles there are."""
        return sum(int(np.count_nonzero(s.live)) for s in self.states)

    @cached_property
    def indexed(self) -> dict[str, Indexed]:
        """Every live article by the name of its file."""
        found = (i for number, s in enumerate(self.segments) for i in self._rows(number, s.handed.headers()))
        return {i.source.path: i for i in found}

    def versions(self, article_id: str) -> list[Indexed]:
        """The live versions of one article."""
        found: list[Indexed] = []
        for number, segment in enumerate(self.segments):
            live = self.states[number].live
            found += [
                _indexed(number, article, segment.handed.header(article))
                for article in segment.versions(article_id)
                if live[article]
            ]
        return found

    def has(self, article_id: str) -> bool:
        """Whether there is any live version of an article."""
        return any(
            self.states[n].live[a] for n, segment in enumerate(self.segments) for a in segment.versions(article_id)
        )

    def batch(self, segment: int, live: NDArray[np.bool_]) -> Batch:
        """The articles of a segment that stay, with their terms; `live`: bool [articles]."""
        found = self.segments[segment]
        return found.handed.batch(np.flatnonzero(live).tolist(), found.sections)

    def lengths(self, segment: int, live: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Lengths, as stored, of the documents of the articles that stay, [documents, stream fields]."""
        found = self.segments[segment]
        documents = np.concatenate([live, live[found.owners]])
        return stored_lengths(found.handed.lengths[documents])

    def _rows(self, number: int, headers: list[list[Any]]) -> Iterator[Indexed]:
        for article in np.flatnonzero(self.states[number].live).tolist():
            yield _indexed(number, article, headers[article])


def _indexed(segment: int, article: int, header: list[Any]) -> Indexed:
    _, path, modified, size, digest, outline, *_ = header
    return Indexed(segment, article, Source(path, modified, size, digest), from_row(outline))


def open_base(root: Path, fingerprint: str, name: str | None = None) -> Base | None:
    """The generation that serves, or the one of a name, if it is sound and was made by this recipe."""
    name = name or generations.current_name(root)
    if name is None:
        return None
    try:
        manifest = generations.read_manifest(root / name)
        if manifest.fingerprint != fingerprint:
            return None
        generations.verify_files(root / name, manifest, everything=True)
        return Base(root / name, manifest)
    except (IndexProblem, OSError, KeyError, ValueError):
        return None
