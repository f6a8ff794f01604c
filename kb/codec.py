"""Stored articles as JSON and back."""

from __future__ import annotations

from pydantic import TypeAdapter

from kb.backend import StoredArticle

_ADAPTER = TypeAdapter(StoredArticle)


def dump(stored: StoredArticle) -> bytes:
    """UTF-8 JSON of a stored article."""
    return _ADAPTER.dump_json(stored)


def load(data: bytes) -> StoredArticle:
    """The stored article that `dump` wrote; times come back in Asia/Shanghai's offset."""
    return _ADAPTER.validate_json(data)
