"""The offline pack: a copy of what agents may see as one HTML file with cards, search and keys, for the day the network is down.

The cards are made by the templates of the desk, the scripts are those in web/static/offline/ with what they share with the desk.
The file loads nothing: its policy allows exactly the script and the style that stand in it.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, render_template
from markupsafe import Markup

from kb.answers import Card, compose
from kb.backend import Hit, Searcher, StoredArticle
from kb.matches import asked, match
from kb.query import MAX_QUESTION
from kb.visibility import seconds
from web.agent import CARD_WORDS, EXAMPLES, LINES_ABOVE, told_lines
from web.bundle import bundle
from web.rendered import render_parts

STATIC = Path(__file__).parent / "static"
STYLES = ("agent.css", "offline/offline.css")
ENTRY = STATIC / "offline/main.js"
# how long a pack counts as fresh, seconds: it is made every night, and a night may be late
FRESH = 26 * 3600
_SHOWN = "%Y-%m-%d %H:%M"
Progress = Callable[[int, int], None]


class Copied(Protocol):
    """What is packed; `indexer.offline.Copy` is one."""

    @property
    def at(self) -> datetime:
        """The moment of the copy."""

    @property
    def versions(self) -> tuple[StoredArticle, ...]:
        """The articles, in the order that the postings count them in."""

    @property
    def weights(self) -> tuple[float, ...]:
        """How much each counts as a whole."""

    @property
    def alarms(self) -> Any:
        """What sets alerts off, a dataclass."""

    @property
    def postings(self) -> Any:
        """Where terms stand, a dataclass."""

    @property
    def words(self) -> Any:
        """How questions are read, a dataclass."""


def offline_page(copy: Copied, searcher: Searcher, progress: Progress, *, frozen: bool = False) -> bytes:
    """The file, the same for the same copy. `frozen`: it shows another day, and no clock changes what it shows."""
    with _templates().test_request_context():
        articles = list(_articles(copy, searcher, progress))
        fresh_until = seconds(copy.at) + FRESH
        pack = {
            "at": seconds(copy.at), "until": fresh_until, "frozen": frozen, "articles": articles,
            "postings": asdict(copy.postings), "words": asdict(copy.words), "alarms": asdict(copy.alarms),
        }  # fmt: skip
        data = json.dumps(pack, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        script = _inside_script(bundle(ENTRY, STATIC))
        style = _inside_style("\n".join((STATIC / name).read_text("utf-8") for name in STYLES))
        page = render_template(
            "offline/page.html",
            pack=_inert(data), script=script, style=style,
            script_hash=_csp_hash(script), style_hash=_csp_hash(style),
            made=copy.at.strftime(_SHOWN), until=_shown(fresh_until, copy.at), frozen=frozen, articles=len(articles),
            fingerprint=sha256(data.encode()).hexdigest()[:12], examples=EXAMPLES, longest=MAX_QUESTION,
        )  # fmt: skip
    return page.encode("utf-8", "replace")


def _templates() -> Flask:
    """The templates of the desk without the desk: addresses lead nowhere."""
    app = Flask("web")
    app.jinja_env.globals.update(CARD_WORDS, url_for=lambda *_, **__: "")
    return app


def _articles(copy: Copied, searcher: Searcher, progress: Progress) -> Iterable[dict[str, object]]:
    query = searcher.understanding.understand("", searcher.knows)
    facts = asked(query, copy.at)
    for number, (stored, weight) in enumerate(zip(copy.versions, copy.weights, strict=True), 1):
        article = stored.article
        found = match(searcher.prepared(article.key), Hit(article.key, None, 0.0, 0.0), facts)
        yield {
            "id": article.id,
            "key": article.key,
            "title": article.title,
            "html": _card_html(compose(stored, found, query), stored),
            "start": seconds(stored.start),
            "end": seconds(stored.end) if stored.end else None,
            "weight": weight,
            "phrasings": len(article.questions),
        }
        progress(number, len(copy.versions))


def _card_html(card: Card, stored: StoredArticle) -> str:
    """The card, with the whole article folded at its end."""
    told = told_lines(card)
    parts = render_parts(card, told, told[LINES_ABOVE:], "", linked=False)
    # nh3 cleaned the HTML when the index was made
    sections = [(part.section, Markup(part.html)) for part in stored.sections]  # noqa: S704
    body = Markup(render_template("offline/body.html", body=parts.body, sections=sections))  # noqa: S704 - autoescaped
    return render_template(
        "offline/card.html", card=card, lines=told[:LINES_ABOVE], parts=replace(parts, body=body)
    ).strip()


def _inert(data: str) -> Markup:
    """JSON that no article can end a script with: `<` stands only in its strings."""
    return Markup(data.replace("<", "\\u003c"))  # noqa: S704


def _inside_script(text: str) -> Markup:
    """Our own script; what HTML would read as markup stands only in its strings."""
    return Markup(re.sub(r"<(?=!--|/?script)", r"\\x3c", text))  # noqa: S704


def _inside_style(text: str) -> Markup:
    if "</" in text:
        raise ValueError("a style sheet would end its own element")
    return Markup(text)  # noqa: S704


def _csp_hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _shown(moment: int, like: datetime) -> str:
    return datetime.fromtimestamp(moment, like.tzinfo).strftime(_SHOWN)
