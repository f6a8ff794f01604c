"""One generation, opened for questions: postings of its segments, visibility as a mask, what is shown read when asked for."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from indexer import generations, ranking
from indexer.candidates import Candidates
from indexer.columns import ARTICLE
from indexer.explaining import contributions
from indexer.learned import open_learned
from indexer.postings import Postings
from indexer.ranking import Scores, Sought
from indexer.reranking import CANDIDATES, Reranker
from indexer.segment import Segment
from indexer.state import open_states
from indexer.wording import character_weights
from kb import codec, pinyin
from kb.backend import Contribution, Hit, Influence, StoredArticle
from kb.clock import from_seconds
from kb.errors import IndexCorrupt
from kb.lexicon import Lexicon, load_lexicon
from kb.lookup import Lookup
from kb.normalize import normalize
from kb.prepared import Prepared, from_bytes
from kb.query import Query, Understanding
from kb.text import Analyzer
from kb.tripwire import Tripwire
from kb.visibility import FOREVER, Viewer, admitted, in_force, seconds

_PHRASE_CHECKS = 500
_MOST_ANALYZERS = 4
_ANALYZERS: list[Analyzer] = []
_LOADING = threading.Lock()
# decoded articles kept, some 10 KB each, and what answers need of articles, some 3 KB each
_ARTICLES, _PREPARED = 1024, 8192
_MASKS = 64
_PLACES = 100_000


def shared_analyzer(lexicon: Lexicon, cache: Path) -> Analyzer:
    """One analyser for all generations with the same words: loading jieba's dictionary takes a second."""
    with _LOADING:
        found = next((a for a in _ANALYZERS if a.lexicon == lexicon), None)
        if found is None:
            found = Analyzer(lexicon, cache)
            _ANALYZERS[:] = [*_ANALYZERS, found][-_MOST_ANALYZERS:]
        return found


class WhooshSearcher:
    """Implements `kb.backend.Searcher` over one generation folder. Immutable; opening maps files and reads next to nothing."""

    def __init__(self, folder: Path, cache: Path, *, learned: bool = True) -> None:
        """`learned`: use what was learned from phrasings. Raises IndexMissing or IndexCorrupt for a folder not to be trusted."""
        self.manifest = generations.read_manifest(folder)
        with generations.verifying(folder, self.manifest):
            # reading and hashing the files leave the interpreter free for the words
            lexicon, _ = load_lexicon(folder)
            analyzer = shared_analyzer(lexicon, cache)
        try:
            self.segments = [Segment(folder / generations.SEGMENTS, name) for name in self.manifest.segments]
            found = open_states(folder, self.manifest.segments)
            self.states = [found[name] for name in self.manifest.segments]
            self._whole = [bool(state.live.all()) for state in self.states]
            self._lookup = Lookup([s.lookup for s in self.segments], self._live)
            decisions = open_learned(folder, self.manifest.segments) if learned else None
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise IndexCorrupt(f"索引 {folder.name} 打不开：{error}") from error
        self._postings = Postings(self.segments, self.states)
        self._understanding = Understanding(analyzer, self._lookup)
        frequencies = sum(s.wording.title_frequencies(t.live) for s, t in zip(self.segments, self.states, strict=True))
        weights = character_weights(np.asarray(frequencies), self._postings.articles)
        self._reranker = Reranker(self.segments, weights, decisions)
        self._changes = self._moments()
        self._cache = cache
        self._shown: dict[tuple[int, Viewer], list[Scores]] = {}
        # what was found lately: version key → numbers of segment and article, and back
        self._places: dict[str, tuple[int, int]] = {}
        self._keys: dict[tuple[int, int], str] = {}
        self._prepared = lru_cache(_PREPARED)(self._load_prepared)
        self._stored = lru_cache(_ARTICLES)(self._load_stored)

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

    @property
    def reranker(self) -> Reranker:
        """Puts candidates in order."""
        return self._reranker

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
        for number, segment in enumerate(self.segments):
            mask = self._shown_at(at, viewer)[number]
            for article in segment.versions(article_id):
                if mask[article] > 0:
                    return self._stored(number, article)
        return None

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
            for number, (segment, state) in enumerate(zip(self.segments, self.states, strict=True))
            for article in np.flatnonzero(segment.alerts & state.live)
        ]
        return Tripwire([self._stored(*place).article for place in places], self._understanding.lexicon.fraud)

    def valid_until(self, at: datetime) -> datetime | None:
        """The next moment at which the visibility of any version changes; None if never."""
        place = bisect_right(self._changes, seconds(at))
        return from_seconds(self._changes[place]) if place < len(self._changes) else None

    def search(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> list[Hit]:
        """The best hits, best first."""
        if query.empty:
            return []
        wanted = _PHRASE_CHECKS if query.phrases else limit
        found = self.candidates(query, at, viewer, max(wanted, CANDIDATES))
        hits = [
            Hit(self._key(n, f.article), self._anchor(n, f.named), f.score, f.coverage, f.lexical)
            for n, f in self._reranker.reorder(query, found, wanted)
        ]
        return [h for h in hits if self._contains(h, query.phrases)][:limit] if query.phrases else hits

    def candidates(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> Candidates:
        """What matches best by its terms alone, best first."""
        return self.best(ranking.sought(query), at, viewer, limit)

    def best(self, terms: Sought, at: datetime, viewer: Viewer, limit: int) -> Candidates:
        """`candidates` of a question whose terms are arrays already."""
        asked = ranking.planned(terms, self._postings)
        found = [
            ranking.best(asked, number, self.segments[number], mask, limit)
            for number, mask in enumerate(self._shown_at(at, viewer))
        ]
        return found[0][:limit] if len(found) == 1 else self._merged(found)[:limit]

    def _merged(self, parts: list[Candidates]) -> Candidates:
        """Those of several segments as one, best first, equal ones in the order of key and section."""
        found = Candidates.together(parts)
        rows = [(-f.score, self._key(n, f.article), f.section) for n, f in found]
        return found.at(sorted(range(len(rows)), key=rows.__getitem__))

    def versions(self, found: Candidates) -> list[str]:
        """Keys of the versions among candidates, in their order."""
        return [self._key(number, article) for number, article in found.found[:, : ARTICLE + 1].tolist()]

    def _anchor(self, segment: int, section: int) -> str | None:
        return self.segments[segment].anchor(section) if section >= 0 else None

    def explain(self, query: Query, key: str) -> list[Contribution]:
        """What each term added in each field, for the article and its sections."""
        number, article = self._place(key)
        return contributions(query, self._postings, self.segments[number], article, np.array(self.manifest.averages))

    def influences(self, query: Query, key: str, at: datetime, viewer: Viewer) -> list[Influence]:
        """What put a version in its place among the best candidates."""
        if query.empty:
            return []
        found = self.candidates(query, at, viewer, CANDIDATES)
        named = {self._key(number, f.article): row for row, (number, f) in enumerate(found) if f.section < 0}
        return self._reranker.influences(query, found, named[key]) if key in named else []

    def _key(self, number: int, article: int) -> str:
        key = self._keys.get((number, article))
        if key is None:
            if len(self._places) >= _PLACES:
                self._places, self._keys = {}, {}
            key = self._keys[(number, article)] = self.segments[number].key(article)
            self._places[key] = (number, article)
        return key

    def _place(self, key: str) -> tuple[int, int]:
        """Numbers of segment and article of a version. Raises KeyError."""
        found = self._places.get(key)
        if found is None:
            found = next(
                (
                    (number, article)
                    for number, segment in enumerate(self.segments)
                    if (article := segment.find(key)) is not None and self.states[number].live[article]
                ),
                None,
            )
            if found is None:
                raise KeyError(key)
            self._key(*found)
        return found

    def _live(self, segment: int, key: str) -> bool:
        if self._whole[segment]:
            return True
        article = self.segments[segment].find(key)
        return article is not None and bool(self.states[segment].live[article])

    def _moments(self) -> list[int]:
        """Every moment at which some version begins or ends, seconds since 1970, ascending."""
        found = [moments[s.live] for s in self.states for moments in (s.start, s.end)]
        moments = np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
        return [m for m in moments.tolist() if m < FOREVER]

    def _shown_at(self, at: datetime, viewer: Viewer) -> list[Scores]:
        """What a viewer may be shown at a time, `ranking.best`'s `admitted` of each segment; the same between two changes."""
        moment = seconds(at)
        name = (bisect_right(self._changes, moment), viewer)
        found = self._shown.get(name)
        if found is None:
            if len(self._shown) >= _MASKS:
                self._shown = {}
            found = self._shown[name] = [self._mask(n, moment, viewer) for n in range(len(self.segments))]
        return found

    def _mask(self, number: int, moment: int, viewer: Viewer) -> Scores:
        segment, state = self.segments[number], self.states[number]
        allowed = state.live & in_force(state.start, state.end, moment)
        for article in np.flatnonzero(segment.restricted & allowed).tolist():
            allowed[article] = admitted(self._stored(number, article).article.audience, viewer)
        return segment.article_weights if allowed.all() else allowed * segment.article_weights

    def _load_prepared(self, segment: int, article: int) -> Prepared:
        return from_bytes(self.segments[segment].prepared(article))

    def _load_stored(self, segment: int, article: int) -> StoredArticle:
        state = self.states[segment]
        data = self.segments[segment].stored(article)
        end = int(state.end[article])
        found = codec.load(data)
        return replace(
            found, start=from_seconds(int(state.start[article])), end=None if end == FOREVER else from_seconds(end)
        )

    def _contains(self, hit: Hit, phrases: Iterable[str]) -> bool:
        text = self._plain(hit.key)
        return all(phrase in text for phrase in phrases)

    @lru_cache(maxsize=512)  # noqa: B019 (a searcher lives as long as its generation serves)
    def _plain(self, key: str) -> str:
        """Everything an agent can read in an article, normalised; for quoted phrases."""
        stored = self.article(key)
        a = stored.article
        parts = [a.title, *a.questions, a.answer, *(c.path for c in a.channels), *(s.do for s in a.steps)]
        return normalize("\n".join([*parts, *(p.section.heading + "\n" + p.text for p in stored.sections)])).text
