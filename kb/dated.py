"""Files that carry a date in their names, `questions-2026-12-01.jsonl` or `questions-2026-12-01.desks-x.jsonl`: kept for so many days."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

_DATED = re.compile(r"(?:[a-z]+-)?(\d{4}-\d{2}-\d{2})(?:\.[\w-]+)?\.[a-z]+")


def dated(path: Path) -> date | None:
    """The date in a file's name; None where there is none."""
    found = _DATED.fullmatch(path.name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def prune(folder: Path, oldest: date) -> int:
    """Remove the files of days before `oldest`; how many there were. Other files stay. Raises OSError."""
    gone = [p for p in folder.glob("*") if (day := dated(p)) and day < oldest and p.is_file()]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
