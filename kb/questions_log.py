"""The log of questions, `kb.questions`: numbers masked, and written beside the request's path by a thread of its own.

`note` makes a record; until `start` is called it is written at once, as any log record is.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable
from logging.handlers import QueueHandler, QueueListener
from queue import Full, Queue

from kb.privacy import mask

LOG = logging.getLogger("kb.questions")
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


def note(question: str, facet: str, hits: int, confident: bool, best: str, generation: str) -> None:
    """Log a question and what it led to."""
    if LOG.isEnabledFor(logging.INFO):
        LOG.info(
            "question=%r facet=%s hits=%d confident=%s best=%s generation=%s",
            Masked(question), facet, hits, confident, best, generation,
        )  # fmt: skip


class _Waiting(QueueHandler):
    """Puts records into the queue as they are; never blocks: what finds no room is counted and dropped."""

    queue: Queue[logging.LogRecord]

    def __init__(self, waiting: Queue[logging.LogRecord]) -> None:
        super().__init__(waiting)
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


class _Writing(QueueListener):
    """Writes what is in the queue."""

    queue: Queue[logging.LogRecord | None]

    def enqueue_sentinel(self) -> None:
        """Say that nothing follows; waits for room, which the thread is making."""
        self.queue.put(None)


def start(waiting: int = _WAITING) -> Callable[[], None]:
    """Let a thread of this process write the log; returns what writes the rest and restores the log, also done at exit.

    Call it after forking. Where nobody writes the log (level or handlers), nothing is started.
    """
    handlers = _writers()
    if not LOG.isEnabledFor(logging.INFO) or not handlers:
        return lambda: None
    before, propagate = LOG.handlers[:], LOG.propagate
    handler = _Waiting(Queue(waiting))
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
