"""tantivy (the engine that is to Rust what Lucene is to Java), through its Python package."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from benchmarks.peers.peer import LIMIT, STREAM_FIELDS, Question, distinct
from benchmarks.report import optional
from indexer.documents import Document

_HEAP = 256_000_000


class TantivyPeer:
    """Fields of terms joined by spaces; a question is should-clauses of boosted terms."""

    name = "tantivy"
    remark = "BM25 with k1 = 1.2 and b = 0.75 in every field; nothing can be set; hits counted only as far as needed"
    slow = False

    def __init__(self, folder: Path) -> None:
        """Raises Missing where the package is not installed."""
        self._library = optional("tantivy", "pip install tantivy")
        self._folder = folder
        builder = self._library.SchemaBuilder()
        for name in STREAM_FIELDS:
            builder.add_text_field(name, tokenizer_name="spaces", index_option="freq")
        builder.add_unsigned_field("number", stored=False, indexed=False, fast=True)
        self._schema = builder.build()
        self._keys: list[str] = []
        self._searcher: Any = None

    def build(self, documents: Iterable[Document]) -> None:
        """One writer thread, so that few segments are made; merges are waited for."""
        t = self._library
        self._folder.mkdir(parents=True, exist_ok=True)
        index = t.Index(self._schema, path=str(self._folder))
        index.register_tokenizer("spaces", t.TextAnalyzerBuilder(t.Tokenizer.whitespace()).build())
        writer = index.writer(_HEAP, 1)
        for document in documents:
            made = t.Document()
            for name, terms in document.streams.items():
                made.add_text(name, " ".join(chain.from_iterable(repeat(term, n) for term, n in terms.items())))
            made.add_unsigned("number", len(self._keys))
            self._keys.append(document.key)
            writer.add_document(made)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def prepare(self, question: Question) -> Any:
        """The query object."""
        query, should = self._library.Query, self._library.Occur.Should
        clauses = (
            query.boost_query(query.term_query(self._schema, t.field, t.text, index_option="freq"), t.weight)
            for t in question.terms
        )
        return query.boolean_query([(should, clause) for clause in clauses])

    def search(self, prepared: Any) -> list[str]:
        """The keys of the best documents, by their numbers in a column."""
        hits = self._searcher.search(prepared, LIMIT, count=False).hits
        numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        return distinct(self._keys[int(n)] for n in numbers)
