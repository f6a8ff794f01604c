"""SQLite's full-text index FTS5, from the standard library."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.peers.numbered import Numbered, repeated
from benchmarks.peers.peer import LIMIT, STREAM_FIELDS, Question, distinct
from benchmarks.report import Missing
from indexer.documents import Document


class SqlitePeer:
    """A table with a column for each stream of each field; ranked by bm25() with a weight for each column."""

    name = "sqlite fts5"
    remark = "weights of columns only, not of terms; one length for all columns together; terms are written as numbers"
    slow = False

    def __init__(self, folder: Path) -> None:
        """Raises Missing where SQLite was compiled without FTS5."""
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "fts5.sqlite")
        self._numbers = Numbered()
        self._keys: list[str] = []
        columns = ", ".join(STREAM_FIELDS)
        try:
            self._database.execute(
                f"CREATE VIRTUAL TABLE documents USING fts5({columns}, content='', tokenize='ascii')"
            )
        except sqlite3.OperationalError as error:
            self._database.close()
            raise Missing(f"SQLite without FTS5 ({error})") from error
        weights = ", ".join(map(str, STREAM_FIELDS.values()))
        self._sql = (
            "SELECT rowid FROM documents WHERE documents MATCH ? AND "  # noqa: S608 (our own numbers)
            f"rank MATCH 'bm25({weights})' ORDER BY rank LIMIT {LIMIT}"
        )

    def build(self, documents: Iterable[Document]) -> None:
        """One transaction, then all segments into one."""
        places = ", ".join("?" * (len(STREAM_FIELDS) + 1))
        sql = f"INSERT INTO documents(rowid, {', '.join(STREAM_FIELDS)}) VALUES ({places})"  # noqa: S608
        with self._database:
            self._database.executemany(sql, self._rows(documents))
            self._database.execute("INSERT INTO documents(documents) VALUES ('optimize')")

    def _rows(self, documents: Iterable[Document]) -> Iterator[list[str | int]]:
        for document in documents:
            self._keys.append(document.key)
            yield [len(self._keys), *(self._text(document, name) for name in STREAM_FIELDS)]

    def _text(self, document: Document, name: str) -> str:
        terms = document.streams.get(name, {})
        return " ".join(map(str, repeated((self._numbers.add(name, t), count) for t, count in terms.items())))

    def prepare(self, question: Question) -> str:
        """The match expression; a term's number says whether it is a word or a bigram, columns need not be named."""
        numbers = (self._numbers.get(t.stream, t.text) for t in question.terms)
        return " OR ".join(str(n) for n in dict.fromkeys(numbers) if n is not None)

    def search(self, prepared: str) -> list[str]:
        """The keys of the best rows."""
        if not prepared:
            return []
        rows = self._database.execute(self._sql, (prepared,)).fetchall()
        return distinct(self._keys[row - 1] for (row,) in rows)

    def __del__(self) -> None:
        self._database.close()
