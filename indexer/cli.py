"""Commands of the index and of asking: `kb index …`, `kb search`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer import generations
from indexer.progress import Progress, progress_bar
from indexer.sound import require_sound
from kb.clock import now, parse_moment
from kb.errors import IndexMissing, IndexProblem, KBError, QuestionError
from kb.settings import Settings, load_settings, require_articles

# What builds, asks or keeps records is imported where that is done: going back to another generation must not wait a second for it.
if TYPE_CHECKING:
    from indexer.build import Built
    from kb.ask import Answer, KnowledgeBase
    from kb.backend import SearcherSource

# of the problems of one generation, so many are said
_MOST_SAID = 10


@click.group("index")
def index() -> None:
    """建立、更新、核对和回退索引。"""


@index.command("build")
def build_command() -> None:
    """用全部文章重建索引；建好并核对后才切换，期间旧索引照常服务。"""
    from indexer import build as building

    _run(building.build)


@index.command("update")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def update_command(files: tuple[Path, ...]) -> None:
    """只处理有变化的文章；写出 FILES 时只看这几个文件（新增、改过或已删除的）。"""
    from indexer import build as building

    _run(partial(building.update, paths=files or None))


def _run(job: Callable[[Settings, datetime, Progress], Built]) -> None:
    from indexer.cli_publishing import record_files

    settings = require_articles()
    began = time.monotonic()
    with progress_bar("建立索引") as progress:
        built = job(settings, now(), progress)
    record_files(settings, now())
    _ship(settings)
    for problem in built.problems:
        click.echo(str(problem), err=True)
    errors = sum(p.level == "error" for p in built.problems)
    note = f"，有错未收录的问题 {errors} 处（见上，kb check 可再查）" if errors else ""
    click.echo(
        f"{built.generation}：新增或更新 {built.added} 篇，移除 {built.removed} 篇，未变 {built.unchanged} 篇，"
        f"用时 {time.monotonic() - began:.1f} 秒{note}。"
    )


@index.command("verify")
@click.option("--deep", is_flag=True, help="再核对内容：每篇能读、两套倒排一致；正在服务的一代还和文章目录比较")
def verify_command(deep: bool) -> None:
    """核对每一代索引：校验和、篇数、能否打开。有问题时退出码为 1。"""
    settings = load_settings()
    found = generations.names(settings.index)
    if not found:
        raise IndexMissing("还没有索引，请运行 kb index build。")
    bad = 0
    for name in found:
        problems = list(_wrong(settings, name, deep=deep))
        bad += bool(problems)
        click.echo(f"{name} 有问题：{'；'.join(problems)}" if problems else f"{name} 完好")
    sys.exit(1 if bad else 0)


def _wrong(settings: Settings, name: str, *, deep: bool) -> Iterator[str]:
    """What is wrong with a generation; of many things of one kind, the first few."""
    from indexer.backends import open_generation

    folder = settings.index / name
    try:
        open_generation(folder, settings.var / "cache", everything=True).check()
    except KBError as error:
        yield str(error)
        return
    if deep:
        from indexer.deep import differences, examine

        yield from islice(examine(folder), _MOST_SAID)
        if name == generations.current_name(settings.index) and settings.articles.is_dir():
            differing = differences(folder, settings.articles)
            yield from differing[:_MOST_SAID]
            if differing:
                yield f"共 {len(differing)} 个文件和索引不一致，请运行 kb index update"


@index.command("list")
@click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", help="输出格式")
def list_command(fmt: str) -> None:
    """列出各代索引，* 是正在服务的一代。"""
    settings = load_settings()
    current = generations.current_name(settings.index)
    rows = list(_manifests(settings.index))
    if fmt == "json":
        shown = [{"name": m.name, "made": m.made, "articles": m.articles, "current": m.name == current} for m in rows]
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    if not rows:
        click.echo("还没有索引，请运行 kb index build。")
    for m in rows:
        click.echo(
            f"{'*' if m.name == current else ' '} {m.name}  {m.made[:19]}  {m.articles} 篇  {m.documents} 个文档"
        )


def _manifests(root: Path) -> Iterator[generations.Manifest]:
    """The manifests that can be read; the others are named on stderr."""
    for name in generations.names(root):
        try:
            yield generations.read_manifest(root / name)
        except IndexProblem as error:
            click.echo(str(error), err=True)


@index.command("rollback")
@click.argument("name", required=False)
def rollback_command(name: str | None) -> None:
    """回到上一代索引，或指定的一代 NAME；立即生效。"""
    settings = load_settings()
    with generations.write_lock(settings.index):
        target = name or generations.previous_name(settings.index)
        if target is None or not (settings.index / target / generations.MANIFEST).is_file() or "/" in target:
            raise IndexMissing("没有更早的索引可以回退。" if name is None else f"没有名为 {name} 的索引。")
        require_sound(settings.index / target)
        generations.switch(settings.index, target)
    click.echo(f"已回到 {target}。")
    _ship(settings)


@index.command("ship")
@click.option("--whole", is_flag=True, help="整个重写一份，不只写有变化的")
@click.option("--force", is_flag=True, help="集群里的文章少了一半以上也换；先看清为什么")
def ship_command(whole: bool, force: bool) -> None:
    """把本机正在服务的一代索引送到检索集群（KB_SEARCH_URL）；集群一直用旧的，到新的齐了才换。"""
    settings = load_settings()
    if not settings.search_url:
        raise KBError("没有设置 KB_SEARCH_URL，索引就在本机，不用送。")
    _ship(settings, whole=whole, force=force)


def _ship(settings: Settings, *, whole: bool = False, force: bool = False) -> None:
    """Let a cluster follow, where there is one."""
    if settings.search_url:
        from indexer.engines import follow

        with progress_bar("送到检索集群") as progress:
            said = follow(settings, now(), progress, whole=whole, force=force)
        click.echo(said)


@click.command("search")
@click.argument("text", required=False)
@click.option("--batch", type=click.Path(path_type=Path), help="JSON Lines 文件，每行 {id, text}")
@click.option("--limit", type=click.IntRange(1, 100), default=5, help="最多几条")
@click.option("--format", "fmt", type=click.Choice(["text", "json", "jsonl"]), default="text", help="输出格式")
@click.option("--as-of", "as_of", help="按这一时刻生效的版本回答，例如 2026-12-01")
def search(text: str | None, batch: Path | None, limit: int, fmt: str, as_of: str | None) -> None:
    """搜索并回答一个问题；--batch 逐行回答一个文件里的问题。"""
    from kb.ask import KnowledgeBase
    from kb.visibility import ANYBODY

    at = moment(as_of)
    base = KnowledgeBase(_source())
    if batch is not None:
        _batch(base, batch, limit, at)
    elif text is None:
        raise click.UsageError("请写出要问的事，例如 kb search 改绑手机号。")
    else:
        # bytes that are no text reach us as lone surrogates, which no output can hold
        answer = base.ask(text.encode("utf-8", "replace").decode(), ANYBODY, at, limit)
        click.echo(_as_json(answer) if fmt != "text" else _readable(answer))


def moment(as_of: str | None) -> datetime:
    """The moment that an option names, or now; raises BadParameter."""
    try:
        return parse_moment(as_of) if as_of else now()
    except ValueError:
        raise click.BadParameter(f"“{as_of}”不是有效的时间，请写成 2026-12-01 或 2026-12-01 08:30。") from None


def _source() -> SearcherSource:
    """The current index; made on first use if there is none yet."""
    from indexer.engines import is_desk, source_of

    settings = load_settings()
    if not is_desk(settings):
        with_index(settings)
    return source_of(settings)


def with_index(settings: Settings) -> str:
    """The name of the generation that serves; made on first use if there is none yet."""
    name = generations.current_name(settings.index)
    if name is None:
        from indexer import build as building

        with progress_bar("第一次使用，正在建立索引") as progress:
            name = building.build(require_articles(), now(), progress).generation
    return name


def _batch(base: KnowledgeBase, path: Path, limit: int, at: datetime) -> None:
    from kb.visibility import ANYBODY

    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # a question may hold other line separators
    except (OSError, UnicodeDecodeError) as error:
        raise KBError(f"{path} 读不出来：{error}") from error
    refused = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name, question = row["id"], str(row["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise KBError(f"{path} 第 {number} 行不是 {{id, text}}：{error}") from error
        began = time.perf_counter()
        try:
            hits = base.hits(question, ANYBODY, at, limit)
        except QuestionError as error:  # the other questions are answered all the same
            click.echo(f"{path} 第 {number} 行：{error}", err=True)
            hits, refused = [], True
        spent = (time.perf_counter() - began) * 1000
        found = [{"id": h.key.rpartition("@")[0], "section": h.section, "score": round(h.score, 4)} for h in hits]
        click.echo(json.dumps({"id": name, "hits": found, "ms": round(spent, 3)}, ensure_ascii=True))
    sys.exit(1 if refused else 0)


def _as_json(answer: Answer) -> str:
    from kb.views import answer_view

    return answer_view(answer).model_dump_json(indent=2)


def _readable(answer: Answer) -> str:
    out = [answer.message] if answer.message else []
    for number, card in enumerate([*answer.alerts, *answer.cards], 1):
        alert = "【警示】" if card.type == "alert" else ""
        section = f" · {card.section}" if card.section else ""
        out.append(f"{number}. {alert}{card.title.text}（{card.type_name}{section}）  [{card.identity}] {card.id}")
        out.append(f"   {card.answer.text}")
        out += [f"   {line.label}：{line.text.text}" for line in card.lines]
        out += [f"   {c.channel}：{c.path}（{c.duration}，{c.fee}）" for c in card.channels]
        out += [f"   {reason}" for reason in card.matched]
    return "\n".join(out)


commands: list[click.Command] = [index, search]
