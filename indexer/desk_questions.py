"""What was asked on desks, which keep nothing: sent to the cluster, an index for each day, and fetched by the night of the workbench.

A document holds the lines of a few seconds. It has the id under which it is sent again, so that none is counted twice.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from indexer.opensearch import Cluster, Json
from kb.clock import SHANGHAI
from kb.errors import ClusterProblem
from kb.questions_file import desk_file, line
from kb.settings import Settings
from kb.whole_file import write_whole

_LOG = logging.getLogger("indexer.desk_questions")
# seconds between two sendings; lines that may wait for a cluster that does not answer; lines of one document
_EVERY, _WAITING, _LINES = 2.0, 20_000, 500
# documents that are fetched at once
_PAGE = 50
_ORDER, _TEXT = "order", "lines"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class _Batch:
    """Lines of one day, and the id of their document."""

    day: date
    id: str
    lines: list[bytes]


class DeskQuestions(logging.Handler):
    """Sends records of `kb.questions` to the cluster. What finds no room while the cluster is away is counted and dropped."""

    def __init__(self, settings: Settings, on_lost: Callable[[], None] = lambda: None) -> None:
        """Call it after forking. `on_lost` is called for each line that is lost."""
        super().__init__(logging.INFO)
        self._cluster = Cluster(settings)
        self._settings = settings
        self._on_lost = on_lost
        self._guard = threading.Lock()
        self._lines: list[tuple[date, bytes]] = []
        self._batches: deque[_Batch] = deque()
        self._made: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record until the next sending; never raises."""
        at = datetime.fromtimestamp(record.created, SHANGHAI)
        written = line(record, at)
        with self._guard:
            room = len(self._lines) + sum(len(batch.lines) for batch in self._batches) < _WAITING
            if room:
                self._lines.append((at.date(), written))
        if not room:
            self._on_lost()

    def start(self) -> None:
        """Send from now on, from a thread of its own."""
        threading.Thread(target=_go_on, args=(weakref.ref(self),), name="kb-desk-questions", daemon=True).start()

    def send(self) -> None:
        """Send what waits. Raises ClusterProblem; what was not sent waits on."""
        with self._guard:
            self._batches += _batches(self._lines)
            self._lines = []
            waiting = list(self._batches)
        if not waiting:
            return
        for day in {batch.day for batch in waiting}:
            self._make(_index(self._settings, day))
        self._cluster.write(_document(_index(self._settings, batch.day), batch) for batch in waiting)
        with self._guard:
            for _ in waiting:
                self._batches.popleft()

    def close(self) -> None:
        """Send what waits, once, and let go of the cluster."""
        try:
            self.send()
        except ClusterProblem as error:
            _LOG.warning("the last questions were not sent: %s", error)
        self._cluster.close()
        super().close()

    def _make(self, index: str) -> None:
        if index not in self._made:
            self._cluster.create_once(index, _body(self._settings.search_replicas))
            self._made.add(index)


def collect(settings: Settings, at: datetime) -> int:
    """Fetch the days that are over into the folder of logs, and remove those that no desk can add to; how many bytes there are.

    A desk sends for a day as long as it has lines of it: the day before yesterday is taken to be complete. Raises ClusterProblem
    and KBError.
    """
    cluster, today, fetched = Cluster(settings), at.astimezone(SHANGHAI).date(), 0
    try:
        for index, identity in cluster.identities(_index(settings)).items():
            written = index.removeprefix(_index(settings))
            if not _DAY.fullmatch(written) or (day := date.fromisoformat(written)) >= today:
                continue
            cluster.refresh_index(index)
            settings.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
            target = desk_file(settings.logs, day, identity)
            write_whole(target, _texts(cluster, index), mode=0o600)
            fetched += target.stat().st_size
            if day < today - timedelta(days=1):
                cluster.remove(index)
    finally:
        cluster.close()
    return fetched


def _go_on(handler: weakref.ref[DeskQuestions]) -> None:
    """As long as there is a handler, send."""
    waiting, reached = threading.Event(), True
    while not waiting.wait(_EVERY):
        here = handler()
        if here is None:
            return
        try:
            here.send()
            reached = True
        except ClusterProblem as error:
            if reached:
                _LOG.warning("questions wait to be sent: %s", error)
            reached = False
        del here


def _batches(lines: list[tuple[date, bytes]]) -> Iterator[_Batch]:
    for day in sorted({day for day, _ in lines}):
        mine = [written for on, written in lines if on == day]
        for first in range(0, len(mine), _LINES):
            yield _Batch(day, secrets.token_hex(16), mine[first : first + _LINES])


def _document(index: str, batch: _Batch) -> Json:
    text = b"".join(batch.lines).decode("utf-8", "replace")
    return {"_op_type": "index", "_index": index, "_id": batch.id, _ORDER: batch.id, _TEXT: text}


def _texts(cluster: Cluster, index: str) -> Iterator[bytes]:
    for row in cluster.every(index, _ORDER, _TEXT, _PAGE):
        yield str(row[_TEXT]).encode()


def _index(settings: Settings, day: date | None = None) -> str:
    """Name of the index of a day; what all begin with."""
    return f"{settings.search_prefix}-questions-{day.isoformat() if day else ''}"


def _body(replicas: int) -> Json:
    return {
        "settings": {"number_of_shards": 1, "number_of_replicas": replicas, "codec": "best_compression"},
        "mappings": {
            "dynamic": False,
            "properties": {
                _ORDER: {"type": "keyword"},
                _TEXT: {"type": "keyword", "index": False, "doc_values": False},
            },
        },
    }
