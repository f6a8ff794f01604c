"""What a person read last, what changed since, and the articles kept at hand. Who is not signed in keeps both in the browser."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable

from flask import Blueprint, Response, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import NotFound

from kb.backend import StoredArticle
from kb.clock import now
from kb.db import favourites, readings, revisions
from kb.db.readings import Reading
from kb.db.revisions import Revision
from kb.errors import DatabaseProblem, KBError, Missing, Refused
from kb.people import Actor
from kb.publishing import changes
from kb.publishing.changes import ChangeNote
from kb.registry import load_part
from kb.types import TYPES, VERSION_KEY
from web.access import current_actor, needs
from web.errors import data, told
from web.later import Later
from web.moments import day
from web.numbers import whole
from web.services import Services

# readings that a page is told of: a person's half year, and no more than a browser looks through at once
_MOST_READ = 1000
# articles asked about at once
_MOST_CARDS = 80
# versions that are told apart
_MOST_NOTES = 10
_KEY = re.compile(VERSION_KEY)


def reading_pages(services: Services) -> Blueprint:
    """The blueprint of readings and favourites."""
    pages = Blueprint("reading", __name__, url_prefix="/reading")
    pages.register_error_handler(KBError, told)
    _add_own(pages, services)
    _add_changes(pages, services)
    return pages


def _add_own(pages: Blueprint, services: Services) -> None:
    """What belongs to a person: what was read, what is kept at hand."""
    later: Later[Reading] = Later(services.database, "readings", readings.note)

    @pages.get("/")
    @needs("session")
    def mine() -> Response:
        """Which version of which article one read last, what one keeps at hand, and the token of forms."""
        person = current_actor().id
        with services.database.reading() as connection:
            read = {
                r.article_id: [r.version, int(r.at.timestamp())] for r in readings.of(connection, person, _MOST_READ)
            }
            kept = favourites.of(connection, person)
        return data({"read": read, "favourites": kept, "csrf": generate_csrf()})

    @pages.post("/")
    @needs("session")
    def note() -> Response:
        """Note that one read a version of an article."""
        key = request.form.get("article", "")
        if not _KEY.fullmatch(key):
            raise Refused("不知道读的是哪一条，请刷新页面再试。")
        article_id, _, said = key.partition("@")
        version = int(said)
        person = current_actor().id
        # SQL's INTEGER; articles count from 1
        if version < 2**31 and _current(services, article_id) is not None:
            later.put((person, article_id), Reading(person, article_id, version, now()))
        return data({})

    @pages.post("/favourites")
    @needs("session")
    def favour() -> Response:
        """Keep an article at hand (`kept` is `yes`), or no longer; all that one keeps."""
        article_id, person = request.form.get("article", ""), current_actor().id
        kept = request.form.get("kept") == "yes"
        if kept and _current(services, article_id) is None:
            raise Missing("没有这篇文章，或现在还不生效。")
        with services.database.writing() as connection:
            if kept:
                favourites.add(connection, person, article_id, now())
            else:
                favourites.remove(connection, person, article_id)
            found = favourites.of(connection, person)
        return data({"favourites": found})


def _add_changes(pages: Blueprint, services: Services) -> None:
    """What stands in the articles now, and what it was before."""

    @pages.post("/cards")
    @needs("read")
    def cards() -> Response:
        """Of the articles named, those that the asker may see now."""
        return data(visible_cards(services, request.form.getlist("article")))

    @pages.get("/changes/<article_id>")
    @needs("read")
    def since(article_id: str) -> Response:
        """What editors say about the versions after `since` up to the one in force."""
        known, actor, at = request.args.get("since", 0, whole), current_actor(), now()
        stored = _current(services, article_id)
        if stored is None:
            raise Missing("没有这篇文章，或现在还不生效。")
        notes = _notes(services, stored, known, actor)
        said = [{"version": n.version, "day": day(n.since, at), "note": n.note} for n in notes[-_MOST_NOTES:]]
        more = url_for("reading.differences", article_id=article_id, since=known)
        return data({"version": stored.article.version, "notes": said, "more": more})

    @pages.get("/differences/<article_id>")
    @needs("read")
    def differences(article_id: str) -> str:
        """The version `since` beside the one in force, for people."""
        known, viewer, at = request.args.get("since", 0, whole), current_actor().viewer, now()
        stored = _current(services, article_id)
        if stored is None:
            raise NotFound
        article = stored.article
        past = _past(services, article_id)
        old, new = (changes.text_of(past, version, viewer, at) for version in (known, article.version))
        facts = load_part(services.settings.articles, "facts.yml").facts
        return render_template(
            "differences.html",
            article=article, known=known, complete=None not in (old, new),
            changes=changes.differing(old or "", new or "", facts) if old and new else [],
        )  # fmt: skip


def visible_cards(services: Services, ids: Iterable[str]) -> list[dict[str, str]]:
    """Of these articles, those that the asker may see now, in their order, as lists show them. Raises IndexProblem."""
    found = []
    for article_id in list(dict.fromkeys(ids))[:_MOST_CARDS]:
        stored = _current(services, article_id)
        if stored is not None:
            article = stored.article
            address = url_for("agent.article", article_id=article.id)
            found.append(
                {
                    "id": article.id, "key": article.key, "title": article.title, "type": TYPES[article.type],
                    "identity": article.identity, "href": address,
                }
            )  # fmt: skip
    return found


def _current(services: Services, article_id: str) -> StoredArticle | None:
    """The version in force, if the asker may see it."""
    return services.source.searcher().current(article_id, now(), current_actor().viewer)


def _notes(services: Services, stored: StoredArticle, known: int, actor: Actor) -> list[ChangeNote]:
    """What editors say about each version; without a database only the one in force does."""
    article = stored.article
    current = ChangeNote(article.version, stored.start, article.change_note)
    facts = load_part(services.settings.articles, "facts.yml").facts
    return changes.since(_past(services, article.id), known, current, facts, actor.viewer)


def _past(services: Services, article_id: str) -> list[Revision]:
    """Every text that the article had, as far as the database can be asked."""
    with contextlib.suppress(DatabaseProblem), services.database.reading() as connection:
        return revisions.of_article(connection, article_id)
    return []
