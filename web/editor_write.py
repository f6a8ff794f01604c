"""The editor of a draft: the form and the source, saving as one types, looking at what it becomes, and settling conflicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from kb.clock import now
from kb.editing.form_fields import fields_of, parts_of
from kb.editing.form_input import clean, read_input
from kb.editing.forms import Form, to_form, to_text
from kb.errors import DatabaseProblem, KBError
from kb.publishing.three_way import Pick, settled, three_way
from kb.publishing.workbench import Draft, DraftChanged
from kb.publishing.workflow import STATES
from kb.types import TYPES
from web.access import current_actor, needs
from web.acting import address
from web.editor_look import look, shown_problems
from web.editor_preview import framed
from web.editor_shelf import Shelf
from web.numbers import whole
from web.services import Services

Answer = Response | AnyResponse | str | tuple[Response, int] | tuple[str, int]
_EMPTY = "文件已经被删掉，这一稿现在是空的；不再需要请作废。"
_PICKS: dict[str, Pick] = {"mine": "mine", "theirs": "theirs", "both": "both"}


def add_writing_pages(pages: Blueprint, services: Services, shelf: Shelf) -> None:
    """Add the routes of the editor."""
    workbench = services.workbench

    @pages.get("/drafts/<int:draft_id>/write")
    @needs("edit")
    def write(draft_id: int) -> Answer:
        """The editor, as a form or as the source."""
        draft = workbench.draft(draft_id)
        if draft.state != "draft":
            flash(f"这一稿现在是“{STATES[draft.state]}”，要改请先取回。", "error")
            return redirect(url_for("edit.draft", draft_id=draft_id))
        return _page(services, shelf, draft, request.args.get("view", "form"))

    @pages.get("/drafts/<int:draft_id>/preview")
    @needs("edit")
    def preview(draft_id: int) -> Answer:
        """What the agent would see, for the frame in the editor."""
        seen = look(services, shelf, workbench.draft(draft_id), None, now())
        return framed(render_template("edit/preview.html", shown=Markup(seen.preview)))  # noqa: S704 - rendered by Jinja

    @pages.post("/drafts/<int:draft_id>/look")
    @needs("edit")
    def look_at(draft_id: int) -> Answer:
        """What is wrong with a text that is still being typed, and what it would look like; nothing is kept."""
        draft = workbench.draft(draft_id)
        seen = look(services, shelf, draft, _typed(draft), now())
        return jsonify(problems=[p.as_json() for p in seen.problems], preview=seen.preview, read=seen.read)

    @pages.post("/drafts/<int:draft_id>/save")
    @needs("edit")
    def save(draft_id: int) -> Answer:
        """Keep what was typed; where somebody else saved meanwhile, both are shown and nothing is overwritten."""
        draft, at = workbench.draft(draft_id), now()
        text = _typed(draft)
        scripted = request.accept_mimetypes.best == "application/json"
        try:
            saved = workbench.save(current_actor(), draft_id, _number(), text, at, address())
        except DraftChanged as conflict:
            stored = conflict.draft
            if scripted and stored.text == text:
                # it was stored, only the answer got lost
                return jsonify(number=stored.number, at=f"{at:%H:%M}", text=text)
            if scripted:
                return jsonify(conflict=True, message=str(conflict)), 409
            return _merge_page(draft.base, text, stored), 409
        except KBError as error:
            if scripted:
                return jsonify(message=str(error)), _refusal(error)
            flash(f"没有保存：{error}您的文字还在这一页上。", "error")
            typed = replace(draft, text=text, number=_number())
            return _page(services, shelf, typed, request.form.get("view", "form"), draft.text), _refusal(error)
        if scripted:
            return jsonify(number=saved.number, at=f"{at:%H:%M}", text=saved.text)
        if request.form.get("then") == "draft":
            return redirect(url_for("edit.draft", draft_id=draft_id, check=1))
        view = request.form.get("then") or request.form.get("view")
        return redirect(url_for("edit.write", draft_id=draft_id, view=view if view == "source" else None))

    @pages.post("/drafts/<int:draft_id>/compare")
    @needs("edit")
    def compare(draft_id: int) -> Answer:
        """Both texts and what they came from, side by side, for somebody whose text could not be saved."""
        draft = workbench.draft(draft_id)
        base = clean(request.form.get("base", "")) or draft.base
        return _merge_page(base, _typed(draft, base), draft)

    @pages.get("/drafts/<int:draft_id>/conflict")
    @needs("edit")
    def conflict(draft_id: int) -> Answer:
        """The same for a draft whose file was changed since it was begun."""
        found = workbench.conflict(draft_id)
        if found is None:
            flash("文件没有被别人改过，不用合并。", "ok")
            return redirect(url_for("edit.draft", draft_id=draft_id))
        draft = workbench.draft(draft_id)
        return _merge_page(found.base, found.mine, draft, found.theirs)

    @pages.post("/drafts/<int:draft_id>/merge")
    @needs("edit")
    def merge(draft_id: int) -> Answer:
        """Keep the text that was put together of both."""
        base, mine, theirs = (clean(request.form.get(name, "")) for name in ("base", "mine", "theirs"))
        of_file = request.form.get("of") == "file"
        text, draft = _decided(base, mine, theirs), workbench.draft(draft_id)
        if text is None:
            flash("还有两边都改了的地方没有选。", "error")
            return _merge_page(base, mine, draft, theirs if of_file else None), 400
        try:
            if of_file:
                workbench.rebase(current_actor(), draft_id, _number(), text, now(), address(), seen=theirs)
            else:
                workbench.save(current_actor(), draft_id, _number(), text, now(), address())
        except DraftChanged as changed:
            return _merge_page(theirs, text, changed.draft), 409
        except KBError as error:
            flash(str(error), "error")
            if of_file:
                return redirect(url_for("edit.draft", draft_id=draft_id))
            # what was typed is nowhere but in this form
            return _merge_page(base, mine, draft), _refusal(error)
        flash("两边的修改已经合在一起，请再看一遍。" if text else _EMPTY, "ok")
        return redirect(url_for("edit.write", draft_id=draft_id, merged=1))


def _decided(base: str, mine: str, theirs: str) -> str | None:
    """The text that the form of a merge asks for; None while something is undecided."""
    sides, whole = {"mine": mine, "theirs": theirs}, request.form.get("whole", "")
    if whole in sides:
        return sides[whole]
    hunks = three_way(base, mine, theirs)
    picks = {n: _PICKS[p] for n in range(len(hunks)) if (p := request.form.get(f"pick.{n}", "")) in _PICKS}
    return settled(hunks, picks)


def _refusal(error: KBError) -> int:
    """The status of what was not saved: the script tries again by itself where the database was busy."""
    return 503 if isinstance(error, DatabaseProblem) else 422


def _number() -> int:
    return request.form.get("number", 0, whole)


def _typed(draft: Draft, base: str = "") -> str:
    """The text that the form or the source says; `base`: the text it was typed over, if not the stored one."""
    if request.form.get("view") == "source":
        return clean(request.form.get("text", "")).rstrip("\n") + "\n"
    kind = request.form.get("type", "")
    return to_text(read_input(kind, request.form), base or draft.text) if kind in TYPES else draft.text


def _merge_page(base: str, mine: str, stored: Draft, file: str | None = None) -> str:
    """`file`: what the file says, where the draft has to be brought together with that; else the stored draft is the other side."""
    theirs = stored.text if file is None else file
    hunks = three_way(base, mine, theirs)
    return render_template(
        "edit/merge.html",
        draft=stored, base=base, mine=mine, theirs=theirs, hunks=hunks, of="draft" if file is None else "file",
        undecided=sum(hunk.kind == "conflict" for hunk in hunks),
    )  # fmt: skip


def _page(services: Services, shelf: Shelf, draft: Draft, view: str, stored: str | None = None) -> str:
    """The editor; `stored`: what is kept, where the draft's text is one that could not be."""
    at = now()
    form = to_form(draft.text, draft.path) if draft.kind == "article" else ()
    if not isinstance(form, Form):
        broken, view = list(form), "source"
    else:
        broken = []
    seen = look(services, shelf, draft, None, at)
    kind = form.type if isinstance(form, Form) else ""
    return render_template(
        "edit/write.html",
        draft=draft, view="source" if view == "source" else "form", broken=broken, form=form, kind=kind,
        parts=parts_of(kind) if kind else (), fields={f.name: f for f in fields_of(kind)} if kind else {},
        stored=draft.text if stored is None else stored,
        problems=seen.problems, by_field=shown_problems(seen.problems), read=seen.read,
        offers=shelf.offers(), quick=_quick(at), conflict=services.workbench.conflict(draft.id) is not None,
    )  # fmt: skip


def _quick(at: datetime) -> list[tuple[str, str]]:
    """Moments that are often wanted."""
    tomorrow = at + timedelta(days=1)
    month = (at.replace(day=1) + timedelta(days=32)).replace(day=1)
    return [("现在", f"{at:%Y-%m-%d %H:%M}"), ("明天", f"{tomorrow:%Y-%m-%d}"), ("下月 1 日", f"{month:%Y-%m-%d}")]
