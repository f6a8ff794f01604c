"""Whoosh, asked directly with its own BM25F, over the same terms."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from benchmarks.peers.peer import FIELD_B, K1, LIMIT, STREAM_FIELDS, Question, distinct
from indexer.documents import Document


def _load(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


class WhooshPeer:
    """Opens the generation's own Whoosh index where it has one, otherwise builds one with Whoosh's stock writer."""

    name = "whoosh"
    slow = True

    def __init__(self, folder: Path, generation: Path | None = None) -> None:
        """`generation`: a folder that may hold an index in `whoosh/`; None to build one in any case."""
        own = generation / "whoosh" if generation else None
        self._ready = own is not None and own.is_dir()
        self._folder = own if own and self._ready else folder
        self._searcher: Any = None
        self._query = _load("whoosh.query")
        source = "the generation's own index" if self._ready else "an index of its own"
        self.remark = f"its own BM25F over {source}; asked fewer questions, its ratios compare the same ones"

    def build(self, documents: Iterable[Document]) -> None:
        """Write the documents with the stock writer, unless the index is there; then open it."""
        index = _load("whoosh.index")
        if not self._ready:
            self.write(documents)
        weighting = _load("whoosh.scoring").BM25F(B=0.75, K1=K1, **{f"{name}_B": b for name, b in FIELD_B.items()})
        self._searcher = index.open_dir(self._folder, readonly=True).searcher(weighting=weighting)

    def write(self, documents: Iterable[Document]) -> None:
        """The stock writer with its own settings, over texts that only have to be cut at spaces."""
        fields, analysis = _load("whoosh.fields"), _load("whoosh.analysis")
        spaces = analysis.SpaceSeparatedTokenizer()
        streams = {name: fields.TEXT(analyzer=spaces, phrase=False) for name in STREAM_FIELDS}
        self._folder.mkdir(parents=True, exist_ok=True)
        opened = _load("whoosh.index").create_in(self._folder, fields.Schema(key=fields.STORED, **streams))
        writer = opened.writer()
        for document in documents:
            texts = {
                name: " ".join(chain.from_iterable(repeat(term, count) for term, count in terms.items()))
                for name, terms in document.streams.items()
                if terms
            }
            writer.add_document(key=document.key, **texts)
        writer.commit()
        opened.close()

    def prepare(self, question: Question) -> Any:
        """OR of all pairs."""
        return self._query.Or([self._query.Term(t.field, t.text, boost=t.weight) for t in question.terms])

    def search(self, prepared: Any) -> list[str]:
        """The keys of the best documents."""
        return distinct(hit["key"] for hit in self._searcher.search(prepared, limit=LIMIT))
