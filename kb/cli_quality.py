"""What `kb check` says beyond mistakes: how good the articles are, and how they compare with one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from kb.editing.known import KnownLibrary
from kb.editing.language import Remark
from kb.editing.places import placed
from kb.editing.review import review
from kb.types import Article, Problem


@dataclass(frozen=True, slots=True)
class Scored:
    """The quality of one version, with the reasons for what is missing, the costliest first."""

    path: str
    title: str
    score: int
    reasons: tuple[str, ...]


def scored(articles: Iterable[Article], known: KnownLibrary, at: datetime) -> list[Scored]:
    """The quality of some articles at a moment, the lowest first."""
    found = ((article, known.quality(article, at)) for article in articles)
    rows = [Scored(a.path, a.title, q.score, tuple(f"−{r.points} {r.text}" for r in q.reasons)) for a, q in found]
    return sorted(rows, key=lambda row: (row.score, row.path))


def print_scores(rows: Iterable[Scored]) -> None:
    """The scores as a table, a reason on each line below."""
    for row in rows:
        click.echo(f"{row.score:>3} {row.path} {row.title}")
        for reason in row.reasons:
            click.echo(f"      {reason}")


def compared(articles: Iterable[Article], known: KnownLibrary, root: Path, at: datetime) -> list[Problem]:
    """Near duplicates and contradictions of some articles as warnings, each where it stands."""
    problems: list[Problem] = []
    for article in articles:
        text = (root / article.path).read_text("utf-8-sig", "replace")
        report = review(text, article.path, known, at)
        found = [
            Remark("title", "", f"和《{s.title}》（{s.path}）很像：{'；'.join(s.reasons)}。") for s in report.similar
        ]
        found += [Remark(c.place, "", c.message) for c in report.contradictions]
        problems += placed(found, text, article.path)
    return problems
