"""What need not be kept for ever: ended sessions, used links, handovers, answered feedback, settled gaps, old readings.

The audit trail is never shortened.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_

from kb.db import audit
from kb.db.engine import Database
from kb.db.schema import FEEDBACK, GAPS, HANDOVERS, LINKS, READINGS, SESSIONS
from kb.settings import LEAST_DAYS

# no session is longer, whatever the settings say
_SESSION = timedelta(days=7)


def purge(database: Database, at: datetime, days: int) -> dict[str, int]:
    """Remove what is over: sessions, links and handovers at once, feedback and gaps that were settled `days` ago, and
    readings of that age.

    Returns how many rows of each table. Raises ValueError for fewer days than the law allows.
    """
    if days < LEAST_DAYS:
        raise ValueError(days)
    before = at - timedelta(days=days)
    over = {
        SESSIONS: SESSIONS.c.created < at - _SESSION,
        LINKS: or_(LINKS.c.expires < at, LINKS.c.used.is_not(None)),
        # praise is never answered: its age is that of its arrival
        FEEDBACK: or_(
            FEEDBACK.c.answered < before, (FEEDBACK.c.state != "open") & FEEDBACK.c.answered.is_(None) & (FEEDBACK.c.at < before)
        ),
        GAPS: (GAPS.c.state != "open") & (GAPS.c.decided < before),
        HANDOVERS: HANDOVERS.c.expires < at,
        READINGS: READINGS.c.at < before,
    }  # fmt: skip
    with database.writing() as connection:
        gone = {table.name: connection.execute(table.delete().where(which)).rowcount for table, which in over.items()}
        audit.record(connection, at, "系统", "db.purge", "", {"days": days, **gone})
    database.forget_deleted()
    return gone
