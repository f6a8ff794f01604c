"""Proxies in front of the service: what they say about a request is believed only from the addresses in the settings."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# in the environment of a request: whether it came directly from a trusted proxy
PEER_TRUSTED = "kb.peer_trusted"


class Networks:
    """Addresses that are trusted, as the setting writes them: CIDR, commas."""

    def __init__(self, written: str) -> None:
        self._networks = [ip_network(part.strip()) for part in written.split(",") if part.strip()]

    def __contains__(self, address: str) -> bool:
        try:
            parsed = ip_address(address.strip())
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks)


class Forwarded:
    """A WSGI application in front of another one, which tells it who sent a request before it reached the proxy."""

    def __init__(self, app: WSGIApplication, trusted: Networks) -> None:
        self._app = app
        self._trusted = trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Put the client's address and scheme where the proxy's stand, if a trusted proxy says so."""
        environ[PEER_TRUSTED] = environ.get("REMOTE_ADDR", "") in self._trusted
        if environ[PEER_TRUSTED]:
            if "HTTP_X_FORWARDED_FOR" in environ:
                environ["REMOTE_ADDR"] = self._client(environ["HTTP_X_FORWARDED_FOR"], environ["REMOTE_ADDR"])
            if environ.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
                environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]
        return self._app(environ, start_response)

    def _client(self, hops: str, peer: str) -> str:
        """The last address before the trusted proxies; what stands further to the left anybody could have written."""
        for hop in reversed(hops.split(",")):
            address = hop.strip()
            if not _is_address(address):
                return peer
            if address not in self._trusted:
                return address
            peer = address
        return peer


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
