"""The files that all articles share, and where each begins a draft: facts, menus, departments, holidays, words, pins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, render_template

from kb.db import revisions
from kb.db.revisions import Revision
from kb.editing.affected import files_with_facts, users_of_facts
from kb.library import load_library
from kb.publishing.catalogue import SHARED_FILES
from kb.publishing.workbench import DraftRow
from kb.publishing.workflow import State
from web.access import needs
from web.services import Services

_OPEN: tuple[State, ...] = ("draft", "review", "approved")


@dataclass(frozen=True, slots=True)
class SharedFile:
    """One file, as the list shows it."""

    path: str
    label: str
    what: str
    # lines that say something
    entries: int
    exists: bool
    latest: Revision | None
    draft: DraftRow | None


def shared_files(services: Services) -> Blueprint:
    """The blueprint of the list, and of who uses which fact."""
    pages = Blueprint("shared", __name__, url_prefix="/shared")

    @pages.get("/")
    @needs("edit")
    def files() -> str:
        """Every shared file, with its latest change and the draft that is open."""
        return render_template("shared/files.html", files=_files(services))

    @pages.get("/facts")
    @needs("edit")
    def facts() -> str:
        """Every shared fact, and the articles that say it."""
        root = services.settings.articles
        library = load_library(root)
        users = users_of_facts(library.articles, files_with_facts(root, library.articles))
        return render_template("shared/facts.html", facts=library.registry.facts, users=users)

    return pages


def _files(services: Services) -> list[SharedFile]:
    drafts = {draft.path: draft for draft in services.workbench.drafts(states=_OPEN)}
    with services.database.reading() as connection:
        return [
            SharedFile(
                path, label, what, *_entries(services.settings.articles / path),
                next(iter(revisions.of_file(connection, path)), None), drafts.get(path),
            )
            for path, (label, what) in SHARED_FILES.items()
        ]  # fmt: skip


def _entries(file: Path) -> tuple[int, bool]:
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0, False
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines), True
