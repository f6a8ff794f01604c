"""Notes beside the requests that somebody is still there."""

from __future__ import annotations

from datetime import datetime

from kb.db import sessions
from kb.db.engine import Database
from kb.db.sessions import Session
from web.later import Later


class SeenNotes:
    """Writes when sessions were last used, beside the requests. Safe for threads."""

    def __init__(self, database: Database) -> None:
        self._later: Later[tuple[Session, datetime]] = Later(
            database, "sessions seen", lambda connection, note: sessions.seen(connection, *note)
        )

    def note(self, session: Session, at: datetime) -> None:
        """Note it soon. What cannot be written is forgotten: the next minute brings another one."""
        self._later.put(session.token, (session, at))
