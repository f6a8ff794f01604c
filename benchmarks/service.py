"""Services on free ports of this machine: `kb serve`, and plain Flask under the same gunicorn settings."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.settings import Settings

_PATIENCE = 900.0
_LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Service:
    """A running service."""

    port: int
    pid: int
    # from its start until it answered 200
    seconds_to_ready: float

    def url(self, path: str) -> str:
        """An address of it."""
        return f"http://127.0.0.1:{self.port}{path}"


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def kb_serve(settings: Settings) -> Iterator[Service]:
    """`kb serve` as in production, ready when /readyz says so."""
    port = free_port()
    places = {"KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var), "KB_PORT": str(port)}
    if settings.search_url:
        places |= {"KB_SEARCH_URL": ",".join(settings.search_url), "KB_SEARCH_PREFIX": settings.search_prefix}
    env = {**os.environ, **places, "KB_WORKERS": str(settings.workers), "KB_HOST": "127.0.0.1"}
    command = [sys.executable, "-c", "from kb.cli import main; main()", "serve"]
    with _running(command, env, port, "/readyz") as service:
        yield service


@contextlib.contextmanager
def plain_flask(settings: Settings, reply: str) -> Iterator[Service]:
    """benchmarks/plain_server.py with as many workers as `kb serve` would have; `reply`: JSON text of its fixed answer."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.plain_server", str(port), str(settings.workers)]
    with _running(command, {**os.environ, "BENCH_REPLY": reply}, port, "/empty") as service:
        yield service


@contextlib.contextmanager
def _running(command: Sequence[str], env: dict[str, str], port: int, probe: str) -> Iterator[Service]:
    began = time.monotonic()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        _await(process, f"http://127.0.0.1:{port}{probe}", began + _PATIENCE)
        yield Service(port, process.pid, time.monotonic() - began)
    finally:
        process.terminate()
        process.wait()


def _await(process: subprocess.Popen[bytes], url: str, until: float) -> None:
    while time.monotonic() < until:
        if process.poll() is not None:
            raise ChildProcessError(f"the service for {url} ended with {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=10):  # noqa: S310 (own address)
            return
        time.sleep(_LOOK_EVERY)
    raise TimeoutError(f"{url} did not answer")
