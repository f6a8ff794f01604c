"""Notes in the audit who was refused what."""

from __future__ import annotations

import logging
from datetime import datetime

from kb.db import audit
from kb.db.engine import Database
from kb.errors import DatabaseProblem

_LOG = logging.getLogger("web.denials")


def note_denial(database: Database, actor: str, action: str, target: str, at: datetime, address: str) -> None:
    """Note a refusal. A database that cannot be used changes nothing about it, and is logged."""
    try:
        with database.writing() as connection:
            audit.record(connection, at, actor, action, target, {}, address, "denied")
    except DatabaseProblem as error:
        _LOG.warning("refusal of %s not noted: %s", target, error)
