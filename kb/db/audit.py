"""What happened: who, when, what, from where, with what result. Append-only; each event carries the hash of the one before."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, func, select

from kb.db.schema import AUDIT
from kb.db.words import clean

Result = Literal["ok", "denied", "failed"]
# of the event before the first
_BEGINNING = "0" * 64
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
    """Add an event in a `Database.writing()` transaction, in which nobody else writes; it stands or falls with it."""
    last, previous = head(connection)
    event = Event(
        seq=last + 1,
        at=at.astimezone(UTC).replace(microsecond=0),
        actor=clean(actor)[:_ACTOR],
        action=action,
        target=clean(target)[:_TARGET],
        detail=json.dumps(dict(detail or {}), ensure_ascii=True, sort_keys=True, default=str),
        address=clean(address)[:_ACTOR],
        result=result,
        previous=previous or _BEGINNING,
        hash="",
    )
    row = {**asdict(event), "hash": _hash(event)}
    connection.execute(AUDIT.insert().values(row))
    return Event(**row)


def _hash(event: Event) -> str:
    """SHA-256 over all that the event says, and the hash of the one before."""
    said = [
        event.seq, event.at.astimezone(UTC).isoformat(), event.actor, event.action, event.target, event.detail,
        event.address, event.result, event.previous,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def events(connection: Connection, since: int = 0, limit: int | None = None) -> Iterator[Event]:
    """Events after a sequence number, oldest first."""
    query = select(AUDIT).where(AUDIT.c.seq > since).order_by(AUDIT.c.seq).limit(limit)
    # in SQLite one at a time, so that one that cannot be read does not take those before it along
    portion = 1 if connection.dialect.name == "sqlite" else 1000
    with connection.execute(query.execution_options(yield_per=portion)) as rows:
        for row in rows:
            yield Event(**row._mapping)


def latest(connection: Connection, limit: int, target: str = "") -> list[Event]:
    """The newest events, newest first; `target`: only those about this."""
    query = select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(limit)
    if target:
        query = query.where(AUDIT.c.target == target)
    return [Event(**row._mapping) for row in connection.execute(query)]


def broken_at(connection: Connection, known: tuple[int, str] | None = None, since: int = 0) -> int | None:
    """The first sequence number at which the chain does not hold, None if all of it does.

    `known`: (sequence number, hash) noted elsewhere earlier, by which a cut tail is found. `since`: only events after this
    one, which is believed.
    """
    expected, previous = since + 1, _hash_of(connection, since) if since else _BEGINNING
    try:
        for event in events(connection, since):
            if event.seq != expected or event.previous != previous or event.hash != _hash(event):
                return expected
            if known and event.seq == known[0] and event.hash != known[1]:
                return expected
            expected, previous = expected + 1, event.hash
    except (ValueError, TypeError):
        # SQLite keeps anything in any column, even what is no moment or no text
        return expected
    return known[0] if known and known[0] >= expected else None


def _hash_of(connection: Connection, seq: int) -> str:
    return connection.execute(select(AUDIT.c.hash).where(AUDIT.c.seq == seq)).scalar_one_or_none() or ""


def head(connection: Connection) -> tuple[int, str]:
    """Sequence number and hash of the newest event; 0 and nothing where there is none."""
    last = connection.execute(select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)).first()
    return (last.seq, last.hash) if last else (0, "")


def as_line(event: Event) -> str:
    """The event as one line of JSON, for other programs. Nothing in it can end the line or command a terminal."""
    plain = {**asdict(event), "at": event.at.isoformat()}
    # what somebody has tampered with need not be JSON any more
    with contextlib.suppress(ValueError):
        plain["detail"] = json.loads(event.detail)
    said = json.dumps(plain, ensure_ascii=False)
    return "".join(c if c.isprintable() else "".join(f"\\u{unit:04x}" for unit in _units(c)) for c in said)


def _units(character: str) -> list[int]:
    """As JSON escapes it: UTF-16 code units."""
    data = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2)]


def size(connection: Connection) -> int:
    """How many events there are."""
    return int(connection.execute(select(func.count()).select_from(AUDIT)).scalar_one())
