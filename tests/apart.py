"""Work in a process of its own that has nothing of this one: no open file, and no lock that a thread of this one holds just now.

A process that is forked while another thread is inside of SQLite has SQLite's locks for ever (seen; 3 of 272 beside busy threads).
"""

import multiprocessing
from contextlib import suppress

FRESH = multiprocessing.get_context("forkserver")
# loaded once, in the process that the others are forked from
FRESH.set_forkserver_preload(
    ["indexer.build", "indexer.engine", "indexer.trial", "kb.db.opening", "kb.publishing.workbench"]
)
# seconds after which a process that tells nothing is given up
PATIENCE = 120


class Apart:
    """A process that does something once; `result()` waits for it and returns what it returned."""

    def __init__(self, work, *values):
        """`work` stands in a module; it, the values and what it returns are pickled."""
        self._told, telling = FRESH.Pipe(duplex=False)
        self._process = FRESH.Process(target=_tell, args=(telling, work, values))
        self._process.start()
        telling.close()

    def result(self, patience=PATIENCE):
        """What it returned. Raises what went wrong as an AssertionError. Call it, or the process stays."""
        try:
            assert self._told.poll(patience), "the process does not end"
            value, error = self._told.recv()
        except EOFError:
            raise AssertionError("the process died") from None
        finally:
            ended(self._process)
            self._told.close()
        assert not error, error
        return value


def ended(process):
    """End a process, whatever it does."""
    process.kill()
    process.join()
    process.close()


def _tell(telling, work, values):
    # nobody may be there any more
    with suppress(BrokenPipeError):
        telling.send(told(work, *values))


def told(work, *values):
    try:
        return work(*values), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"
