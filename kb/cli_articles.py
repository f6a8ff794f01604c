"""Commands of editors: `kb check`, `kb new`, `kb import`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from kb.cli_import import import_command
from kb.cli_quality import compared, print_scores, scored
from kb.clock import now
from kb.editing.known import KnownLibrary
from kb.library import load_library
from kb.settings import load_settings
from kb.templates import new
from kb.types import Problem


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", help="输出格式")
@click.option("--quality", "with_scores", is_flag=True, help="再列出每篇的质量分和扣分的原因")
@click.option("--compare", "with_others", is_flag=True, help="再和别的文章比较：近似重复、前后矛盾")
def check(paths: tuple[Path, ...], fmt: str, with_scores: bool, with_others: bool) -> None:
    """检查文章：一次列出全部问题，带行号和列号。不写 PATH 就检查全部。"""
    root = load_settings().articles
    if not root.is_dir():
        raise click.ClickException(f"找不到文章目录 {root}，请在项目目录里运行，或设置 KB_ARTICLES。")
    library = load_library(root)
    wanted = [_relative(path, root) for path in paths]
    articles = [a for a in library.articles if not paths or any(_below(a.path, w) for w in wanted)]
    problems = [p for p in library.problems if not paths or any(_below(p.path, w) for w in wanted)]
    known, at, count = KnownLibrary(library), now(), len(articles)
    if with_others:
        problems += compared(articles, known, root, at)
    scores = scored(articles, known, at) if with_scores else []
    if fmt == "json":
        said: dict[str, object] = {"articles": count, "problems": [asdict(p) for p in problems]}
        if with_scores:
            said["quality"] = [asdict(s) for s in scores]
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        print_scores(scores)
        _report(problems, count)
    sys.exit(1 if any(p.level == "error" for p in problems) or (paths and not count and not problems) else 0)


def _report(problems: list[Problem], count: int) -> None:
    for problem in problems:
        click.echo(str(problem))
    errors = sum(p.level == "error" for p in problems)
    click.echo(f"可用 {count} 篇，错误 {errors} 处，提醒 {len(problems) - errors} 处。")


def _relative(path: Path, root: Path) -> str:
    if not path.exists():
        raise click.ClickException(f"找不到 {path}。")
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise click.ClickException(f"{path} 不在文章目录 {root} 里。") from None


def _below(name: str, folder: str) -> bool:
    return folder in (".", name) or name.startswith(f"{folder}/")


commands = [check, new, import_command]
