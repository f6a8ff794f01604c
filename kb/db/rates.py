"""How often somebody did something until a moment, counted together by every process that shares the database."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from kb.db.schema import RATES

# longest name that is kept
LONGEST = 200


def add(connection: Connection, ends: int, counts: Mapping[str, int], now: float) -> dict[str, int]:
    """Count for each of many in the window that ends at a moment; how much each has in all. In a transaction that writes.

    Moments are seconds since 1970, UTC. What has ended by now is forgotten.
    """
    connection.execute(RATES.delete().where(RATES.c.ends <= now))
    return {who: _add(connection, who[:LONGEST], ends, count) for who, count in counts.items()}


def count(connection: Connection, who: str, now: float) -> tuple[int, int]:
    """How much somebody has in windows that have not ended, and when the last of them ends; (0, 0) if there is none."""
    query = select(func.sum(RATES.c.count), func.max(RATES.c.ends)).where(
        RATES.c.who == who[:LONGEST], RATES.c.ends > now
    )
    found, ends = connection.execute(query).one()
    return int(found or 0), int(ends or 0)


def forget(connection: Connection, who: str | None = None) -> int:
    """Count from zero again, for somebody or for everybody; how many windows were forgotten."""
    gone = RATES.delete()
    return connection.execute(gone.where(RATES.c.who == who[:LONGEST]) if who is not None else gone).rowcount


def _add(connection: Connection, who: str, ends: int, count: int) -> int:
    mine = (RATES.c.who == who) & (RATES.c.ends == ends)
    if connection.execute(RATES.update().where(mine).values(count=RATES.c.count + count)).rowcount:
        return int(connection.execute(select(RATES.c.count).where(mine)).scalar_one())
    connection.execute(RATES.insert().values(who=who, ends=ends, count=count))
    return count
