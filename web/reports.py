"""The reports of the nights, for those who look after the service: which there are, and each as it was written."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, Response, render_template

from kb.clock import parse_date
from kb.errors import Missing
from kb.reporting.history import days, past, report_file
from kb.reporting.night import OUTCOMES
from web.access import needs
from web.services import Services

# a page of its own: no script, nothing from anywhere; its own policy allows one style only, by its hash
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# nights that the list shows; the files are kept longer
_SHOWN = 100


def report_pages(services: Services) -> Blueprint:
    """The blueprint of the reports."""
    pages = Blueprint("reports", __name__, url_prefix="/reports")
    folder = services.settings.reports

    @pages.get("/")
    @needs("reports")
    def listed() -> str:
        """The nights, the newest first."""
        found = days(folder)
        nights = past(folder, found[0] + timedelta(days=1), _SHOWN) if found else []
        return render_template("reports/list.html", nights=nights[::-1], outcomes=OUTCOMES, kept=len(found))

    @pages.get("/<day>")
    @needs("reports")
    def one(day: str) -> Response:
        """The report of a day: the same file that is sent by mail."""
        try:
            page = report_file(folder, _day(day), "html").read_bytes()
        except OSError:
            raise Missing("没有这一天的报告，可能已经过了保存期。") from None
        return Response(
            page, mimetype="text/html", headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        )

    return pages


def _day(written: str) -> date:
    try:
        return parse_date(written)
    except ValueError:
        raise Missing("日期要写成 2026-12-01。") from None
