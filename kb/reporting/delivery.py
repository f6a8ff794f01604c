"""What becomes of a report: it is written beside the earlier ones, and sent. Neither changes how the night went."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from kb.errors import KBError
from kb.files import told
from kb.reporting.history import past
from kb.reporting.mail import send_report
from kb.reporting.night import Night
from kb.reporting.page import NIGHTS, as_page
from kb.reporting.writing import write_reports
from kb.settings import Settings


def deliver(settings: Settings, night: Night) -> Night:
    """Write and send the report of a night; the night with what went wrong while doing so among its troubles."""
    written = _with_trouble(
        night, "报告没有写成", lambda: write_reports(night, _page(settings, night), settings.reports)
    )
    sent = _with_trouble(written, "报告没有寄出", lambda: _send(settings, written))
    if sent is not night:
        with contextlib.suppress(KBError, OSError):
            write_reports(sent, _page(settings, sent), settings.reports)
    return sent


def _page(settings: Settings, night: Night) -> str:
    day = datetime.fromisoformat(night.began).date()
    return as_page(night, past(settings.reports, day, NIGHTS - 1))


def _send(settings: Settings, night: Night) -> None:
    left = send_report(settings, night, _page(settings, night))
    if left:
        raise KBError(f"服务器不收寄给 {'、'.join(left)} 的邮件，其他人收到了。")


def _with_trouble(night: Night, label: str, work: Callable[[], object]) -> Night:
    try:
        work()
    except (KBError, OSError) as error:
        return replace(night, troubles=(*night.troubles, f"{label}：{told(error)}"))
    return night
