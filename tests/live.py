"""An application as a service that browsers can reach."""

import threading
from contextlib import contextmanager

from werkzeug.serving import make_server


@contextmanager
def live(app):
    """Serve an application on this machine while it is needed; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    # looked at often, so that it ends at once
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
