"""Work beside what this process does, in a forked process that sees everything as it was when it began."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from kb.errors import IndexProblem

Result = TypeVar("Result")
# seconds in which a process beside another one notices that it is gone
_LOOK_EVERY = 0.2
_NICE = 10


def give_way() -> None:
    """Let this process, and all that it forks, have what the others leave: nobody who asks waits for somebody who indexes."""
    with contextlib.suppress(OSError):
        os.nice(max(0, _NICE - os.nice(0)))


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
    give_way()
    try:
        answer: tuple[object, Exception | None] = (work(), None)
    except Exception as error:  # it is raised where the result is waited for
        answer = (None, error)
    sending.send(answer)
    sending.close()


def beside(work: Callable[[], object], lost: Callable[[], object]) -> int:
    """Begin some work that nobody waits for and that ends when this process does. Returns the process to reap.

    `lost` is called, in a process of its own too, where the work did not come to its end. The children of this process
    that are forked later can end without ending the work: multiprocessing, which would have them do so, knows of none.
    """
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process == 0:
        try:
            _watch(work, lost, parent)
        finally:
            os._exit(0)
    return process


def _watch(work: Callable[[], object], lost: Callable[[], object], parent: int) -> None:
    give_way()
    # Ctrl+C is for the parent, and the group ends with it
    os.setpgid(0, 0)
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    while process.is_alive():
        process.join(_LOOK_EVERY)
        if os.getppid() != parent:
            os.killpg(0, signal.SIGKILL)
    if process.exitcode:
        lost()
