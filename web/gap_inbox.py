"""The inbox of gaps: questions without an answer, put together, and what editors make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from kb.clock import now
from kb.db import gaps
from kb.editing.phrasings import add_phrasings
from kb.editing.slugs import suggest_slug
from kb.errors import IndexProblem, KBError, Refused
from kb.gaps import STATES, Asked, Cluster, Features, Gap, State, about, clusters, plain
from kb.templates import make_template
from kb.types import TYPES, ArticleType
from web.access import current_actor, needs
from web.acting import address
from web.drafting import article_path, draft_url
from web.errors import status_of
from web.numbers import whole
from web.services import Services

PER_PAGE = 50
# gaps that are put together at once
MOST = 2000
# what titles have room for
_LONGEST_TITLE = 40
Page = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The article that comes first now."""

    id: str
    title: str


def add_gap_pages(pages: Blueprint, services: Services) -> None:
    """Add them to the blueprint of the inbox."""

    @pages.get("/gaps", endpoint="gaps")
    @needs("answer")
    def gap_list() -> str:
        """Gaps that wait, put together; or those that were decided."""
        decided = request.args.get("show") == "decided"
        page = max(1, min(request.args.get("page", 1, whole), 10_000))
        start = (page - 1) * PER_PAGE
        with services.database.reading() as connection:
            counts = gaps.counts(connection)
            done = gaps.decided_ones(connection, PER_PAGE + 1, start) if decided else []
            found = [] if decided else gaps.open_ones(connection, MOST)
        groups = clusters(found, _features(services))[start : start + PER_PAGE + 1]
        more = max(len(done), len(groups)) > PER_PAGE
        done, groups = done[:PER_PAGE], groups[:PER_PAGE]
        return render_template(
            "inbox/gaps.html",
            groups=[(group, _nearest(services, group)) for group in groups], done=done, decided=decided, counts=counts,
            page=page, more=more, states=STATES, draft_url=draft_url,
        )  # fmt: skip

    @pages.get("/gaps/<int:number>")
    @needs("answer")
    def gap(number: int) -> Page:
        """The cluster of a gap, with what can be made of it."""
        return _cluster_page(services, number)

    @pages.post("/gaps/<int:number>/draft")
    @needs("edit")
    def draft_from_gap(number: int) -> Page | Response:
        """Begin a draft of a new article with the questions chosen."""
        form = request.form

        def begin(chosen: list[Gap], at: datetime) -> int:
            kind, slug = form.get("type", ""), form.get("slug", "").strip()
            if kind not in TYPES:
                raise Refused("请选文章的类型。")
            title = " ".join(form.get("title", "").split())[:_LONGEST_TITLE]
            text = add_phrasings(make_template(kind, slug, title), slug, _wordings(chosen))
            return services.workbench.begin_new(
                current_actor(), cast(ArticleType, kind), slug, at, address(), text=text
            ).id

        return _decided(services, number, "draft", begin)

    @pages.post("/gaps/<int:number>/alias")
    @needs("edit")
    def alias_from_gap(number: int) -> Page | Response:
        """Begin a draft of an article with the questions chosen as its phrasings."""

        def begin(chosen: list[Gap], at: datetime) -> int:
            actor, article_id = current_actor(), _named(request.form.get("article", ""))
            path = article_path(services, article_id, at)
            # refused before a draft is begun for nothing
            add_phrasings((services.settings.articles / path).read_text("utf-8"), path, _wordings(chosen))
            draft = services.workbench.begin_from(actor, path, at, address())
            text = add_phrasings(draft.text, path, _wordings(chosen))
            return services.workbench.save(actor, draft.id, draft.number, text, at, address()).id

        return _decided(services, number, "alias", begin)

    @pages.post("/gaps/<int:number>/dismiss")
    @needs("answer")
    def dismiss_gap(number: int) -> Page | Response:
        """Close the gaps chosen without an article."""
        return _decided(services, number, "dismissed", None)


def _decided(
    services: Services, number: int, state: State, begin: Callable[[list[Gap], datetime], int] | None
) -> Page | Response:
    """Do what was asked for with the gaps chosen; where that is not possible, the form comes back as it was."""
    actor, at = current_actor(), now()
    numbers = {
        int(n) for value in request.form.getlist("asked") for n in value.split(",") if len(n) < 10 and n.isdecimal()
    }
    try:
        if not numbers:
            raise Refused("请至少勾选一种问法。")
        with services.database.reading() as connection:
            chosen = gaps.waiting_of(connection, numbers)
        draft_id = begin(chosen, at) if begin else None
        with services.database.writing() as connection:
            closed = gaps.decide(connection, actor, numbers, state, at, draft_id, address())
    except KBError as error:
        return _cluster_page(services, number, str(error), status_of(error))
    if draft_id:
        flash(f"已起草，{closed} 条缺口归到这一稿。发布后就能搜到。", "ok")
        return redirect(draft_url(draft_id))
    flash(f"{closed} 条缺口不再处理。", "ok")
    return redirect(url_for("inbox.gaps"))


def _cluster_page(services: Services, number: int, message: str = "", status: int = 200) -> Page:
    with services.database.reading() as connection:
        found = gaps.open_ones(connection, MOST)
        one = gaps.find(connection, number)
    if one is None:
        raise NotFound
    groups = clusters(found, _features(services))
    group = next((g for g in groups if any(number in asked.ids for asked in g.questions)), None)
    suggested = _title(group.typical) if group else ""
    typed = request.form if request.method == "POST" else {}
    shown = render_template(
        "inbox/gap.html",
        gap=one, group=group, nearest=_nearest(services, group) if group else None, message=message, types=TYPES,
        title=typed.get("title", suggested), slug=typed.get("slug", suggest_slug(suggested)), kind=typed.get("type", "process"),
        article=typed.get("article"), states=STATES, draft_url=draft_url,
        chosen=set(request.form.getlist("asked")) if request.method == "POST" else None,
    )  # fmt: skip
    return shown, status


def _features(services: Services) -> Features:
    """How questions are compared; without an index only equal ones are put together."""
    try:
        searcher = services.source.searcher()
    except IndexProblem:
        return lambda question: {plain(question): 1.0}
    return partial(about, understanding=searcher.understanding, knows=searcher.knows)


def _nearest(services: Services, group: Cluster) -> Nearest | None:
    """What the typical question finds now; else what was found when it was reported."""
    viewer, at = current_actor().viewer, now()
    try:
        hits = services.base.hits(group.typical, viewer, at, 1)
        key = hits[0].key if hits else group.best
        found = services.base.article(key.rpartition("@")[0], viewer, at) if key else None
    except IndexProblem:
        return None
    if found is None:
        return None
    article = found[0].article
    return Nearest(article.id, article.title)


def _wordings(chosen: list[Gap]) -> list[str]:
    """Their questions, without those in which a number was masked."""
    return [gap.question for gap in chosen if not Asked(gap.question, ()).is_masked]


def _title(question: str) -> str:
    return question.strip(" ？?。！!，,")[:_LONGEST_TITLE]


def _named(written: str) -> str:
    """The id of an article, given as an id or as the address of its page."""
    return written.strip().rpartition("/")[2].partition("?")[0].partition("#")[0]
