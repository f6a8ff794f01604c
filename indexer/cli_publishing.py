"""Commands `kb publish …`: what was published, what waits, and what an article said; and the record of files changed by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from indexer.engines import engine_of, is_desk
from kb.clock import now, parse_moment, timestamp
from kb.db.engine import Database
from kb.errors import KBError, Missing
from kb.publishing.workbench import Publication, Revision, Workbench, open_workbench
from kb.settings import Settings, load_settings

_STATES = {"pending": "待写入", "written": "待进索引", "applied": "已完成", "failed": "没有发布"}
_SOURCES = {"workbench": "工作台", "files": "文件改动", "git": "Git"}
_format = click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", help="输出格式")


@click.group("publish")
def publish() -> None:
    """查看和补做发布，查文章的历史。"""


@publish.command("resume")
def resume() -> None:
    """补做中断了的发布，并把手工或 Git 改过的文件记进历史。服务运行时会自己做。没有做完时退出码为 1。"""
    with _opened() as workbench:
        done = workbench.resume(now())
        found = workbench.take_up_files(now())
    for publication in done:
        click.echo(_line(publication))
    left = [p for p in done if p.state != "applied"]
    click.echo(f"补做了 {len(done) - len(left)} 次发布，还剩 {len(left)} 次；记下 {len(found)} 个文件的改动。")
    sys.exit(1 if left else 0)


@publish.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="最多几次")
@_format
def list_command(limit: int, fmt: str) -> None:
    """列出最近的发布，新的在前。"""
    with _opened() as workbench:
        found = workbench.publications(limit)
    if fmt == "json":
        _echo_json([_plain(p) for p in found])
        return
    for publication in found:
        click.echo(_line(publication))
    if not found:
        click.echo("还没有发布过。")


@publish.command("log")
@click.argument("article")
@click.option("--at", "moment", help="这一时刻坐席看到的全文（共用数字照当时的填好），例如 2026-12-01 08:30")
@_format
def log(article: str, moment: str | None, fmt: str) -> None:
    """文章 ARTICLE（编号，或 _registry、_lexicon 里的文件）的历史，新的在前；写出 --at 时输出那一刻的全文。"""
    at = _moment(moment) if moment else None
    with _opened() as workbench:
        if at is not None:
            then = workbench.said(article, at)
            if then is None:
                raise Missing(f"{article} 在 {at:%Y-%m-%d %H:%M:%S} 没有生效的内容，或那时还没有记录。")
            _echo_json(_plain(then, "text")) if fmt == "json" else click.echo(then.text, nl=False)
            return
        found = workbench.history(article) or workbench.history_of_file(article)
    if not found:
        raise Missing(f"没有 {article} 的历史。")
    if fmt == "json":
        _echo_json([_plain(r) for r in found])
        return
    for revision in found:
        click.echo(_told(revision))


def record_files(settings: Settings, at: datetime) -> None:
    """Keep in the history what was changed in the files, if there is a database; the index does not wait for it."""
    database = Database(settings.database)
    try:
        if (database.file is None or database.file.exists()) and database.is_current():
            open_workbench(settings, database, engine_of(settings)).take_up_files(at)
    except (KBError, OSError) as error:
        click.echo(f"文件的改动还没有记进历史，服务启动时会再记：{error}", err=True)
    finally:
        database.close()


@contextmanager
def _opened() -> Iterator[Workbench]:
    settings = load_settings()
    if is_desk(settings):
        raise KBError("这台机器只回答问题，没有文章目录；请在编辑台那台机器上运行。")
    database = Database(settings.database)
    try:
        database.require_current()
        yield open_workbench(settings, database, engine_of(settings))
    finally:
        database.close()


def _moment(written: str) -> datetime:
    try:
        return parse_moment(written)
    except ValueError:
        raise click.BadParameter(f"“{written}”不是有效的时间，请写成 2026-12-01 或 2026-12-01 08:30。") from None


def _line(p: Publication) -> str:
    what = "撤下" if p.action == "remove" else "写入"
    note = f"  {p.reason}" if p.reason else ""
    return f"#{p.id}  {p.at:%Y-%m-%d %H:%M:%S}  {_STATES[p.state]}  {what} {p.path}  {p.author or '—'} → {p.approver}{note}"


def _told(r: Revision) -> str:
    version = "（删除）" if r.removed else f"第{r.version}版" if r.version else "—"
    people = f"{r.author or '—'} → {r.approver or '—'}"
    return f"#{r.id}  {r.at:%Y-%m-%d %H:%M:%S}  {version}  {_SOURCES[r.source]}  {people}  {r.path}"


def _plain(row: Publication | Revision, *also: str) -> dict[str, Any]:
    """For JSON: without the text, unless asked for."""
    values = {name: value for name, value in asdict(row).items() if name != "text" or name in also}
    return {name: timestamp(v) if isinstance(v, datetime) else v for name, v in values.items()}


def _echo_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


commands: list[click.Command] = [publish]
