"""People at their browsers: an application with an index, and clients in which somebody is signed in."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from indexer import build as building
from indexer import generations
from kb.clock import now
from kb.db import sessions, users
from kb.db.users import User
from kb.settings import Settings
from web.app import IDENTITY, SERVICES, create_app
from web.identity import Identity

# signed into the cookie of forms by `csrf`
_PROOF = "proof-of-the-tests"


def make_app(settings: Settings) -> Flask:
    """The application over the settings' folders, with an index (made if there is none) and a database."""
    if generations.current_name(settings.index) is None:
        building.build(settings, now())
    return create_app(settings)


def add_person(app: Flask, role: str, name: str = "", **more) -> User:
    """Somebody with a role (`agent`, or several: `editor approver`), straight in the database."""
    roles = role.split()
    with app.extensions[SERVICES].database.writing() as connection:
        name = name or f"{roles[0]}{users.count(connection) + 1}"
        return users.add(connection, name, f"姓名{name}", roles, now(), **more)


def sign_in(app: Flask, role: str, name: str = "", *, ago: timedelta = timedelta(0), **more) -> FlaskClient:
    """A client with an open session of a new person with that role; of the one called so, if there is one.

    `ago`: when the session was begun, and last seen. `client.person` is who it is.
    """
    database = app.extensions[SERVICES].database
    with database.reading() as connection:
        person = users.find(connection, name) if name else None
    person = person or add_person(app, role, name, **more)
    with database.writing() as connection:
        token = sessions.begin(connection, person.id, now() - ago, "127.0.0.1")
    client = app.test_client()
    identity: Identity = app.extensions[IDENTITY]
    secure = identity.cookie.startswith("__Host-")
    client.set_cookie(identity.cookie, identity.seal(token), secure=secure, httponly=True, samesite="Lax")
    client.person = person
    return client


def csrf(client: FlaskClient) -> str:
    """The token that forms of a client carry, for a field `csrf_token` or the header `X-CSRFToken`."""
    app = client.application
    with client.session_transaction() as session:
        session["csrf_token"] = _PROOF
    return URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(_PROOF)
