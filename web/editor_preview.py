"""The preview: a text as the agent would see it, made by the very templates of the agent's page."""

from __future__ import annotations

from flask import Response, make_response, render_template
from markupsafe import Markup

from kb.answers import compose
from kb.articles import sketch
from kb.backend import Hit
from kb.clock import now
from kb.matches import asked, match
from kb.registry import Registry
from kb.types import Article
from web.almanac import Today
from web.rendered import render_parts
from web.services import Services

_LINES_ABOVE = 3
# the page of the editor may frame the preview, and nobody else may
_FRAMED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-store",
}


def framed(page: str) -> Response:
    """The preview, for its frame in a page of ours."""
    response = make_response(page)
    response.headers.update(_FRAMED)
    return response


def preview(services: Services, text: str, path: str, registry: Registry, article: Article | None = None) -> str:
    """The card and the sections of a text as HTML; empty where its fields cannot be read at all.

    `article`: what the text says, where it is without errors; else what can be read of it is shown.
    """
    article = article or sketch(text, path, registry)
    if article is None:
        return ""
    stored, prepared = services.engine.preview(article)
    searcher = services.source.searcher()
    query = searcher.understanding.understand("", searcher.knows)
    key = stored.article.key
    card = compose(stored, match(prepared, Hit(key, None, 0.0, 0.0), asked(query, article.effective)), query)
    told = [line for line in card.lines if line.source != "by_phone_why"]
    parts = render_parts(card, told, told[_LINES_ABOVE:], "", linked=False, today=Today(now().date(), registry))
    # nh3 cleaned the HTML
    sections = [(part.section, Markup(part.html)) for part in stored.sections]  # noqa: S704
    return render_template(
        "edit/_preview.html",
        article=stored.article, card=card, lines=told[:_LINES_ABOVE], parts=parts, sections=sections,
    )  # fmt: skip
