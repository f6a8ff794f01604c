"""One generation, opened for questions: scores from the postings, visibility as a mask, clauses beside articles."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer import generations, ranking, whoosh_index
from indexer.fields import (
    CLAUSE_ARTICLE,
    CLAUSE_OWN,
    COVERAGE,
    FIELDS,
    SECTION_COVERAGE,
    SECTION_NAMED,
    STREAMS,
    stream_field,
)
from indexer.postings import Postings, Scores
from kb import codec
from kb.backend import Contribution, Hit, StoredArticle
from kb.errors import IndexCorrupt
from kb.lexicon import Lexicon, load_lexicon
from kb.lookup import Lookup
from kb.normalize import normalize
from kb.query import Query, Understanding
from kb.sections import is_clause
from kb.text import Analyzer
from kb.types import Article, Audience
from kb.visibility import Viewer, admitted, in_force, seconds

# at most so many clauses of one regulation among the hits
CLAUSES_PER_ARTICLE = 5
_PHRASE_CHECKS = 500
_MOST_ANALYZERS = 4
_OPEN = Audience()
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


class WhooshSearcher:
    """Implements `kb.backend.Searcher` over one generation folder. Opens everything at once; immutable afterwards."""

    def __init__(self, folder: Path, cache: Path) -> None:
        """Raises IndexMissing or IndexCorrupt if the folder cannot be trusted."""
        self.manifest = generations.read_manifest(folder)
        generations.verify_files(folder, self.manifest)
        try:
            reader = whoosh_index.open_reader(folder / "whoosh")
            lexicon, _ = load_lexicon(folder)
            analyzer = shared_analyzer(lexicon, cache)
            self._lookup = Lookup.from_json(json.loads((folder / "lookup.json").read_text("utf-8")))
            self._open(reader)
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise IndexCorrupt(f"索引 {folder.name} 打不开：{error}") from error
        self._understanding = Understanding(analyzer, self._lookup)

    def _open(self, reader: Any) -> None:
        rows = [(n, reader.stored_fields(n)) for n in reader.all_doc_ids()]
        payloads = {row["key"]: row["payload"] for _, row in rows if not row["anchor"]}
        self.keys = sorted(payloads)
        self._articles = {key: codec.load(payloads[key]) for key in self.keys}
        self._number = number = {key: i for i, key in enumerate(self.keys)}
        size = reader.doc_count_all()
        # for each document its article's number; for each article its own document
        self._owner = np.zeros(size, np.int32)
        self._article_document = np.zeros(len(self.keys), np.int32)
        self._anchors: dict[int, str] = {}
        order: list[tuple[int, int, int]] = []
        places = {(key, p.section.anchor): i for key in self.keys for i, p in enumerate(self._articles[key].sections)}
        for document, row in rows:
            self._owner[document] = number[row["key"]]
            if row["anchor"]:
                self._anchors[document] = row["anchor"]
                order.append((number[row["key"]], places[(row["key"], row["anchor"])], document))
            else:
                self._article_document[number[row["key"]]] = document
        # section documents in the order of article and place, so that ties are deterministic
        self._sections = np.array([document for _, _, document in sorted(order)], np.int32)
        self._emphasis = np.full(size, COVERAGE, np.float32)
        self._emphasis[self._sections] = SECTION_COVERAGE
        self._is_clause = np.array([is_clause(self._anchors[d]) for d in self._sections.tolist()], bool)
        self._start = np.array([seconds(self._articles[k].start) for k in self.keys], np.int64)
        self._end = np.array([seconds(self._articles[k].end) for k in self.keys], np.int64)
        # laws without phrasings are answered clause by clause; the others as articles that name their best clause
        self._by_clause = np.array([_is_by_clause(self._articles[k].article) for k in self.keys], bool)
        self._restricted = [i for i, k in enumerate(self.keys) if self._articles[k].article.audience != _OPEN]
        self._postings = Postings(reader, np.array([n for n, _ in rows], np.int32))

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

    def check(self) -> None:
        """Compare the counts of manifest and index; raises IndexCorrupt."""
        found = len(self.keys) + len(self._sections)
        if found != self.manifest.documents or len(self.keys) != self.manifest.articles:
            raise IndexCorrupt(f"索引 {self.generation} 应有 {self.manifest.documents} 个文档，实有 {found} 个。")

    def knows(self, term: str) -> bool:
        """Whether a word stands in any article."""
        return any(self._postings.document_frequency(stream_field(f, "word"), term) for f in FIELDS)

    def article(self, key: str) -> StoredArticle:
        """A version by its key."""
        return self._articles[key]

    def visible(self, key: str, at: datetime, viewer: Viewer) -> bool:
        """Whether a version may be shown."""
        stored = self._articles[key]
        moment = seconds(at)
        return bool(
            in_force(seconds(stored.start), seconds(stored.end), moment) and admitted(stored.article.audience, viewer)
        )

    def current(self, article_id: str, at: datetime, viewer: Viewer) -> StoredArticle | None:
        """The version of an article in force at a moment."""
        keys = (k for k in self.keys if self._articles[k].article.id == article_id)
        return next((self._articles[k] for k in keys if self.visible(k, at, viewer)), None)

    def alerts(self, at: datetime, viewer: Viewer) -> list[StoredArticle]:
        """Alerts in force."""
        alerts = (k for k in self.keys if self._articles[k].article.type == "alert")
        return [self._articles[k] for k in alerts if self.visible(k, at, viewer)]

    def search(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> list[Hit]:
        """The best hits, best first."""
        if query.empty:
            return []
        scores, covered = ranking.score(query, self._postings, self._emphasis)
        hits = self._ranked(scores, covered, self._mask(at, viewer), _PHRASE_CHECKS if query.phrases else limit)
        if query.phrases:
            hits = [h for h in hits if self._contains(h, query.phrases)]
        return [self._with_coverage(hit, covered) for hit in hits[:limit]]

    def explain(self, query: Query, key: str) -> list[Contribution]:
        """What each term added in each field, for the article and its sections."""
        own = {int(self._article_document[self._number[key]])}
        own |= {d for d in self._sections.tolist() if self.keys[self._owner[d]] == key}
        found = []
        for term in query.terms:
            for field, weight in FIELDS.items():
                name = stream_field(field, term.stream)
                documents, scores = self._postings(name, term.text)
                at = [i for i, d in enumerate(documents.tolist()) if d in own]
                if at:
                    best = float(scores[at].max()) * weight.boost * STREAMS[term.stream] * term.weight
                    found.append(Contribution(term.text, name, term.weight, len(documents), best))
        return sorted(found, key=lambda c: (-c.score, c.field, c.term))

    def _mask(self, at: datetime, viewer: Viewer) -> NDArray[np.bool_]:
        """Which articles may be shown, bool [articles]."""
        mask: NDArray[np.bool_] = in_force(self._start, self._end, seconds(at))
        for i in self._restricted:
            mask[i] &= admitted(self._articles[self.keys[i]].article.audience, viewer)
        return mask

    def _ranked(self, scores: Scores, covered: Scores, mask: NDArray[np.bool_], limit: int) -> list[Hit]:
        articles = scores[self._article_document]
        sections = scores[self._sections]
        owners = self._owner[self._sections]
        whole = np.where(self._by_clause, CLAUSE_ARTICLE * articles, articles)
        clause = self._is_clause & self._by_clause[owners] & (sections > 0)
        clauses = np.where(clause, CLAUSE_ARTICLE * articles[owners] + CLAUSE_OWN * sections, 0)
        whole[~mask] = 0
        clauses[~mask[owners]] = 0
        named = np.where(covered[self._sections] >= SECTION_NAMED, sections, 0)
        return self._merged(whole, clauses, named, owners, limit)

    def _merged(
        self, whole: Scores, clauses: Scores, named: Scores, owners: NDArray[np.int32], limit: int
    ) -> list[Hit]:
        """Articles and clauses in one list; an article whose clause is already in it is not repeated."""
        together = np.concatenate([clauses, whole])
        count = min(len(together), limit * (CLAUSES_PER_ARTICLE + 2) + 20)
        top = np.argpartition(-together, count - 1)[:count] if count else np.empty(0, np.int64)
        # boundary ties: everything as good as the worst of the top takes part in the sort
        top = np.flatnonzero(together >= max(together[top].min(), 1e-9)) if len(top) else top
        hits: list[Hit] = []
        taken: dict[int, int] = {}
        for i in top[np.lexsort((top, -together[top]))].tolist():
            clause = i < len(clauses)
            owner = int(owners[i]) if clause else i - len(clauses)
            if taken.get(owner, 0) >= (CLAUSES_PER_ARTICLE if clause else 1):
                continue
            taken[owner] = taken.get(owner, 0) + 1
            anchor = self._anchors[int(self._sections[i])] if clause else self._best_section(owner, named, owners)
            hits.append(Hit(self.keys[owner], anchor, float(together[i]), 0.0))
            if len(hits) == limit:
                break
        return hits

    def _best_section(self, owner: int, named: Scores, owners: NDArray[np.int32]) -> str | None:
        """Anchor of the article's best section among those that cover enough of the question (the others have 0)."""
        start, end = np.searchsorted(owners, [owner, owner + 1])
        if start == end:
            return None
        best = start + int(np.argmax(named[start:end]))
        return self._anchors[int(self._sections[best])] if named[best] > 0 else None

    def _contains(self, hit: Hit, phrases: Iterable[str]) -> bool:
        text = self._plain(hit.key)
        return all(phrase in text for phrase in phrases)

    @lru_cache(maxsize=2048)  # noqa: B019 (a searcher lives as long as its generation serves)
    def _plain(self, key: str) -> str:
        """Everything an agent can read in an article, normalised; for quoted phrases."""
        stored = self._articles[key]
        a = stored.article
        parts = [a.title, *a.questions, a.answer, *(c.path for c in a.channels), *(s.do for s in a.steps)]
        return normalize("\n".join([*parts, *(p.section.heading + "\n" + p.text for p in stored.sections)])).text

    def _with_coverage(self, hit: Hit, covered: Scores) -> Hit:
        return replace(hit, coverage=float(covered[self._article_document[self._number[hit.key]]]))


def _is_by_clause(article: Article) -> bool:
    return article.type == "regulation" and not article.questions
