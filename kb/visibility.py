"""Who may see what, when. One rule, used for single articles and for whole arrays of documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kb.types import Audience

# seconds since 1970, later than any date that can be written
FOREVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking: what an audience can be restricted to."""

    roles: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()


ANYBODY = Viewer()


def seconds(moment: datetime | None) -> int:
    """A moment as whole seconds since 1970 (UTC), FOREVER for None."""
    return FOREVER if moment is None else int(moment.timestamp())


def in_force(start: Any, end: Any, at: int) -> Any:
    """Whether [start, end) contains `at`; all in seconds since 1970. Works on numbers and, element by element, on arrays."""
    return (start <= at) & (at < end)


def admitted(audience: Audience, viewer: Viewer) -> bool:
    """Whether a viewer belongs to an audience; an empty restriction admits everybody."""
    return all(
        not allowed or viewer_has & set(allowed)
        for allowed, viewer_has in (
            (audience.roles, viewer.roles),
            (audience.queues, viewer.queues),
            (audience.regions, viewer.regions),
        )
    )
