"""Counts of failed sign-ins by address, kept in the database, so that all processes of all machines count together."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from limits.storage import Storage

from kb.db import rates
from kb.db.engine import Database
from kb.errors import DatabaseProblem

SCHEME = "kb-database"


class DatabaseCounts(Storage):
    """Fixed windows of the `limits` library (limits.readthedocs.io, custom storage backends) in the table of rates."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - as the base class declares it

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,
        *,
        database: Database,
        clock: Callable[[], float] = time.time,
        **options: Any,
    ) -> None:
        """`clock`: seconds since 1970, UTC."""
        super().__init__(uri, wrap_exceptions, **options)
        self._database = database
        self._clock = clock

    @property
    def base_exceptions(self) -> type[Exception]:
        """What is raised where the database cannot be reached."""
        return DatabaseProblem

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count so many more in the window of `expiry` seconds that the first one began; how many there are in it."""
        now = self._clock()
        with self._database.writing() as connection:
            _, ends = rates.count(connection, key, now)
            return rates.add(connection, ends or math.ceil(now + expiry), {key: amount}, now)[key]

    def get(self, key: str) -> int:
        """How many there are in the present window."""
        return self._now(key)[0]

    def get_expiry(self, key: str) -> float:
        """When the present window ends."""
        return self._now(key)[1] or self._clock()

    def check(self) -> bool:
        """Whether the database can be reached."""
        try:
            self._now("")
        except DatabaseProblem:
            return False
        return True

    def reset(self) -> int:
        """Begin anew with everybody."""
        with self._database.writing() as connection:
            return rates.forget(connection)

    def clear(self, key: str) -> None:
        """Begin anew with one key."""
        with self._database.writing() as connection:
            rates.forget(connection, key)

    def _now(self, key: str) -> tuple[int, int]:
        with self._database.reading() as connection:
            return rates.count(connection, key, self._clock())
