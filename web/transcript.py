"""The transcript box of the agent's page: the last sentences of a call are pasted, the three right cards appear."""

from __future__ import annotations

from flask import Blueprint, request

from kb.ask import KnowledgeBase
from kb.errors import KBError
from kb.transcript import MOST_CHARACTERS
from web.access import current_actor, needs
from web.agent import Page, problem_page, results_page
from web.almanac import Almanac
from web.moments import moment
from web.rendered import Rendered


def transcript_pages(base: KnowledgeBase, almanac: Almanac) -> Blueprint:
    """The blueprint of the fragment that answers a transcript."""
    pages = Blueprint("transcript", __name__)
    pages.record_once(lambda state: state.app.jinja_env.globals.update(transcript_most=MOST_CHARACTERS))
    rendered = Rendered()

    @pages.post("/transcript")
    @needs("read")
    def answer() -> Page:
        """The cards for the form's `text` as a fragment; a problem is a sentence in the same place."""
        as_of = request.form.get("at", "").strip()
        # a browser sends two characters for the end of a line
        text = request.form.get("text", "").replace("\r\n", "\n")
        try:
            found, _ = base.transcript(text, current_actor().viewer, moment(as_of, current_actor()))
        except KBError as error:
            return problem_page(error)
        return results_page(found, rendered, almanac, as_of), 200

    return pages
