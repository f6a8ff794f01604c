"""`kb doctor`: looks at everything that an installation needs, changes nothing, and says what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime

import click

from indexer import doctor as index
from indexer.engines import is_desk
from kb.clock import now
from kb.doctor import installed, places, records, setup
from kb.doctor.finding import Finding, bad, failed
from kb.errors import KBError
from kb.settings import Settings, load_settings

Look = Callable[[], Iterable[Finding]]


@click.command("doctor")
@click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", help="输出格式")
def doctor(fmt: str) -> None:
    """体检：安装、设置、权限、磁盘、时钟、文章、索引、数据库、夜间任务。不改动任何东西；有 ✗ 时退出码为 1。"""
    findings = list(examine(load_settings(), now()))
    if fmt == "json":
        shown = {"ok": not failed(findings), "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(finding.line)
    sys.exit(1 if failed(findings) else 0)


def examine(settings: Settings, at: datetime) -> Iterator[Finding]:
    """Every part. One that cannot even be looked at is bad, and the others are looked at all the same."""
    looks: list[tuple[str, Look]] = [("安装", installed.look), ("设置", lambda: setup.look(settings, at))]
    if not is_desk(settings):
        # a node that only answers has neither articles nor an index of its own
        looks += [
            ("目录", lambda: places.look(settings)),
            ("记录", lambda: records.look(settings, at)),
            ("索引", lambda: index.look(settings, at)),
        ]
    looks.append(("检索集群", lambda: index.look_at_cluster(settings)))
    for part, look in looks:
        try:
            yield from look()
        except (KBError, OSError) as error:
            yield bad(part, f"看不了：{error}", "先解决这个问题，再运行一次")


commands: list[click.Command] = [doctor]
