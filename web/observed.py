"""In front of everything that answers: each request gets its id, and is counted by route, status and time.

One layer for both, because it stands in the path of every question: three microseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from kb.logs import REQUEST_ID
from web.request_id import HEADER, number
from web.tally import NO_ROUTE, ROUTE, Tally

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Observed:
    """A WSGI application in front of another one. Put it behind `web.proxies.Forwarded`, which knows trusted proxies."""

    def __init__(self, app: WSGIApplication, tally: Tally) -> None:
        self._app = app
        self._count = tally.request

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the other application does; the time is that until the answer began."""
        began = time.perf_counter()
        request = number(environ)
        REQUEST_ID.set(request)
        said = "500"

        def started(
            status: str, headers: list[tuple[str, str]], exc_info: OptExcInfo | None = None
        ) -> Callable[[bytes], Any]:
            nonlocal said
            said = status[:3]
            headers.append((HEADER, request))
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            return self._app(environ, started)
        finally:
            self._count(environ.get(ROUTE, NO_ROUTE), said, time.perf_counter() - began)
