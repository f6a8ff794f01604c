"""Rows of another system's export → article files. Everything is checked before anything is written.

Owns making a valid article of a row, finding what the folder already has, and writing; what an article must be is
kb/articles.py.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from kb.articles import parse_article
from kb.errors import ImportFileError
from kb.library import article_files
from kb.plain import make_answer, one_line, safe_body
from kb.registry import Registry
from kb.tables import Row, Table
from kb.types import FOLDERS, Problem

# early enough that every imported article is visible at once
EFFECTIVE = date(2000, 1, 1)
ARTICLE_COLUMNS = ("id", "title", "text")
QUESTION_COLUMNS = ("doc", "text")


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article to be written."""

    # path below the articles folder, with `/`
    name: str
    data: bytes
    phrasings: int
    # where it came from
    line: int

    @property
    def id(self) -> str:
        """The article's id, which is its file's name."""
        return Path(self.name).stem


def plan_import(table: Table, questions: Table | None, kind: str) -> tuple[list[NewArticle], list[Problem]]:
    """The articles that can be made, in the order of their rows, and every problem of both tables. Touches no disk."""
    problems = list(table.problems)
    lines: dict[str, int] = {}
    good = []
    for row in table.rows:
        fault = _fault(row, ARTICLE_COLUMNS) or _repeated(row, lines)
        if fault:
            problems.append(Problem(table.path, row.line, 1, fault))
        else:
            good.append(row)
    # bad rows too: their phrasings are no errors of their own
    known = {row.values.get("id", "") for row in table.rows}
    phrasings, question_problems = _phrasings(questions, known) if questions else ({}, [])
    articles = []
    for row in good:
        article = _new_article(row, kind, phrasings.get(row.values["id"], []))
        errors = parse_article(article.data, article.name, Registry()).errors
        problems += (Problem(table.path, row.line, 1, error.message) for error in errors)
        if not errors:
            articles.append(article)
    return articles, sorted(problems, key=lambda p: p.line) + question_problems


def _fault(row: Row, required: Iterable[str]) -> str:
    missing = [name for name in required if not row.values.get(name)]
    return row.fault or (f"缺少 {'、'.join(missing)}。" if missing else "")


def _repeated(row: Row, lines: dict[str, int]) -> str:
    id_ = row.values["id"]
    first = lines.setdefault(id_, row.line)
    return f"编号“{id_}”和第 {first} 行重复。" if first != row.line else ""


def _phrasings(table: Table, known: set[str]) -> tuple[dict[str, list[str]], list[Problem]]:
    """What customers say, by article, each only once; and what is wrong with the table."""
    found: dict[str, dict[str, None]] = {}
    problems = list(table.problems)
    for row in table.rows:
        doc = row.values.get("doc", "")
        fault = _fault(row, QUESTION_COLUMNS)
        if not fault and doc not in known:
            fault = f"doc 写的是“{doc}”，要导入的文章里没有这个编号。"
        if fault:
            problems.append(Problem(table.path, row.line, 1, fault))
        else:
            found.setdefault(doc, {})[one_line(row.values["text"])] = None
    return {doc: list(texts) for doc, texts in found.items()}, sorted(problems, key=lambda p: p.line)


def _new_article(row: Row, kind: str, phrasings: list[str]) -> NewArticle:
    id_, title, category = row.values["id"], one_line(row.values["title"]), one_line(row.values.get("category", ""))
    body = safe_body(row.values["text"])
    front = {
        "id": id_,
        "type": kind,
        "title": title,
        "questions": phrasings,
        "answer": make_answer(body) or make_answer(title),
        "category": category,
        "status": "imported",
        "version": 1,
        "effective": EFFECTIVE,
    }
    front = {name: value for name, value in front.items() if value}
    head = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=sys.maxsize)
    return NewArticle(f"{FOLDERS[kind]}/{id_}.md", f"---\n{head}---\n{body}\n".encode(), len(phrasings), row.line)


def find_strangers(articles: Iterable[NewArticle], root: Path, table: str) -> list[Problem]:
    """Ids that the folder already has in another place: two files must not be one article."""
    places = {path.stem: path.relative_to(root).as_posix() for path in article_files(root)} if root.is_dir() else {}
    return [
        Problem(table, a.line, 1, f"编号“{a.id}”已经是 {places[a.id]}，请换一个编号。")
        for a in articles
        if places.get(a.id, a.name) != a.name
    ]


def unwritten(articles: Iterable[NewArticle], root: Path) -> tuple[list[NewArticle], list[NewArticle]]:
    """Articles that the folder does not have, and those it has with other content."""
    new, other = [], []
    for article in articles:
        target = root / article.name
        if not os.path.lexists(target):
            new.append(article)
        elif target.is_symlink() or not target.is_file() or target.read_bytes() != article.data:
            other.append(article)
    return new, other


def write_articles(articles: Iterable[NewArticle], root: Path) -> None:
    """Write all files: beside their place first, then on the disk, then into place.

    Raises ImportFileError if the folder cannot be written; then no file is half written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=root) as stage:
            staged = [
                (Path(stage) / f"{n}.md", root / article.name, article.data) for n, article in enumerate(articles)
            ]
            for path, _, data in staged:
                path.write_bytes(data)
            # one sync instead of an fsync for each of a thousand files
            os.sync()
            for path, target, _ in staged:
                target.parent.mkdir(exist_ok=True)
                path.replace(target)
        os.sync()
    except OSError as error:
        raise ImportFileError(f"写不进 {error.filename or root}：{error.strerror or error}。") from error
