"""What waits for people, from the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from kb.db import drafts, feedback, gaps
from kb.reporting.night import Waiting

_LATEST = 10


def waiting(connection: Connection, at: datetime) -> Waiting:
    """Gaps, feedback and reviews that wait."""
    open_gaps, _ = gaps.counts(connection)
    told = feedback.counts(connection, at)
    return Waiting(
        gaps=open_gaps,
        latest_gaps=tuple((gap.question, gap.best) for gap in gaps.open_ones(connection, _LATEST)),
        feedback=told["open"],
        late_feedback=told["late"],
        reviews=drafts.in_review(connection),
    )
