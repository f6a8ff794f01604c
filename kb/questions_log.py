"""The log of questions, `kb.questions`: numbers masked, and written beside the request's path by a thread of its own.

`note` and `note_mark` make records, which the id of a call ties together; until `start` is called they are written at once,
as any log record is.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable
from logging.handlers import QueueHandler, QueueListener
from queue import Full, Queue
from typing import Literal

from kb.privacy import mask

LOG = logging.getLogger("kb.questions")
# why a line was lost: the queue was full, the disk took none, the cluster was away for too long
Why = Literal["queue", "disk", "cluster"]
# records that may wait to be written
_WAITING = 10_000


class Masked:
    """A text that can only be read with its numbers masked; masking takes place where the record is written."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return mask(self._text)

    def __repr__(self) -> str:
        return repr(mask(self._text))

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # a handler may send records elsewhere
        return str, (mask(self._text),)


def note(question: str, facet: str, hits: int, confident: bool, best: str, generation: str, call: str = "") -> None:
    """Log a question and what it led to; `call`: the id of the call in which it was asked, if any."""
    if LOG.isEnabledFor(logging.INFO):
        LOG.info(
            "question=%r facet=%s hits=%d confident=%s best=%s generation=%s call=%s",
            Masked(question), facet, hits, confident, best, generation, call or "-",
        )  # fmt: skip


def answer_in(record: logging.LogRecord) -> Literal["found", "unsure", "nothing"] | None:
    """How good the answer to the question of a record was; None for what is no question."""
    if not str(record.msg).startswith("question=") or not isinstance(record.args, tuple):
        return None
    hits, confident = record.args[2:4]
    return "nothing" if not hits else "found" if confident else "unsure"


def note_mark(did: str, key: str, person: str, call: str = "") -> None:
    """Log what somebody did with a version of an article: read it, copied its script, ticked that the caller is identified.

    That it was ticked, never a value. Here and not in the audit: it belongs beside the question it answers, must not wait
    for the database, and the audit is kept for ever.
    """
    if LOG.isEnabledFor(logging.INFO):
        LOG.info("did=%s article=%s person=%r call=%s", did, key, person, call or "-")


class _Waiting(QueueHandler):
    """Puts records into the queue as they are; never blocks: what finds no room is counted and dropped."""

    queue: Queue[logging.LogRecord]

    def __init__(self, waiting: Queue[logging.LogRecord], on_dropped: Callable[[], None]) -> None:
        super().__init__(waiting)
        self._on_dropped = on_dropped
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record itself: formatting, and with it masking, is the listener's work."""
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put a record into the queue if there is room."""
        try:
            self.queue.put_nowait(record)
        except Full:
            self.dropped += 1
            self._on_dropped()


class _Writing(QueueListener):
    """Writes what is in the queue."""

    queue: Queue[logging.LogRecord | None]

    def enqueue_sentinel(self) -> None:
        """Say that nothing follows; waits for room, which the thread is making."""
        self.queue.put(None)


def start(waiting: int = _WAITING, on_dropped: Callable[[], None] = lambda: None) -> Callable[[], None]:
    """Let a thread of this process write the log; returns what writes the rest and restores the log, also done at exit.

    Call it after forking. `on_dropped` is called for each record that finds no room. Where nobody writes the log (level or
    handlers), nothing is started.
    """
    handlers = _writers()
    if not LOG.isEnabledFor(logging.INFO) or not handlers:
        return lambda: None
    before, propagate = LOG.handlers[:], LOG.propagate
    handler = _Waiting(Queue(waiting), on_dropped)
    listener = _Writing(handler.queue, *handlers, respect_handler_level=True)
    LOG.handlers[:], LOG.propagate = [handler], False
    listener.start()

    def stop() -> None:
        atexit.unregister(stop)
        LOG.handlers[:], LOG.propagate = before, propagate
        listener.stop()
        if handler.dropped:
            LOG.warning("%d questions were not logged: they came faster than the log is written", handler.dropped)

    atexit.register(stop)
    return stop


def _writers() -> list[logging.Handler]:
    """The handlers that a record of this log reaches."""
    found: list[logging.Handler] = []
    logger: logging.Logger | None = LOG
    while logger:
        found += logger.handlers
        logger = logger.parent if logger.propagate else None
    return found
