"""Every request has an id: in the answer's header X-Request-Id, in the log, and on error pages, so that a caller can name it."""

from __future__ import annotations

import os
import re
import secrets
from itertools import count
from typing import TYPE_CHECKING

from kb.privacy import mask
from web.proxies import PEER_TRUSTED

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADER = "X-Request-Id"
_GIVEN = "HTTP_X_REQUEST_ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


class _Made:
    """Ids of this process: a random beginning, and a number that goes up. A random one each time took a microsecond."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._beginning = secrets.token_hex(5)
        self._numbers = count(1)

    def __call__(self) -> str:
        return f"{self._beginning}-{next(self._numbers):x}"


_made = _Made()


def number(environ: WSGIEnvironment) -> str:
    """The id of a request: what a trusted proxy gave it, if that may stand in a log, else a new one."""
    said = environ.get(_GIVEN)
    return said if said and _usable(str(said), environ) else _made()


def _usable(said: str, environ: WSGIEnvironment) -> bool:
    return bool(environ.get(PEER_TRUSTED)) and _WELL_FORMED.fullmatch(said) is not None and mask(said) == said
