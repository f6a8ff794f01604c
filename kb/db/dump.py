"""The rows of all tables as lines of JSON, and back: the same lines whichever database they come from or go to."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, DateTime, MetaData, Table, func, inspect, select
from sqlalchemy.exc import DBAPIError

from kb.db.schema import METADATA
from kb.db.words import clean
from kb.errors import BackupProblem

# of the moment, not in a backup: who is signed in, so that nobody can take up an old session from it; what limits count
LEFT_OUT = frozenset({"sessions", "rates"})
_BATCH = 500


def names() -> list[str]:
    """The tables that a backup holds, each after those that it refers to."""
    return [table.name for table in METADATA.sorted_tables if table.name not in LEFT_OUT]


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each of these tables has."""
    query = {name: select(func.count()).select_from(METADATA.tables[name]) for name in names()}
    return {name: int(connection.execute(count).scalar_one()) for name, count in query.items()}


def lines(connection: Connection, name: str) -> Iterator[bytes]:
    """Every row of a table as a line of JSON, in the order of its key. Moments are written in UTC."""
    table = METADATA.tables[name]
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_BATCH)
    with connection.execute(query) as rows:
        for row in rows:
            plain = {key: _plain(value) for key, value in row._mapping.items()}
            yield json.dumps(plain, ensure_ascii=False).encode() + b"\n"


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def in_order(connection: Connection, wanted: Iterable[str]) -> list[Table]:
    """These tables as the database has them now, each after those that it refers to.

    Raises BackupProblem where one is missing. They are not those of `schema`: a backup may be older.
    """
    wanted = set(wanted)
    missing = wanted - set(inspect(connection).get_table_names())
    if missing:
        raise BackupProblem(f"备份里有这个程序不认识的表：{'、'.join(sorted(missing))}。")
    reflected = MetaData()
    reflected.reflect(connection, only=sorted(wanted))
    return [table for table in reflected.sorted_tables if table.name in wanted]


def load(connection: Connection, table: Table, rows: Iterable[bytes]) -> int:
    """Put rows that `lines` wrote into an empty table; how many. Raises BackupProblem for what does not fit."""
    done, numbered = 0, enumerate(rows, 1)
    while batch := list(itertools.islice(numbered, _BATCH)):
        values = [_row(table, line, number) for number, line in batch]
        try:
            connection.execute(table.insert(), values)
        except DBAPIError as error:
            raise BackupProblem(
                f"备份里表 {table.name} 第 {batch[0][0]} 到 {batch[-1][0]} 行放不进数据库：{error.orig}。"
            ) from error
        done += len(batch)
    return done


def _row(table: Table, line: bytes, number: int) -> dict[str, object]:
    try:
        found = json.loads(line)
        if set(found) != set(table.columns.keys()):
            raise ValueError("columns")
        return {name: _value(table, name, value) for name, value in found.items()}
    except (ValueError, TypeError, RecursionError) as error:
        raise BackupProblem(f"备份里表 {table.name} 第 {number} 行写得不对。") from error


def _value(table: Table, name: str, value: object) -> object:
    if isinstance(value, str) and isinstance(table.columns[name].type, DateTime):
        return _moment(value)
    return clean(value) if isinstance(value, str) else value


def _moment(value: str) -> datetime:
    """In UTC: SQLite keeps no zones."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(UTC)


def continue_numbers(connection: Connection, tables: Iterable[Table]) -> None:
    """Let rows that come next be numbered after those that are there; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        if "id" in table.columns:
            connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), func.max(table.c.id))))
