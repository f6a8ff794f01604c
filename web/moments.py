"""The moment that a request asks about."""

from __future__ import annotations

from datetime import datetime

from kb.clock import now, parse_moment
from kb.errors import QuestionError


def moment(text: str) -> datetime:
    """The moment that is written, or the present one where nothing is. Raises QuestionError, with how to write it."""
    try:
        return parse_moment(text) if text else now()
    except ValueError as error:
        raise QuestionError(f"日期“{text[:40]}”看不懂，请写成 2026-12-01 或 2026-12-01 08:30（北京时间）。") from error
