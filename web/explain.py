"""Why a question leads to what it leads to, for editors and team leads: /explain. Questions travel by POST, links may use GET."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template, request

from kb.errors import KBError, QuestionError
from kb.explaining.explainer import Explainer
from kb.query import MAX_QUESTION
from web.access import current_actor, needs
from web.errors import status_of
from web.moments import moment

_LONGEST_NAME = 80
# rows of the table that are shown at once
_ROWS = 12
# per cent below which a row says nothing
_NOTHING = 0.05

Page = tuple[str, int]


def explain_pages(explainer: Explainer) -> Blueprint:
    """The blueprint of the page."""
    pages = Blueprint("explain", __name__)

    @pages.get("/explain")
    @needs("read")
    def page() -> Page:
        """The page, empty or for ?q=…&id=…"""
        return _shown(explainer, request.args)

    @pages.post("/explain")
    @needs("read")
    def ask() -> Page:
        """The page for what a form says: `q`, `pick` (an id that was pressed) or `id` (id or title that was typed), `at`."""
        return _shown(explainer, request.form)

    return pages


def _shown(explainer: Explainer, fields: Mapping[str, str]) -> Page:
    question, as_of = fields.get("q", ""), fields.get("at", "").strip()[:40]
    wanted = (fields.get("pick") or fields.get("id", "")).strip()
    answer, problem, status = None, "", 200
    if question.strip() or wanted:
        try:
            if len(wanted) > _LONGEST_NAME:
                raise QuestionError(f"文章编号或标题最多 {_LONGEST_NAME} 个字。")
            answer = explainer.explain(question, wanted, current_actor(), moment(as_of, current_actor()))
        except KBError as error:
            problem, status = str(error), status_of(error)
    shown = render_template(
        "explain.html",
        question=question[:MAX_QUESTION], wanted=wanted[:_LONGEST_NAME], as_of=as_of, answer=answer, problem=problem,
        longest=MAX_QUESTION, longest_name=_LONGEST_NAME, rows=_ROWS, nothing=_NOTHING,
        may_edit=current_actor().may("edit"),
    )  # fmt: skip
    return shown, status
