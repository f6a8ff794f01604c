"""Writes beside the requests, so that no answer waits for a database that is busy."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from kb.db.engine import Connection, Database
from kb.errors import DatabaseProblem

_LOG = logging.getLogger("web.later")
Item = TypeVar("Item")


class Later(Generic[Item]):
    """Writes items in a thread that lives while there is something to write; of each key the latest. Safe for threads."""

    def __init__(self, database: Database, what: str, write: Callable[[Connection, Item], None]) -> None:
        """`what` they are, for the log; `write` puts one into the database."""
        self._database = database
        self._what = what
        self._write_one = write
        self._waiting: dict[Hashable, Item] = {}
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None

    def put(self, key: Hashable, item: Item) -> None:
        """Write it soon. What cannot be written is logged and forgotten: it is of a kind that comes again."""
        with self._lock:
            self._waiting[key] = item
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._write, name=self._what, daemon=True)
                self._writer.start()

    def _write(self) -> None:
        while True:
            with self._lock:
                taken = list(self._waiting.values())
                self._waiting.clear()
                if not taken:
                    self._writer = None
                    return
            try:
                with self._database.writing() as connection:
                    for item in taken:
                        self._write_one(connection, item)
            except DatabaseProblem as error:
                _LOG.warning("%s not written: %s", self._what, error)
