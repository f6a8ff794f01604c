"""The command `kb import`: checks another system's export, says everything that is wrong, then writes.

Owns its options and what it tells the person; the work is done by kb/tables.py and kb/importer.py.
"""

from __future__ import annotations

from pathlib import Path

import click

from kb.errors import ImportFileError
from kb.importer import (
    ARTICLE_COLUMNS,
    QUESTION_COLUMNS,
    NewArticle,
    find_strangers,
    plan_import,
    unwritten,
    write_articles,
)
from kb.starter import copy_starter_lexicon
from kb.tables import read_table
from kb.types import FOLDERS, TYPES, Problem


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "root", required=True, type=click.Path(path_type=Path), help="文章目录")
@click.option("--questions", type=click.Path(path_type=Path), help="客户问法的文件，列：doc、text")
@click.option("--type", "kind", type=click.Choice(list(TYPES)), default="process", show_default=True, help="文章类型")
@click.option("--overwrite", is_flag=True, help="覆盖已有的、内容不同的文章")
@click.option("--skip-bad", is_flag=True, help="略过有问题的行，导入其余的")
def import_command(file: Path, root: Path, questions: Path | None, kind: str, overwrite: bool, skip_bad: bool) -> None:
    """导入别的系统的文章（.jsonl、.csv、.xlsx，列：id、title、text、category）。先全部检查，再写入。"""
    articles, problems = _planned(file, questions, kind, root)
    new, other = unwritten(articles, root)
    for problem in problems:
        click.echo(str(problem), err=True)
    errors = sum(problem.level == "error" for problem in problems)
    refusal = "" if overwrite or not other else _refusal(other, root)
    if errors and not skip_bad:
        raise ImportFileError(
            f"有 {errors} 处错误，一篇也没有写入。改好后重来，或加 --skip-bad 只导入其余的。{refusal}"
        )
    if refusal or not articles:
        raise ImportFileError(refusal or "没有可以导入的文章，什么也没有写。")
    write_articles(new + other, root)
    click.echo(_summary(new + other, len(articles), errors, root / FOLDERS[kind]))
    if copy_starter_lexicon(root):
        click.echo(f"另放入起步词库（同义词、停用词等）：{root / '_lexicon'}，可以按本行用语修改。")


def _planned(file: Path, questions: Path | None, kind: str, root: Path) -> tuple[list[NewArticle], list[Problem]]:
    """The articles that may be written into the folder, and every problem of the files."""
    table = read_table(file, ARTICLE_COLUMNS, ["category"])
    asked = read_table(questions, QUESTION_COLUMNS) if questions else None
    articles, problems = plan_import(table, asked, kind)
    strangers = find_strangers(articles, root, table.path)
    taken = {problem.line for problem in strangers}
    return [article for article in articles if article.line not in taken], problems + strangers


def _refusal(other: list[NewArticle], root: Path) -> str:
    return f"{root} 里已有 {len(other)} 篇同名而内容不同的文章（例如 {other[0].name}）；要覆盖请加 --overwrite。"


def _summary(written: list[NewArticle], planned: int, errors: int, folder: Path) -> str:
    text = f"写入 {len(written)} 篇文章、{sum(a.phrasings for a in written)} 条相似问，在 {folder}。"
    if planned > len(written):
        text += f"另有 {planned - len(written)} 篇已在那里，内容相同，没有改动。"
    return text + (f"有 {errors} 处错误的行没有导入，见上面的清单。" if errors else "")
