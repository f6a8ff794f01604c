"""A lane of its own for the routes that are asked most: straight from the WSGI request to bytes.

Flask's work for one request takes longer than finding an answer. The lane takes only what is as usual; whatever is not
(another type of body, a parameter that does not fit, an error, somebody who says who they are) goes to Flask unread,
which answers it as it answers everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from web.tally import ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# JSON of a request → JSON of its answer; raises whatever it likes
Answering = Callable[[bytes], bytes]


class Lane:
    """A WSGI application in front of another one."""

    def __init__(
        self,
        app: WSGIApplication,
        routes: Mapping[str, Answering],
        headers: Mapping[str, str],
        most: int,
        cookie: str,
        proxy_header: str,
    ) -> None:
        """`routes`: path of a POST → what answers it; `headers` of every answer; bodies of at most `most` bytes.

        `cookie`, `proxy_header`: with these people say who they are, beside Authorization; the lane is for everybody else.
        """
        self._app = app
        self._routes = routes
        self._headers = [("Content-Type", "application/json"), *headers.items()]
        self._most = most
        self._cookie = f"{cookie}="
        self._who = ["HTTP_AUTHORIZATION"]
        if proxy_header:
            self._who.append(f"HTTP_{proxy_header.upper().replace('-', '_')}")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or let the other application do so."""
        route = self._routes.get(environ.get("PATH_INFO", ""))
        takes = route and environ["REQUEST_METHOD"] == "POST" and not self._says_who(environ)
        answer = self._answer(route, environ) if route and takes else None
        if answer is None:
            return self._app(environ, start_response)
        environ[ROUTE] = environ["PATH_INFO"]
        start_response("200 OK", [*self._headers, ("Content-Length", str(len(answer)))])
        return (answer,)

    def _says_who(self, environ: WSGIEnvironment) -> bool:
        return self._cookie in environ.get("HTTP_COOKIE", "") or any(name in environ for name in self._who)

    def _answer(self, route: Answering, environ: WSGIEnvironment) -> bytes | None:
        length = environ.get("CONTENT_LENGTH", "")
        if environ.get("CONTENT_TYPE") != "application/json" or not length.isdecimal() or int(length) > self._most:
            return None
        body = environ["wsgi.input"].read(int(length))
        try:
            return route(body)
        except Exception:
            # Flask finds the same error again, says it and logs it
            environ["wsgi.input"] = BytesIO(body)
            return None
