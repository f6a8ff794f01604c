"""One piece of work beside another, in a forked process that sees everything as it was when it began."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from kb.errors import IndexProblem

Result = TypeVar("Result")


def in_background(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin some work; returns what waits for its result, which must be picklable.

    The error that the work raises is raised there, IndexProblem if its process was killed.
    """
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(work, sending), daemon=True)
    process.start()
    sending.close()

    def wait() -> Result:
        try:
            result, error = receiving.recv()
        except EOFError as gone:
            raise IndexProblem("写索引的进程意外中止（可能内存或磁盘不足），索引没有改变，请再试一次。") from gone
        finally:
            process.join()
            receiving.close()
        if error is not None:
            raise error
        found: Result = result
        return found

    return wait


def _run(work: Callable[[], object], sending: Connection) -> None:
    try:
        answer: tuple[object, Exception | None] = (work(), None)
    except Exception as error:  # it is raised where the result is waited for
        answer = (None, error)
    sending.send(answer)
    sending.close()
