"""How often somebody may ask. Generous: an agent types ten keys a second, and a whole floor may share one address.

Counted in each process of the service by itself, so that counting costs a microsecond and needs no other service: with
`KB_WORKERS` processes a client reaches at most as many times the limit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from web.access import current_asker, rule_of
from web.errors import error_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SECONDS = 10
# what an address, or another system with its key, may ask for every question of a person: a floor of agents is behind it
PEOPLE = 10
_SAID = "问得太频繁，请过几秒再试。"


class Window:
    """Counts what each of many does in the present ten seconds. Safe for threads; forgets everybody when they are over."""

    def __init__(self, most: int) -> None:
        """`most`: how much is allowed in ten seconds."""
        self._most = most
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def allows(self, who: str, at: float) -> bool:
        """Count one more of somebody at a moment in seconds; whether that is still within what is allowed."""
        window = int(at // SECONDS)
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            count = self._counts[who] = self._counts.get(who, 0) + 1
        return count <= self._most


class AddressLimit:
    """A WSGI application in front of the others, the fast lane included, which answers 429 to an address that asks too often.

    Put it behind `web.proxies.Forwarded`, which knows the addresses behind trusted proxies. This machine itself is not
    limited: that is its own jobs, or a proxy nobody told us of, which stands for everybody.
    """

    def __init__(self, app: WSGIApplication, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`most`: requests of one person in ten seconds."""
        self._app = app
        self._window = Window(most * PEOPLE)
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the other application does, or refuse without looking at the request."""
        address = environ.get("REMOTE_ADDR", "")
        if self._window.allows(address, self._clock()) or _is_this_machine(address):
            return self._app(environ, start_response)
        body = b'{"error":{"code":"TooManyRequests","message":"%s"}}' % _SAID.encode()
        start_response(
            "429 TOO MANY REQUESTS",
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("Retry-After", str(SECONDS)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
        return (body,)


def limit_people(app: Flask, most: int, clock: Callable[[], float] = time.monotonic) -> None:
    """Answer 429 to a person, or to another system with its key, that asks too often. Call it after `guard`.

    `most`: requests of one person in ten seconds. What is open to everybody is not counted: pages fetch their scripts so.
    """
    person, system = Window(most), Window(most * PEOPLE)

    @app.before_request
    def check() -> Response | None:
        asker = current_asker()
        if asker.actor.id == 0 or request.endpoint is None or rule_of(app, request.endpoint) == "public":
            return None
        window = system if asker.by == "key" else person
        if window.allows(str(asker.actor.id), clock()):
            return None
        refused = error_response(429, "TooManyRequests", _SAID)
        refused.headers["Retry-After"] = str(SECONDS)
        return refused


def _is_this_machine(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
