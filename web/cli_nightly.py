"""`kb nightly`: the job of the night, for a timer. A terminal sees bars, a log gets one JSON object a line.

Exit codes: 0 a new index serves (or a dry run found nothing wrong), 1 not done, 3 refused by the gate, 4 another one is
running, 5 stopped, 6 a new index serves, but another part was not done. Whatever the code, there is an index that serves.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import click

from indexer.nightly import NightShift, Stopped
from indexer.offline import make_copy
from indexer.progress import Progress, no_progress, progress_bar
from indexer.searcher import WhooshSearcher
from kb.clock import now, timestamp
from kb.errors import Refused
from kb.locks import exclusive
from kb.reporting.delivery import deliver
from kb.reporting.last import is_reported
from kb.reporting.night import Night, Outcome, Step
from kb.reporting.text import as_text
from kb.reporting.values import as_json
from kb.settings import Settings, require_articles
from kb.whole_file import write_whole

EXITS: dict[Outcome, int] = {"done": 0, "tried": 0, "failed": 1, "refused": 3, "stopped": 5}
BUSY, PARTLY = 4, 6
# the pack also holds what begins before the next one is made
_AHEAD = timedelta(hours=26)


class Terminal:
    """Somebody looks on."""

    @contextmanager
    def progress(self, label: str, unit: str) -> Iterator[Progress]:
        """A bar with rate and time left."""
        with progress_bar(label, unit) as progress:
            yield progress

    def done(self, step: Step) -> None:
        """One line for each part."""
        said = step.problem or step.said
        click.echo(f"{step.label}：{said or '好了'}（{step.seconds:.1f} 秒）", err=True)


class Log:
    """Nobody looks on: one JSON object a line, on stderr."""

    @contextmanager
    def progress(self, label: str, unit: str) -> Iterator[Progress]:
        """Nothing."""
        yield no_progress

    def done(self, step: Step) -> None:
        """A part has ended."""
        click.echo(json.dumps({"at": timestamp(now()), "event": "step", **asdict(step)}, ensure_ascii=False), err=True)


@click.command("nightly")
@click.option("--dry-run", "dry", is_flag=True, help="只重建、检验，不换上，也不清理、不写报告")
@click.option("--force", is_flag=True, help="没有通过检查也换上；先看清报告里的原因")
@click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", help="报告在标准输出上的格式")
def nightly(dry: bool, force: bool, fmt: str) -> None:
    """夜间任务：重建索引，检验后换上，做离线包，清理到期的记录，写报告。旧索引一直服务到换上新的为止。

    \b
    退出码：0 做完了；1 没有做完；3 没有通过检查；4 另一个夜间任务正在运行；5 按要求停下；
    6 新索引已换上，但离线包、清理、报告等有没做完的。
    """
    settings = require_articles()
    watching = Terminal() if sys.stderr.isatty() else Log()
    try:
        with _stopped_by_sigterm(), exclusive(settings.var / "nightly.lock", 0):
            night = NightShift(settings, now(), watching, _pack, dry=dry, force=force).run()
            if not dry:
                night = deliver(settings, night)
    except Refused:
        click.echo("另一个夜间任务正在运行，这一次不做。", err=True)
        sys.exit(BUSY)
    except Stopped:
        click.echo("收到停止信号，报告没有写完；旧索引照常服务。", err=True)
        sys.exit(EXITS["stopped"])
    click.echo(as_json(night) if fmt == "json" else as_text(night), nl=False)
    sys.exit(EXITS[night.outcome] or (0 if dry or _complete(settings, night) else PARTLY))


def _complete(settings: Settings, night: Night) -> bool:
    """Whether every part was done, and the report of it stands where tomorrow's reader looks."""
    whole = not any(step.problem for step in night.steps)
    return whole and is_reported(settings.reports, datetime.fromisoformat(night.began))


def _pack(searcher: WhooshSearcher, target: Path, at: datetime) -> None:
    # imported here: the templates need the web framework
    from web.offline import offline_page

    copy = make_copy(searcher, at, _AHEAD)
    write_whole(target, offline_page(copy, searcher, no_progress, frozen=False))


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the job as an exception does, so that what was begun is put away; children just end."""

    def stop(number: int, frame: object) -> None:
        # once is enough: putting away must not be interrupted
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Stopped

    before = signal.signal(signal.SIGTERM, stop)
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


commands: list[click.Command] = [nightly]
