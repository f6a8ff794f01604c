"""Our own engine: by terms alone, which is what the other engines do, and as the service asks it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.peers.peer import LIMIT, Question, distinct
from indexer.backends import CurrentSearcher
from indexer.documents import Document
from indexer.ranking import sought
from kb.clock import now
from kb.query import Query
from kb.settings import Settings
from kb.visibility import ANYBODY


class Ours:
    """Asks the generation that serves, by terms; visibility and coverage of the question are part of that."""

    name = "ours"
    remark = "also weighs how much of the question is covered, merges clauses, and hides what may not be seen"
    slow = False

    def __init__(self, settings: Settings) -> None:
        self.searcher = CurrentSearcher(settings).searcher()
        self._at = now()

    def build(self, documents: Iterable[Document]) -> None:
        """Nothing: the generation is there already."""

    def prepare(self, question: Question) -> Any:
        """Its terms as arrays."""
        return sought(question.query)

    def search(self, prepared: Any) -> list[str]:
        """The keys of the hits."""
        return distinct(self.searcher.versions(self.searcher.best(prepared, self._at, ANYBODY, LIMIT)))


class Whole(Ours):
    """The same with everything that the service does: more candidates, put in order by wording and by what was learned."""

    name = "ours, reranked"
    remark = "what the service asks: 30 candidates by terms, put in order by wording and by what was learned"

    def prepare(self, question: Question) -> Query:
        """The query itself."""
        return question.query

    def search(self, prepared: Query) -> list[str]:
        """The keys of the hits."""
        return distinct(hit.key for hit in self.searcher.search(prepared, self._at, ANYBODY, LIMIT))
