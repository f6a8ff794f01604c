"""Writing a generation's segments: all articles as one, or what changed as one more beside those that stay.

Scores are the same either way: averages are rounded, and where they move, or where much has changed, everything is written anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from indexer import generations
from indexer.background import in_background
from indexer.base import Base
from indexer.batch import joined_batches
from indexer.changes import Changes, Period
from indexer.fields import STREAM_FIELDS
from indexer.forward import Forward, forward
from indexer.inverted import Averages, Inverted, averages
from indexer.segment import Segment, segment_files, write_segment
from indexer.state import SegmentState, state_of, write_states
from indexer.whoosh_lengths import stored_lengths
from indexer.whoosh_writer import commit_deletions
from indexer.whoosh_writer import write_segment as write_whoosh

WHOOSH = "whoosh"
# below so many articles everything is written anew: it takes a moment, and one segment answers fastest
RESTATE_BELOW = 100
# share of the articles in the great segment that may have changed
RESTATE_SHARE = 0.1
# from so many documents on, Whoosh's part is written beside ours
_WORTH_A_PROCESS = 2000
_UNNAMED = "unnamed"
# a new segment takes in those before it that are not this many times as large
MERGE_FACTOR = 10


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the new folder."""

    articles: int
    documents: int
    averages: Averages
    segments: list[str]
    # files shared with the generation before, with their checksums
    inherited: dict[str, str]


def restating(base: Base, found: Changes) -> bool:
    """Whether everything has to be written anew."""
    if not base.segments or base.segments[0].articles < RESTATE_BELOW:
        return True
    great, staying = base.segments[0].articles, int(np.count_nonzero(found.live[0]))
    others = sum(int(np.count_nonzero(mask)) for mask in found.live[1:]) + len(found.added.entries)
    if great - staying + others > RESTATE_SHARE * great:
        return True
    lengths = [base.lengths(n, live) for n, live in enumerate(found.live)]
    fresh = stored_lengths(forward(found.added).lengths)
    return not np.array_equal(averages(np.concatenate([*lengths, fresh])), np.array(base.manifest.averages))


def restate(folder: Path, base: Base | None, found: Changes) -> Written:
    """Everything as one segment."""
    staying = [base.batch(n, live) for n, live in enumerate(found.live) if live.any()] if base else []
    made = forward(joined_batches([*staying, found.added]))
    average = averages(stored_lengths(made.lengths))
    periods = _periods(base, found, range(len(found.live)))
    name, state = _add(folder, made, average, periods, (), {})
    documents = len(made.bounds) - 1
    write_states(folder, {name: state})
    return Written(len(made.entries), documents, average, [name], {})


def append(folder: Path, base: Base | None, found: Changes) -> Written:
    """What changed as one more segment; small ones before it are taken in."""
    assert base is not None
    average = np.array(base.manifest.averages)
    kept = _kept([int(np.count_nonzero(mask)) for mask in found.live], len(found.added.entries))
    taken_in = [base.batch(n, found.live[n]) for n in range(kept, len(base.segments)) if found.live[n].any()]
    linked = _link(base, folder, base.segments[:kept])
    states = {s.name: _state(base, found, n) for n, s in enumerate(base.segments[:kept])}
    deleted = {
        s.name: states[s.name].deleted_documents(s).tolist()
        for s in base.segments[:kept]
        if not states[s.name].live.all()
    }
    dropped = [s.name for s in base.segments[kept:]]
    made = forward(joined_batches([*taken_in, found.added]))
    if made.entries:
        periods = _periods(base, found, range(kept, len(base.segments)))
        name, states[name] = _add(folder, made, average, periods, dropped, deleted)
    else:
        commit_deletions(folder / WHOOSH, deleted, dropped=dropped)
    write_states(folder, states)
    live = [(s, found.live[n]) for n, s in enumerate(base.segments[:kept])]
    documents = sum(int(mask.sum() + np.diff(s.sections)[mask].sum()) for s, mask in live) + len(made.bounds) - 1
    articles = sum(int(mask.sum()) for _, mask in live) + len(made.entries)
    inherited = {n: c for n, c in linked.items() if (folder / n).exists()}
    return Written(articles, documents, average, list(states), inherited)


def _kept(sizes: Sequence[int], fresh: int) -> int:
    """How many of the segments (live articles of each, the great one first) stay beside a new one."""
    total, kept = fresh, len(sizes)
    while kept > 1 and sizes[kept - 1] < MERGE_FACTOR * max(total, 1):
        kept -= 1
        total += sizes[kept]
    return kept


def _link(base: Base, folder: Path, segments: Sequence[Segment]) -> dict[str, str]:
    """Link the files that stay; their names and checksums."""
    (folder / generations.SEGMENTS).mkdir()
    (folder / WHOOSH).mkdir()
    shared = {f"{generations.SEGMENTS}/{file}" for s in segments for file in segment_files(s.name)}
    linked = {n: c for n, c in base.manifest.files.items() if n in shared or n.startswith(f"{WHOOSH}/")}
    for name in linked:
        os.link(base.folder / name, folder / name)
    return linked


def _state(base: Base, found: Changes, number: int) -> SegmentState:
    """The state of a segment that stays; its deleted terms are counted again only where articles went."""
    old, live = base.states[number], found.live[number]
    start, end = found.start[number], found.end[number]
    if np.array_equal(old.live, live):
        return SegmentState(live, start, end, old.gone, old.gone_articles, old.gone_sections)
    return state_of(base.segments[number], live, start, end)


def _periods(base: Base | None, found: Changes, numbers: Iterable[int]) -> dict[str, Period]:
    """When versions are in force, by key: the new ones, and those that come from some segments of the base."""
    periods = dict(found.periods)
    if base is None:
        return periods
    for number in numbers:
        segment, start, end = base.segments[number], found.start[number], found.end[number]
        for article in np.flatnonzero(found.live[number]).tolist():
            periods[segment.key(article)] = (int(start[article]), int(end[article]))
    return periods


def _add(
    folder: Path,
    made: Forward,
    average: Averages,
    periods: Mapping[str, Period],
    dropped: Sequence[str],
    deleted: dict[str, list[int]],
) -> tuple[str, SegmentState]:
    """Write a new segment, Whoosh's and ours."""
    lengths = stored_lengths(made.lengths)
    inverted = Inverted(made, lengths)
    columns = {field: made.lengths[:, i] for i, field in enumerate(STREAM_FIELDS)}
    whoosh = partial(
        write_whoosh, folder / WHOOSH, made.stored, columns, inverted.by_field(), dropped=dropped, deleted=deleted
    )
    waiting = in_background(whoosh) if len(made.stored) >= _WORTH_A_PROCESS else None
    name = _UNNAMED if waiting else whoosh()
    segments = folder / generations.SEGMENTS
    segments.mkdir(exist_ok=True)
    write_segment(segments, name, made, inverted, average)
    if waiting:
        name = waiting()
        for old, new in zip(segment_files(_UNNAMED), segment_files(name), strict=True):
            (segments / old).rename(segments / new)
    keys = [e.key for e in made.entries]
    start = np.array([periods[k][0] for k in keys], np.int64)
    end = np.array([periods[k][1] for k in keys], np.int64)
    return name, state_of(Segment(segments, name), np.ones(len(keys), bool), start, end)
