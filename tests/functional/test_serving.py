"""`kb serve` as an operator starts and stops it: a real process, with an index that is finished, old, damaged or missing."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from builders import write_article

from indexer import generations
from indexer.build import build
from kb.clock import now
from kb.locks import exclusive
from kb.publishing.workbench import publish_lock


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def children(pid):
    """Numbers of a process's children, and their states."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
            if int(parent) == pid:
                found[int(stat.parent.name)] = state
    return found


def apart(service):
    """Numbers of the processes that bring the index up to date: children of a child that is a group of its own."""
    for child in children(service):
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(child) == child:
                yield from children(child)


class Served:
    """A running `kb serve`: what it answers, what it printed, which processes it is."""

    def __init__(self, settings, printed, workers=1):
        self.address = f"http://127.0.0.1:{free_port()}"
        self._printed = printed
        env = {
            **os.environ, "KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var), "KB_WORKERS": str(workers),
            "KB_PORT": self.address.rpartition(":")[2],
        }  # fmt: skip
        command = [sys.executable, "-c", "from kb.cli import main; main()", "serve"]
        with printed.open("wb") as output:
            self.process = subprocess.Popen(
                command, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    def ready(self):
        """What /readyz says as soon as it says 200."""
        return until(self._ready, self.printed)

    def _ready(self):
        assert self.process.poll() is None, self.printed()
        with contextlib.suppress(requests.ConnectionError):
            answer = requests.get(f"{self.address}/readyz", timeout=60)
            return answer.json() if answer.status_code == 200 else None

    def printed(self):
        return self._printed.read_text("utf-8")

    def children(self):
        """Their numbers and states, `Z`: ended, and nobody asked."""
        return children(self.process.pid)

    def stop(self, how=signal.SIGINT):
        """End it as Ctrl+C does; what it returned."""
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


def until(found, said=lambda: "it never came to be"):
    """Wait for something to be true, and return it."""
    end = time.monotonic() + 60
    while not (value := found()):
        assert time.monotonic() < end, said()
        time.sleep(0.02)
    return value


@pytest.fixture
def serve(settings, tmp_path):
    """Starts `kb serve` over the settings of this test; it is stopped at the end, whatever happens."""
    with contextlib.ExitStack() as stack:

        def start():
            served = Served(settings, tmp_path / "printed")
            stack.callback(served.process.wait, timeout=60)
            stack.callback(served.process.kill)
            return served

        yield start


def test_a_first_start_builds_the_index_before_it_serves(settings, serve):
    served = serve()
    assert served.ready()["articles"] == 5
    assert served.stop() == 0


def test_what_changed_meanwhile_is_taken_up_beside_the_service(settings, serve):
    first = build(settings, now()).generation
    write_article(settings.articles, "later", title="后来才写的文章")
    (settings.articles / "broken.md").write_text("没有字段", encoding="utf-8")
    served = serve()
    assert served.ready()["generation"]
    newer = until(lambda: (said := served.ready())["generation"] != first and said)
    assert newer["articles"] == 6
    until(lambda: "broken.md:1:1 错误" in served.printed(), served.printed)
    # one worker is left, and nothing that ended is kept
    until(lambda: list(served.children().values()) in (["S"], ["R"]), lambda: str(served.children()))
    assert served.stop() == 0


def test_without_changes_the_present_generation_serves_and_stays(settings, serve):
    first = build(settings, now()).generation
    served = serve()
    assert served.ready()["generation"] == first
    until(lambda: len(served.children()) == 1, lambda: str(served.children()))
    assert generations.names(settings.index) == [first]
    assert served.stop(signal.SIGTERM) == 0


def test_where_the_index_cannot_be_written_the_old_one_serves_and_that_is_said(settings, serve):
    first = build(settings, now()).generation
    write_article(settings.articles, "later", title="后来才写的文章")
    with generations.write_lock(settings.index):
        served = serve()
        assert served.ready()["generation"] == first
        until(lambda: "索引没有更新，用原来的继续服务：另一个任务正在写索引" in served.printed(), served.printed)
    assert served.ready()["generation"] == first


def test_a_damaged_index_is_made_anew_before_it_serves(settings, serve):
    first = build(settings, now()).generation
    damaged = max((settings.index / first / "segments").glob("*"), key=lambda p: p.stat().st_size)
    damaged.write_bytes(damaged.read_bytes()[:-100])
    said = serve().ready()
    assert said["generation"] != first
    assert said["articles"] == 5


def test_an_update_that_is_killed_is_said_and_the_service_goes_on(settings, serve):
    build(settings, now())
    # it waits for whoever publishes
    with exclusive(publish_lock(settings), 0):
        served = serve()
        served.ready()
        updating = until(lambda: set(apart(served.process.pid)))
        for process in updating:
            os.kill(process, signal.SIGKILL)
        until(lambda: "更新索引的进程意外中止" in served.printed(), served.printed)
    assert served.ready()
    assert served.stop() == 0


def test_whoever_stops_the_service_stops_its_update(settings, serve):
    build(settings, now())
    with exclusive(publish_lock(settings), 0):
        served = serve()
        served.ready()
        updating = until(lambda: set(apart(served.process.pid)))
        assert served.stop() == 0
        until(lambda: not any(Path(f"/proc/{process}").exists() for process in updating))
