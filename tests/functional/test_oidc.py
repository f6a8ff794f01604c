"""Sign-in through a real OpenID Connect provider, a small one of our own on this machine."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey
from web_people import add_person, make_app, sign_in
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from kb import accounts
from kb.clock import now
from kb.db import audit, users
from kb.errors import SettingError
from kb.people import SYSTEM
from web.app import SERVICES, create_app

CLIENT, SECRET = "kb-desk", "the-client-secret-of-the-tests"


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


class Provider:
    """Authorization code with PKCE, as RFC 6749, RFC 7636 and OpenID Connect Core want it; asks nobody for a password."""

    def __init__(self, key):
        self.key = key
        self.person = {"sub": "s-1", "preferred_username": "Chen", "name": "陈某"}
        # what the person is told to be in userinfo only
        self.more = {}
        # changes of the token's claims, and what it is signed with
        self.wrong = {}
        self.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
        self.down = False
        self.issuer_said = None
        self.codes = {}
        self.server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Quiet)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}/realms/bank"

    def __call__(self, environ, start_response):
        request = Request(environ)
        route = {
            "/realms/bank/.well-known/openid-configuration": self.configuration,
            "/keys": lambda _: _json({"keys": [self.key.as_dict(private=False)]}),
            "/authorize": self.authorize,
            "/token": self.token,
            "/userinfo": self.userinfo,
        }[request.path]
        answer = Response("down", 503) if self.down else route(request)
        return answer(environ, start_response)

    def configuration(self, request):
        base = request.host_url.rstrip("/")
        return _json(
            {
                "issuer": self.issuer_said or self.issuer,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "jwks_uri": f"{base}/keys",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            }
        )

    def authorize(self, request):
        asked = request.args.to_dict()
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{back}"})

    def token(self, request):
        form = request.form
        asked = self.codes.pop(form["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        known = request.authorization and (request.authorization.username, request.authorization.password) == (
            CLIENT,
            SECRET,
        )
        if not (
            asked
            and known
            and proof.decode() == asked["code_challenge"]
            and form["redirect_uri"] == asked["redirect_uri"]
        ):
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"],
            **self.person, **self.wrong,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return _json({"access_token": "at-1", "token_type": "Bearer", "expires_in": 60, "id_token": self.sign(claims)})

    def userinfo(self, request):
        assert request.headers["Authorization"] == "Bearer at-1"
        return _json({**self.person, **self.more})


def _json(value, status=200):
    return Response(json.dumps(value), status, mimetype="application/json")


@pytest.fixture(scope="module")
def key():
    return RSAKey.generate_key(2048, auto_kid=True)


@pytest.fixture
def provider(key):
    provider = Provider(key)
    thread = threading.Thread(target=provider.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield provider
    provider.server.shutdown()
    thread.join()
    provider.server.server_close()


@pytest.fixture
def with_provider(settings, provider):
    return replace(
        settings,
        oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET, oidc_claim="groups",
        oidc_roles="kb-editors=editor, kb-approvers=approver",
    )  # fmt: skip


@pytest.fixture
def app(with_provider):
    return make_app(with_provider)


@pytest.fixture
def database(app):
    return app.extensions[SERVICES].database


def to_provider(client, to="/account"):
    """Press the button; the provider's answer, which leads back."""
    sent = client.get("/sign-in/oidc/", query_string={"to": to})
    assert sent.status_code == 302, sent.text
    return requests.get(sent.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]


def sign_in_there(client, to="/account"):
    back = urlsplit(to_provider(client, to))
    return client.get(f"{back.path}?{back.query}")


def person(database, name):
    with database.reading() as connection:
        return users.find(connection, name)


def denied(database):
    with database.reading() as connection:
        return [e.target for e in audit.events(connection) if e.action == "sign_in" and e.result == "denied"]


def test_somebody_new_comes_in_and_leaves(app, provider, database):
    client = app.test_client()
    assert "用行内统一账号登录" in client.get("/sign-in").text
    answer = sign_in_there(client, "/account")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account")
    assert "陈某" in client.get("/account").text
    chen = person(database, "chen")
    assert (chen.origin, chen.subject, chen.roles, chen.password) == ("oidc", "s-1", {"agent"}, "")
    with database.reading() as connection:
        assert [(e.actor, e.action) for e in audit.events(connection)] == [("系统", "user.add"), ("chen", "sign_in")]


def test_roles_follow_the_provider_at_every_sign_in(app, provider, database):
    provider.person["groups"] = ["kb-editors", "all-staff"]
    sign_in_there(app.test_client())
    assert person(database, "chen").roles == {"editor"}
    provider.person["groups"] = ["kb-approvers"]
    sign_in_there(app.test_client())
    assert person(database, "chen").roles == {"approver"}
    # groups that stand in userinfo only count too
    del provider.person["groups"]
    provider.more["groups"] = ["kb-editors"]
    sign_in_there(app.test_client())
    assert person(database, "chen").roles == {"editor"}


def test_without_a_mapping_roles_are_given_here(with_provider, provider):
    app = make_app(replace(with_provider, oidc_roles=""))
    database = app.extensions[SERVICES].database
    provider.person["groups"] = ["kb-editors"]
    sign_in_there(app.test_client())
    chen = person(database, "chen")
    assert chen.roles == {"agent"}
    with database.writing() as connection:
        users.change(connection, chen.id, roles=frozenset({"lead"}))
    sign_in_there(app.test_client())
    assert person(database, "chen").roles == {"lead"}


def test_who_is_renamed_there_stays_the_same_person_here(app, provider, database):
    sign_in_there(app.test_client())
    provider.person["preferred_username"] = "chen-married"
    client = app.test_client()
    sign_in_there(client)
    assert "chen" in client.get("/account").text
    assert person(database, "chen-married") is None


def test_somebody_added_before_is_recognised(app, provider, database):
    add_person(app, "lead", "chen", origin="oidc")
    sign_in_there(app.test_client())
    assert person(database, "chen").subject == "s-1"


@pytest.mark.parametrize("origin", ["local", "proxy"])
def test_nobody_gets_the_account_of_another_by_having_the_name(app, provider, database, origin):
    add_person(app, "admin", "chen", origin=origin)
    client = app.test_client()
    answer = sign_in_there(client)
    assert (answer.status_code, "另一个账号" in answer.text) == (409, True)
    assert client.get("/account").status_code == 302
    assert denied(database) == ["oidc"]


def test_somebody_else_of_the_same_name_there_is_not_the_person_here(app, provider, database):
    sign_in_there(app.test_client())
    provider.person["sub"] = "s-2"
    assert sign_in_there(app.test_client()).status_code == 409


def test_who_is_disabled_stays_out(app, provider, database):
    sign_in_there(app.test_client())
    add_person(app, "admin")
    accounts.set_active(database, SYSTEM, person(database, "chen").id, False, now())
    answer = sign_in_there(app.test_client())
    assert (answer.status_code, "已停用" in answer.text) == (400, True)


# what must not be believed


def refused(app, database, answer, client):
    assert answer.status_code == 400, answer.headers
    assert "统一登录没有完成" in answer.text
    assert client.get("/account").status_code == 302
    assert denied(database) == ["oidc"]
    with database.reading() as connection:
        assert users.count(connection) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"exp": 1_000_003_600, "iat": 1_000_000_000},
        {"exp": None},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_now_is_refused(app, provider, database, wrong):
    provider.wrong = wrong
    client = app.test_client()
    refused(app, database, sign_in_there(client), client)


def another_key(provider):
    other = RSAKey.generate_key(2048, parameters={"kid": provider.key.kid})
    return lambda claims: jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, other)


def base64url(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def by_hand(provider, algorithm, sign):
    def made(claims):
        header = json.dumps({"alg": algorithm, "kid": provider.key.kid})
        signed = f"{base64url(header.encode())}.{base64url(json.dumps(claims).encode())}"
        return f"{signed}.{base64url(sign(signed.encode()))}"

    return made


def no_signature(provider):
    return by_hand(provider, "none", lambda _: b"")


def the_public_key_as_a_secret(provider):
    public = provider.key.as_pem(private=False)
    return by_hand(provider, "HS256", lambda signed: hmac.digest(public, signed, "sha256"))


@pytest.mark.parametrize(
    "signing", [another_key, no_signature, the_public_key_as_a_secret, lambda _: lambda _: "no token"]
)
def test_a_token_that_the_provider_did_not_sign_is_refused(app, provider, database, signing):
    provider.sign = signing(provider)
    client = app.test_client()
    refused(app, database, sign_in_there(client), client)


@pytest.mark.parametrize("signing", [no_signature, the_public_key_as_a_secret])
def test_a_worker_that_did_not_send_the_browser_there_is_as_careful(app, with_provider, provider, database, signing):
    provider.sign = signing(provider)
    first, second = app.test_client(), create_app(with_provider).test_client()
    back = urlsplit(to_provider(first))
    second.set_cookie("kb-form", first.get_cookie("kb-form").value)
    refused(app, database, second.get(f"{back.path}?{back.query}"), second)


def test_another_worker_takes_the_browser_back(app, with_provider, provider):
    first, second = app.test_client(), create_app(with_provider).test_client()
    back = urlsplit(to_provider(first))
    second.set_cookie("kb-form", first.get_cookie("kb-form").value)
    assert second.get(f"{back.path}?{back.query}").status_code == 302


def test_userinfo_about_somebody_else_is_refused(app, provider, database):
    provider.more = {"sub": "s-2"}
    client = app.test_client()
    refused(app, database, sign_in_there(client), client)


def test_a_way_back_that_we_did_not_begin_is_refused(app, provider, database):
    begun, other = app.test_client(), app.test_client()
    back = urlsplit(to_provider(begun))
    # somebody sends a victim the end of his own sign-in
    refused(app, database, other.get(f"{back.path}?{back.query}"), other)


def test_a_changed_state_is_refused(app, provider, database):
    client = app.test_client()
    back = urlsplit(to_provider(client))
    query = {**dict(parse_qsl(back.query)), "state": "made-up"}
    refused(app, database, client.get(back.path, query_string=query), client)


def test_a_way_back_works_once(app, provider, database):
    client = app.test_client()
    back = urlsplit(to_provider(client))
    first = client.get(f"{back.path}?{back.query}")
    assert first.status_code == 302
    assert client.get(f"{back.path}?{back.query}").status_code == 400


@pytest.mark.parametrize("query", ["", "error=access_denied", "code=x", "state=x", "code=%00&state=%ff"])
def test_an_odd_way_back_is_a_sentence(app, provider, database, query):
    client = app.test_client()
    client.get("/sign-in/oidc/")
    refused(app, database, client.get(f"/sign-in/oidc/back?{query}"), client)


def test_a_provider_that_is_down_is_said_and_passwords_still_work(app, provider):
    provider.down = True
    answer = app.test_client().get("/sign-in/oidc/")
    assert (answer.status_code, "统一登录现在用不了" in answer.text) == (503, True)
    assert app.test_client().get("/sign-in").status_code == 200
    provider.down = False
    assert sign_in_there(app.test_client()).status_code == 302


def test_a_provider_that_calls_itself_otherwise_is_not_used(app, provider):
    provider.issuer_said = "https://evil.example"
    assert app.test_client().get("/sign-in/oidc/").status_code == 503


def test_the_way_back_has_the_address_of_the_settings(with_provider, provider):  # W7
    app = make_app(replace(with_provider, public_url="https://kb.bank.example", anonymous="yes"))
    sent = app.test_client().get("/sign-in/oidc/", headers={"Host": "evil.example"})
    asked = dict(parse_qsl(urlsplit(sent.headers["Location"]).query))
    assert asked["redirect_uri"] == "https://kb.bank.example/sign-in/oidc/back"


def test_signing_in_there_leads_nowhere_else(app, provider):  # W7
    assert sign_in_there(app.test_client(), "//evil.example").headers["Location"] == "/"


def test_there_is_no_way_to_a_provider_that_is_not_set(settings):
    app = make_app(settings)
    assert app.test_client().get("/sign-in/oidc/").status_code == 404
    assert "统一账号" not in app.test_client().get("/sign-in").text
    assert sign_in(app, "agent").get("/account").status_code == 200


def test_a_mapping_to_a_role_that_does_not_exist_stops_the_start(with_provider):
    with pytest.raises(SettingError, match="KB_OIDC_ROLES"):
        create_app(replace(with_provider, oidc_roles="x=boss"))
