"""The index as `kb doctor` looks at it: whether it opens, is whole, of this program and not too old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from indexer import generations
from indexer.backends import open_generation
from kb.doctor.finding import Finding, bad, ok, warn
from kb.errors import IndexProblem
from kb.readiness import ALARM_AFTER
from kb.settings import Settings


def look(settings: Settings, at: datetime) -> Iterator[Finding]:
    """The serving generation, its age, and those kept for rolling back."""
    current = generations.current_name(settings.index)
    if current is None:
        yield warn("索引", "还没有", "运行 kb index build")
        return
    problem = _problem(settings, current)
    if problem:
        yield bad("索引", problem, "运行 kb index update，会重新建立；期间用最近的完好的一代")
    else:
        manifest = generations.read_manifest(settings.index / current)
        yield ok("索引", f"{current} 完好，{manifest.articles} 篇、{manifest.documents} 个文档，是这个程序建的")
        yield _age(datetime.fromisoformat(manifest.made), at)
    yield _others(settings, current)


def _problem(settings: Settings, name: str) -> str:
    try:
        open_generation(settings.index / name, settings.var / "cache", everything=True).check()
    except IndexProblem as error:
        return str(error)
    return ""


def _age(made: datetime, at: datetime) -> Finding:
    hours = (at - made).total_seconds() / 3600
    if at - made > ALARM_AFTER:
        return warn("索引的年龄", f"{hours:.0f} 小时", "运行 kb nightly，并看定时器为什么没有运行")
    return ok("索引的年龄", f"{hours:.1f} 小时")


def _others(settings: Settings, current: str) -> Finding:
    others = [name for name in generations.names(settings.index) if name != current]
    sound = [name for name in others if not _problem(settings, name)]
    if not sound:
        said = f"{len(others)} 代，没有一代能用" if others else "没有更早的一代"
        return warn("回退", said, "下一次 kb nightly 以后就有；在那以前不能用 kb index rollback")
    return ok("回退", f"可以回到 {len(sound)} 代，最近的是 {sound[0]}")
