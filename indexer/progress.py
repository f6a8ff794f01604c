"""How far a job has come, shown to whoever waits for it in a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

# (articles done, articles in all)
Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """For callers that show nothing."""


@contextmanager
def progress_bar(label: str, unit: str = "篇") -> Iterator[Progress]:
    """A progress callback that draws a bar with rate and time left on a terminal, and is silent elsewhere."""
    if not sys.stderr.isatty():
        yield no_progress
        return
    began = time.monotonic()

    def rate(done: int | None) -> str:
        return f"{done / max(time.monotonic() - began, 0.001):.0f} {unit}/秒" if done else ""

    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True, item_show_func=rate) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos, done)

        yield progress
