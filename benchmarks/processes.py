"""Running something in a process of its own, and the memory of processes (from /proc, so Linux only)."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a process holds: all; its share where pages are shared; what it has alone; what it shares."""

    rss: int
    pss: int
    private: int

    @property
    def shared(self) -> int:
        """Bytes that other processes hold too."""
        return self.rss - self.private


@dataclass(frozen=True, slots=True)
class Measured:
    """What a function returned, its seconds, and the greatest memory of its process and the children together, in bytes."""

    value: Any
    seconds: float
    peak_rss: int


def memory(pid: int) -> Memory:
    """Memory of a running process; raises OSError where it is gone."""
    found: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]:
        name, _, amount = line.partition(":")
        found[name] = int(amount.split()[0]) * 1024
    return Memory(found["Rss"], found["Pss"], found["Private_Clean"] + found["Private_Dirty"])


def family(pid: int) -> list[int]:
    """A process, its children, their children, and so on."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return found


def _resident(pid: int) -> int:
    """Resident bytes, 0 for a process that is gone. `statm` costs less than what `memory` reads."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def measured(function: Callable[..., Any], *arguments: Any) -> Measured:
    """Call a module's function in a fresh process. Memory shared by the processes counts in each of them.

    Raises ChildProcessError if the process ends without an answer; what went wrong stands on stderr.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, function, arguments))
    process.start()
    sender.close()
    peak = 0
    with receiver:
        while not receiver.poll(_LOOK_EVERY):
            peak = max(peak, sum(map(_resident, family(process.pid or 0))))
        try:
            value, seconds, own = receiver.recv()
        except EOFError as error:
            raise ChildProcessError(f"{function.__name__} failed in its process") from error
        finally:
            process.join()
    return Measured(value, seconds, max(peak, own))


def _run(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    began = time.perf_counter()
    value = function(*arguments)
    seconds = time.perf_counter() - began
    sender.send((value, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
    sender.close()


def size_on_disk(folder: Path) -> int:
    """Bytes of all files below a folder, hard links once."""
    stats = {s.st_ino: s.st_size for s in (p.stat() for p in folder.rglob("*") if p.is_file())}
    return sum(stats.values())
