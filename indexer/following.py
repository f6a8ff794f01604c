"""Looking for what was published, in a thread of its own, as long as there is somebody it is looked for."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from typing import Protocol

_LOG = logging.getLogger("indexer.following")


class Follower(Protocol):
    """What looks for a newer generation."""

    def look_again(self) -> None:
        """See what was published just now, before this returns."""


def keep_looking(follower: Follower, every: float) -> threading.Thread:
    """A started thread that lets a follower look every so many seconds, and ends with it."""
    thread = threading.Thread(target=_look_often, args=(weakref.ref(follower), every), name="kb-following", daemon=True)
    thread.start()
    return thread


def _look_often(follower: weakref.ref[Follower], every: float) -> None:
    """Each failure is logged once, however often it comes: the thread must go on, or this process would answer from the past for ever."""
    said = ""
    while True:
        time.sleep(every)
        here = follower()
        if here is None:
            return
        try:
            here.look_again()
            said = ""
        except Exception as error:  # a full disk, say
            if said != str(error):
                _LOG.exception("what was published could not be followed")
            said = str(error)
        del here
