"""Who sent a request: by the key of another system, by a proxy that signs people in, or by the cookie of a session."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from flask import request
from itsdangerous import BadSignature, TimestampSigner
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from kb.clock import now
from kb.db import links, sessions, users
from kb.db.engine import Database
from kb.errors import DatabaseProblem
from kb.settings import Settings
from kb.signing_in import from_proxy
from web.access import NOBODY, Asker
from web.denials import note_denial
from web.proxies import PEER_TRUSTED
from web.seen import SeenNotes

_LOG = logging.getLogger("web.identity")
_BEARER = "Bearer "
# addresses remembered for having claimed to be a proxy
_MOST_FOREIGN = 1000


class Identity:
    """Tells who sent a request; knows the cookie of a session."""

    def __init__(self, settings: Settings, database: Database, secret: str, *, lost: bool = False) -> None:
        """`lost`: the sessions are gone, because a broken database was put aside."""
        self.cookie = cookie_name(settings)
        self.limits = sessions.Limits(timedelta(minutes=settings.idle_minutes), timedelta(hours=settings.session_hours))
        self._database = database
        self._header = settings.proxy_header
        self._signer = TimestampSigner(secret, salt="kb-session")
        self._lost = lost
        self._secure, self._same_site = settings.tls, settings.same_site
        self._seen = SeenNotes(database)
        self._foreign: set[str] = set()

    def __call__(self) -> Asker:
        """Who sent the present request. Raises Unauthorized for a key that opens nothing, Refused for a disabled person."""
        at = now()
        authorization = request.headers.get("Authorization", "")
        if authorization.startswith(_BEARER):
            return self._by_key(authorization[len(_BEARER) :].strip(), at)
        name = request.headers.get(self._header, "").strip() if self._header else ""
        if name and request.environ.get(PEER_TRUSTED):
            return self._by_proxy(name, at)
        if name:
            self._note_foreign(at)
        token = self.token()
        return self._by_cookie(token, at) if token else NOBODY

    def seal(self, token: str) -> str:
        """The value of the cookie for a token: signed, so that it is known for ours even where no database can be asked."""
        return self._signer.sign(token).decode()

    def set(self, response: Response, token: str) -> Response:
        """Let the browser keep a token, until it is closed."""
        response.set_cookie(
            self.cookie, self.seal(token), secure=self._secure, httponly=True, samesite=self._same_site, path="/"
        )
        return response

    def forget(self, response: Response) -> Response:
        """Let the browser forget its token."""
        response.delete_cookie(self.cookie, secure=self._secure, httponly=True, samesite=self._same_site, path="/")
        return response

    def token(self) -> str:
        """The token in the cookie of the present request, empty if there is none of ours."""
        try:
            token = self._signer.unsign(request.cookies.get(self.cookie, ""), int(self.limits.total.total_seconds()))
        except BadSignature:
            return ""
        return token.decode()

    def _by_key(self, key: str, at: datetime) -> Asker:
        with self._database.reading() as connection:
            link = links.find(connection, key, ["api"], at)
            user = users.get(connection, link.user_id) if link and link.user_id else None
        if user is None or not user.active:
            raise Unauthorized
        return Asker(user.actor, "key")

    def _by_proxy(self, name: str, at: datetime) -> Asker:
        try:
            return Asker(from_proxy(self._database, name, at, request.remote_addr or "").actor, "proxy")
        except DatabaseProblem:
            return Asker(NOBODY.actor, admitted=True)

    def _by_cookie(self, token: str, at: datetime) -> Asker:
        try:
            with self._database.reading() as connection:
                session = sessions.find(connection, token, self.limits, at)
                user = users.get(connection, session.user_id) if session else None
        except DatabaseProblem as error:
            _LOG.warning("who is signed in cannot be told: %s", error)
            return Asker(NOBODY.actor, admitted=True)
        if session is None or user is None or not user.active:
            return Asker(NOBODY.actor, admitted=self._lost)
        if at - session.seen >= sessions.SEEN_EVERY:
            self._seen.note(session, at)
        return Asker(user.actor, "cookie", session.token, user.must_change)

    def _note_foreign(self, at: datetime) -> None:
        """A name in the header from an address that is no proxy: not believed, and noted once."""
        address = request.remote_addr or ""
        if address in self._foreign or len(self._foreign) >= _MOST_FOREIGN:
            return
        self._foreign.add(address)
        note_denial(self._database, NOBODY.actor.name, "sign_in", self._header, at, address)


def cookie_name(settings: Settings) -> str:
    """`__Host-`: the browser keeps it only if it came over TLS, for this very host."""
    return "__Host-kb-session" if settings.tls else "kb-session"
