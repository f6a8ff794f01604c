"""The tests' own server: whoever hangs up leaves nothing open for another test to find."""

import socket
import struct
import threading
from urllib.parse import urlsplit

from tests.live import live


class Answer:
    """One part, then a wait for the caller to be gone; knows whether it was closed."""

    def __init__(self):
        self.gone = threading.Event()
        self.closed = threading.Event()

    def __call__(self, environ, start_response):
        start_response("200 OK", [("Content-Length", str(len(b"first part")))])
        return self

    def __iter__(self):
        yield b"first part"
        self.gone.wait(10)

    def close(self):
        self.closed.set()


def test_an_answer_is_closed_when_its_caller_resets_the_connection():
    answer = Answer()
    with live(answer) as address:
        place = urlsplit(address)
        caller = socket.create_connection((place.hostname, place.port))
        caller.sendall(b"GET / HTTP/1.1\r\nHost: desk\r\n\r\n")
        received = b""
        while b"first part" not in received:
            received += caller.recv(1000)
        # a linger of nought seconds: reset, not closed in good order
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()
        answer.gone.set()
        assert answer.closed.wait(10)
