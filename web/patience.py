"""How long the service waits for clients that send slowly, or stop in the middle.

gunicorn's threads wait for the rest of a request for ever: as many half-sent requests as there are threads stopped a service
for everybody (measured). Here a worker stops listening to whoever has not finished; what was sent completely is answered.
"""

from __future__ import annotations

import contextlib
import socket
import time
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Literal

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from gunicorn.workers.gthread import ThreadWorker

# seconds for sending a request while threads are free, and while every one is taken
PATIENCE, UNDER_PRESSURE = 10.0, 0.5
# seconds until a client that does not fetch its answer is left
FETCHING = 60.0
# how often a worker looks while every thread is taken
_LOOK = 0.25
What = Literal["listening", "talking"]


def impatient(begun: Iterable[tuple[Any, float]], at: float, *, pressed: bool) -> Iterator[tuple[Any, What]]:
    """What to stop with which connections. Pure.

    `begun`: connections that threads are busy with, and since when; `pressed`: whether every thread is taken.
    """
    for connection, since in begun:
        if at - since > FETCHING:
            yield connection, "talking"
        elif at - since > (UNDER_PRESSURE if pressed else PATIENCE):
            yield connection, "listening"


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, with an end to its patience."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """Read a request and answer it, in a thread of the pool."""
        self._begun[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._begun[conn]

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait in the main loop, not long while somebody may have to be left."""
        super().wait_for_and_dispatch_events(min(timeout, _LOOK) if self._pressed() else timeout)
        for conn, what in impatient(list(self._begun.items()), time.monotonic(), pressed=self._pressed()):
            # it may be closed already; the end of what it sends is seen by whoever reads
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD if what == "listening" else socket.SHUT_RDWR)

    def _pressed(self) -> bool:
        return bool(len(self._begun) >= self.cfg.threads)
