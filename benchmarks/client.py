"""A client that keeps a fixed number of connections busy with POST requests: wrk where it is installed, else our own.

Both are closed loops: each connection sends its next request when it has its answer. wrk adds to its percentiles what a slow
answer kept from being sent in time, so compare within one client only.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import selectors
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType

from benchmarks.report import percentiles

_LUA = Path(__file__).with_name("wrk.lua")
_PROCESSES = 2
_PATIENCE = 60.0
_LONGEST_RUN = 300


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one run: requests answered with 200 in a second, and milliseconds they took."""

    requests: int
    per_second: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send which bodies; they take turns."""

    port: int
    path: str
    bodies: tuple[str, ...]


class Client:
    """A client to be used in a `with`: `name` says which it is."""

    def __init__(self, wanted: str = "auto") -> None:
        """`wanted`: `wrk`, `own`, or `auto` for wrk where it is installed."""
        self.name = wanted if wanted != "auto" else "wrk" if shutil.which("wrk") else "own"
        # its processes start with the first run, and serve all of them
        self._pool = ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn"))

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown()

    def run(self, target: Target, requests: int, connections: int) -> Load:
        """Send so many requests over so many connections. Raises OSError if one is not answered with 200."""
        if self.name == "wrk":
            return _wrk(target, requests, connections)
        return _own(target, requests, connections, self._pool)


def _wrk(target: Target, requests: int, connections: int) -> Load:
    """One thread of wrk, which is more than enough for these servers, stopped by the script after so many answers."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.writelines(f"{body}\n" for body in target.bodies)
        file.flush()
        url = f"http://127.0.0.1:{target.port}{target.path}"
        options = ["-t", "1", "-c", str(connections), "-d", f"{_LONGEST_RUN}s", "--timeout", f"{_PATIENCE:.0f}s"]
        command = ["wrk", *options, "-s", str(_LUA), url, "--", file.name, str(requests)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=2 * _LONGEST_RUN)
    found = json.loads(done.stdout.rpartition("RESULT ")[2])
    if found["errors"] or found["requests"] < requests:
        raise OSError(f"{url}: {found['requests']} of {requests} requests answered, {found['errors']} failed")
    rate = found["requests"] / found["seconds"]
    return Load(found["requests"], round(rate, 1), *(round(found[name], 3) for name in ("p50", "p95", "p99")))


def _own(target: Target, requests: int, connections: int, pool: ProcessPoolExecutor) -> Load:
    """As many connections as there are, shared by processes that hold their clock against the same moments."""
    processes = min(_PROCESSES, connections)
    shares = [
        (Target(target.port, target.path, target.bodies[n::processes] or target.bodies), *share)
        for n, share in enumerate(zip(_shared(requests, processes), _shared(connections, processes), strict=True))
    ]
    # all processes are up before the first request
    list(pool.map(time.sleep, [0.01] * processes))
    answers = list(pool.map(_keep_busy, shares))
    spent = [seconds for _, _, times in answers for seconds in times]
    duration = max(ended for _, ended, _ in answers) - min(began for began, _, _ in answers)
    return Load(len(spent), round(len(spent) / duration, 1), **percentiles(spent))


def _shared(total: int, parts: int) -> Iterator[int]:
    for n in range(parts):
        yield total // parts + (n < total % parts)


class _Connection:
    """One keep-alive connection; opened again where the server closed it between two requests."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._received = b""
        self._request = b""
        self.began = 0.0
        self.socket = self._opened()

    def _opened(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self._port), _PATIENCE)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def send(self, request: bytes) -> None:
        """Send a request; the clock starts."""
        self._request, self._received, self.began = request, b"", time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come; True if the answer is complete. Raises OSError for anything but 200."""
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise ConnectionResetError("closed by the server")
        self._received += piece
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise OSError(head.partition(b"\r\n")[0].decode("latin-1"))
        return len(body) >= _content_length(head)

    def close(self) -> None:
        """Close it."""
        self.socket.close()

    def retry(self) -> None:
        """Open again and send the request that was lost; the clock goes on."""
        if self._received:
            raise ConnectionResetError("closed in the middle of an answer")
        self.socket.close()
        self.socket = self._opened()
        self.socket.sendall(self._request)


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise OSError("an answer without Content-Length")


def _requests(target: Target) -> list[bytes]:
    head = f"POST {target.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
    bodies = (body.encode() for body in target.bodies)
    return [head.encode() + str(len(body)).encode() + b"\r\n\r\n" + body for body in bodies]


def _keep_busy(share: tuple[Target, int, int]) -> tuple[float, float, list[float]]:
    """(began, ended, seconds of each request) of one process's share; the moments are those of time.monotonic."""
    target, count, connections = share
    bodies = itertools.cycle(_requests(target))
    waiting = iter([next(bodies) for _ in range(count)])
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        opened = [_Connection(target.port) for _ in range(min(connections, count))]
        for connection in opened:
            stack.callback(connection.close)
        began = time.monotonic()
        for connection in opened:
            connection.send(next(waiting))
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        spent = list(itertools.islice(_answered(selector, waiting), count))
        ended = time.monotonic()
    return began, ended, spent


def _answered(selector: selectors.BaseSelector, waiting: Iterator[bytes]) -> Iterator[float]:
    """Seconds of each request, as the answers come; each connection goes on with the next one that waits."""
    while ready := selector.select(_PATIENCE):
        for key, _ in ready:
            if not _advance(selector, key.data):
                continue
            yield time.perf_counter() - key.data.began
            following = next(waiting, None)
            if following is None:
                # the server may close it from now on
                selector.unregister(key.data.socket)
            else:
                key.data.send(following)
    raise TimeoutError("an answer did not come")


def _advance(selector: selectors.BaseSelector, connection: _Connection) -> bool:
    """Read on a connection that has something; True if its answer is complete."""
    try:
        return connection.receive()
    except ConnectionResetError:
        selector.unregister(connection.socket)
        connection.retry()
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        return False
