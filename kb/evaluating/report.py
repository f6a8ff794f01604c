"""What an evaluation says, as Chinese text for team leads and as plain values for JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from kb.clock import timestamp
from kb.editing.asking import DEPTH, TOP, Asking, Ranked
from kb.editing.effect import Change, Effect
from kb.evaluating.evaluation import Evaluation, Figures
from kb.evaluating.gate import percent
from kb.evaluating.reasons import Failure, failure
from kb.types import Problem

_COLUMNS = ("类目", "题数", "第1条", "前3条", "前5条", "MRR@10", "没搜到", "没把握")


@dataclass(frozen=True, slots=True)
class Compared:
    """The same questions, asked of another generation before."""

    before: Evaluation
    effect: Effect


@dataclass(frozen=True, slots=True)
class Report:
    """Everything there is to say about an evaluation."""

    evaluation: Evaluation
    categories: Sequence[tuple[str, Figures]]
    # at most as many as were asked for, the worst first
    failures: Sequence[Failure]
    violated: Sequence[Failure]
    compared: Compared | None = None
    # what is wrong with the files of pairs
    problems: Sequence[Problem] = ()
    # limits that are not kept
    refusals: Sequence[str] = ()


def make_report(
    asking: Asking, evaluation: Evaluation, categories: Mapping[str, str], most: int | None,
    compared: Compared | None = None, problems: Sequence[Problem] = (), refusals: Sequence[str] = (),
) -> Report:  # fmt: skip
    """The report, with reasons for at most so many failures (None: for all). `categories`: of every article."""
    failures = [failure(asking, case) for case in islice(evaluation.failures, most)]
    violated = [failure(asking, case) for case in islice(evaluation.violated, most)]
    return Report(evaluation, evaluation.by_category(categories), failures, violated, compared, problems, refusals)


def as_text(report: Report, most: int) -> str:
    """The report for people; of each list of changes at most so many."""
    lines = [*_summary(report.evaluation), ""]
    lines += [*_table(report.categories), ""]
    lines += _failures(report)
    if report.compared:
        lines += _changes(report.compared, report.evaluation.figures, most)
    return "\n".join(lines).rstrip()


def as_values(report: Report) -> dict[str, Any]:
    """The report for programs, ready for JSON."""
    evaluation = report.evaluation
    return {
        "generation": evaluation.generation,
        "at": timestamp(evaluation.at),
        "left_out": evaluation.left_out,
        "figures": _rounded(evaluation.figures),
        "categories": [{"category": name, **_rounded(figures)} for name, figures in report.categories],
        "failed": len(evaluation.failures),
        "failures": [asdict(f) for f in report.failures],
        "must_not": {"asked": len(evaluation.cases) - len(evaluation.found), "found": len(evaluation.violated)},
        "violated": [asdict(f) for f in report.violated],
        "compared": _compared_values(report.compared) if report.compared else None,
        "problems": [asdict(p) for p in report.problems],
        "refusals": list(report.refusals),
        "passed": not report.refusals,
    }


def _compared_values(compared: Compared) -> dict[str, Any]:
    effect = compared.effect
    return {
        "generation": compared.before.generation,
        "figures": _rounded(compared.before.figures),
        **{name: [asdict(change) for change in getattr(effect, name)] for name in ("won", "lost", "moved")},
    }


def _rounded(figures: Figures) -> dict[str, float]:
    return {name: round(value, 6) for name, value in asdict(figures).items()}


def _summary(evaluation: Evaluation) -> Iterator[str]:
    made = evaluation.figures
    yield f"问了 {made.asked} 题，索引 {evaluation.generation}，{evaluation.at:%Y-%m-%d %H:%M} 生效的版本。"
    if evaluation.left_out:
        yield f"另有 {evaluation.left_out} 题太长，没有问。"
    counted = (
        ("第 1 条就是（hit@1）", made.hit1),
        ("前 3 条里有（hit@3）", made.hit3),
        ("前 5 条里有（hit@5）", made.hit5),
        ("什么也没搜到", made.zero),
        ("没有把握", made.unsure),
    )
    for name, share in counted:
        yield f"{_padded(name, 22)}{percent(share):>8}  {round(share * made.asked)} 题"
    yield f"{_padded('MRR@10', 22)}{made.mrr10:>8.4f}"
    if made.with_section:
        yield f"{_padded('条款或小节也对', 22)}{percent(made.section):>8}  共 {made.with_section} 题写明了条款"
    forbidden = len(evaluation.cases) - made.asked
    if forbidden:
        yield f"不该找到的 {forbidden} 题里，有 {len(evaluation.violated)} 题进了前 {TOP} 条。"


def _table(rows: Sequence[tuple[str, Figures]]) -> Iterator[str]:
    """The categories where something is not first; the others are only counted."""
    shown = [(name, f) for name, f in rows if f.hit1 < 1]
    if shown:
        width = max(_width(name) for name, _ in shown)
        yield "按类目，差的在前："
        yield _padded(_COLUMNS[0], width) + "".join(_padded(name, 9, right=True) for name in _COLUMNS[1:])
        yield from (_padded(name, width) + _row(f) for name, f in shown)
    if rest := len(rows) - len(shown):
        yield f"{'其余 ' if shown else ''}{rest} 个类目，每一题的文章都排在第 1。"


def _row(f: Figures) -> str:
    shares = (percent(f.hit1), percent(f.hit3), percent(f.hit5), f"{f.mrr10:.4f}", percent(f.zero), percent(f.unsure))
    return f"{f.asked:>9}" + "".join(f"{share:>9}" for share in shares)


def _failures(report: Report) -> Iterator[str]:
    failed, shown = len(report.evaluation.failures), len(report.failures)
    if failed:
        yield f"没有排在第 1 的 {failed} 题{_only(shown, failed)}："
    yield from _listed(report.failures, "应得")
    if report.violated:
        found = len(report.evaluation.violated)
        yield ""
        yield f"不该找到却在前 {TOP} 条的 {found} 题{_only(len(report.violated), found)}："
        yield from _listed(report.violated, "不该是")
    yield ""


def _listed(failures: Sequence[Failure], what: str) -> Iterator[str]:
    for number, f in enumerate(failures, 1):
        first = "" if f.winner in (None, f.expected) else f"；第一条是{_named(f.winner)}"
        yield f"{number:>3}. “{f.question}” {what}{_named(f.expected)}，{_place(f.rank)}{first}"
        yield f"     {f.why}"


def _changes(compared: Compared, now: Figures, most: int) -> Iterator[str]:
    was, effect = compared.before.figures, compared.effect
    counts = f"变好 {len(effect.won)} 题，变差 {len(effect.lost)} 题，其他变动 {len(effect.moved)} 题"
    yield f"和 {compared.before.generation} 相比：{counts}。"
    shares = (
        (name, getattr(was, field), getattr(now, field)) for name, field in (("hit@1", "hit1"), ("hit@3", "hit3"))
    )
    yield "，".join(f"{name} {percent(old)} → {percent(new)}" for name, old, new in shares)
    for name, changes in (("变差", effect.lost), ("变好", effect.won), ("其他变动", effect.moved)):
        if changes and most:
            yield f"{name}{_only(min(most, len(changes)), len(changes))}："
            yield from (f"  {_changed(change)}" for change in changes[:most])


def _changed(change: Change) -> str:
    winner = change.winner
    first = f"，现在第一条是{_named(winner)}" if winner and change.after != 1 else ""
    title = _named(Ranked(change.article_id, change.title))
    return f"“{change.question}” {title}：{_place(change.before)} → {_place(change.after)}{first}"


def _named(article: Ranked | None) -> str:
    if article is None:
        return ""
    return f"《{article.title}》（{article.id}）" if article.title else f" {article.id} "


def _place(rank: int | None) -> str:
    return f"第 {rank} 位" if rank else f"不在前 {DEPTH} 位"


def _only(shown: int, of: int) -> str:
    return f"，列出 {shown} 题" if shown < of else ""


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int, *, right: bool = False) -> str:
    space = " " * max(width - _width(text), 0)
    return space + text if right else text + space
