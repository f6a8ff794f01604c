"""The tables' version: which one a database has, whether this program may use it, and the steps from one to another."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, inspect, text

from kb.db.schema import METADATA
from kb.errors import DatabaseProblem

# Alembic is imported where steps are taken: that takes a fifth of a second, and a current database needs none of it
if TYPE_CHECKING:
    from alembic.config import Config

# empty: no tables yet · foreign: tables of the same names that we did not make
Standing = Literal["empty", "current", "older", "newer", "foreign"]
MIGRATIONS = Path(__file__).parent / "migrations"
# the last of them, so that it is known without reading them
HEAD = "0003"
# where Alembic writes the version of the tables, in one row
_VERSIONS = "alembic_version"
# Alembic keeps what it is doing in globals
_ONE_AT_A_TIME = threading.Lock()
_REFUSALS: dict[Standing, str] = {
    "empty": "数据库 {shown} 里还没有表，请运行 kb db upgrade。",
    "older": "数据库 {shown} 的表是 {found} 版，程序要 {head} 版，请先备份（kb backup），再运行 kb db upgrade。",
    "newer": "数据库 {shown} 的表是 {found} 版，这个程序只认识到 {head} 版：请装回较新的程序，或恢复升级前的备份。",
    "foreign": "数据库 {shown} 里已有别的程序的同名表（{names}），没有改动它：请在 KB_DATABASE_URL 里换一个空库。",
}


def head() -> str:
    """The version that this program works with."""
    return HEAD


def revision(connection: Connection) -> str | None:
    """The version that the database has, None if it never had one."""
    if not inspect(connection).has_table(_VERSIONS):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalar_one_or_none()  # noqa: S608
    return found


def known() -> frozenset[str]:
    """All versions that this program knows the steps of."""
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def standing(connection: Connection) -> Standing:
    """How the database's tables relate to this program."""
    found = revision(connection)
    if found is None:
        return "foreign" if _taken(connection) else "empty"
    if found == head():
        return "current"
    return "older" if found in known() else "newer"


def refusal(connection: Connection, shown: str, *allowed: Standing) -> DatabaseProblem | None:
    """Why the database cannot be used as it stands, None if it is current or stands as `allowed`."""
    stands = standing(connection)
    if stands == "current" or stands in allowed:
        return None
    said = _REFUSALS[stands].format(
        shown=shown, found=revision(connection), head=head(), names="、".join(_taken(connection)[:3])
    )
    return DatabaseProblem(said)


def _taken(connection: Connection) -> list[str]:
    return sorted(set(inspect(connection).get_table_names()) & set(METADATA.tables))


def migrate(connection: Connection, to: str = "head") -> None:
    """Take the steps to a version, forward, in the connection's transaction."""
    from alembic import command

    with _ONE_AT_A_TIME:
        command.upgrade(_config(connection), to)


def unmake(connection: Connection, to: str = "base") -> None:
    """Take the steps back to a version in the connection's transaction; `base`: no tables, and nothing that was in them."""
    from alembic import command

    with _ONE_AT_A_TIME:
        command.downgrade(_config(connection), to)


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        # filling a column of a large table takes as long as it takes
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def keep_copy(file: Path, name: str) -> Path:
    """A sound copy of a SQLite database beside it, for its owner only, even while others write. Returns where it is."""
    copy = file.with_name(f"{file.name}.{name}")
    copy.unlink(missing_ok=True)
    copy.touch(mode=0o600)
    source, target = sqlite3.connect(file), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        target.close()
        source.close()
    return copy
