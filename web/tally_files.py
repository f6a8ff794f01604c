"""The counts of all processes of the service: each writes its own to a file of a private folder, whoever is asked adds them up.

A worker that ended leaves its file, so that no number ever falls; a new start of the service begins at nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import secrets
import threading
from pathlib import Path

from web.tally import Counts, Tally, of_values

_LOG = logging.getLogger("web.tally_files")
# seconds between two looks at whether something was counted
_EVERY = 1.0


def clear(folder: Path) -> None:
    """Remove what an earlier run of the service counted. Without a place to write to, each process answers for itself."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        for old in folder.glob("*.json*"):
            old.unlink()
    except OSError as error:
        _LOG.warning("counts of the workers are not brought together: %s", error)


class TallyFiles:
    """One process's part: its own file, and the sum of everybody's."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        """Nothing is written before `start` is called, in a worker."""
        self._folder = folder
        self.tally = tally
        self._file: Path | None = None
        self._written = ""

    def start(self) -> None:
        """Begin counting in this worker, and write the numbers every second, from a thread of its own. Call it after forking."""
        self.tally.clear()
        self._file = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.json"
        threading.Thread(target=self._go_on, name="kb-tally", daemon=True).start()
        atexit.register(self.write)

    def total(self) -> Counts:
        """The numbers of all processes: others' are up to a second old."""
        found = self.tally.counts()
        for path in self._folder.glob("*.json") if self._file else ():
            if path != self._file:
                found.add(_read(path))
        return found

    def write(self) -> None:
        """Write this process's numbers if they changed; never raises for a disk: numbers are not worth an answer."""
        text = json.dumps(self.tally.counts().as_values())
        if self._file is None or text == self._written:
            return
        beside = self._file.with_suffix(".json.new")
        with contextlib.suppress(OSError):
            beside.write_text(text, "utf-8")
            beside.replace(self._file)
            self._written = text

    def _go_on(self) -> None:
        waiting = threading.Event()
        while not waiting.wait(_EVERY):
            self.write()


def _read(path: Path) -> Counts:
    try:
        return of_values(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return Counts()
