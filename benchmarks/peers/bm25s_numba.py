"""bm25s: BM25 computed ahead into a sparse matrix, summed by code that numba compiled."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.peers.numbered import Numbered, counted, repeated
from benchmarks.peers.peer import K1, LIMIT, Question, distinct
from benchmarks.report import optional
from indexer.documents import Document


class Bm25sPeer:
    """All fields in one, each term once: the package knows neither fields nor weights of terms."""

    name = "bm25s"
    remark = "all fields in one, no weights: less work than the others do"
    slow = False

    def __init__(self, folder: Path) -> None:
        """Keeps everything in memory. Raises Missing where bm25s or numba is not installed."""
        optional("numba", "pip install numba")
        library = optional("bm25s", "pip install bm25s")
        self._matrix = library.BM25(k1=K1, b=0.75, backend="numba")
        self._numbers = Numbered()
        self._keys: list[str] = []

    def build(self, documents: Iterable[Document]) -> None:
        """Compute the matrix."""
        bags = []
        for document in documents:
            self._keys.append(document.key)
            bags.append(repeated(counted(document, self._numbers).items()))
        self._matrix.index((bags, dict(self._numbers.numbers)), show_progress=False)

    def prepare(self, question: Question) -> list[int]:
        """The numbers of the question's terms."""
        numbers = (self._numbers.get(t.stream, t.text) for t in question.terms)
        return [n for n in dict.fromkeys(numbers) if n is not None]

    def search(self, prepared: list[int]) -> list[str]:
        """The keys of the best documents with a score."""
        if not prepared:
            return []
        found = self._matrix.retrieve([prepared], k=min(LIMIT, len(self._keys)), show_progress=False)
        return distinct(self._keys[int(n)] for n, s in zip(found.documents[0], found.scores[0], strict=True) if s > 0)
