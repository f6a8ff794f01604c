"""One generation, opened for questions: scores from the postings, visibility as a mask, clauses beside articles."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer import generations, ranking, whoosh_index
from indexer.fields import FIELDS, STREAMS, stream_field
from indexer.layout import Row, lay_out
from indexer.postings import Postings
from kb import codec
from kb.backend import Contribution, Hit, StoredArticle
from kb.errors import IndexCorrupt
from kb.lexicon import Lexicon, load_lexicon
from kb.lookup import Lookup
from kb.normalize import normalize
from kb.query import Query, Understanding
from kb.text import Analyzer
from kb.visibility import Viewer, admitted, in_force, seconds

_PHRASE_CHECKS = 500
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
        stored = {number: reader.stored_fields(number) for number in reader.all_doc_ids()}
        self._articles = {row["key"]: codec.load(row["payload"]) for row in stored.values() if not row["anchor"]}
        rows = [Row(number, row["key"], row["anchor"]) for number, row in stored.items()]
        self._layout = lay_out(rows, reader.doc_count_all(), self._articles)
        self._postings = Postings(reader, np.array(list(stored), np.int32))

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
        found = len(self._layout.keys) + len(self._layout.sections)
        if found != self.manifest.documents or len(self._layout.keys) != self.manifest.articles:
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
        keys = (k for k in self._layout.keys if self._articles[k].article.id == article_id)
        return next((self._articles[k] for k in keys if self.visible(k, at, viewer)), None)

    def alerts(self, at: datetime, viewer: Viewer) -> list[StoredArticle]:
        """Alerts in force."""
        alerts = (k for k in self._layout.keys if self._articles[k].article.type == "alert")
        return [self._articles[k] for k in alerts if self.visible(k, at, viewer)]

    def search(self, query: Query, at: datetime, viewer: Viewer, limit: int) -> list[Hit]:
        """The best hits, best first."""
        if query.empty:
            return []
        scores, covered = ranking.score(query, self._postings, self._layout.emphasis)
        wanted = _PHRASE_CHECKS if query.phrases else limit
        hits = ranking.rank(self._layout, scores, covered, self._mask(at, viewer), wanted)
        return [h for h in hits if self._contains(h, query.phrases)][:limit]

    def explain(self, query: Query, key: str) -> list[Contribution]:
        """What each term added in each field, for the article and its sections."""
        article = self._layout.number[key]
        own = {int(self._layout.article_document[article])}
        own |= set(self._layout.sections[self._layout.sections_of(article)].tolist())
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
        mask: NDArray[np.bool_] = in_force(self._layout.start, self._layout.end, seconds(at))
        for i in self._layout.restricted:
            mask[i] &= admitted(self._articles[self._layout.keys[i]].article.audience, viewer)
        return mask

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
