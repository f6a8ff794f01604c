"""Around a call: the note that is kept of it, what the log learns of it, and handing it to a colleague."""

from __future__ import annotations

import base64
import json
import re

from flask import Blueprint, Response, request, url_for

from kb.calls import call_id
from kb.clock import now
from kb.db import handovers
from kb.errors import KBError, Missing, Refused
from kb.feedback import line
from kb.query import MAX_QUESTION
from kb.questions_log import note_mark
from kb.types import ARTICLE_ID, VERSION_KEY
from kb.wrapup import read_trail, wrap_up
from web.access import current_actor, needs
from web.errors import data, told
from web.reading import visible_cards
from web.services import Services

# what the log is told of: a version was read, its script was copied, the caller is identified or is not any more
MARKS = ("read", "copy", "tick", "untick")
_KEY, _ARTICLE = re.compile(VERSION_KEY), re.compile(ARTICLE_ID)
# articles that go along with a question
_MOST_ARTICLES = 5


def call_pages(services: Services) -> Blueprint:
    """The blueprint of calls."""
    pages = Blueprint("call", __name__, url_prefix="/call")
    pages.register_error_handler(KBError, told)

    @pages.post("/note")
    @needs("read")
    def note() -> Response:
        """The wrap-up note of a trail; nothing is kept."""
        return data({"text": wrap_up(read_trail(request.get_data()), now())})

    @pages.post("/mark")
    @needs("read")
    def mark() -> Response:
        """Tell the log of questions what was done with a version of an article."""
        did, key = request.form.get("did", ""), request.form.get("article", "")
        if did not in MARKS or not _KEY.fullmatch(key):
            raise Refused("不知道记的是什么，请刷新页面再试。")
        note_mark(did, key, current_actor().name, call_id(request.form.get("call", "")))
        return data({})

    @pages.post("/handover")
    @needs("session")
    def hand_over() -> Response:
        """Keep a question for a colleague; the link."""
        question, articles = _handed()
        with services.database.writing() as connection:
            made = handovers.make(connection, current_actor().id, question, articles, now())
        return data({"link": url_for("agent.page", handover=made)})

    @pages.get("/handover/<made>")
    @needs("session")
    def handed_over(made: str) -> Response:
        """What a link hands over. The question is masked, and nothing says that the caller was identified."""
        with services.database.reading() as connection:
            found = handovers.find(connection, made, now())
        if found is None:
            raise Missing("这个交接链接不存在，或者已过 24 小时。请同事再转一次。")
        return data(
            {
                "author": found.author,
                "at": f"{found.created:%H:%M}",
                "question": found.question,
                "cards": visible_cards(services, found.articles),
            }
        )

    @pages.post("/fragment")
    @needs("read")
    def fragment() -> Response:
        """The same link for somebody who is not signed in: all of it stands behind the #, which no browser sends to a server."""
        question, articles = _handed()
        packed = json.dumps({"question": question, "articles": articles, "at": f"{now():%H:%M}"}, ensure_ascii=False)
        written = base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")
        return data({"link": url_for("agent.page", _anchor=f"handover={written}")})

    return pages


def _handed() -> tuple[str, list[str]]:
    """Question, masked, and articles that a form hands over."""
    articles = list(dict.fromkeys(request.form.getlist("article")))[:_MOST_ARTICLES]
    if not all(map(_ARTICLE.fullmatch, articles)):
        raise Refused("要转的文章编号不对，请刷新页面再试。")
    question = line(request.form.get("q", ""), MAX_QUESTION, "问题", required=not articles)
    return question, articles
