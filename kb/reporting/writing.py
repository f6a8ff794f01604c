"""The reports of a night as files, `night-2026-12-01.json` and the like, each whole or not at all."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from kb.reporting.history import report_file
from kb.reporting.night import Night
from kb.reporting.text import as_text
from kb.reporting.values import as_json
from kb.whole_file import write_whole


def write_reports(night: Night, page: str, folder: Path) -> list[Path]:
    """Write every form of the report, one set for each day; the last run of a day stays. Raises KBError or OSError.

    `page`: the report as HTML.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    day = datetime.fromisoformat(night.began).date()
    written = []
    for form, text in (("json", as_json(night)), ("txt", as_text(night)), ("html", page)):
        path = report_file(folder, day, form)
        write_whole(path, text.encode("utf-8", "replace"))
        written.append(path)
    return written
