"""Which worker of a service answers: connections that are kept open, and what is seen through each."""

import contextlib
import http.client
import json
import threading
import time
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from together import Together

# connections that are tried until every worker has one
MOST = 400


@dataclass(frozen=True)
class Seen:
    """An answer, by whom and when."""

    worker: int
    began: float
    ended: float
    generation: str
    # what each card of the article that is looked at says
    texts: tuple[str, ...]


class Line:
    """A connection that is kept open: one worker answers all of it."""

    def __init__(self, service):
        self._connection = http.client.HTTPConnection(service.address.removeprefix("http://"), timeout=30)
        self.ask("卡消磁了")
        self.worker = self._owner(service)

    def ask(self, question):
        """The answer to a question. Raises for anything but an answer."""
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/api/v1/search", json.dumps({"q": question}), headers)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:300])
        return json.loads(body)["data"]

    def _owner(self, service):
        """The process that holds the other end."""
        here, there = (end[1] for end in (self._connection.sock.getpeername(), self._connection.sock.getsockname()))
        for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            parts = row.split()
            if [int(end.rpartition(":")[2], 16) for end in parts[1:3]] == [here, there]:
                return next(w for w in service.workers() if f"socket:[{parts[9]}]" in opened(w))
        raise AssertionError("nobody holds the other end")

    def close(self):
        self._connection.close()


def opened(process):
    """What the file handles of a process are."""
    found = []
    for handle in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(handle.readlink()))
    return found


@contextlib.contextmanager
def lines_to_all(service, each=1):
    """Connections to every worker, so many to each; those that were not needed are closed."""
    workers = service.workers()
    kept, spare = [], []
    try:
        for _ in range(MOST):
            line = Line(service)
            enough = sum(other.worker == line.worker for other in kept) >= each
            (spare if enough else kept).append(line)
            if len(kept) == each * len(workers):
                break
        assert {line.worker for line in kept} == set(workers)
        for line in spare:
            line.close()
        yield kept
    finally:
        for line in (*kept, *spare):
            line.close()


class Witnesses(Together):
    """People at every worker who ask all the time, and remember what they saw of one article."""

    def __init__(self, lines, questions, article, pause=0.0):
        self.seen, self.troubles = [], []
        self._article, self._pause = article, pause
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._go_on, args=(line, questions)) for line in lines]

    def _go_on(self, line, questions):
        for question in cycle(questions):
            if self._over.wait(self._pause):
                return
            began = time.monotonic()
            try:
                answer = line.ask(question)
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.troubles.append(repr(error)[:300])
                return
            texts = tuple(c["answer"]["text"] for c in answer["cards"] if c["id"] == self._article)
            self.seen.append(Seen(line.worker, began, time.monotonic(), answer["generation"], texts))

    def newest(self, since=0):
        """Worker → the newest generation it has answered with, of what was seen from there on."""
        found = {}
        for one in self.seen[since:]:
            found[one.worker] = max(found.get(one.worker, ""), one.generation)
        return found


def superseded(seen, said):
    """Answers that must not have been given. `said`: generation → what the article says in it.

    An answer says what the article says in the generation that it names, once; and a worker that has answered with a
    generation never goes back behind it in a question that begins later.
    """
    found = []
    for one in seen:
        if one.texts != (said.get(one.generation),):
            found.append(f"{one.generation} said {one.texts}")
    for worker in {one.worker for one in seen}:
        found += _gone_back([one for one in seen if one.worker == worker])
    return found


def _gone_back(seen):
    by_end = iter(sorted(seen, key=lambda one: one.ended))
    ended, newest = next(by_end, None), ""
    for one in sorted(seen, key=lambda one: one.began):
        while ended and ended.ended < one.began:
            newest, ended = max(newest, ended.generation), next(by_end, None)
        if one.generation < newest:
            yield f"worker {one.worker} went back from {newest} to {one.generation}"
