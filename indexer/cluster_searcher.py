"""A snapshot of the search cluster, opened for questions: the cluster finds candidates, their slices rank them here as one machine would.

What is kept in memory: catalogues, states, what was learned, words; slices of articles that were candidates lately.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from weakref import ref

import numpy as np

from indexer import cluster_documents as documents
from indexer import ranking
from indexer.bundle import Arrays
from indexer.cluster_documents import Place
from indexer.cluster_parts import RemoteCatalogue, Snapshot, States, learned_of, states_of
from indexer.explaining import contributions
from indexer.gathered import Gathered, Slice, slice_of, terms_of
from indexer.opensearch import Cluster
from indexer.reranking import Reranker
from indexer.segment_searcher import Pool, SegmentSearcher
from indexer.slices import opened
from kb.backend import Contribution, Hit, PartialHits
from kb.errors import ClusterProblem
from kb.query import Query
from kb.text import Analyzer
from kb.types import Audience
from kb.visibility import Viewer, seconds

# documents that the cluster is asked for: what ranks them afterwards counts differently, so more than are shown
ARTICLES, CLAUSES = 120, 60
# hits that are shown, and articles remembered as fetched: as many as are kept whole
_SHOWN, _HAD = 20, 1000
# the two of what is fetched of an article
_PREPARED, _STORED = 0, 1
# bytes of slices that a process keeps; an article takes some 15 KB
_MOST_BYTES = 96 << 20


class Slices:
    """Slices of articles, kept by the ids of their documents, which never change. Safe for threads."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._kept: OrderedDict[str, Arrays] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def of(self, index: str, ids: Sequence[str]) -> list[Arrays]:
        """The slices of some articles' documents, in their order; those not kept are fetched at once."""
        with self._lock:
            found = {i: self._kept[i] for i in ids if i in self._kept}
            for document in found:
                self._kept.move_to_end(document)
        missing = [i for i in ids if i not in found]
        if missing:
            values = self._cluster.values(index, missing, "slice")
            fetched = {i: opened(documents.decoded(value), i) for i, (value,) in zip(missing, values, strict=True)}
            self._keep(fetched)
            found |= fetched
        return [found[i] for i in ids]

    def _keep(self, fetched: dict[str, Arrays]) -> None:
        with self._lock:
            for document, arrays in fetched.items():
                if document not in self._kept:
                    self._kept[document] = arrays
                    self._bytes += _size(arrays)
            while self._bytes > _MOST_BYTES:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= _size(oldest)


def _size(arrays: Arrays) -> int:
    """Bytes that an opened slice takes, roughly."""
    return sum(a.nbytes for a in arrays.values()) + 4096


class ClusterSearcher(SegmentSearcher):
    """Implements `kb.backend.Searcher` over one snapshot. What it answers never changes; safe for threads."""

    # each of them is read for quoted words: as many as the cluster is asked for anyway
    phrase_checks = ARTICLES

    def __init__(
        self, cluster: Cluster, snapshot: Snapshot, parts: dict[str, bytes], slices: Slices, analyzer: Analyzer,
        cache: Path, *, learned: bool = True,
    ) -> None:  # fmt: skip
        """`parts`: of the snapshot, by what they are."""
        names = snapshot.manifest.segments
        # weak, so that what was fetched goes with the last who asks this object
        here = ref(self)
        try:
            states = states_of(parts["states"], names)
            catalogues = [
                RemoteCatalogue(
                    name,
                    parts[f"catalogue.{name}"],
                    partial(_fetched, here, _PREPARED, number),
                    partial(_fetched, here, _STORED, number),
                )
                for number, name in enumerate(names)
            ]
            super().__init__(snapshot.manifest, catalogues, [states.states[n] for n in names], analyzer, cache)
            self._learned = (
                learned_of(parts["learned"], parts["learned_rows"], names) if learned and "learned" in parts else None
            )
        except (KeyError, ValueError, zlib.error) as error:
            raise ClusterProblem(f"集群里的索引 {snapshot.generation} 打不开：{error}") from error
        self._remote = catalogues
        self._cluster = cluster
        self.snapshot = snapshot
        self._born: States = states
        self._slices = slices
        self._numbers = {name: number for number, name in enumerate(names)}
        # articles that were fetched, and the bytes of those that are just being read: prepared, stored
        self._had: set[tuple[int, int]] = set()
        self._ahead: dict[tuple[int, int], tuple[bytes, bytes]] = {}
        self._any_clauses = any(c.has_clauses for c in catalogues)

    def reconnect(self, cluster: Cluster, slices: Slices) -> None:
        """Ask over other connections: those of a process that forked are not its child's."""
        self._cluster, self._slices = cluster, slices

    def search(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> list[Hit]:
        """The best hits, best first; `PartialHits` where a part of the cluster did not answer."""
        whole: list[bool] = []
        hits = self.found(query, at, viewer, limit, partial(self._asked, whole))
        self.read_ahead([hit.key for hit in hits[:_SHOWN]])
        return hits if all(whole) else PartialHits(hits)

    def pool(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> Pool:
        """The best candidates by their terms alone."""
        return self._asked([], query, at, viewer, limit)

    def explain(self, query: Query, key: str) -> list[Contribution]:
        """What each term added in each field, for the article and its sections."""
        (row,) = self._cluster.get_many(self.snapshot.index, [self._document(*self._place(key))], ["counted"])
        found = documents.counted_from(row["counted"])
        return contributions(query, self._postings, found, np.array(self.manifest.averages))

    def _asked(self, whole: list[bool], query: Query, at: datetime, viewer: Viewer, limit: int) -> Pool:
        """Candidates of the cluster, ranked; what was answered only in part is noted in `whole`."""
        kinds = [("article", max(ARTICLES, limit)), *([("clause", CLAUSES)] if self._any_clauses else [])]
        moment = seconds(at)
        number = self.snapshot.number
        bodies = [documents.candidates(query, kind, number, moment, viewer, most) for kind, most in kinds]
        answers = self._cluster.search(self.snapshot.index, bodies)
        whole += [answer.whole for answer in answers]
        places = dict.fromkeys(documents.place_of(i) for answer in answers for i in answer.ids)
        shown = self._shown_at(at, viewer)
        gathered, allowed = self._gathered(query, [p for p in places if self._is_shown(p, shown)], shown)
        asked = ranking.replanned(ranking.plan(query, self._postings), gathered.places)
        found = ranking.best(asked, 0, gathered, allowed, limit)
        return Pool(found[:limit], self._reranker(gathered), gathered.key, gathered.anchor)

    def _gathered(
        self, query: Query, places: Sequence[Place], shown: Sequence[ranking.Scores]
    ) -> tuple[Gathered, ranking.Scores]:
        """The candidates as a segment, and how much each counts (`ranking.best`'s `admitted`)."""
        arrays = self._slices.of(self.snapshot.index, [p.id for p in places])
        slices = [self._slice(place, a) for place, a in zip(places, arrays, strict=True)]
        hashes = ranking.sought(query).hashes
        made = Gathered(slices, [terms_of(c.term_hashes, hashes) for c in self._remote])
        return made, np.array([shown[s.segment][s.article] for s in made.slices], np.float32)

    def _slice(self, place: Place, arrays: Arrays) -> Slice:
        number = self._numbers[place.segment]
        return slice_of(self._key(number, place.article), number, place.article, arrays)

    def _reranker(self, gathered: Gathered) -> Reranker:
        rows = None
        if self._learned:
            found = [int(self._learned.rows[s.segment][s.article]) for s in gathered.slices]
            rows = self._learned.of([np.array(found, np.int64)])
        return Reranker([gathered.wording], self._characters, rows)

    def _is_shown(self, place: Place, shown: Sequence[ranking.Scores]) -> bool:
        number = self._numbers.get(place.segment)
        return number is not None and bool(shown[number][place.article] > 0)

    def _audience(self, segment: int, article: int) -> Audience:
        return self._remote[segment].audience(article)

    def _document(self, segment: int, article: int) -> str:
        name = self.manifest.segments[segment]
        return Place(name, article, int(self._born.born[name][article])).id

    def read_ahead(self, keys: Sequence[str]) -> None:
        """Fetch what is needed of some versions in one request instead of one for each."""
        places = [place for place in map(self._place, keys) if place not in self._had]
        if not places:
            return
        ids = [self._document(*place) for place in places]
        values = self._cluster.values(self.snapshot.index, ids, "prepared", "stored")
        for place, (prepared, stored) in zip(places, values, strict=True):
            self._ahead[place] = documents.unpacked(prepared), documents.unpacked(stored)
            self._prepared(*place)
            self._stored(*place)
            self._ahead.pop(place, None)
        # where those kept were forgotten meanwhile, each is fetched by itself
        self._had = {*(self._had if len(self._had) < _HAD else ()), *places}

    def _fetch(self, segment: int, article: int) -> tuple[bytes, bytes]:
        ready = self._ahead.get((segment, article))
        if ready is not None:
            return ready
        ids = [self._document(segment, article)]
        ((prepared, stored),) = self._cluster.values(self.snapshot.index, ids, "prepared", "stored")
        return documents.unpacked(prepared), documents.unpacked(stored)


def _fetched(searcher: ref[ClusterSearcher], part: int, segment: int, article: int) -> bytes:
    """An article's bytes; its searcher is there, for nobody else asks a catalogue."""
    here = searcher()
    assert here is not None
    return here._fetch(segment, article)[part]
