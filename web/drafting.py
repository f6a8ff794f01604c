"""The way from something reported to the article it is about and the draft that mends it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import datetime

from flask import url_for

from kb.clock import now
from kb.errors import IndexProblem, Refused
from web.access import current_actor
from web.services import Services

# the version to mend: the one that agents see
_ORDER = ("in_force", "scheduled", "expired")


def article_path(services: Services, article_id: str, at: datetime) -> str:
    """The file that answers for an article at a moment. Raises Refused if there is none."""
    versions = services.workbench.timeline(article_id, at)
    if not versions:
        raise Refused(f"没有编号为 {article_id} 的文章，可能已经撤下。")
    return min(versions, key=lambda version: _ORDER.index(version.phase)).path


def article_titles(services: Services, ids: Iterable[str]) -> dict[str, str]:
    """Article → its title now, of those that the reader may see; none while there is no index."""
    viewer, at = current_actor().viewer, now()
    titles: dict[str, str] = {}
    with contextlib.suppress(IndexProblem):
        for article_id in filter(None, ids):
            found = services.base.article(article_id, viewer, at)
            if found:
                titles[article_id] = found[0].article.title
    return titles


def draft_url(draft_id: int | None) -> str:
    """Where a draft is worked on; empty where there is none."""
    return url_for("edit.draft", draft_id=draft_id) if draft_id else ""
