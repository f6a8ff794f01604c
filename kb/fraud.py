"""The tripwire: which fraud cards a question sets off. Owns matching; the words belong to the alerts themselves."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from kb.backend import StoredArticle
from kb.normalize import normalize
from kb.types import AlertDetail


def tripped(question: str, alerts: Iterable[StoredArticle]) -> list[tuple[StoredArticle, str]]:
    """Alerts whose trigger occurs in the normalised question, with that trigger; the longest trigger first.

    A trigger of several words needs all of them, in any order, whatever stands between.
    """
    text = question.replace(" ", "")
    found: list[tuple[int, StoredArticle, str]] = []
    for stored in alerts:
        detail = stored.article.detail
        if not isinstance(detail, AlertDetail):
            continue
        matched = [t for t in detail.triggers if _occurs(t, text)]
        if matched:
            longest = max(matched, key=lambda t: (len(t), t))
            found.append((len(longest) + (100 if detail.severity == "high" else 0), stored, longest))
    found.sort(key=lambda f: (-f[0], f[1].article.id))
    return [(stored, trigger) for _, stored, trigger in found]


def _occurs(trigger: str, text: str) -> bool:
    words = _words(trigger)
    return bool(words) and all(word in text for word in words)


@lru_cache(maxsize=4096)
def _words(trigger: str) -> tuple[str, ...]:
    """The normalised words of a trigger; every question is held against every trigger."""
    return tuple(normalize(trigger).text.split())
