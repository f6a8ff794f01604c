"""A generation over segments, whoever keeps its texts: visibility as a mask, what is shown read when asked for, alerts, order.

How candidates are found is the engine's: `pool`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from indexer.candidates import Candidates
from indexer.catalogue import Catalogue
from indexer.generations import Manifest
from indexer.postings import Postings
from indexer.ranking import Scores
from indexer.reranking import CANDIDATES, Reranker
from indexer.state import SegmentState
from indexer.wording import character_weights, rarities
from kb import codec, pinyin
from kb.backend import Contribution, Hit, Influence, SearcherSource, StoredArticle
from kb.clock import from_seconds
from kb.errors import IndexCorrupt
from kb.lookup import Lookup
from kb.normalize import normalize
from kb.prepared import Prepared, from_bytes
from kb.query import Query, Understanding
from kb.text import Analyzer
from kb.tripwire import Tripwire, shared_tripwire
from kb.types import Article, Audience
from kb.visibility import FOREVER, Viewer, admitted, in_force, seconds

# decoded articles kept, some 10 KB each, and what answers need of articles, some 3 KB each
_ARTICLES, _PREPARED = 1024, 8192
# texts for quoted words, as many as one question reads
_PLAIN = 512
_MASKS = 64
_PLACES = 100_000


class Pool(NamedTuple):
    """Candidates of a question, with what puts them in order and says what they are called."""

    found: Candidates
    reranker: Reranker
    # (number of segment, number of article) → version key
    key: Callable[[int, int], str]
    # (number of segment, number of section or -1) → anchor
    anchor: Callable[[int, int], str | None]


class Source(SearcherSource, Protocol):
    """Where the current searcher comes from, for whoever runs a service."""

    # why a newer generation is not followed; empty where it is
    problem: str

    def searcher(self) -> SegmentSearcher:
        """The searcher of the generation that serves. Raises IndexProblem."""

    def open_current(self) -> bool:
        """Open the generation that should serve; whether that can."""

    def pointed(self) -> str:
        """Name of the generation that should serve; empty where there is none. Raises IndexProblem."""

    def look_again(self) -> None:
        """See what was published just now, before this returns."""

    def keep_up(self) -> None:
        """See what was published until now, and look from here on without being asked. Call it after forking."""


PoolOf = Callable[[Query, datetime, Viewer, int], Pool]


class SegmentSearcher(ABC):
    """Implements `kb.backend.Searcher` but for `pool` and `explain`. Immutable, safe for threads."""

    # candidates that are read for quoted words
    phrase_checks = 500

    def __init__(
        self,
        manifest: Manifest,
        segments: Sequence[Catalogue],
        states: Sequence[SegmentState],
        analyzer: Analyzer,
        cache: Path,
    ) -> None:
        """`states`: of the segments. `cache`: folder for what is read from word lists. Raises ValueError for damaged tables."""
        self.manifest = manifest
        self.catalogues = segments
        self.states = states
        # nothing here refers to this object: the files are let go with the last one who asks it, not when somebody collects
        whole = [bool(state.live.all()) for state in states]
        self._lookup = Lookup([s.lookup for s in segments], partial(_is_live, segments, states, whole))
        self._postings = Postings(segments, states)
        self._understanding = Understanding(analyzer, self._lookup)
        frequencies = sum(s.title_frequencies(t.live) for s, t in zip(segments, states, strict=True))
        rare_here = character_weights(np.asarray(frequencies), self._postings.articles)
        # what is rare among the articles, but common elsewhere, says little: 帮, 请
        self._characters = rare_here * rarities(*analyzer.words.characters())
        self._changes = self._moments()
        self._cache = cache
        self._shown: dict[tuple[int, Viewer], list[Scores]] = {}
        # what was found lately: version key → numbers of segment and article, and back
        self._places: dict[str, tuple[int, int]] = {}
        self._keys: dict[tuple[int, int], str] = {}
        self._prepared = lru_cache(_PREPARED)(partial(_prepared, segments))
        self._stored = lru_cache(_ARTICLES)(partial(_stored, segments, states))
        self._plain = lru_cache(_PLAIN)(partial(_plain, self._stored))

    @abstractmethod
    def pool(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> Pool:
        """The best candidates by their terms alone, best first, equal ones in the order of key and section."""

    def read_ahead(self, keys: Sequence[str]) -> None:
        """Some versions are about to be read; an engine that has them far away fetches them at once."""
        # here they lie at hand
        del keys

    @abstractmethod
    def explain(self, query: Query, key: str) -> list[Contribution]:
        """What each term added in each field, for the article and its sections."""

    @property
    def generation(self) -> str:
        """Name of the generation."""
        return self.manifest.name

    @property
    def understanding(self) -> Understanding:
        """Reads questions with this generation's lexicon and words."""
        return self._understanding

    @property
    def lookup(self) -> Lookup:
        """Words and phrases of the generation."""
        return self._lookup

    @property
    def postings(self) -> Postings:
        """The terms of the generation."""
        return self._postings

    def check(self) -> None:
        """Compare the counts of manifest and index; raises IndexCorrupt."""
        found = self._postings.articles + self._postings.sections
        if found != self.manifest.documents or self._postings.articles != self.manifest.articles:
            raise IndexCorrupt(f"索引 {self.generation} 应有 {self.manifest.documents} 个文档，实有 {found} 个。")

    def knows(self, term: str) -> bool:
        """Whether a word stands in any article."""
        return self._postings.statistics("word", term).occurs

    def article(self, key: str) -> StoredArticle:
        """A version by its key."""
        return self._stored(*self._place(key))

    def prepared(self, key: str) -> Prepared:
        """What an answer needs of a version."""
        return self._prepared(*self._place(key))

    def visible(self, key: str, at: datetime, viewer: Viewer) -> bool:
        """Whether a version may be shown."""
        segment, article = self._place(key)
        return bool(self._shown_at(at, viewer)[segment][article] > 0)

    def current(self, article_id: str, at: datetime, viewer: Viewer) -> StoredArticle | None:
        """The version of an article in force at a moment."""
        for number, segment in enumerate(self.catalogues):
            mask = self._shown_at(at, viewer)[number]
            for article in segment.versions(article_id):
                if mask[article] > 0:
                    return self._stored(number, article)
        return None

    def of_article(self, article_id: str) -> list[Article]:
        """Every version of an article."""
        return [
            self._stored(number, article).article
            for number, segment in enumerate(self.catalogues)
            for article in segment.versions(article_id)
            if self.states[number].live[article]
        ]

    def tripped(
        self, text: str, at: datetime, viewer: Viewer, leaning: Mapping[str, int]
    ) -> list[tuple[StoredArticle, str]]:
        """Alerts in force that a normalised text sets off, with what did."""
        return [
            (self.article(found.key), found.said)
            for found in self._tripwire.tripped(text, leaning)
            if self.visible(found.key, at, viewer)
        ]

    @cached_property
    def _tripwire(self) -> Tripwire:
        """Of all alerts of the generation, whenever they are in force."""
        pinyin.load(self._cache)
        places = [
            (number, int(article))
            for number, (segment, state) in enumerate(zip(self.catalogues, self.states, strict=True))
            for article in np.flatnonzero(segment.alerts & state.live)
        ]
        self.read_ahead([self._key(*place) for place in places])
        alerts = [self._stored(*place).article for place in places]
        return shared_tripwire(alerts, self._understanding.lexicon.fraud)

    def warm(self) -> None:
        """Make now what the first question would wait for."""
        assert self._tripwire is not None

    def valid_until(self, at: datetime) -> datetime | None:
        """The next moment at which the visibility of any version changes; None if never."""
        place = bisect_right(self._changes, seconds(at))
        return from_seconds(self._changes[place]) if place < len(self._changes) else None

    def search(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> list[Hit]:
        """The best hits, best first."""
        return self.found(query, at, viewer, limit, self.pool)

    def found(self, query: Query, at: datetime, viewer: Viewer, limit: int, pool_of: PoolOf) -> list[Hit]:
        """The best hits among the candidates that `pool_of` names."""
        if query.empty:
            return []
        wanted = self.phrase_checks if query.phrases else limit
        pool = pool_of(query, at, viewer, max(wanted, CANDIDATES))
        hits = [
            Hit(pool.key(n, f.article), pool.anchor(n, f.named), f.score, f.coverage, f.lexical)
            for n, f in pool.reranker.reorder(query, pool.found, wanted)
        ]
        if query.phrases:
            self.read_ahead([hit.key for hit in hits])
            return [h for h in hits if self._contains(h, query.phrases)][:limit]
        return hits

    def influences(self, query: Query, key: str, at: datetime, viewer: Viewer) -> list[Influence]:
        """What put a version in its place among the best candidates."""
        if query.empty:
            return []
        pool = self.pool(query, at, viewer, CANDIDATES)
        named = {pool.key(number, f.article): row for row, (number, f) in enumerate(pool.found) if f.section < 0}
        return pool.reranker.influences(query, pool.found, named[key]) if key in named else []

    def _key(self, number: int, article: int) -> str:
        key = self._keys.get((number, article))
        if key is None:
            if len(self._places) >= _PLACES:
                self._places, self._keys = {}, {}
            key = self._keys[(number, article)] = self.catalogues[number].key(article)
            self._places[key] = (number, article)
        return key

    def _place(self, key: str) -> tuple[int, int]:
        """Numbers of segment and article of a version. Raises KeyError."""
        found = self._places.get(key)
        if found is None:
            found = next(
                (
                    (number, article)
                    for number, segment in enumerate(self.catalogues)
                    if (article := segment.find(key)) is not None and self.states[number].live[article]
                ),
                None,
            )
            if found is None:
                raise KeyError(key)
            self._key(*found)
        return found

    def _moments(self) -> list[int]:
        """Every moment at which some version begins or ends, seconds since 1970, ascending."""
        found = {m for s in self.states for moments in (s.start, s.end) for m in moments[s.live].tolist()}
        return sorted(m for m in found if m < FOREVER)

    def _shown_at(self, at: datetime, viewer: Viewer) -> list[Scores]:
        """What a viewer may be shown at a time, `ranking.best`'s `admitted` of each segment; the same between two changes."""
        moment = seconds(at)
        name = (bisect_right(self._changes, moment), viewer)
        found = self._shown.get(name)
        if found is None:
            if len(self._shown) >= _MASKS:
                self._shown = {}
            found = self._shown[name] = [self._mask(n, moment, viewer) for n in range(len(self.catalogues))]
        return found

    def _mask(self, number: int, moment: int, viewer: Viewer) -> Scores:
        segment, state = self.catalogues[number], self.states[number]
        allowed = state.live & in_force(state.start, state.end, moment)
        for article in np.flatnonzero(segment.restricted & allowed).tolist():
            allowed[article] = admitted(self._audience(number, article), viewer)
        return segment.article_weights if allowed.all() else allowed * segment.article_weights

    def _audience(self, segment: int, article: int) -> Audience:
        return self._stored(segment, article).article.audience

    def _contains(self, hit: Hit, phrases: Iterable[str]) -> bool:
        text = self._plain(*self._place(hit.key))
        return all(phrase in text for phrase in phrases)


def _is_live(
    segments: Sequence[Catalogue], states: Sequence[SegmentState], whole: Sequence[bool], segment: int, key: str
) -> bool:
    """Whether a version of a segment was not replaced; `whole`: of segments in which none was."""
    if whole[segment]:
        return True
    article = segments[segment].find(key)
    return article is not None and bool(states[segment].live[article])


def _prepared(segments: Sequence[Catalogue], segment: int, article: int) -> Prepared:
    return from_bytes(segments[segment].prepared(article))


def _stored(segments: Sequence[Catalogue], states: Sequence[SegmentState], segment: int, article: int) -> StoredArticle:
    start, end = int(states[segment].start[article]), int(states[segment].end[article])
    found = codec.load(segments[segment].stored(article))
    return replace(found, start=from_seconds(start), end=None if end == FOREVER else from_seconds(end))


def _plain(stored: Callable[[int, int], StoredArticle], segment: int, article: int) -> str:
    """Everything an agent can read in an article, normalised; for quoted phrases."""
    found = stored(segment, article)
    a = found.article
    parts = [a.title, *a.questions, a.answer, *(c.path for c in a.channels), *(s.do for s in a.steps)]
    return normalize("\n".join([*parts, *(p.section.heading + "\n" + p.text for p in found.sections)])).text
