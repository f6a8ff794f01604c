"""Xapian, through the Python package of the operating system."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.peers.peer import K1, LIMIT, Question, distinct
from benchmarks.report import optional
from indexer.documents import Document

_LONGEST_TERM = 240


class XapianPeer:
    """One term for each (field, term) pair, with its count; weights scale the parts of the question."""

    name = "xapian"
    remark = "BM25 with k1 = 1.2 and b = 0.75; one length for all fields together"
    slow = False

    def __init__(self, folder: Path) -> None:
        """Raises Missing where the package is not installed."""
        self._library = optional("xapian", "apt install python3-xapian, and a Python that sees it")
        self._folder = folder
        self._keys: list[str] = []
        self._enquire: Any = None

    def build(self, documents: Iterable[Document]) -> None:
        """Write the database, compact it, open it."""
        x = self._library
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        loose = str(self._folder) + "-loose"
        database = x.WritableDatabase(loose, x.DB_CREATE_OR_OVERWRITE)
        for document in documents:
            made = x.Document()
            for name, terms in document.streams.items():
                for term, count in terms.items():
                    made.add_term(_name(name, term), count)
            database.add_document(made)
            self._keys.append(document.key)
        database.commit()
        database.compact(str(self._folder))
        database.close()
        self._enquire = x.Enquire(x.Database(str(self._folder)))
        self._enquire.set_weighting_scheme(x.BM25Weight(K1, 0, 1, 0.75, 0))

    def prepare(self, question: Question) -> Any:
        """OR of scaled terms."""
        query = self._library.Query
        scaled = [query(query.OP_SCALE_WEIGHT, query(_name(t.field, t.text)), t.weight) for t in question.terms]
        return query(query.OP_OR, scaled)

    def search(self, prepared: Any) -> list[str]:
        """The keys of the best documents."""
        self._enquire.set_query(prepared)
        return distinct(self._keys[match.docid - 1] for match in self._enquire.get_mset(0, LIMIT))


def _name(field: str, term: str) -> bytes:
    return f"{field}:{term}".encode()[:_LONGEST_TERM]
