"""The generation that serves on this machine → the search cluster. What did not change is not sent; who reads sees the old snapshot
until everything of the new one is there and counted.

A whole generation becomes an index of its own, and one step lets the alias stand for it. A changed one is written beside the old
snapshot in the same index, and becomes the present one with its manifest. Whoever writes first claims a number; a job that was
killed leaves its claim behind, and the next one then writes a whole index rather than upon what is half done.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import numpy as np

from indexer import cluster_documents as documents
from indexer import generations
from indexer.cluster_documents import Json, Place, Writer
from indexer.cluster_parts import (
    RemoteCatalogue,
    Snapshot,
    States,
    catalogue_bytes,
    learned_parts,
    part_name,
    snapshot_of,
    states_of,
    words_bytes,
)
from indexer.opensearch import Cluster
from indexer.progress import Progress, no_progress
from indexer.segment import Segment
from indexer.sound import own_manifest
from indexer.state import open_states
from kb.errors import ClusterProblem, ClusterStale, ClusterUnread, IndexMissing, Refused
from kb.locks import exclusive
from kb.settings import Settings

_LOG = logging.getLogger("indexer.shipping")
MANIFEST = "manifest"
_CLAIM = "claim"
# seconds that copies of a new index are waited for
_COPIES = 60
# an index of fewer articles than this share of what serves is a folder that is not mounted, not a change
_LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Shipped:
    """What was sent."""

    generation: str
    snapshot: int
    # documents written, those that ended included; 0: the cluster had the generation
    documents: int
    # a whole index, or the difference
    whole: bool


def ship(
    settings: Settings, now: datetime, progress: Progress = no_progress, *, whole: bool = False, force: bool = False,
    patience: float = 600.0,
) -> Shipped:  # fmt: skip
    """Let the cluster answer with the generation that serves here. Raises IndexProblem; its old snapshot serves on then.

    `whole`: write all of it anew, whatever the cluster has. `force`: even if most articles are gone. `patience`: seconds that
    another shipment of this machine is waited for.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(exclusive(settings.var / "ship.lock", patience))
        except Refused as error:
            raise ClusterProblem("另一次传送还没有结束，它结束后会自动再送。") from error
        cluster = Cluster(settings)
        stack.callback(cluster.close)
        return _Job(settings, cluster, now, progress).ship(whole=whole, force=force)


def present(cluster: Cluster, prefix: str) -> Snapshot | None:
    """The snapshot that serves; None where there is none yet."""
    found = cluster.get(prefix, MANIFEST)
    return snapshot_of(found.index, found.source["manifest"]) if found else None


def read_part(cluster: Cluster, snapshot: Snapshot, what: str) -> bytes:
    """A part of a snapshot. Raises ClusterProblem where it is missing or damaged."""
    name, count = snapshot.parts[what]
    ids = [documents.piece_id(name, number) for number in range(count)]
    # one by one: a piece is as large as a request should be
    data = b"".join(
        documents.decoded(cluster.get_many(snapshot.index, [i], ["data"], patient=True)[0]["data"]) for i in ids
    )
    if part_name(data) != name:
        raise ClusterProblem("集群里的索引有一部分已损坏，请运行 kb index ship --whole。")
    return data


class _Job:
    """One shipment."""

    def __init__(self, settings: Settings, cluster: Cluster, now: datetime, progress: Progress) -> None:
        self._settings = settings
        self._cluster = cluster
        self._now = now
        self._progress = progress
        self._prefix = settings.search_prefix
        name = generations.current_name(settings.index)
        if name is None:
            raise IndexMissing("还没有索引，请运行 kb index build。")
        self._folder = settings.index / name
        self._manifest = own_manifest(self._folder)
        self._segments = {s: Segment(self._folder / generations.SEGMENTS, s) for s in self._manifest.segments}
        self._states = open_states(self._folder, self._manifest.segments)
        # opened now: the generation may be removed while it is sent
        self._words = words_bytes(self._folder, settings.articles)
        self._learned = learned_parts(self._folder)
        for segment in self._segments.values():
            assert segment.handed

    def ship(self, *, whole: bool, force: bool) -> Shipped:
        standing = self._standing()
        if standing and not force:
            self._refuse_a_loss(standing)
        if whole:
            return self._whole(self._claim(standing)[0])
        if standing and standing.generation == self._manifest.name:
            if standing.parts["words"][0] == part_name(self._words):
                return Shipped(standing.generation, standing.number, 0, whole=False)
        elif kept := self._kept():
            self._settle(kept.index)
            self._cluster.switch(self._prefix, kept.index)
            return Shipped(kept.generation, kept.number, 0, whole=True)
        number, begun = self._claim(standing)
        if standing is None or begun or not self._shares(standing):
            return self._whole(number)
        return self._difference(standing, number)

    def _standing(self) -> Snapshot | None:
        """The snapshot that serves; None where there is none that this program can build upon."""
        try:
            return present(self._cluster, self._prefix)
        except ClusterUnread as error:
            _LOG.warning("a whole index is written: %s", error)
            return None

    def _refuse_a_loss(self, standing: Snapshot) -> None:
        before, after = standing.manifest.articles, self._manifest.articles
        if after < before * _LEAST:
            raise ClusterProblem(
                f"本机只有 {after} 篇，检索集群里有 {before} 篇：文章目录可能没有挂载好，没有送。真要这样，运行 kb index ship --force。"
            )

    def _settle(self, index: str) -> None:
        if not self._cluster.settle(index, self._settings.search_replicas, _COPIES):
            _LOG.warning("%s serves without all its %d more copies", index, self._settings.search_replicas)

    def _kept(self) -> Snapshot | None:
        """A whole index of an earlier shipment of this very generation."""
        for index in reversed(self._cluster.indices(f"{self._prefix}-gen-")):
            with contextlib.suppress(ClusterUnread):
                found = self._cluster.get(index, MANIFEST)
                snapshot = snapshot_of(index, found.source["manifest"]) if found else None
                if snapshot and snapshot.generation == self._manifest.name:
                    return snapshot
        return None

    def _claim(self, standing: Snapshot | None) -> tuple[int, bool]:
        """A number that nobody else has, and whether somebody claimed one and did not finish."""
        control = f"{self._prefix}-control"
        claimed = self._cluster.get(control, _CLAIM)
        if claimed is None:
            # clusters of banks make no index by themselves
            copies = {"number_of_shards": 1, "number_of_replicas": self._settings.search_replicas}
            self._cluster.create_once(control, {"settings": copies})
        last = max(claimed.version if claimed else 0, standing.number if standing else 0)
        owner = {"kind": _CLAIM, "owner": f"{socket.gethostname()}:{os.getpid()}", "at": self._now.isoformat()}
        self._cluster.put(control, _CLAIM, last + 1, owner)
        return last + 1, standing is not None and last != standing.number

    def _shares(self, standing: Snapshot) -> bool:
        """Whether the great segment is in the cluster already, made by the same recipe."""
        manifest = standing.manifest
        return (
            manifest.fingerprint == self._manifest.fingerprint and self._manifest.segments[:1] == manifest.segments[:1]
        )

    def _whole(self, number: int) -> Shipped:
        index = f"{self._prefix}-gen-{number:010d}"
        try:
            self._cluster.create(index, documents.index_body())
            added = [(s, np.flatnonzero(self._states[s].live).tolist()) for s in self._segments]
            born = {name: np.full(s.articles, number, np.int64) for name, s in self._segments.items()}
            sent, snapshot = self._send(index, number, added, (), born, {})
            self._settle(index)
            self._seal(snapshot)
            self._require_claim(number)
        except BaseException:
            self._cluster.remove(index)
            raise
        self._cluster.switch(self._prefix, index)
        self._prune(index)
        return Shipped(self._manifest.name, number, sent, whole=True)

    def _difference(self, standing: Snapshot, number: int) -> Shipped:
        before = states_of(read_part(self._cluster, standing, "states"), standing.manifest.segments)
        added, born = [], {}
        gone: list[Place] = []
        for name, segment in self._segments.items():
            state, old = self._states[name], before.states.get(name)
            fresh = state.live
            born[name] = np.full(segment.articles, number, np.int64)
            if old is not None:
                same = (old.start == state.start) & (old.end == state.end)
                fresh = state.live & ~(old.live & same)
                born[name] = np.where(fresh, number, before.born[name])
                over = old.live & ~(state.live & same)
                gone += [Place(name, n, int(before.born[name][n])) for n in np.flatnonzero(over).tolist()]
            added.append((name, np.flatnonzero(fresh).tolist()))
        for name in before.states.keys() - self._segments.keys():
            live = np.flatnonzero(before.states[name].live).tolist()
            gone += [Place(name, n, int(before.born[name][n])) for n in live]
        ended = self._ended(standing, gone, number)
        sent, snapshot = self._send(standing.index, number, added, ended, born, standing.parts)
        self._seal(snapshot)
        if self._cluster.aliased(self._prefix) != standing.index:
            raise ClusterStale("另一台机器刚刚把整个索引换掉了，请再试一次。")
        return Shipped(self._manifest.name, number, sent, whole=False)

    def _ended(self, standing: Snapshot, gone: Iterable[Place], number: int) -> Iterator[Json]:
        """What ends articles; which clauses they have says the catalogue of their segment."""
        clauses: dict[str, RemoteCatalogue] = {}
        for place in gone:
            if place.segment not in clauses:
                data = read_part(self._cluster, standing, f"catalogue.{place.segment}")
                clauses[place.segment] = RemoteCatalogue(place.segment, data, _nowhere, _nowhere)
            catalogue = clauses[place.segment]
            own = [n for n in range(*catalogue.section_range(place.article)) if catalogue.clauses[n]]
            yield from documents.ended(standing.index, place, own, number)

    def _send(
        self,
        index: str,
        number: int,
        added: Iterable[tuple[str, list[int]]],
        ended: Iterable[Json],
        born: Mapping[str, np.ndarray[tuple[int], np.dtype[np.int64]]],
        known: Mapping[str, tuple[str, int]],
    ) -> tuple[int, Snapshot]:
        """Write everything of a snapshot but its manifest, and count what can be found; how many documents."""
        sent = self._cluster.write(chain(self._documents(index, number, added), ended))
        parts = self._parts(States(self._states, dict(born)))
        names = {what: (part_name(data), documents.piece_count(data)) for what, data in parts.items()}
        there = {name for name, _ in known.values()}
        for what, data in parts.items():
            if names[what][0] not in there:
                self._cluster.write(documents.pieces(index, names[what][0], data, number))
        self._cluster.refresh_index(index)
        self._check(index, number)
        return sent, Snapshot(number, index, self._manifest, names)

    def _seal(self, snapshot: Snapshot) -> None:
        """Write the manifest, which is found at once, without a refresh. Raises ClusterStale where there is a newer one."""
        manifest = {"kind": MANIFEST, "manifest": snapshot.to_json()}
        self._cluster.put(snapshot.index, MANIFEST, snapshot.number, manifest)

    def _require_claim(self, number: int) -> None:
        """Raises ClusterStale where another machine has begun since."""
        claimed = self._cluster.get(f"{self._prefix}-control", _CLAIM)
        if claimed is None or claimed.version != number:
            raise ClusterStale("另一台机器也在送索引，这一次没有换上去。")

    def _documents(self, index: str, number: int, added: Iterable[tuple[str, list[int]]]) -> Iterator[Json]:
        total = sum(len(articles) for _, articles in added)
        done = 0
        for name, articles in added:
            writer = Writer(index, self._segments[name]) if articles else None
            state = self._states[name]
            for article in articles:
                assert writer is not None
                yield from writer.added(article, number, int(state.start[article]), int(state.end[article]))
                done += 1
                self._progress(done, total)

    def _parts(self, states: States) -> dict[str, bytes]:
        catalogues = {f"catalogue.{name}": catalogue_bytes(s) for name, s in self._segments.items()}
        return {**catalogues, "states": states.to_bytes(), "words": self._words, **self._learned}

    def _check(self, index: str, number: int) -> None:
        """Whether the cluster finds as many articles and clauses as there are. Raises ClusterProblem."""
        clauses = sum(int(s.clauses[self._states[n].live[s.owners]].sum()) for n, s in self._segments.items())
        for kind, wanted in (("article", self._manifest.articles), ("clause", clauses)):
            found = self._cluster.count(index, documents.in_snapshot(number, kind))
            if found != wanted:
                raise ClusterProblem(f"检索集群里应有 {wanted} 个文档（{kind}），实有 {found} 个，没有换上去。")

    def _prune(self, present_index: str) -> None:
        """Remove what killed jobs left, and the oldest whole indices: as many as are kept on this machine stay."""
        others = [i for i in self._cluster.indices(f"{self._prefix}-gen-") if i != present_index]
        for index in [i for i in others if self._cluster.get(i, MANIFEST) is None]:
            self._cluster.remove(index)
            others.remove(index)
        for index in others[: -(self._settings.keep_generations - 1) or None]:
            self._cluster.remove(index)


def _nowhere(_: int) -> bytes:
    raise AssertionError("not asked for")
