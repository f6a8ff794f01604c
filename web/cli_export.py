"""`kb export`: what leaves the service as a file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from indexer.backends import CurrentSearcher
from indexer.cli import moment
from indexer.offline import make_copy
from indexer.progress import progress_bar
from kb.settings import load_settings
from kb.whole_file import write_whole

_MOST_AHEAD = 7 * 24


@click.group("export")
def export() -> None:
    """导出：离线包。"""


@export.command("offline")
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path), help="写到哪个文件，例如 kb-offline.html"
)
@click.option("--as-of", "as_of", help="放这一时刻生效的版本，例如 2026-12-01；页面会说明它不是现在的内容")
@click.option(
    "--ahead", default=0, type=click.IntRange(0, _MOST_AHEAD),
    help="也放这么多小时之内将生效的版本，到时才显示；默认 0，文件里没有还没生效的内容",
)  # fmt: skip
def offline(target: Path, as_of: str | None, ahead: int) -> None:
    """导出离线包：一个 HTML 文件，有全部普通坐席可看的文章和搜索，断网时双击打开就能用。"""
    if as_of and ahead:
        raise click.UsageError("--ahead 不能和 --as-of 一起写：那一天的离线包不随时间变化。")
    at = moment(as_of)
    searcher = CurrentSearcher(load_settings()).searcher()
    with progress_bar("整理文章") as progress:
        copy = make_copy(searcher, at, timedelta(hours=ahead), progress)
    # imported here: the templates need the web framework
    from web.offline import offline_page

    with progress_bar("写成页面") as progress:
        page = offline_page(copy, searcher, progress, frozen=bool(as_of))
    write_whole(target, page)
    click.echo(f"{target}：{len(copy.versions)} 篇，{len(page) / 1_000_000:.1f} MB，{at:%Y-%m-%d %H:%M} 的内容。")


commands: list[click.Command] = [export]
