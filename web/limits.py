"""How often somebody may ask. Generous: an agent types ten keys a second, and a whole floor may share one address.

Each process counts by itself, which costs a microsecond. Once a second it tells the database, which all processes of all
machines share, of those who come near a limit, and learns what they did elsewhere: nobody else costs a word.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from kb.db import rates
from kb.db.engine import Database
from kb.errors import DatabaseProblem
from web.access import current_asker, rule_of
from web.errors import error_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SECONDS = 10
# what an address, or another system with its key, may ask for every question of a person: a floor of agents is behind it
PEOPLE = 10
# whoever has reached this part of a limit in one process is told of: up to so many processes nobody gets past it unseen
_NEAR = 8
# seconds between two looks at what was counted elsewhere
SHARE_EVERY = 1.0
_SAID = "问得太频繁，请过几秒再试。"
_LOG = logging.getLogger("web.limits")


class Window:
    """Counts what each of many does in the present ten seconds. Safe for threads; forgets everybody when they are over."""

    def __init__(self, most: int) -> None:
        """`most`: how much is allowed in ten seconds."""
        self._most = most
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}
        # of the counts, what other processes know of; and what they have counted
        self._told: dict[str, int] = {}
        self._elsewhere: dict[str, int] = {}

    def allows(self, who: str, at: float) -> bool:
        """Count one more of somebody at a moment in seconds; whether that is still within what is allowed."""
        window = int(at // SECONDS)
        with self._lock:
            if window != self._window:
                self._window, self._counts, self._told, self._elsewhere = window, {}, {}, {}
            count = self._counts[who] = self._counts.get(who, 0) + 1
            return count + self._elsewhere.get(who, 0) <= self._most

    def near(self, at: float) -> tuple[int, dict[str, int]]:
        """When the present window ends, in seconds, and of those who come near the limit what others do not know of yet."""
        with self._lock:
            ends = (self._window + 1) * SECONDS
            near = {who: count for who, count in self._counts.items() if count * _NEAR >= self._most and ends > at}
            return ends, {who: count - self._told.get(who, 0) for who, count in near.items()}

    def learn(self, ends: int, told: Mapping[str, int], everywhere: Mapping[str, int]) -> None:
        """Others know now what `near` gave; take over what all processes together have counted in the window that ends then."""
        with self._lock:
            if ends != (self._window + 1) * SECONDS:
                return
            for who, count in told.items():
                known = self._told[who] = self._told.get(who, 0) + count
                self._elsewhere[who] = everywhere[who] - known


class Limits:
    """The limits of one process, by whom they hold for."""

    def __init__(self, most: int) -> None:
        """`most`: requests of one person in ten seconds."""
        self.person = Window(most)
        self.system = Window(most * PEOPLE)
        self.address = Window(most * PEOPLE)

    def share(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """Tell the other processes who comes near a limit, and learn of them. Raises DatabaseProblem; nothing is lost then."""
        windows = {"person": self.person, "system": self.system, "address": self.address}
        at = clock()
        near = {kind: window.near(at) for kind, window in windows.items()}
        if not any(counts for _, counts in near.values()):
            return
        with database.writing() as connection:
            totals = {
                kind: rates.add(connection, ends, {f"{kind} {who}": count for who, count in counts.items()}, at)
                for kind, (ends, counts) in near.items()
            }
        for kind, (ends, counts) in near.items():
            windows[kind].learn(ends, counts, {who: totals[kind][f"{kind} {who}"] for who in counts})

    def keep_sharing(self, database: Database) -> None:
        """Share from now on, from a thread of its own. Call it after forking."""
        threading.Thread(target=self._go_on, args=(database,), name="kb-limits", daemon=True).start()

    def _go_on(self, database: Database) -> None:
        reached = True
        while True:
            time.sleep(SHARE_EVERY)
            try:
                self.share(database)
                reached = True
            except DatabaseProblem as error:
                # each process still counts by itself
                if reached:
                    _LOG.warning("limits are not shared: %s", error)
                reached = False


class AddressLimit:
    """A WSGI application in front of the others, the fast lane included, which answers 429 to an address that asks too often.

    Put it behind `web.proxies.Forwarded`, which knows the addresses behind trusted proxies. This machine itself is not
    limited: that is its own jobs, or a proxy nobody told us of, which stands for everybody.
    """

    def __init__(self, app: WSGIApplication, window: Window, clock: Callable[[], float] = time.time) -> None:
        """`window`: counts by address; `clock`: seconds since 1970, UTC, which all machines agree on."""
        self._app = app
        self._window = window
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


def limit_people(app: Flask, limits: Limits, clock: Callable[[], float] = time.time) -> None:
    """Answer 429 to a person, or to another system with its key, that asks too often. Call it after `guard`.

    What is open to everybody is not counted: pages fetch their scripts so.
    """

    @app.before_request
    def check() -> Response | None:
        asker = current_asker()
        if asker.actor.id == 0 or request.endpoint is None or rule_of(app, request.endpoint) == "public":
            return None
        window = limits.system if asker.by == "key" else limits.person
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
