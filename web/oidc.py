"""Sign-in through an OpenID Connect provider: authorization code with PKCE, state and nonce; roles come from a claim."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from kb import signing_in
from kb.clock import now
from kb.errors import Refused, SettingError
from kb.people import ANONYMOUS, ROLES
from kb.settings import Settings
from web.access import needs
from web.acting import address
from web.auth import enter, safe_target
from web.denials import note_denial
from web.errors import error_response
from web.identity import Identity
from web.security import outside_url
from web.services import Services

_LOG = logging.getLogger("web.oidc")
_TARGET = "oidc_to"
# seconds that the provider may take
_PATIENCE = 10
# what a token may be signed with: with the provider's private key only
_SIGNATURES = ["RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "EdDSA"]
_DOWN = "统一登录现在用不了，请过一会儿再试，或者用本系统的密码登录。"
_UNFINISHED = "统一登录没有完成，可能是页面开得太久。请回到登录页再试一次。"


class ProviderProblem(Refused):
    """What the provider says is not to be believed."""


class ProviderDown(ProviderProblem):
    """The provider cannot be reached."""


def oidc(app: Flask, services: Services, identity: Identity) -> Blueprint:
    """The blueprint of the way to the provider and back. Raises SettingError for a mapping of roles that makes no sense."""
    settings = services.settings
    mapping = role_mapping(settings.oidc_roles)
    provider = _provider(app, settings)
    pages = Blueprint("oidc", __name__, url_prefix="/sign-in/oidc")

    @pages.errorhandler(ProviderDown)
    def down(error: ProviderDown) -> Response:
        return error_response(503, "ProviderDown", str(error))

    @pages.get("/")
    @needs("public")
    def begin() -> Response:
        """Send the browser to the provider."""
        session[_TARGET] = safe_target(request.args.get("to", ""))
        try:
            metadata = provider.load_server_metadata()
            if metadata.get("issuer", "").rstrip("/") != settings.oidc_issuer:
                raise ValueError(f"issuer says it is {metadata.get('issuer')!r}")
            metadata["id_token_signing_alg_values_supported"] = _SIGNATURES
            sent: Response = provider.authorize_redirect(outside_url(settings, url_for("oidc.back")))
        except (requests.RequestException, AuthlibBaseError, ValueError, RuntimeError) as error:
            _LOG.error("OpenID provider %s: %s", settings.oidc_issuer, error)
            raise ProviderDown(_DOWN) from error
        return sent

    @pages.get("/back")
    @needs("public")
    def back() -> Response:
        """Take what the provider says about the person."""
        target, at = safe_target(session.get(_TARGET, "")), now()
        try:
            claims = _claims(provider)
            token = signing_in.from_oidc(
                services.database,
                str(claims["sub"]),
                str(claims.get("preferred_username") or claims.get("email") or claims["sub"]),
                str(claims.get("name") or ""),
                granted(claims, settings.oidc_claim, mapping) if mapping else None,
                at, address(), identity.limits,
            )  # fmt: skip
        except Refused:
            _note(services, at)
            raise
        return enter(identity, token, target)

    return pages


def _provider(app: Flask, settings: Settings) -> Any:
    oauth = OAuth(app)
    return oauth.register(
        "oidc",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": _PATIENCE,
            # used at once, however short it lives
            "leeway": 0,
        },
    )


def _claims(provider: Any) -> dict[str, Any]:
    """What the provider says, checked: signature, issuer, audience, nonce, time. Raises ProviderProblem."""
    try:
        # a restarted worker may not know the provider yet
        provider.load_server_metadata()["id_token_signing_alg_values_supported"] = _SIGNATURES
        token = provider.authorize_access_token()
        claims = dict(token["userinfo"])
        if "userinfo_endpoint" in provider.server_metadata:
            more = dict(provider.userinfo(token=token))
            if more.get("sub") != claims["sub"]:
                raise ValueError("userinfo is about somebody else")
            claims = more | claims
    except requests.RequestException as error:
        _LOG.error("OpenID provider: %s", error)
        raise ProviderDown(_DOWN) from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
        _LOG.warning("sign-in through OpenID refused: %s", error)
        raise ProviderProblem(_UNFINISHED) from error
    return claims


def _note(services: Services, at: datetime) -> None:
    note_denial(services.database, ANONYMOUS.name, "sign_in", "oidc", at, address())


def role_mapping(written: str) -> dict[str, str]:
    """`kb-editors=editor,kb-leads=lead`: what the provider says → role here. Raises SettingError."""
    mapping: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in written.split(","))):
        theirs, _, ours = (p.strip() for p in part.rpartition("="))
        if not theirs or ours not in ROLES:
            raise SettingError("KB_OIDC_ROLES", written, f"要写成“对方的组=这里的角色”，角色有 {'、'.join(ROLES)}")
        mapping[theirs] = ours
    return mapping


def granted(claims: Mapping[str, Any], claim: str, mapping: Mapping[str, str]) -> frozenset[str]:
    """The roles that a claim gives (`realm_access.roles`: a claim within a claim); everybody else is an agent. Pure."""
    value: Any = claims
    for part in (claim,) if claim in claims else claim.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    names = value.replace(",", " ").split() if isinstance(value, str) else value
    found = {mapping[n] for n in names if isinstance(n, str) and n in mapping} if isinstance(names, list) else set()
    return frozenset(found) or frozenset({"agent"})
