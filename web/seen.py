"""Notes beside the requests that somebody is still there, so that no answer waits for a database that is busy."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from kb.db import sessions
from kb.db.engine import Database
from kb.db.sessions import Session
from kb.errors import DatabaseProblem

_LOG = logging.getLogger("web.seen")


class SeenNotes:
    """Writes when sessions were last used, in a thread that lives while there is something to write. Safe for threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, tuple[Session, datetime]] = {}
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None

    def note(self, session: Session, at: datetime) -> None:
        """Note it soon. What cannot be written is logged and forgotten: the next minute brings another one."""
        with self._lock:
            self._waiting[session.token] = (session, at)
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._write, name="sessions seen", daemon=True)
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
                    for session, at in taken:
                        sessions.seen(connection, session, at)
            except DatabaseProblem as error:
                _LOG.warning("sessions not noted as seen: %s", error)
