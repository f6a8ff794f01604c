"""Dates and times as the bank means them: Asia/Shanghai, whatever the machine's zone is."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_MOMENT = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(?:[ T](?P<time>\d{2}:\d{2}(?::\d{2})?)(?P<zone>\+08:00)?)?")


def now() -> datetime:
    """The present moment, aware, in Asia/Shanghai. Called at the edges only; inside, moments are passed in."""
    return datetime.now(UTC).astimezone(SHANGHAI)


def from_seconds(moment: int) -> datetime:
    """A moment given in seconds since 1970 (UTC), aware, in Asia/Shanghai."""
    return datetime.fromtimestamp(moment, SHANGHAI)


def parse_moment(text: str) -> datetime:
    """`2026-12-01`, `2026-12-01 08:30` or the latter with +08:00, as an aware moment in Asia/Shanghai.

    Raises ValueError for anything else, other zones included.
    """
    match = _MOMENT.fullmatch(text.strip())
    if not match:
        raise ValueError(text)
    return datetime.fromisoformat(f"{match['date']} {match['time'] or '00:00'}").replace(tzinfo=SHANGHAI)


def parse_date(text: str) -> date:
    """`2026-12-01` as a date. Raises ValueError for anything else."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
        raise ValueError(text)
    return date.fromisoformat(text.strip())


def timestamp(moment: datetime) -> str:
    """An aware moment as RFC 3339 writes it, for JSON."""
    text = moment.isoformat()
    offset = moment.utcoffset()
    # until 1901 Shanghai was 8:05:43 ahead, and RFC 3339 knows no seconds there
    return text[:-3] if offset and offset.seconds % 60 else text
