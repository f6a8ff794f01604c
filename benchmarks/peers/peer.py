"""What a search engine is to the benchmarks: it takes our documents, and questions as weighted (field, term) pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from indexer.documents import Document
from indexer.fields import FIELDS, K1, STREAMS, stream_field
from kb.query import Query

# how many documents every engine is asked for
LIMIT = 10
# every stream of every field, in a fixed order
STREAM_FIELDS = {stream_field(f, s): w.boost * boost for f, w in FIELDS.items() for s, boost in STREAMS.items()}
FIELD_B = {stream_field(f, s): w.b for f, w in FIELDS.items() for s in STREAMS}
__all__ = ["FIELD_B", "K1", "LIMIT", "STREAM_FIELDS", "Peer", "Question", "WeightedTerm", "distinct", "make_question"]


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    """A term in one stream of one field (`title_word`), with its whole weight there."""

    field: str
    stream: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Question:
    """A question as our engine takes it, and as the pairs that the others take."""

    query: Query
    terms: tuple[WeightedTerm, ...]


class Peer(Protocol):
    """An engine. `prepare` may do anything that needs the question only; `search` is what the clock measures."""

    name: str
    # what the reader of its figures must know
    remark: str
    # so slow that it gets only a part of the questions
    slow: bool

    def build(self, documents: Iterable[Document]) -> None:
        """Take all documents. May go through them several times."""

    def prepare(self, question: Question) -> Any:
        """The question in the engine's own form."""

    def search(self, prepared: Any) -> list[str]:
        """Keys of the best articles, best first, each once."""


def make_question(query: Query) -> Question:
    """The pairs for a query: every term in every field, weighted as in our own sum of BM25 scores."""
    terms = (
        WeightedTerm(name, term.stream, term.text, STREAM_FIELDS[name] * term.weight)
        for term in query.terms
        for name in (stream_field(field, term.stream) for field in FIELDS)
    )
    return Question(query, tuple(terms))


def distinct(keys: Iterable[str]) -> list[str]:
    """Each key once, in the order of its first appearance: an article and its sections are documents of their own."""
    return list(dict.fromkeys(keys))
