"""One generation of this machine, opened for questions: the postings of its segments are added up where they lie."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import numpy as np

from indexer import generations, ranking
from indexer.candidates import Candidates
from indexer.columns import ARTICLE
from indexer.explaining import contributions, counted
from indexer.learned import open_learned
from indexer.ranking import Sought
from indexer.reranking import Reranker
from indexer.segment import Segment
from indexer.segment_searcher import Pool, SegmentSearcher
from indexer.state import open_states
from kb.backend import Contribution
from kb.errors import IndexCorrupt
from kb.lexicon import Lexicon, fingerprint, load_lexicon
from kb.query import Query
from kb.text import Analyzer
from kb.visibility import Viewer

_MOST_ANALYZERS = 4
_ANALYZERS: list[Analyzer] = []
_LOADING = threading.Lock()


def shared_analyzer(lexicon: Lexicon, cache: Path) -> Analyzer:
    """One analyser for all generations with the same words: loading jieba's dictionary takes a second."""
    with _LOADING:
        found = next((a for a in _ANALYZERS if a.lexicon == lexicon), None)
        if found is None:
            found = Analyzer(lexicon, cache)
            _ANALYZERS[:] = [*_ANALYZERS, found][-_MOST_ANALYZERS:]
        return found


def analyzer_of(folder: Path, cache: Path) -> Analyzer:
    """The analyser with the words under a folder; they are read only where no generation before had the same."""
    known = fingerprint(folder)
    found = next((a for a in list(_ANALYZERS) if a.lexicon.fingerprint == known), None)
    return found or shared_analyzer(load_lexicon(folder)[0], cache)


class WhooshSearcher(SegmentSearcher):
    """Implements `kb.backend.Searcher` over one generation folder. Immutable; opening maps files and reads next to nothing."""

    def __init__(self, folder: Path, cache: Path, *, learned: bool = True) -> None:
        """`learned`: use what was learned from phrasings. Raises IndexMissing or IndexCorrupt for a folder not to be trusted."""
        manifest = generations.read_manifest(folder)
        with generations.verifying(folder, manifest):
            # reading and hashing the files leave the interpreter free for the words
            analyzer = analyzer_of(folder, cache)
        try:
            self.segments = [Segment(folder / generations.SEGMENTS, name) for name in manifest.segments]
            found = open_states(folder, manifest.segments)
            super().__init__(manifest, self.segments, [found[name] for name in manifest.segments], analyzer, cache)
            decisions = open_learned(folder, manifest.segments) if learned else None
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise IndexCorrupt(f"索引 {folder.name} 打不开：{error}") from error
        self._reranker = Reranker([s.wording for s in self.segments], self._characters, decisions)

    @property
    def reranker(self) -> Reranker:
        """Puts candidates in order."""
        return self._reranker

    def pool(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> Pool:
        """The best candidates by their terms alone."""
        return Pool(self.candidates(query, at, viewer, limit), self._reranker, self._key, self._anchor)

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
        return contributions(
            query, self._postings, counted(self.segments[number], article), np.array(self.manifest.averages)
        )
