"""One draft: where it stands, what may be done with it, what it changes, what the checks say, and who said what."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kb.clock import now, parse_moment
from kb.db import audit, users
from kb.editing.diffs import differences
from kb.editing.form_input import clean
from kb.editing.forms import Form, to_form
from kb.errors import Refused
from kb.people import Actor
from kb.publishing.desk import target_of
from kb.publishing.workbench import Draft
from kb.publishing.workflow import STATES, STEPS, refusal, steps_for
from kb.types import Article
from web.access import current_actor, needs
from web.acting import address, said
from web.editor_check import Checked, check, undoing
from web.editor_shelf import Shelf
from web.moments import day
from web.numbers import whole
from web.services import Services

_MOST_EVENTS = 100
_EVENTS: dict[str, str] = {
    "draft.begin": "开始起草",
    "draft.urgent": "改了加急标记",
    **{f"draft.{step}": label for step, label in STEPS.items()},
}


@dataclass(frozen=True, slots=True)
class _Said:
    """An event of the audit, as the draft's page tells it."""

    who: str
    what: str
    at: datetime
    denied: bool


def add_draft_pages(pages: Blueprint, services: Services, shelf: Shelf) -> None:
    """Add the routes of a draft."""
    workbench = services.workbench

    @pages.get("/drafts/<int:draft_id>")
    @needs("edit")
    def draft(draft_id: int) -> str:
        """The draft; with ?check=1 after a thorough check."""
        found = workbench.draft(draft_id)
        seen = check(services, shelf, found, now()) if request.args.get("check") else None
        later = seen.undoing if seen else undoing(services, shelf, found, now())
        return _page(services, found, current_actor(), seen, later)

    @pages.get("/drafts/<int:draft_id>/findings")
    @needs("edit")
    def findings(draft_id: int) -> str:
        """What the checks say, as a part of the draft's page."""
        found = workbench.draft(draft_id)
        seen = check(services, shelf, found, now())
        return render_template("edit/_checked.html", draft=found, seen=seen, blocked=bool(seen.blocking))

    @pages.post("/drafts/<int:draft_id>/submit")
    @needs("edit")
    def submit(draft_id: int) -> Response:
        """Send to review; errors are in the way, warnings are shown first."""
        found, at = workbench.draft(draft_id), now()
        back = redirect(url_for("edit.draft", draft_id=draft_id, check=1))
        seen = check(services, shelf, found, at)
        if seen.blocking:
            flash(f"还不能送审：有 {len(seen.blocking)} 处要先改好。", "error")
            return back
        if seen.warnings and not request.form.get("checked"):
            flash("没有错误，但有几处提醒。看过以后可以照样送审。", "ok")
            return back
        with said("已送审，等另一位审核人通过。"):
            _unchanged(found)
            workbench.submit(current_actor(), draft_id, at, address())
        return redirect(url_for("edit.draft", draft_id=draft_id))

    @pages.post("/drafts/<int:draft_id>/approve")
    @needs("approve")
    def approve(draft_id: int) -> Response:
        """Let it through, and publish; what was sent without errors may have got some since."""
        seen = check(services, shelf, workbench.draft(draft_id), now())
        if seen.blocking:
            flash(f"还不能发布：有 {len(seen.blocking)} 处要先改好，请退回给作者。", "error")
            return redirect(url_for("edit.draft", draft_id=draft_id, check=1))
        with said():
            made = workbench.approve(current_actor(), draft_id, request.form.get("number", 0, whole), now(), address())
            flash(_published(made.state, made.reason), "ok" if made.state != "failed" else "error")
        return redirect(url_for("edit.draft", draft_id=draft_id))

    @pages.post("/drafts/<int:draft_id>/send-back")
    @needs("approve")
    def send_back(draft_id: int) -> Response:
        """Back to the author, with what to change."""
        with said("已退回，作者会看到您的留言。"):
            workbench.send_back(current_actor(), draft_id, _words(), now(), address())
        return redirect(url_for("edit.draft", draft_id=draft_id))

    @pages.post("/drafts/<int:draft_id>/comment")
    @needs("edit")
    def comment(draft_id: int) -> Response:
        """Say something about it."""
        with said("已留言。"):
            workbench.comment(current_actor(), draft_id, _words(), now(), address())
        return redirect(url_for("edit.draft", draft_id=draft_id))

    @pages.post("/drafts/<int:draft_id>/urgent")
    @needs("edit")
    def urgent(draft_id: int) -> Response:
        """Say that it is in a hurry, or that it is not."""
        wanted = request.form.get("urgent") == "yes"
        with said("已标为加急。别忘了写失效时间，最长 30 天。" if wanted else "已取消加急。"):
            workbench.set_urgent(current_actor(), draft_id, wanted, now(), address())
        return redirect(url_for("edit.draft", draft_id=draft_id))

    def step(name: str, does: Callable[..., Draft], done: str) -> None:
        @needs("edit")
        def take(draft_id: int) -> Response:
            with said(done):
                does(current_actor(), draft_id, now(), address())
            return redirect(url_for("edit.draft", draft_id=draft_id))

        pages.add_url_rule(f"/drafts/<int:draft_id>/{name}", name, take, methods=["POST"])

    step("recall", workbench.recall, "已取回，可以接着写。")
    step("withdraw", workbench.withdraw, "已作废，文字留着可查。")


def _words() -> str:
    return clean(request.form.get("text", "")).strip()


def _unchanged(draft: Draft) -> None:
    """The person must have seen the text that is sent."""
    if request.form.get("number", 0, whole) != draft.number:
        raise Refused("这一稿刚刚又改过，请再看一遍再送审。")


def _published(state: str, reason: str) -> str:
    if state == "applied":
        return "已通过并发布，坐席现在就能看到（或到生效时间自动出现）。"
    if state == "failed":
        return f"没有发布成：{reason}"
    return f"已通过，正在写入，稍后自动完成。{reason}"


def _page(services: Services, draft: Draft, actor: Actor, seen: Checked | None, later: Collection[Article]) -> str:
    workbench = services.workbench
    steps = steps_for(draft.standing, actor)
    with services.database.reading() as connection:
        happened = audit.latest(connection, _MOST_EVENTS, target_of(draft.id))
        names = {name: found.display for name in {e.actor for e in happened} if (found := users.find(connection, name))}
    return render_template(
        "edit/draft.html",
        draft=draft, states=STATES, steps=steps, why=_why(draft, actor, steps), starts=_starts(draft.text, now()),
        conflict=draft.state in ("draft", "review") and workbench.conflict(draft.id) is not None,
        published=bool(draft.article_id and workbench.history(draft.article_id)),
        changes=differences(draft.base, draft.text), comments=workbench.comments(draft.id), seen=seen,
        blocked=bool(seen and seen.blocking),
        undoing=[(one, day(one.effective, now())) for one in later if draft.state in ("draft", "review")],
        events=[_Said(names.get(e.actor, e.actor), _EVENTS.get(e.action, e.action), e.at, e.result == "denied") for e in happened],
    )  # fmt: skip


def _why(draft: Draft, actor: Actor, steps: Collection[str]) -> str:
    """One sentence on how it goes on from here."""
    if draft.state == "approved":
        return "已经通过，正在写入文件和索引；不用做什么，稍后刷新就能看到。"
    if draft.state == "review" and "approve" not in steps:
        return refusal("approve", draft.standing, actor) or ""
    if draft.state == "review":
        return "请看过右边和下面的内容：改了什么、检查说了什么，再决定。"
    return "写好以后先检查，再送给另一位审核人；自己不能审核自己的稿子。" if draft.state == "draft" else ""


def _starts(text: str, at: datetime) -> str:
    """When a text begins to be shown, for the question before publishing."""
    form = to_form(text)
    try:
        begins = parse_moment(str(form.get("effective"))) if isinstance(form, Form) else at
    except ValueError:
        return ""
    return f"{begins:%Y-%m-%d %H:%M} 自动生效" if begins > at else "坐席立刻看到"
