"""Whether a new generation may serve: not with far fewer articles, not where known questions are answered worse (row 69). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kb.editing.asking import TOP
from kb.editing.effect import Change, Effect
from kb.evaluating.evaluation import Evaluation

# share of the articles that may be missing
FEWER = 0.05
# golden questions that may leave the first three: so many, or that share of them if it is more
LOST, LOST_SHARE = 1, 0.005
# of yesterday's questions: from how many on they count, and by how much the share that finds nothing may grow
SAMPLE, ZERO_MORE = 20, 0.05


def fewer_articles(before: int, after: int) -> list[str]:
    """A refusal where too many articles are gone."""
    if before and after < before * (1 - FEWER):
        return [f"文章从 {before} 篇减到 {after} 篇，少了 {(before - after) / before:.1%}，超过 {FEWER:.0%}。"]
    return []


def worse_answers(effect: Effect) -> list[str]:
    """A refusal where too many golden questions no longer find their article among the first three."""
    gone = left_top(effect)
    came = [c for c in effect.won if not _in_top(c.before)]
    allowed = max(LOST, int(effect.asked * LOST_SHARE))
    if len(gone) - len(came) <= allowed:
        return []
    shown = "；".join(f"“{c.question}”应找到《{c.title}》" for c in gone[:5])
    return [f"有 {len(gone)} 个检验问法不再进前 {TOP} 条（新进来 {len(came)} 个），多于允许的 {allowed} 个：{shown}。"]


def more_unanswered(before: Evaluation, after: Evaluation) -> list[str]:
    """A refusal where noticeably more of yesterday's questions find nothing at all."""
    was, now = before.figures, after.figures
    if now.asked < SAMPLE or now.zero <= was.zero + ZERO_MORE:
        return []
    return [f"昨天的 {now.asked} 个问题里，什么也搜不到的从 {was.zero:.1%} 升到 {now.zero:.1%}。"]


def left_top(effect: Effect) -> Sequence[Change]:
    """The questions whose article was among the first three and is not any more."""
    return [c for c in effect.lost if c.kind == "golden" and not _in_top(c.after)]


def _in_top(rank: int | None) -> bool:
    return rank is not None and rank <= TOP
