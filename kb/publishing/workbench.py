"""The workbench: all that editors and approvers do, in one place for those who need it.

Rules are in workflow.py, what a text becomes in planning.py, how that reaches the files and the index in applier.py. Every change is
an audit event in the same transaction, and so is every refusal, in a transaction of its own.
"""

from __future__ import annotations

from pathlib import Path

from kb.backend import Engine
from kb.db.drafts import Comment, Draft, DraftRow, Person
from kb.db.engine import Database
from kb.db.publications import Publication
from kb.db.revisions import Revision
from kb.publishing.desk import DraftChanged
from kb.publishing.drafting import Drafting, Merge
from kb.publishing.releases import Releases
from kb.publishing.versions import Version
from kb.settings import Settings

__all__ = [
    "Comment", "Draft", "DraftChanged", "DraftRow", "Merge", "Person", "Publication", "Revision", "Version", "Workbench",
    "open_workbench", "publish_lock",
]  # fmt: skip


class Workbench(Drafting, Releases):
    """Drafts and what is published, over a database and a folder of articles. Safe for threads and processes."""


def publish_lock(settings: Settings) -> Path:
    """The file whose lock is held by whoever publishes, see kb.files.exclusive."""
    return settings.var / "publish.lock"


def open_workbench(settings: Settings, database: Database, engine: Engine) -> Workbench:
    """The workbench of an installation."""
    return Workbench(database, settings.articles, engine, git_commit=settings.git_commit, lock=publish_lock(settings))
