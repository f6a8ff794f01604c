"""A thread that finishes publications which were interrupted. It does nothing as long as there is nothing to finish."""

from __future__ import annotations

import logging
import threading
import time

from kb.clock import now
from kb.errors import KBError
from kb.publishing.workbench import Workbench

_LOG = logging.getLogger("kb.publishing")


def start_applier(workbench: Workbench, every: float = 5.0) -> threading.Thread:
    """Look every so many seconds; start it in each worker after the fork. It ends with the process."""
    thread = threading.Thread(target=_run, args=(workbench, every), name="kb-applier", daemon=True)
    thread.start()
    return thread


def _run(workbench: Workbench, every: float) -> None:
    while True:
        time.sleep(every)
        try:
            for publication in workbench.resume(now(), waiting=False):
                _LOG.info("publication %d is %s now", publication.id, publication.state)
        except KBError as error:
            _LOG.info("publications wait: %s", error)
        except Exception:  # one that cannot be done must not end the thread: the next may be
            _LOG.exception("publications could not be finished")
