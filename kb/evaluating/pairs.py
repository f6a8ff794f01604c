"""A file of questions and the articles that answer them → questions to ask, and everything that is wrong with its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from kb.editing.asking import Question, insider
from kb.plain import one_line
from kb.query import MAX_QUESTION
from kb.sections import split_sections
from kb.tables import Row, Table, read_table
from kb.types import Article, Problem

QUESTION, ARTICLES, SECTION = "问题", "文章编号", "条款"
COLUMNS = (QUESTION, ARTICLES)
NAMES = {
    "question": QUESTION,
    "article": ARTICLES,
    "articles": ARTICLES,
    "文章": ARTICLES,
    "section": SECTION,
    "小节": SECTION,
}
# an id holds none of these
_SEPARATORS = re.compile(r"[；;|｜、，,\s]+")


@dataclass(slots=True)
class Pairs:
    """The questions of a file that can be asked, and what is wrong with the others."""

    questions: list[Question] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class _RowError(Exception):
    """A row cannot be used; the text says why, in Chinese. `mild`: nobody made a mistake."""

    def __init__(self, why: str, *, mild: bool = False) -> None:
        super().__init__(why)
        self.mild = mild


def read_pairs(path: Path, in_force: Mapping[str, Article], ids: Set[str]) -> Pairs:
    """The pairs of a .csv, .tsv, .xlsx or .jsonl file; raises ImportFileError if it cannot be read at all.

    `in_force`: the version of each article that answers at the moment of asking; `ids`: of all articles there are.
    """
    return plan_pairs(read_table(path, COLUMNS, [SECTION], NAMES), in_force, ids)


def plan_pairs(table: Table, in_force: Mapping[str, Article], ids: Set[str]) -> Pairs:
    """The same of a table that was read. A row that has an error, or says the same as another, is not asked."""
    pairs = Pairs(problems=list(table.problems))
    lines: dict[Question, int] = {}
    for row in table.rows:
        try:
            question = _question(row, in_force, ids)
            first = lines.setdefault(question, row.line)
            if first != row.line:
                raise _RowError(f"和第 {first} 行一样，只问一次。", mild=True)
        except _RowError as error:
            pairs.problems.append(Problem(table.path, row.line, 1, str(error), "warning" if error.mild else "error"))
        else:
            pairs.questions.append(question)
    pairs.problems.sort(key=lambda p: p.line)
    return pairs


def _question(row: Row, in_force: Mapping[str, Article], ids: Set[str]) -> Question:
    text = one_line(row.values.get(QUESTION, ""))
    named = list(dict.fromkeys(filter(None, _SEPARATORS.split(row.values.get(ARTICLES, "")))))
    if row.fault:
        raise _RowError(row.fault)
    if not text or not named:
        raise _RowError(f"缺少 {'、'.join(n for n, v in ((QUESTION, text), (ARTICLES, named)) if not v)}。")
    if len(text) > MAX_QUESTION:
        raise _RowError(f"问题有 {len(text)} 个字，最多 {MAX_QUESTION} 个字。")
    if unknown := [name for name in named if name not in ids]:
        raise _RowError(f"没有编号为 {'、'.join(unknown)} 的文章。")
    answering = [in_force[name] for name in named if name in in_force]
    if not answering:
        raise _RowError(f"文章 {'、'.join(named)} 这时不在生效期，没有问。", mild=True)
    section = _section(row.values.get(SECTION, ""), answering)
    first, *others = (article.id for article in answering)
    return Question(text, first, "pair", insider(*answering), tuple(others), section)


def _section(written: str, articles: Sequence[Article]) -> str:
    """The anchor that a cell names."""
    anchor = "-".join(written.split())
    if anchor and not any(anchor == part.anchor for a in articles for part in split_sections(a.body)):
        raise _RowError(f"文章 {'、'.join(a.id for a in articles)} 没有“{written}”这一条款或小节。")
    return anchor
