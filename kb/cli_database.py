"""Commands about the database: `kb db upgrade|status|purge`, `kb audit verify|export`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from kb.clock import now
from kb.db import audit as trail
from kb.db import retention
from kb.db.engine import Database
from kb.db.status import Status, look
from kb.settings import LEAST_DAYS, load_settings


@contextmanager
def opened() -> Iterator[Database]:
    """The database that the settings name."""
    database = Database(load_settings().database)
    try:
        yield database
    finally:
        database.close()


@click.group("db")
def db() -> None:
    """管理数据库：升级表、查看状态、清理到期的记录。"""


@db.command("upgrade")
def upgrade() -> None:
    """把表升级到这个程序的版本；已是最新就什么都不做。SQLite 会先留一份副本。"""
    with opened() as database:
        copy = database.upgrade()
        if copy:
            click.echo(f"升级前的副本：{copy}")
        click.echo(f"数据库 {database.shown} 的表已是最新版本（{look(database).head}）。")


@db.command("status")
@click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", help="输出格式")
def status(fmt: str) -> None:
    """查看数据库：地址、表的版本、行数、最新一条审计记录。不能直接使用时退出码为 1。"""
    with opened() as database:
        found = look(database)
    click.echo(json.dumps(asdict(found), ensure_ascii=False) if fmt == "json" else _said(found))
    sys.exit(0 if found.problem is None else 1)


def _said(found: Status) -> str:
    lines = [
        f"数据库：{found.database}（{found.product}）",
        f"表的版本：{found.revision or '没有表'}，程序要 {found.head}",
    ]
    if found.problem:
        return "\n".join([*lines, found.problem])
    rows = "，".join(f"{name} {count}" for name, count in found.rows.items())
    return "\n".join([*lines, f"行数：{rows}", f"最新审计记录：{_head(found.audit_seq, found.audit_hash)}"])


def _head(seq: int, hashed: str) -> str:
    return f"{seq}:{hashed}" if seq else "还没有"


@db.command("purge")
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(LEAST_DAYS),
    default=LEAST_DAYS,
    show_default=True,
    help="已处理的反馈和缺口保留多少天，不能少于六个月",
)
def purge(days: int) -> None:
    """清理到期的会话、链接和交接，早已处理的反馈和缺口，很久以前的阅读记录。审计记录、草稿、历史版本和收藏不清理。"""
    with opened() as database:
        gone = retention.purge(database, now(), days)
    click.echo("，".join(f"{name} {count} 行" for name, count in gone.items()) + "，已清理。")


@click.group("audit")
def audit() -> None:
    """审计记录：核对有没有被改动，导出给别的系统。"""


def _known(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, str] | None:
    """SEQ:HASH as `verify` prints it."""
    seq, _, hashed = (value or "").partition(":")
    if value is not None and not (seq.isascii() and seq.isdigit() and len(hashed) == 64):
        raise click.BadParameter("要写成 kb audit verify 以前显示的 序号:哈希", ctx, param)
    return None if value is None else (int(seq), hashed)


@audit.command("verify")
@click.option("--known", metavar="序号:哈希", callback=_known, help="以前记下的 序号:哈希，用来发现末尾被删掉")
def verify(known: tuple[int, str] | None) -> None:
    """核对整条审计链：改过、删过、插过的记录都会被发现。有问题时退出码为 1。"""
    with opened() as database:
        database.require_current()
        with database.snapshot() as connection:
            broken = trail.broken_at(connection, known)
            seq, hashed = trail.head(connection)
    if broken is not None:
        click.echo(
            f"审计记录从第 {broken} 条起对不上：它被改过、删过，或少了后面的记录。请保留现场，并和备份比对。", err=True
        )
        sys.exit(1)
    click.echo(f"审计记录完整，共 {seq} 条。请把最新一条记在别处：{_head(seq, hashed)}")


@audit.command("export")
@click.option("--since", type=click.IntRange(0), default=0, help="只要这个序号之后的记录")
def export(since: int) -> None:
    """把审计记录输出为 JSON Lines，一行一条，从旧到新。"""
    with opened() as database:
        database.require_current()
        with database.snapshot() as connection:
            for event in trail.events(connection, since):
                click.echo(trail.as_line(event))


commands: list[click.Command] = [db, audit]
