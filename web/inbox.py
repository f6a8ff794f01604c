"""The inbox: what agents reported about articles, and the answers to it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from kb.clock import now
from kb.db import feedback, gaps, notices
from kb.errors import KBError, Refused
from kb.feedback import MOST, Feedback, State, words
from web.access import current_actor, needs
from web.acting import address
from web.drafting import article_path, article_titles, draft_url
from web.errors import status_of
from web.gap_inbox import add_gap_pages
from web.numbers import whole
from web.places import Counts
from web.services import Services

PER_PAGE = 50
SHOWS: dict[feedback.Show, str] = {
    "open": "待处理",
    "late": "超期",
    "done": "已处理",
    "praise": "有用",
    "all": "全部",
}
_ANSWERS: tuple[State, ...] = ("done", "declined")
Page = tuple[str, int]


def inbox(services: Services) -> Blueprint:
    """The blueprint of what waits for editors and leads: feedback and gaps."""
    pages = Blueprint("inbox", __name__, url_prefix="/inbox")
    add_gap_pages(pages, services)

    @pages.get("/feedback", endpoint="feedback")
    @needs("answer")
    def feedback_list() -> str:
        """Feedback, filtered."""
        show: feedback.Show = next((s for s in SHOWS if s == request.args.get("show")), "open")
        about = request.args.get("article", "")[:80]
        page = max(1, min(request.args.get("page", 1, whole), 10_000))
        at = now()
        with services.database.reading() as connection:
            counts = feedback.counts(connection, at)
            found = feedback.listed(connection, show, at, PER_PAGE + 1, (page - 1) * PER_PAGE, about)
        return render_template(
            "inbox/feedback.html",
            found=found[:PER_PAGE], more=len(found) > PER_PAGE, page=page, show=show, shows=SHOWS, counts=counts,
            about=about, titles=article_titles(services, {item.article_id for item in found}), at=at,
        )  # fmt: skip

    @pages.get("/feedback/<int:number>")
    @needs("answer")
    def feedback_item(number: int) -> Page:
        """One feedback, with the form that answers it."""
        return _item(services, number)

    @pages.post("/feedback/<int:number>")
    @needs("answer")
    def answer_feedback(number: int) -> Page | Response:
        """Answer the reporter; what was typed stays in the form where that is not possible."""
        typed = request.form.get("answer", "")
        try:
            state = next((s for s in _ANSWERS if s == request.form.get("state")), None)
            if state is None:
                raise Refused("请选“处理好了”或“不采纳”。")
            text = words(typed, MOST, "答复", required=True)
            with services.database.writing() as connection:
                feedback.answer(connection, current_actor(), number, state, text, now(), address())
        except Refused as error:
            return _item(services, number, typed, str(error), status_of(error))
        flash("已答复，报告人会看到。", "ok")
        return redirect(url_for("inbox.feedback"))

    @pages.post("/feedback/<int:number>/draft")
    @needs("edit")
    def draft_from_feedback(number: int) -> Page | Response:
        """Begin a draft of the article that was reported, and note it."""
        actor, at = current_actor(), now()
        with services.database.reading() as connection:
            found = _found(feedback.find(connection, number))
        if found.being_mended:
            return redirect(draft_url(found.draft_id))
        try:
            path = article_path(services, found.article_id, at)
            draft = services.workbench.begin_from(actor, path, at, address())
        except KBError as error:
            return _item(services, number, "", str(error), status_of(error))
        with services.database.writing() as connection:
            feedback.link_draft(connection, actor, number, draft.id, at, address())
        return redirect(draft_url(draft.id))

    return pages


def _item(services: Services, number: int, typed: str = "", message: str = "", status: int = 200) -> Page:
    with services.database.reading() as connection:
        found = _found(feedback.find(connection, number))
    shown = render_template(
        "inbox/feedback_item.html",
        item=found, title=article_titles(services, [found.article_id]).get(found.article_id, ""), typed=typed, message=message, most=MOST,
        draft_url=draft_url(found.draft_id), at=now(),
    )  # fmt: skip
    return shown, status


def _found(item: Feedback | None) -> Feedback:
    if item is None:
        raise NotFound
    return item


def waiting_counts(services: Services) -> Counts:
    """How many things wait at each place of the navigation."""

    def feedback_waiting() -> int:
        with services.database.reading() as connection:
            return feedback.waiting(connection)

    def gaps_waiting() -> int:
        with services.database.reading() as connection:
            return gaps.counts(connection)[0]

    def notices_waiting() -> int:
        with services.database.reading() as connection:
            return len(notices.unread(connection, current_actor(), now()))

    def answers_waiting() -> int:
        with services.database.reading() as connection:
            return feedback.unread_answers(connection, current_actor().id)

    return {
        "inbox.feedback": feedback_waiting,
        "inbox.gaps": gaps_waiting,
        "notices.listed": notices_waiting,
        "report.mine": answers_waiting,
    }
