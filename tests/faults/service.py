"""A real `kb serve`, other real `kb` commands, and people who ask all the time over HTTP."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from itertools import cycle
from pathlib import Path

import requests
from together import Together

KB = Path(sys.executable).with_name("kb")
# a machine that tests is slow and shared
PATIENCE = 60


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def until(found, said=lambda: "it never came to be", patience=PATIENCE):
    """Wait for something to be true, and return it."""
    end = time.monotonic() + patience
    while not (value := found()):
        assert time.monotonic() < end, said()
        time.sleep(0.02)
    return value


def environment(settings, **more):
    return {**os.environ, "KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var), **more}


def p99(times):
    """The time that all but one in a hundred stay below, in milliseconds."""
    return round(sorted(times)[int(len(times) * 0.99)] * 1000, 1) if times else None


def start_kb(settings, *words, as_user=(), alone=False, **more):
    """A `kb` command that has begun; what it says goes to one pipe. `alone`: it leads a group, its children with it."""
    return subprocess.Popen(
        [*as_user, str(KB), *words], env=environment(settings, **more), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, cwd="/", start_new_session=alone,
    )  # fmt: skip


def kb(settings, *words, **options):
    """A `kb` command from its beginning to its end: exit code, and everything it said."""
    job = start_kb(settings, *words, **options)
    said, _ = job.communicate(timeout=300)
    return job.returncode, said


class Service:
    """A running `kb serve`."""

    def __init__(self, settings, printed, workers=2, **more):
        self.settings, self._workers = settings, workers
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._printed = printed
        env = environment(settings, KB_PORT=str(port), KB_WORKERS=str(workers), **more)
        with printed.open("wb") as output:
            self.process = subprocess.Popen(
                [str(KB), "serve"], env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    def printed(self):
        return self._printed.read_text("utf-8")

    def ready(self):
        """Wait until it can be asked."""
        until(lambda: self.readiness().get("generation"), self.printed)
        return self

    def readiness(self):
        """What /readyz says; nothing while nobody listens."""
        assert self.process.poll() is None, self.printed()
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.address}/readyz", timeout=30).json()
        return {}

    def ask(self, question, session=requests):
        """The answer to a question. Raises for anything but an answer."""
        answer = session.post(f"{self.address}/api/v1/search", json={"q": question}, timeout=30)
        answer.raise_for_status()
        return answer.json()["data"]

    def first(self, question):
        """The text of the best card."""
        cards = self.ask(question)["cards"]
        return cards[0]["answer"] if cards else None

    def workers(self):
        """Numbers of the processes that answer."""
        return [child for child, group in self._children() if group == self.process.pid]

    def settled(self):
        """Wait until every worker is there and the update at its start, a group of its own, has ended."""
        until(
            lambda: len(found := self._children()) == self._workers and len(found) == len(self.workers()), self.printed
        )
        return self

    def _children(self):
        """(process, its group) of everything it started."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parent = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[1]
                if int(parent) == self.process.pid:
                    found.append((int(stat.parent.name), os.getpgid(int(stat.parent.name))))
        return found

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Callers(Together):
    """People who ask a service all the time; what went wrong for them."""

    def __init__(self, service, question, right, number=2, pause=0.01):
        """`question`: one, or several that are asked in turn; `right`: whether an answer is one that could be given."""
        # how long each answer took
        self.troubles, self.times = [], []
        self._service, self._right, self._pause = service, right, pause
        self._questions = [question] if isinstance(question, str) else list(question)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._go_on) for _ in range(number)]

    @property
    def asked(self):
        """How many were answered."""
        return len(self.times)

    @property
    def slowest(self):
        return max(self.times, default=0.0)

    def _go_on(self):
        questions = cycle(self._questions)
        with requests.Session() as session:
            while not self._over.wait(self._pause):
                began = time.monotonic()
                try:
                    answer = self._service.ask(next(questions), session)
                except requests.RequestException as error:
                    self.troubles.append(repr(error)[:300])
                    continue
                self.times.append(time.monotonic() - began)
                if not self._right(answer):
                    self.troubles.append([answer["generation"], [card["id"] for card in answer["cards"]]])
