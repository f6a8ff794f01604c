"""The database, the articles and the last night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kb.db import audit
from kb.db.engine import Database
from kb.db.status import clock
from kb.doctor.finding import Finding, bad, ok, warn
from kb.errors import DatabaseProblem, KBError
from kb.library import load_library
from kb.readiness import ALARM_AFTER
from kb.reporting.last import last_night
from kb.settings import Settings

# events at the end of the audit that are computed anew; all of them: kb audit verify
_AUDITED = 1000
# how far two clocks may be apart: articles begin to be in force at a minute
_SKEW = timedelta(seconds=30)


def look(settings: Settings, at: datetime) -> Iterator[Finding]:
    """Everything that is kept."""
    yield from database(settings, at)
    yield articles(settings)
    yield night(settings, at)


def database(settings: Settings, at: datetime) -> Iterator[Finding]:
    """Whether it can be used, its clock, and the end of the audit. Nothing is made where there is none."""
    try:
        found = Database(settings.database)
    except KBError as error:
        yield bad("数据库", str(error), "改 KB_DATABASE_URL")
        return
    try:
        yield from _asked(found, at)
    except DatabaseProblem as error:
        yield bad("数据库", str(error), "搜索照常；修好以后才能登录、编辑和发布")
    finally:
        found.close()


def _asked(found: Database, at: datetime) -> Iterator[Finding]:
    if found.file and not found.file.exists():
        yield warn("数据库", f"还没有 {found.file}", "第一次运行 kb serve 时会建立")
        return
    found.require_current()
    with found.reading() as connection:
        there = clock(connection)
        last, _ = audit.head(connection)
        broken = audit.broken_at(connection, since=max(0, last - _AUDITED))
    yield ok("数据库", f"{found.shown}，表是这个程序的版本")
    if abs(there - at) > _SKEW:
        yield bad("数据库的时钟", f"和本机差 {abs(there - at).total_seconds():.0f} 秒", "两边都用 NTP 对时")
    if broken is not None:
        yield bad("审计记录", f"从第 {broken} 条起对不上", "保留现场，运行 kb audit verify，和备份比对")
    else:
        yield ok("审计记录", f"{last} 条，最后 {min(last, _AUDITED)} 条核对过")


def articles(settings: Settings) -> Finding:
    """Errors of the files."""
    if not settings.articles.is_dir():
        return bad("文章", "没有文章目录", "见上")
    library = load_library(settings.articles)
    errors = sum(problem.level == "error" for problem in library.problems)
    if not library.articles:
        return bad("文章", f"{settings.articles} 里没有可用的文章", "运行 kb check")
    said = f"可用 {len(library.articles)} 篇，错误 {errors} 处"
    return warn("文章", said, "运行 kb check 看是哪些") if errors else ok("文章", said)


def night(settings: Settings, at: datetime) -> Finding:
    """How the last night went, and whether it is too long ago."""
    last = last_night(settings.reports)
    if last is None:
        return warn("夜间任务", "还没有运行过", "装上定时器（deploy/kb-nightly.timer），或运行 kb nightly")
    if at - last.ended > ALARM_AFTER:
        return bad("夜间任务", f"上一次是 {last.sentence}，已超过 26 小时", "看定时器还在不在：systemctl list-timers")
    if not last.good:
        return bad(
            "夜间任务", f"{last.sentence}：{'；'.join(last.reasons) or '见报告'}", f"看 {settings.reports} 里的报告"
        )
    if last.quarantined:
        return warn(
            "夜间任务", f"{last.sentence}，{last.quarantined} 个文件有错，用的是旧版", "运行 kb check，改好这些文件"
        )
    return ok("夜间任务", last.sentence)
