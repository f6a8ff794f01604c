"""A night as plain text: for a terminal, a log and a mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from kb.reporting.agenda import Agenda, Due
from kb.reporting.night import OUTCOMES, Asked, Golden, Night, Waiting

# lines of one kind that are shown
_SHOWN = 10


def as_text(night: Night) -> str:
    """The report in Chinese: what matters first, each part under a heading of its own."""
    return "\n".join(_lines(night)) + "\n"


def headline(night: Night) -> str:
    """The night in one sentence."""
    more = f"；{len(night.quarantined)} 篇有错，仍用上一个好的版本" if night.quarantined else ""
    troubles = f"；另有 {len(night.troubles)} 个问题" if night.troubles else ""
    return f"{OUTCOMES[night.outcome]}{more}{troubles}。"


def _lines(night: Night) -> Iterator[str]:
    yield f"坐席知识台夜间报告  {_moment(night.began)} 到 {_moment(night.ended)}"
    yield headline(night)
    yield from (f"  原因：{reason}" for reason in night.reasons)
    yield from (f"  问题：{trouble}" for trouble in night.troubles)
    yield ""
    yield f"索引：{night.generation or '没有'}，{night.articles} 篇，{night.documents} 个文档"
    yield f"  新增或更新 {night.added} 篇，移除 {night.removed} 篇，未变 {night.unchanged} 篇"
    yield from _listed("有错未用的文件（用上一个好的版本）", night.quarantined)
    yield from _steps(night)
    if night.golden:
        yield from _golden(night.golden)
    if night.agenda:
        yield from _agenda(night.agenda)
    if night.waiting:
        yield from _waiting(night.waiting)
    if night.asked:
        yield from _asked(night.asked)
    if night.purged:
        yield "清理：" + "，".join(f"{name} {count}" for name, count in night.purged.items())


def _steps(night: Night) -> Iterator[str]:
    yield "步骤："
    for step in night.steps:
        said = step.problem or step.said
        yield f"  {step.label}  {step.seconds:.1f} 秒{'  ' + said if said else ''}"


def _golden(golden: Golden) -> Iterator[str]:
    after, before = golden.after, golden.before
    was = f"（原来 {before.hit1:.1%}、{before.hit3:.1%}）" if before else ""
    yield f"检验问法 {after.asked} 个：第 1 条就对 {after.hit1:.1%}，前 3 条里有 {after.hit3:.1%}{was}，变好 {golden.won} 个"
    yield from _listed("变差的", golden.lost)


def _agenda(agenda: Agenda) -> Iterator[str]:
    yield from _listed("7 天内生效", map(_due, agenda.begins))
    yield from _listed("7 天内失效", map(_due, agenda.ends))
    yield from _listed("超期未核对", map(_due, agenda.overdue))
    yield from _listed("文章里的错误和提醒", map(str, agenda.problems))


def _waiting(waiting: Waiting) -> Iterator[str]:
    yield (
        f"待办：缺口 {waiting.gaps} 个，反馈 {waiting.feedback} 条（超期 {waiting.late_feedback} 条），"
        f"待审核 {waiting.reviews} 份"
    )
    yield from _listed(
        "最新的缺口", (f"“{question}”（当时第一条：{best or '没有'}）" for question, best in waiting.latest_gaps)
    )


def _asked(asked: Asked) -> Iterator[str]:
    yield f"{asked.day} 提问 {asked.questions} 次：没有结果 {asked.zero:.1%}，没有把握 {asked.unsure:.1%}"
    yield from _listed("没答好的问题", (f"“{question}” {count} 次" for question, count in asked.missed))


def _listed(title: str, rows: Iterable[str]) -> Iterator[str]:
    """The first rows under a title, and how many more there are; nothing where there is none."""
    found = list(rows)
    if not found:
        return
    yield f"{title}（{len(found)}）："
    yield from (f"  {row}" for row in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield f"  还有 {len(found) - _SHOWN} 条，见 JSON 或网页报告"


def _due(due: Due) -> str:
    when = due.when if len(due.when) == len("2026-12-01") else _moment(due.when)
    return f"{when}  {due.title}（{due.id}，第 {due.version} 版，{due.owner}）"


def _moment(written: str) -> str:
    return f"{datetime.fromisoformat(written):%Y-%m-%d %H:%M}"
