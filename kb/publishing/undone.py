"""Versions that wait for their day and would take back what a draft changes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from kb.publishing.three_way import settled, three_way
from kb.types import Article

# what publishing fills in, and when a version counts: every version has its own
_OWN = re.compile(r"^(?:version|effective|expires|author|approver|verified|change_note):.*\n", re.MULTILINE)


def undoing(
    draft: Article, base: str, text: str, others: Iterable[Article], texts: Mapping[str, str], at: datetime
) -> tuple[Article, ...]:
    """The other versions of an article that take the place of a draft later on, without what it changes; first one first.

    `base`: what the draft was begun from; `texts`: what the files of the other versions say, by path.
    """
    begins = max(at, draft.effective)
    later = [
        other
        for other in others
        if other.path != draft.path
        and other.effective > begins
        and (draft.expires is None or draft.expires > other.effective)
        and not _carries(base, text, texts.get(other.path, ""))
    ]
    return tuple(sorted(later, key=lambda other: other.effective))


def _carries(base: str, mine: str, theirs: str) -> bool:
    """Whether another text that came from the same base says already what was changed in mine."""
    was, one, other = (_OWN.sub("", text) for text in (base, mine, theirs))
    return settled(three_way(was, one, other), {}) == other
