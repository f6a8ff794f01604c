"""Commands `kb backup` and `kb restore`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import click

from kb import backup_writer, restoring
from kb.backup import Manifest
from kb.backup_reader import Archive
from kb.cli_database import opened
from kb.clock import now
from kb.errors import BackupProblem
from kb.locks import exclusive
from kb.publishing.workbench import publish_lock
from kb.settings import Settings, load_settings

# seconds to wait for somebody who publishes
_PATIENCE = 30.0


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """把文章和数据库备份到一个新文件（ZIP）。不用停服务；做完会自己核对一遍。"""
    settings = load_settings()
    with opened() as database, _bar("备份") as progress:
        made = backup_writer.make(file, settings.articles, database, now(), _publishing(settings), progress)
    for name in made.skipped:
        click.echo(f"没有收进备份（不是普通文件，或名字不能用）：{name!r}", err=True)
    if made.manifest.audit.broken_at:
        click.echo("提醒：审计记录对不上，请运行 kb audit verify。备份照原样保留了它。", err=True)
    click.echo(f"{file}：{_content(made.manifest)}，已核对。SHA-256 {made.sha256}")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--check", is_flag=True, help="只核对备份，什么都不改动")
@click.option("--force", is_flag=True, help="替换已有的文章和数据；会先自动备份现在的内容")
def restore(file: Path, check: bool, force: bool) -> None:
    """从备份恢复文章和数据库。先停服务；文章目录和数据库要是空的。"""
    if check:
        with Archive(file) as archive:
            archive.check()
            click.echo(f"{file}：{_content(archive.manifest)}，完好。")
        return
    settings = load_settings()
    with opened() as database:
        stands = restoring.occupied(settings.articles, database)
        if stands:
            if not force:
                raise BackupProblem(f"{stands}，没有改动它。确实要替换，请加 --force，会先备份现在的内容。")
            # a damaged backup must not cost a safety copy
            with Archive(file) as archive:
                archive.check()
            safety = settings.var / f"before-restore-{now():%Y%m%d-%H%M%S}.zip"
            safety.parent.mkdir(parents=True, exist_ok=True)
            settings.articles.mkdir(parents=True, exist_ok=True)
            database.upgrade()
            with _bar("备份现在的内容") as progress:
                backup_writer.make(safety, settings.articles, database, now(), _publishing(settings), progress)
            click.echo(f"现在的内容已备份到 {safety}")
        with _bar("恢复") as progress:
            manifest = restoring.restore(file, settings.articles, database, now(), _publishing(settings), progress)
    if manifest.audit.broken_at:
        click.echo("提醒：做备份时审计记录就已经对不上，请运行 kb audit verify。", err=True)
    click.echo(f"已恢复：{_content(manifest)}。每个人都要重新登录。接下来请运行 kb index build，再启动服务。")


def _content(manifest: Manifest) -> str:
    return f"{manifest.made[:16].replace('T', ' ')} 的备份，文章目录 {manifest.articles} 个文件，数据库 {sum(manifest.tables.values())} 行"


def _publishing(settings: Settings) -> AbstractContextManager[object]:
    return exclusive(publish_lock(settings), _PATIENCE)


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress callback that draws a bar on a terminal, and is silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield progress


commands: list[click.Command] = [backup, restore]
