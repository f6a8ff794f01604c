"""The desk in a frame of another system, such as a CRM: who may frame it, and the page that talks with the one around it.

Only the origins that the operator names may; every other page stays as it is, framed by nobody. What the two pages say to each
other is web/static/embed.js, written down in docs/embedding.md.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template

from kb.query import MAX_QUESTION
from kb.settings import Settings
from web.access import allowed, current_asker, needs
from web.agent import EXAMPLES
from web.security import content_policy


def embed_pages(settings: Settings) -> Blueprint:
    """The blueprint of the page for frames of `settings.embed_parents`."""
    pages = Blueprint("embed", __name__)
    framed = {"Content-Security-Policy": content_policy(" ".join(settings.embed_parents)), "Cache-Control": "no-store"}

    # public: in a frame, nobody can be led to a sign-in page, which must not be framed
    @pages.get("/embed")
    @needs("public")
    def desk() -> Response:
        """The desk, or a word to who has to sign in first."""
        asker = current_asker()
        if allowed("read", asker.actor, settings.anonymous_reading or asker.admitted):
            page = render_template(
                "embed/desk.html", parents=settings.embed_parents, question="", examples=EXAMPLES, longest=MAX_QUESTION
            )
        else:
            page = render_template("embed/sign_in.html")
        response = make_response(page)
        response.headers.update(framed)
        return response

    return pages
