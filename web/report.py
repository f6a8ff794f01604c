"""What agents send while they work: feedback about a card, questions without an answer; and what became of it."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from kb.clock import now
from kb.db import feedback, gaps, notices
from kb.errors import DatabaseProblem, IndexProblem, KBError, Refused
from kb.feedback import KINDS, MOST, due, line, words
from kb.findings import find
from kb.gaps import STATES as GAP_STATES
from kb.people import Actor
from kb.query import MAX_QUESTION
from kb.registry import load_registry
from kb.types import VERSION_KEY
from web.access import current_actor, needs
from web.acting import address
from web.drafting import article_titles
from web.errors import told
from web.services import Services

# what one page lists
_MOST_LISTED = 100
_KEY = re.compile(VERSION_KEY)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the person at the page."""

    # answers to own reports not read yet
    answers: int = 0
    # notices not acknowledged yet
    notices: int = 0


def report(services: Services) -> Blueprint:
    """The blueprint of everything that agents send."""
    pages = Blueprint("report", __name__, url_prefix="/report")
    pages.app_context_processor(
        lambda: {
            "waiting": lambda: _waiting(services, current_actor(), now()),
            "report_kinds": KINDS,
            "report_most": MOST,
        }
    )

    pages.register_error_handler(KBError, told)

    @pages.get("/state")
    @needs("public")
    def state() -> Response:
        """What the page must know before it sends something: who it is for, and the token of its forms."""
        actor = current_actor()
        shown = _waiting(services, actor, now())
        may = actor.may("report")
        found = jsonify(
            {
                "data": {
                    "may": may,
                    "csrf": generate_csrf() if may else "",
                    "answers": shown.answers,
                    "notices": shown.notices,
                }
            }
        )
        found.headers["Cache-Control"] = "no-store"
        return found

    @pages.post("/feedback")
    @needs("report")
    def send_feedback() -> Response:
        """Keep a feedback about the version that the agent saw."""
        kind = next((k for k in KINDS if k == request.form.get("kind")), None)
        key = request.form.get("article", "")
        if kind is None or not _KEY.fullmatch(key):
            raise Refused("不知道反馈的是哪一条，请刷新页面再试。")
        question = line(request.form.get("q", ""), MAX_QUESTION, "问题")
        text = words(request.form.get("text", ""), MOST, "补充说明")
        at = now()
        until = due(kind, at, load_registry(services.settings.articles)[0].calendar.add_working_days)
        with services.database.writing() as connection:
            number = feedback.send(connection, current_actor(), kind, key, question, text, at, until, address())
        said = "谢谢，已记录" if kind == "praise" else f"已反馈：{KINDS[kind]}"
        return _sent(said, url_for("report.undo_feedback", number=number))

    @pages.post("/feedback/<int:number>/undo")
    @needs("report")
    def undo_feedback(number: int) -> Response:
        """Take back one's own feedback."""
        with services.database.writing() as connection:
            feedback.undo(connection, current_actor(), number, now(), address())
        return _sent("已撤销")

    @pages.post("/gap")
    @needs("report")
    def send_gap() -> Response:
        """Keep a question that was not answered, with what is found for it now."""
        question = line(request.form.get("q", ""), MAX_QUESTION, "问题", required=True)
        at = now()
        facet, best, confident = _found(services, question, current_actor(), at)
        with services.database.writing() as connection:
            number = gaps.send(connection, current_actor(), question, facet, best, confident, at, address())
        return _sent("已报告缺口", url_for("report.undo_gap", number=number))

    @pages.post("/gap/<int:number>/undo")
    @needs("report")
    def undo_gap(number: int) -> Response:
        """Take back one's own report of a gap."""
        with services.database.writing() as connection:
            gaps.undo(connection, current_actor(), number, now(), address())
        return _sent("已撤销")

    @pages.get("/mine")
    @needs("report")
    def mine() -> str:
        """What one reported and what became of it; answers shown here count as read."""
        actor, at = current_actor(), now()
        with services.database.reading() as connection:
            sent = feedback.of_reporter(connection, actor.id, _MOST_LISTED)
            asked = gaps.of_reporter(connection, actor.id, _MOST_LISTED)
        titles = article_titles(services, {f.article_id for f in sent})
        unread = [f.id for f in sent if f.answered and not f.seen]
        if unread:
            with services.database.writing() as connection:
                feedback.mark_read(connection, actor, unread, at, address())
        return render_template("inbox/mine.html", sent=sent, asked=asked, titles=titles, gap_states=GAP_STATES)

    return pages


def _found(services: Services, question: str, actor: Actor, at: datetime) -> tuple[str, str, bool]:
    """What was asked for, the best version and whether it is sure; a gap is kept even while there is no index."""
    with contextlib.suppress(IndexProblem):
        searcher = services.source.searcher()
        query = searcher.understanding.understand(question, searcher.knows)
        found = find(searcher, query, actor.viewer, at, 1)
        return query.facet, found.best, found.confident
    return "any", "", False


def _waiting(services: Services, actor: Actor, at: datetime) -> Waiting:
    """Nothing where nobody is signed in, or where the database cannot be asked: answers matter more."""
    if actor.id == 0:
        return Waiting()
    with contextlib.suppress(DatabaseProblem), services.database.reading() as connection:
        return Waiting(feedback.unread_answers(connection, actor.id), len(notices.unread(connection, actor, at)))
    return Waiting()


def _sent(said: str, undo: str = "") -> Response:
    return jsonify({"data": {"said": said, "undo": undo}})
