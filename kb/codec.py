"""Stored articles as JSON and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter

from kb.backend import StoredArticle
from kb.clock import SHANGHAI

_ADAPTER = TypeAdapter(StoredArticle)


def dump(stored: StoredArticle) -> bytes:
    """UTF-8 JSON of a stored article."""
    return _ADAPTER.dump_json(stored)


def load(data: bytes) -> StoredArticle:
    """The stored article that `dump` wrote; times come back in Asia/Shanghai.

    Pydantic's own zone objects are not kept: thousands of them crashed the interpreter at its end.
    """
    found = _ADAPTER.validate_json(data)
    article = replace(
        found.article, effective=_local(found.article.effective), expires=_local_or_none(found.article.expires)
    )
    return replace(found, article=article, start=_local(found.start), end=_local_or_none(found.end))


def _local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)


def _local_or_none(moment: datetime | None) -> datetime | None:
    return None if moment is None else _local(moment)
