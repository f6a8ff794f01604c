"""An application as a service that browsers can reach."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import make_server


def closed_when_read(app):
    """An application whose answers are closed once they are read, also when the caller has hung up.

    Werkzeug's server reads what the caller may still send before it closes the answer; a reset connection fails there, and the file
    that was sent stays open.
    """

    def answered(environ, start_response) -> Iterator[bytes]:
        answer = app(environ, start_response)

        def parts():
            try:
                yield from answer
            finally:
                getattr(answer, "close", lambda: None)()

        return parts()

    return answered


@contextmanager
def live(app):
    """Serve an application on this machine while it is needed; its address."""
    server = make_server("127.0.0.1", 0, closed_when_read(app), threaded=True)
    # looked at often, so that it ends at once
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
