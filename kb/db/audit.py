"""What happened: who, when, what, from where, with what result. Append-only; each event carries the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, func, select, text

from kb.db.schema import AUDIT

Result = Literal["ok", "denied", "failed"]
# of the event before the first
_BEGINNING = "0" * 64
# any number that nothing else locks by
_LOCK = 4_204_204
_TARGET, _ACTOR = 255, 64


@dataclass(frozen=True, slots=True)
class Event:
    """One event, as it is kept."""

    seq: int
    at: datetime
    actor: str
    action: str
    target: str
    # JSON object, keys sorted
    detail: str
    address: str
    result: str
    previous: str
    hash: str


def record(
    connection: Connection,
    at: datetime,
    actor: str,
    action: str,
    target: str = "",
    detail: Mapping[str, object] | None = None,
    address: str = "",
    result: Result = "ok",
) -> Event:
    """Add an event in a writing transaction; it stands or falls with it."""
    if connection.dialect.name == "postgresql":
        # one after the other: each needs the hash of the one before
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = connection.execute(select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)).first()
    event = Event(
        seq=(last.seq if last else 0) + 1,
        at=at.astimezone(UTC).replace(microsecond=0),
        actor=_clean(actor)[:_ACTOR],
        action=action,
        target=_clean(target)[:_TARGET],
        detail=json.dumps(dict(detail or {}), ensure_ascii=True, sort_keys=True, default=str),
        address=_clean(address)[:_ACTOR],
        result=result,
        previous=last.hash if last else _BEGINNING,
        hash="",
    )
    row = {**asdict(event), "hash": _hash(event)}
    connection.execute(AUDIT.insert().values(row))
    return Event(**row)


def _clean(value: str) -> str:
    """Neither NUL, which PostgreSQL refuses, nor lone surrogates, which no encoding holds."""
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def _hash(event: Event) -> str:
    """SHA-256 over all that the event says, and the hash of the one before."""
    said = [
        event.seq, event.at.astimezone(UTC).isoformat(), event.actor, event.action, event.target, event.detail,
        event.address, event.result, event.previous,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def events(connection: Connection, since: int = 0, limit: int | None = None) -> Iterator[Event]:
    """Events after a sequence number, oldest first."""
    found = connection.execute(select(AUDIT).where(AUDIT.c.seq > since).order_by(AUDIT.c.seq).limit(limit))
    for row in found:
        yield Event(**row._mapping)


def latest(connection: Connection, limit: int, target: str = "") -> list[Event]:
    """The newest events, newest first; `target`: only those about this."""
    query = select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(limit)
    if target:
        query = query.where(AUDIT.c.target == target)
    return [Event(**row._mapping) for row in connection.execute(query)]


def broken_at(connection: Connection, known: tuple[int, str] | None = None) -> int | None:
    """The first sequence number at which the chain does not hold, None if all of it does.

    `known`: (sequence number, hash) noted elsewhere earlier, by which a cut tail is found.
    """
    expected, previous = 1, _BEGINNING
    for event in events(connection):
        if event.seq != expected or event.previous != previous or event.hash != _hash(event):
            return expected
        if known and event.seq == known[0] and event.hash != known[1]:
            return expected
        expected, previous = expected + 1, event.hash
    return known[0] if known and known[0] >= expected else None


def size(connection: Connection) -> int:
    """How many events there are."""
    return int(connection.execute(select(func.count()).select_from(AUDIT)).scalar_one())
