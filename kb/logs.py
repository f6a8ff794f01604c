"""How log lines of the service look: text, or one JSON object a line. Whatever a message holds, it stays one line and one record.

Numbers of people are masked and what follows the `?` of an address is left out, whoever logged it: libraries log addresses too.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import datetime
from typing import Literal, TextIO

from kb.clock import SHANGHAI
from kb.privacy import mask

Format = Literal["text", "json"]
# the request that is being answered, empty outside of one
REQUEST_ID: ContextVar[str] = ContextVar("kb_request_id", default="")
_QUERY = re.compile(r"(/[^\s?'\"]*)\?[^\s'\"]+")
# control characters, line separators that only some readers know, and signs that turn the direction of writing
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# a message may hold a whole request; nobody reads on
_MOST = 8000


def clean(text: str) -> str:
    """A text as it may stand in a log: one line, without numbers of people and without the queries of addresses."""
    cut = text if len(text) <= _MOST else f"{text[:_MOST]}…"
    return _UNSEEN.sub(_escaped, _QUERY.sub(r"\1?…", mask(cut)))


def _escaped(found: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(found[0], f"\\u{ord(found[0]):04x}")


class TextLines(logging.Formatter):
    """`2026-12-01T10:00:00.000+08:00 WARNING web.errors [3f…] what happened`; the lines of a trace follow, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, and its trace."""
        request = f" [{REQUEST_ID.get()}]" if REQUEST_ID.get() else ""
        head = f"{_time(record)} {record.levelname} {record.name}{request} {clean(record.getMessage())}"
        return "\n".join([head, *(f"    {line}" for line in _trace(self, record))])


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request (empty outside of one), and trace where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        said: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": clean(record.getMessage()),
            "request": REQUEST_ID.get(),
        }
        trace = _trace(self, record)
        if trace:
            said["trace"] = trace
        return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace").decode()


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, SHANGHAI).isoformat(timespec="milliseconds")


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    text = formatter.formatException(record.exc_info) if record.exc_info else record.exc_text or ""
    return [clean(line) for line in text.split("\n")] if text else []


def set_up(form: Format, stream: TextIO | None = None) -> logging.Handler:
    """Let all loggers of this process write warnings and worse to a stream (stderr) in one form. Returns the handler."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    return handler
