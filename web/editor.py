"""The workbench: what there is to do, and how something new is begun. Owns the blueprint `edit`."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from kb.clock import SHANGHAI, now
from kb.editing import catalogue
from kb.editing.form_input import clean
from kb.editing.forms import Form, to_form, to_text
from kb.editing.slugs import suggest_slug
from kb.errors import KBError, Refused
from kb.people import Actor
from kb.publishing.workflow import State, refusal
from kb.templates import make_template
from kb.types import TYPES
from web.access import current_actor, needs
from web.acting import address
from web.editor_articles import add_article_pages
from web.editor_drafts import add_draft_pages
from web.editor_shelf import Shelf
from web.editor_write import add_writing_pages
from web.numbers import whole
from web.places import Counts
from web.services import Services

PER_PAGE = 30
# an article may have 1 MB, and a browser sends it with its form
MAX_BODY = 4 * 1024 * 1024
_IN_REVIEW: tuple[State, ...] = ("review",)
_WHAT: dict[str, str] = {
    "product": "是什么、谁能办、关键数字、风险",
    "process": "怎么办：渠道、路径、步骤、失败时",
    "regulation": "国家规定或本行制度，一条一条转述",
    "complaint": "归哪个部门、多久、能承诺什么",
    "alert": "诈骗话术的红色卡片、临时公告",
}


def editor(services: Services) -> Blueprint:
    """The blueprint of the list, the editor, the drafts and the articles' history."""
    pages = Blueprint("edit", __name__, url_prefix="/edit")
    pages.record_once(_allow_long_texts)
    pages.add_app_template_filter(_moment, "moment")
    pages.add_app_template_filter(_exact, "exact")
    shelf = Shelf(services)
    add_writing_pages(pages, services, shelf)
    add_draft_pages(pages, services, shelf)
    add_article_pages(pages, services, shelf)

    @pages.get("/")
    @needs("edit")
    def drafts() -> str:
        """Drafts and published versions, filtered."""
        actor, at = current_actor(), now()
        open_drafts = services.workbench.drafts(states=catalogue.OPEN_STATES)
        scores, unscored = shelf.scores(at)
        entries = catalogue.catalogue(shelf.library().articles, open_drafts, actor, at, scores)
        words, kind, owner = (request.args.get(name, "")[:80].strip() for name in ("q", "type", "owner"))
        found = catalogue.chosen(entries, words, kind, owner)
        counts = catalogue.counts(found)
        show = request.args.get("show", "")
        if show not in catalogue.FILTERS:
            show = _first_filter(counts, actor)
        shown = catalogue.shown_by(found, show)
        last = max(1, -(-len(shown) // PER_PAGE))
        page = max(1, min(request.args.get("page", 1, whole), last))
        return render_template(
            "edit/drafts.html",
            entries=shown[(page - 1) * PER_PAGE : page * PER_PAGE], filters=catalogue.FILTERS, counts=counts, show=show,
            page=page, last=last, q=words, kind=kind, owner=owner, types=TYPES,
            owners=sorted({entry.owner for entry in entries if entry.owner}), low=catalogue.LOW_SCORE, unscored=unscored,
        )  # fmt: skip

    @pages.get("/new")
    @needs("edit")
    def new() -> str:
        """What kind of article, called how."""
        return _new_page(request.args.get("type", "process"), request.args.get("title", "")[:80], "")

    @pages.post("/new")
    @needs("edit")
    def begin_new() -> Response | tuple[str, int]:
        """Begin a draft from the template of its type; what was typed stays where that is refused."""
        kind, title = request.form.get("type", ""), clean(request.form.get("title", ""))[:80].strip()
        slug = request.form.get("slug", "").strip() or suggest_slug(title, shelf.taken())
        try:
            if kind not in TYPES:
                raise Refused("请先选一种类型。")
            if not title:
                raise Refused("请写标题：客户要办的事。")
            text = template_text(kind, slug, title, current_actor(), now())
            draft = services.workbench.begin_new(current_actor(), kind, slug, now(), address(), text)  # type: ignore[arg-type]
        except KBError as error:
            flash(str(error), "error")
            return _new_page(kind, title, request.form.get("slug", "").strip()), 400
        return redirect(url_for("edit.write", draft_id=draft.id))

    @pages.get("/slug")
    @needs("edit")
    def slug() -> Response:
        """The id that a title suggests."""
        return jsonify(slug=suggest_slug(request.args.get("title", "")[:80], shelf.taken()))

    @pages.post("/begin")
    @needs("edit")
    def begin() -> Response:
        """Begin a draft of the next version of a file."""
        path = request.form.get("path", "")
        try:
            draft = services.workbench.begin_from(current_actor(), path, now(), address())
        except KBError as error:
            flash(str(error), "error")
            return redirect(url_for("edit.drafts"))
        return redirect(url_for("edit.write", draft_id=draft.id))

    return pages


def reviews_waiting(services: Services) -> Counts:
    """How many drafts wait for a review by the person who asks."""

    def count() -> int:
        actor = current_actor()
        if not actor.may("approve"):
            return 0
        waiting = services.workbench.drafts(states=_IN_REVIEW)
        return sum(refusal("approve", draft.standing, actor) is None for draft in waiting)

    return {"edit.drafts": count}


def _moment(at: datetime) -> str:
    """A moment as people read it: without its time where a day begins."""
    there = at.astimezone(SHANGHAI)
    return f"{there:%Y-%m-%d}" if (there.hour, there.minute) == (0, 0) else f"{there:%Y-%m-%d %H:%M}"


def _exact(at: datetime) -> str:
    """A moment as `?at=` takes it, to the second and not before it."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _first_filter(counts: object, actor: Actor) -> str:
    """What somebody most likely came for: reviews that wait, else the own drafts, else everything."""
    assert isinstance(counts, dict)
    if actor.may("approve") and counts.get("review"):
        return "review"
    return "mine" if counts.get("mine") else "all"


def _new_page(kind: str, title: str, slug: str) -> str:
    return render_template("edit/new.html", types=TYPES, what=_WHAT, kind=kind, title=title, slug=slug)


def template_text(kind: str, slug: str, title: str, actor: Actor, at: datetime) -> str:
    """The template of a type without its hints (the form has them), with what is known already."""
    form = to_form(make_template(kind, slug, title))
    assert isinstance(form, Form)
    today = f"{at.astimezone(SHANGHAI):%Y-%m-%d}"
    known = {"author": actor.display, "effective": today, "verified": today}
    return to_text(Form(kind, {**form.values, **known}, form.body))


def _allow_long_texts(state: BlueprintSetupState) -> None:
    """An article may be longer than a question; said before anything reads the body of the request."""
    app = state.app

    def allow() -> None:
        if request.blueprint == "edit":
            request.max_content_length = MAX_BODY
            request.max_form_memory_size = MAX_BODY

    assert isinstance(app, Flask)
    app.before_request_funcs.setdefault(None, []).insert(0, allow)
