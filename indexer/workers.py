"""Pieces of one work, spread over forked processes; what they share is there by the fork, results come in the order of the pieces."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from indexer.background import give_way
from kb.errors import IndexProblem

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")
# pieces for each process that may wait or be done: memory stays bounded
_UNDER_WAY = 4


def spread(
    work: Callable[[Shared, Piece], Result],
    shared: Shared,
    pieces: Sequence[Piece],
    workers: int,
    finished: Callable[[Piece], None] = lambda piece: None,
) -> Iterator[Result]:
    """The results of `work(shared, piece)`, in order. `work` stands in a module; `finished` is called as pieces get done, in any
    order. Raises IndexProblem if a process dies; if this one dies, its processes end as well.
    """
    given = 0
    waiting: dict[Future[Result], int] = {}
    ready: dict[int, Result] = {}
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, context, _begin, (shared, os.getpid())) as pool:
        try:
            for turn in range(len(pieces)):
                while given < min(len(pieces), turn + _UNDER_WAY * workers):
                    waiting[pool.submit(_work, work, pieces[given])] = given
                    given += 1
                while turn not in ready:
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        number = waiting.pop(future)
                        ready[number] = future.result()
                        finished(pieces[number])
                yield ready.pop(turn)
        except BrokenProcessPool as error:
            raise IndexProblem("建索引的进程意外中止（可能内存不足），索引没有改变，请再试一次。") from error
        finally:
            pool.shutdown(cancel_futures=True)


_SHARED: list[Any] = []


def _begin(shared: object, parent: int) -> None:
    give_way()
    gc.disable()  # nothing here has cycles worth the time
    _SHARED[:] = [shared]
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """A killed parent must not leave processes behind."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _work(work: Callable[[Any, Piece], Result], piece: Piece) -> Result:
    return work(_SHARED[0], piece)
