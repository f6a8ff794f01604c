"""What changed in an article since a version that somebody read, from the texts that its files had. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from kb.clock import parse_moment
from kb.db.revisions import Revision
from kb.editing.diffs import Change, differences
from kb.editing.form_fields import fields_of
from kb.editing.forms import Form, Value, to_form
from kb.fields import fill_facts
from kb.types import Audience, Status
from kb.visibility import Viewer, admitted

_INNER = {
    "id", "type", "questions", "keywords", "category", "status", "version", "owner", "author", "approver", "verified",
    "review_days", "audience", "test_queries", "not_queries", "triggers", "affects",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """What an editor says about a version."""

    version: int
    # when it began to be in force
    since: datetime
    # empty where nothing is said
    note: str


def since(
    revisions: Sequence[Revision], known: int, current: ChangeNote, facts: dict[str, str], viewer: Viewer
) -> list[ChangeNote]:
    """The notes of the versions after the `known` one up to the `current` one, oldest first, as far as the viewer may see them.

    `revisions`: all of the article, newest first; versions that never were in force are left out. A note that only repeats
    that of the version before says nothing.
    """
    newest = {r.version: r for r in reversed(revisions) if r.version and not r.removed}
    notes = {}
    for version, revision in newest.items():
        note = _note(revision, facts, viewer)
        if (
            known <= version < current.version
            and note
            and note.since <= current.since
            and not _unborn(note, revision, revisions)
        ):
            notes[version] = note
    before = notes.pop(known).note if known in notes else ""
    told = []
    for _, one in sorted((notes | {current.version: current}).items()):
        told.append(replace(one, note="") if one.note == before else one)
        before = one.note
    return told


def differing(old: str, new: str, facts: dict[str, str]) -> list[Change]:
    """What agents can see of the differences between two texts of an article: not how it is found, tested and looked after."""
    texts = [fill_facts(text, facts)[0] for text in (old, new)]
    form = to_form(texts[1])
    inner = {f.label for f in fields_of(form.type) if f.name in _INNER} if isinstance(form, Form) else set()
    return [change for change in differences(*texts) if change.label not in inner]


def text_of(revisions: Sequence[Revision], version: int, viewer: Viewer, at: datetime) -> str | None:
    """The text of a version; None if it is not kept, had not begun by `at`, or was not for this viewer to read."""
    for revision in revisions:
        if revision.version == version and not revision.removed:
            note = _note(revision, {}, viewer)
            begun = note is not None and note.since <= at and not _unborn(note, revision, revisions)
            return revision.text if begun else None
    return None


def _note(revision: Revision, facts: dict[str, str], viewer: Viewer) -> ChangeNote | None:
    """None for a text that cannot be read, that is no more than a draft, or that was not for this viewer."""
    form = to_form(fill_facts(revision.text, facts)[0], revision.path)
    if not isinstance(form, Form) or form.get("status") not in get_args(Status):
        return None
    if not admitted(_audience(form.get("audience")), viewer):
        return None
    begins = revision.at
    with contextlib.suppress(ValueError):
        begins = parse_moment(str(form.get("effective")))
    return ChangeNote(revision.version, begins, str(form.get("change_note")))


def _audience(written: Value) -> Audience:
    return (
        Audience(**{name: tuple(map(str, items)) for name, items in written.items()})
        if isinstance(written, Mapping)
        else Audience()
    )


def _unborn(note: ChangeNote, revision: Revision, revisions: Sequence[Revision]) -> bool:
    """Whether its file was taken away, or said something else, before it began."""
    later = [r.at for r in revisions if r.path == revision.path and r.id > revision.id]
    return bool(later) and min(later) <= note.since
