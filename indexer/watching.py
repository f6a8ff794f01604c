"""Keeping the index up to date with the files as they change: what an editor saves is found within two seconds.

Changes are told by the operating system, or looked for again and again where it cannot tell. Whatever it forgets to tell is found
by a look at everything now and then. An empty or missing folder never empties the index.
"""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path

from watchfiles import Change as Told
from watchfiles import watch

from indexer import build as building
from indexer import generations
from indexer.build import Built
from indexer.cli_publishing import record_files
from indexer.engines import follow
from indexer.pending import Change, Kind, Pending
from kb.clock import now
from kb.errors import IndexLocked, IndexProblem, KBError
from kb.library import article_files
from kb.settings import Settings

# milliseconds: a change is told when nothing followed it for so long, or after the longest wait; between two looks; a sign of life
_STEP, _LONGEST, _LOOK, _BEAT = 150, 1600, 1000, 500
# seconds between two looks at everything, and until what failed is tried again
_EVERYTHING, _AGAIN = 600.0, 10.0

_KINDS: dict[Told, Kind] = {Told.added: "added", Told.modified: "modified", Told.deleted: "deleted"}
Say = Callable[[str], None]


class Watch:
    """Watches one articles folder until it is told to stop."""

    def __init__(self, settings: Settings, say: Say) -> None:
        """`say`: what an operator is told, a line each."""
        self._settings = settings
        self._root = settings.articles.absolute()
        self._say = say
        # problems that were said, and what is said once until the next update
        self._problems: set[str] = set()
        self._told: set[str] = set()
        self._poll = settings.watch_poll
        self._stop = threading.Event()
        self._pending = Pending(whole=True)
        self._changed = self._compared = time.monotonic()
        self._unrecorded = False
        # an update is being made, which a signal has to break off
        self.working = False

    def stop(self) -> None:
        """End at the next opportunity, half a second at most, unless an update is being made."""
        self._stop.set()

    def run(self) -> None:
        """Watch until told to stop."""
        while not self._stop.is_set():
            for changes in self._told_changes():
                self._look(changes)
            if not self._stop.is_set():
                self._wait_for_folder()
        self._record()

    def _look(self, changes: list[Change]) -> None:
        """What is done at each sign of life: take up what has rested, record it when nothing else is to be done."""
        at = time.monotonic()
        if changes:
            self._changed = at
            self._pending.add(changes, self._root)
        if not self._pending and at - self._compared > _EVERYTHING:
            self._pending.whole = True
        if not self._pending:
            self._record()
        elif self._rested(at - self._changed):
            self._take_up()

    def _rested(self, quiet: float) -> bool:
        # the first look costs nothing where little has changed
        files = sum(1 for _ in article_files(self._root)) if self._pending.named is None else 0
        indexed = self._indexed()
        if self._pending.named is None and not files and indexed:
            self._once(
                f"{self._root} 里没有文章，可能没有挂载好或还没有写完；索引不动。真要清空，请运行 kb index update。"
            )
            return False
        return quiet >= self._pending.rest(files, indexed)

    def _take_up(self) -> None:
        began, pending = time.monotonic(), self._pending
        try:
            self.working = True
            built = building.update(self._settings, now(), paths=pending.named)
            follow(self._settings, now())
        except IndexLocked:
            self._once("另一个任务正在写索引，等它结束后再更新。")
            return
        except (KBError, OSError) as error:
            self._say(f"索引没有更新，{_AGAIN:.0f} 秒后再试：{error}")
            pending.whole = True
            self._stop.wait(_AGAIN)
            return
        finally:
            self.working = False
        if pending.named is None:
            self._compared = began
        self._pending = Pending()
        self._unrecorded = True
        self._told.clear()
        self._tell(built, time.monotonic() - began, whole=pending.named is None)

    def _tell(self, built: Built, seconds: float, *, whole: bool) -> None:
        problems = {str(problem) for problem in built.problems if problem.level == "error"}
        for problem in sorted(problems - self._problems):
            self._say(problem)
        # what was mended may go wrong again
        self._problems = problems if whole else self._problems | problems
        if built.added or built.removed:
            self._say(
                f"{now():%H:%M:%S} 已更新：新增或更新 {built.added} 篇，移除 {built.removed} 篇，"
                f"用时 {seconds:.2f} 秒（{built.generation}）"
            )

    def _record(self) -> None:
        """Keep in the history what was taken up: it reads every file, so nothing that changes waits for it."""
        if self._unrecorded:
            self._unrecorded = False
            record_files(self._settings, now())

    def _indexed(self) -> int:
        """How many articles are served."""
        name = generations.current_name(self._settings.index)
        try:
            return generations.read_manifest(self._settings.index / name).articles if name else 0
        except IndexProblem:
            return 0

    def _told_changes(self) -> Iterator[list[Change]]:
        """Batches of changes, and an empty one at each sign of life; ends when told to stop or when the folder is another."""
        identity = _identity(self._root)
        if identity is None:
            return
        try:
            with closing(self._notices()) as notices:
                for batch in notices:
                    yield [(_KINDS[kind], Path(path)) for kind, path in batch]
                    if _identity(self._root) != identity:
                        return
        except FileNotFoundError:
            # gone between the look and the beginning
            return
        except (OSError, RuntimeError) as error:
            if self._poll:
                raise KBError(f"不能监视 {self._root}：{error}") from error
            self._once(f"系统不能通知文件的变化（{error}），改为每秒查看一次。")
            self._poll = True

    def _notices(self) -> Generator[set[tuple[Told, str]], None, None]:
        return watch(
            self._root, watch_filter=None, debounce=_LONGEST, step=_STEP, stop_event=self._stop, rust_timeout=_BEAT,
            yield_on_timeout=True, raise_interrupt=False, force_polling=self._poll, poll_delay_ms=_LOOK,
            ignore_permission_denied=True,
        )  # fmt: skip

    def _wait_for_folder(self) -> None:
        """The folder is gone or another one: when it is there, everything in it is compared once it has come to rest."""
        if _identity(self._root) is None:
            self._say(f"{self._root} 不见了，索引照常服务；等它回来。")
            while _identity(self._root) is None and not self._stop.wait(_BEAT / 1000):
                pass
        self._pending.whole = self._pending.settling = True
        self._changed = time.monotonic()

    def _once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._say(line)


def _identity(root: Path) -> tuple[int, int] | None:
    """Which folder this is now, links followed; None where there is none."""
    try:
        found = root.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None
