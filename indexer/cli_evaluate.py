"""The command `kb evaluate`: asks questions with known answers and says how well the search finds them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from indexer import generations
from indexer.backends import open_generation
from indexer.cli import moment, with_index
from indexer.progress import progress_bar
from kb.editing.asking import Asking, Question
from kb.editing.effect import effect_between
from kb.editing.known import KnownLibrary
from kb.errors import IndexMissing, IndexProblem, KBError
from kb.evaluating.evaluation import Evaluation, evaluate, golden
from kb.evaluating.gate import Gate
from kb.evaluating.pairs import read_pairs
from kb.evaluating.report import Compared, as_text, as_values, make_report
from kb.library import load_library
from kb.settings import Settings, require_articles
from kb.types import Article, Problem

PREVIOUS = "previous"
_SHOWN = 20
_share = click.FloatRange(0, 1)
_number = click.IntRange(0)


@click.command("evaluate")
@click.option(
    "--pairs",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="问题和文章的对照表（.csv、.tsv、.xlsx、.jsonl，列：问题、文章编号、条款），可以写几次；不写就问文章自己的检验问法",
)
@click.option("--golden", "with_golden", is_flag=True, help="有 --pairs 时，也问文章自己的检验问法")
@click.option("--skip-bad", is_flag=True, help="对照表里有问题的行略过，不影响退出码")
@click.option("--as-of", "as_of", help="问这一时刻生效的版本，例如 2026-12-01")
@click.option(
    "--compare", "other", metavar="GENERATION", help="和另一代索引比较：名字见 kb index list，或写 previous（上一代）"
)
@click.option("--failures", "most", type=_number, help=f"最多列几题（文字默认 {_SHOWN}，JSON 默认全部）")
@click.option("--min-hit1", type=_share, help="第 1 条就是的至少占多少，例如 0.95")
@click.option("--min-hit3", type=_share, help="前 3 条里有的至少占多少")
@click.option("--min-mrr", type=_share, help="MRR@10 至少多少")
@click.option("--max-zero", type=_share, help="什么也没搜到的最多占多少")
@click.option("--max-violated", type=_number, help="不该找到却找到的最多几题")
@click.option("--max-lost", type=_number, help="比另一代变差的最多几题（要有 --compare）")
@click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", help="输出格式")
def evaluate_command(
    files: tuple[Path, ...], with_golden: bool, skip_bad: bool, as_of: str | None, other: str | None, most: int | None,
    fmt: str, **limits: float | None,
) -> None:  # fmt: skip
    """用知道答案的问题检验搜索：命中率、没有排在第 1 的问题和原因。达不到要求、或对照表有错时退出码为 1。"""
    gate = Gate(**limits)  # type: ignore[arg-type] # click has checked them
    if gate.max_lost is not None and other is None:
        raise click.UsageError("--max-lost 要和 --compare 一起写。")
    settings, at = require_articles(), moment(as_of)
    questions, problems, categories = _questions(settings, files, with_golden, at)
    if fmt == "text":
        for problem in problems:
            click.echo(str(problem), err=True)
    asking, evaluation, compared = _asked(settings, questions, at, other)
    refusals = gate.refusals(evaluation, compared.effect if compared else None)
    shown = _SHOWN if most is None and fmt == "text" else most
    report = make_report(asking, evaluation, categories, shown, compared, problems, refusals)
    click.echo(as_text(report, shown or 0) if fmt == "text" else json.dumps(as_values(report), ensure_ascii=False))
    bad = 0 if skip_bad else sum(p.level == "error" for p in problems)
    _end(gate, refusals, bad)


def _questions(
    settings: Settings, files: Sequence[Path], with_golden: bool, at: datetime
) -> tuple[list[Question], list[Problem], dict[str, str]]:
    """What to ask, what is wrong with the files, and the category of each article. Raises KBError if there is nothing."""
    known = KnownLibrary(load_library(settings.articles))
    in_force: dict[str, Article] = {article.id: article for article in known.in_force(at).values()}
    asked = golden(in_force.values()) if with_golden or not files else []
    problems: list[Problem] = []
    for path in files:
        pairs = read_pairs(path, in_force, known.ids)
        asked += pairs.questions
        problems += pairs.problems
    if not asked:
        said = "".join(f"{problem}\n" for problem in problems)
        raise KBError(
            f"{said}没有可以问的问题：{'对照表里没有能用的行' if files else '文章里没有检验问法（test_queries）'}。"
        )
    return list(dict.fromkeys(asked)), problems, {a.id: a.category for a in in_force.values()}


def _asked(
    settings: Settings, questions: Sequence[Question], at: datetime, other: str | None
) -> tuple[Asking, Evaluation, Compared | None]:
    """The questions, asked of the generation that serves and, where one is named, of another one before it."""
    current = with_index(settings)
    before = _open_other(settings, _named(settings, other, current), at) if other is not None else None
    now = Asking(open_generation(settings.index / current, settings.var / "cache"), at)
    was = _with_bar(before, questions, "问另一代索引") if before else None
    evaluation = _with_bar(now, questions, "提问")
    if before is None or was is None:
        return now, evaluation, None
    return now, evaluation, Compared(was, effect_between(before, now, questions))


def _with_bar(asking: Asking, questions: Sequence[Question], label: str) -> Evaluation:
    with progress_bar(label, "题") as progress:
        return evaluate(asking, questions, progress)


def _named(settings: Settings, other: str, current: str) -> str:
    """The name of the generation to compare with; raises IndexMissing."""
    names = generations.names(settings.index)
    if other == PREVIOUS:
        found = generations.previous_name(settings.index)
        if found is None:
            raise IndexMissing("没有更早的索引可以比较。")
        return found
    if other == current or other not in names:
        raise IndexMissing(f"{other} 就是正在服务的一代。" if other == current else f"没有名为 {other} 的索引。")
    return other


def _open_other(settings: Settings, name: str, at: datetime) -> Asking:
    try:
        return Asking(open_generation(settings.index / name, settings.var / "cache"), at)
    except IndexProblem as error:
        raise IndexProblem(f"不能和 {name} 比较：{error}") from error


def _end(gate: Gate, refusals: Sequence[str], bad: int) -> None:
    """Say whether the limits are kept, and leave with the exit code."""
    if refusals:
        click.echo(f"没有达到要求：{''.join(refusals)}", err=True)
    elif not gate.open:
        click.echo("达到要求。", err=True)
    if bad:
        click.echo(f"对照表有 {bad} 处错误，那些行没有问；改好后重来，或加 --skip-bad 略过。", err=True)
    sys.exit(1 if refusals or bad else 0)


commands: list[click.Command] = [evaluate_command]
