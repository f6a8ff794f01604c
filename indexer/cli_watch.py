"""`kb watch`: the index follows the files. Ends on SIGTERM and Ctrl+C, whatever it is doing; nothing is left half done."""

from __future__ import annotations

import os
import signal
import sys

import click

from indexer.nightly import Stopped
from indexer.watching import Watch
from kb.errors import Refused
from kb.locks import exclusive
from kb.settings import require_articles

_BUSY = 4


@click.command("watch")
def watch() -> None:
    """监视文章目录：文件一改（文章、词库、登记），两秒内就能搜到。按 Ctrl+C 停止。

    \b
    退出码：0 按要求停下；1 不能监视；4 另一个 kb watch 正在运行。
    """
    settings = require_articles()
    watching = Watch(settings, lambda line: click.echo(line, err=True))
    _stop_on_signals(watching)
    try:
        with exclusive(settings.var / "watch.lock", 0):
            click.echo(f"正在监视 {settings.articles}，按 Ctrl+C 停止。", err=True)
            watching.run()
    except Refused:
        click.echo("另一个 kb watch 正在运行，这一个不做。", err=True)
        sys.exit(_BUSY)
    except Stopped:
        # in the middle of an update: what was begun is put away, the next start takes it up
        pass
    click.echo("已停止监视。", err=True)


def _stop_on_signals(watching: Watch) -> None:
    def stop(number: int, frame: object) -> None:
        for one in (signal.SIGTERM, signal.SIGINT):
            # once is enough: putting away must not be interrupted
            signal.signal(one, signal.SIG_IGN)
        watching.stop()
        if watching.working:
            raise Stopped

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    os.register_at_fork(after_in_child=_forget_signals)


def _forget_signals() -> None:
    """Children just end."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


commands: list[click.Command] = [watch]
