"""A text, looked at: every problem with the field it belongs to, how long it takes to read aloud, and the preview."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from kb.editing.form_fields import in_words, locate
from kb.editing.forms import Form, Places, to_form
from kb.editing.review import Report, review
from kb.publishing.workbench import Draft
from kb.types import Problem
from web.editor_preview import preview
from web.editor_shelf import Shelf
from web.services import Services


@dataclass(frozen=True, slots=True)
class Shown:
    """A problem as the editor shows it."""

    # name of the input, empty where it is about the whole text
    field: str
    # how people call the place
    where: str
    level: str
    text: str
    # the same with the fields called as they are in the file
    raw: str
    line: int
    column: int

    def as_json(self) -> dict[str, Any]:
        """For the script."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to say about a text."""

    problems: list[Shown]
    # HTML, empty where nothing can be shown
    preview: str
    # how long the script takes, a sentence
    read: str
    report: Report | None

    @property
    def errors(self) -> list[Shown]:
        """What blocks publishing."""
        return [problem for problem in self.problems if problem.level == "error"]


def look(services: Services, shelf: Shelf, draft: Draft, text: str | None, at: datetime) -> Seen:
    """Look at a text (None: that of the draft) as it would be published as the draft's file."""
    text = draft.text if text is None else text
    if draft.kind != "article":
        return Seen([], "", "", None)
    report = review(text, draft.path, shelf.known(), at)
    problems = placed(text, report.problems)
    html = preview(services, text, draft.path, shelf.registry(), report.article)
    return Seen(problems, html, _read(report), report)


def placed(text: str, problems: Iterable[Problem]) -> list[Shown]:
    """Problems of a text with the inputs they belong to, errors first, in the order of the text."""
    form, places = to_form(text), Places(text)
    kind = form.type if isinstance(form, Form) else ""
    found = []
    for problem in problems:
        path = places.of(problem)
        name, where = locate(kind, path) if kind and path else ("", "")
        said = in_words(kind, problem.message) if kind else problem.message
        found.append(Shown(name, where, problem.level, said, problem.message, problem.line, problem.column))
    return sorted(found, key=lambda p: (p.level != "error", p.line, p.column))


def shown_problems(problems: Iterable[Shown]) -> dict[str, list[Shown]]:
    """Problems by input."""
    found: dict[str, list[Shown]] = {}
    for problem in problems:
        found.setdefault(problem.field, []).append(problem)
    return found


def _read(report: Report) -> str:
    seconds = report.seconds.get("standard", 0.0)
    return f"念完约 {seconds:.0f} 秒" if seconds else ""
