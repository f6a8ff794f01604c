"""Work in a process of its own: what it opened is closed when it ends."""

import json
import os
from contextlib import suppress


class Apart:
    """A forked process that does something once; `result()` waits for it and returns what it returned."""

    def __init__(self, work, *values):
        reading, writing = os.pipe()
        self._reading, self._child = reading, os.fork()
        if self._child == 0:
            os.close(reading)
            with suppress(BaseException), os.fdopen(writing, "w") as answer:
                json.dump(told(work, *values), answer)
            os._exit(0)
        os.close(writing)

    def result(self):
        """What it returned, as JSON has it. Raises what went wrong as an AssertionError."""
        with os.fdopen(self._reading) as answer:
            found = answer.read()
        os.waitpid(self._child, 0)
        assert found, "the process died"
        value, error = json.loads(found)
        assert not error, error
        return value


def told(work, *values):
    try:
        return work(*values), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"
