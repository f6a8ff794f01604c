"""Text columns that take the same on every database: cleaned of what one of them refuses, never longer than the column."""

from __future__ import annotations

from sqlalchemy import Dialect, String, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

from kb.errors import Refused


def clean(value: str) -> str:
    """Without NUL, which PostgreSQL refuses, and without lone surrogates, which no encoding holds."""
    return value.replace("\0", "").encode("utf-8", "replace").decode()


class Words(TypeDecorator[str]):
    """Text, of at most `length` characters where there is a length. Longer values raise Refused: SQLite would take them, PostgreSQL not."""

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """VARCHAR with a length, else TEXT."""
        return String(self.length) if self.length else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The cleaned text."""
        if value is None:
            return None
        kept = clean(value)
        if self.length and len(kept) > self.length:
            raise Refused(f"“{kept[:10]}…”太长了：有 {len(kept)} 个字，最多 {self.length} 个字。")
        return kept
