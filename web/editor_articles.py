"""One published article: its versions on the time line, every text it ever had, and the ways back."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from kb.clock import now
from kb.editing.catalogue import OPEN_STATES
from kb.editing.diffs import differences
from kb.editing.form_input import clean
from kb.errors import Refused
from kb.publishing.workbench import Revision
from kb.publishing.workflow import PHASES
from web.access import current_actor, needs
from web.acting import address, said
from web.editor_shelf import Shelf
from web.numbers import whole
from web.services import Services

LONGEST_REASON = 500
_SOURCES = {"workbench": "工作台", "files": "文件改动", "git": "Git"}


def add_article_pages(pages: Blueprint, services: Services, shelf: Shelf) -> None:
    """Add the routes of a published article."""
    workbench = services.workbench

    @pages.get("/articles/<article_id>")
    @needs("edit")
    def article(article_id: str) -> str:
        """The time line and the history."""
        at, actor = now(), current_actor()
        versions, revisions = workbench.timeline(article_id, at), workbench.history(article_id)
        if not versions and not revisions:
            raise NotFound
        drafts = [d for d in workbench.drafts(states=OPEN_STATES) if d.article_id == article_id]
        current = next((v for v in versions if v.phase == "in_force"), None)
        title = current.title if current else versions[0].title if versions else article_id
        return render_template(
            "edit/article.html",
            article_id=article_id, title=title, versions=versions, revisions=revisions, drafts=drafts, phases=PHASES,
            current=current, sources=_SOURCES, may_decide=actor.may("approve"), at=at, standing=_standing(revisions),
        )  # fmt: skip

    @pages.get("/articles/<article_id>/diff")
    @needs("edit")
    def diff(article_id: str) -> Response | str:
        """What changed between two texts of the history, the older one first."""
        revisions = {revision.id: revision for revision in workbench.history(article_id)}
        old, new = (revisions.get(request.args.get(name, 0, whole)) for name in ("old", "new"))
        if new is None:
            flash("请选两个要比较的版本。", "error")
            return redirect(url_for("edit.article", article_id=article_id))
        if old and old.at > new.at:
            old, new = new, old
        return render_template(
            "edit/diff.html",
            article_id=article_id, old=old, new=new, changes=differences(_text(old), _text(new)), sources=_SOURCES,
        )  # fmt: skip

    @pages.post("/articles/<article_id>/rollback")
    @needs("approve")
    def rollback(article_id: str) -> Response:
        """Make an older text the one in force."""
        with said("已回退：坐席现在看到的是那一版的内容。"):
            revision_id = request.form.get("revision", 0, whole)
            if revision_id not in {revision.id for revision in workbench.history(article_id)}:
                raise Refused("没有这一版。")
            workbench.rollback(current_actor(), revision_id, now(), address())
        return redirect(url_for("edit.article", article_id=article_id))

    @pages.post("/articles/<article_id>/expire")
    @needs("approve")
    def expire(article_id: str) -> Response:
        """Take a version away now."""
        with said("已撤下：坐席不会再看到这一版。"):
            at = now()
            reason = clean(request.form.get("reason", "")).strip()[:LONGEST_REASON]
            if not reason:
                raise Refused("请写明为什么撤下。")
            path = request.form.get("path", "")
            if path not in {version.path for version in workbench.timeline(article_id, at)}:
                raise Refused("没有这一版，可能已经被撤下。")
            workbench.expire(current_actor(), path, at, reason, address())
        return redirect(url_for("edit.article", article_id=article_id))


def _standing(revisions: Iterable[Revision]) -> set[int]:
    """The revisions that stand in the files: the newest of each."""
    newest: dict[str, int] = {}
    for revision in revisions:
        newest.setdefault(revision.path, revision.id)
    return set(newest.values())


def _text(revision: Revision | None) -> str:
    return "" if revision is None or revision.removed else revision.text
