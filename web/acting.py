"""What views do when somebody takes a step: where it came from, and how its outcome is said."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from flask import flash, request

from kb.errors import KBError


def address() -> str:
    """Where the request came from, for the audit."""
    return request.remote_addr or ""


@contextlib.contextmanager
def said(done: str = "") -> Iterator[None]:
    """Say in the next page that something was done (nothing: it was said already); or, as its error does, why it was not."""
    try:
        yield
    except KBError as error:
        flash(str(error), "error")
    else:
        if done:
            flash(done, "ok")
