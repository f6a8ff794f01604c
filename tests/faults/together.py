"""Threads that begin and end with a `with`."""


class Together:
    """A base for those who ask while something happens: `_threads`, which go on until the event `_over`."""

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()
