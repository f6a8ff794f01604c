"""Who may reach which route. Every route names its right; one without a name answers nobody.

The rule is checked in front of every view, so that no view can forget it. `current_actor` says who is asking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, get_args

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from kb.errors import NotAllowed
from kb.people import ANONYMOUS, RIGHTS, Actor, Right
from web.errors import error_response

# public: answers everybody, signed in or not; session: anybody who is signed in
Rule = Right | Literal["public", "session"]
RULES: frozenset[str] = frozenset({*get_args(Right), "public", "session"})
View = TypeVar("View", bound=Callable[..., Any])
_RULE = "kb_rule"
# Flask's own, which have no view of ours
_PUBLIC = {"static"}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request, and what that was told by."""

    actor: Actor
    # cookie: a browser, which others can make send requests; key, proxy; empty: nobody said
    by: Literal["", "cookie", "key", "proxy"] = ""
    # SHA-256 of the token of the session
    session: str = ""
    # must choose another password before anything but reading
    must_change: bool = False
    # was signed in when the database could still be asked; may read on
    admitted: bool = False


NOBODY = Asker(ANONYMOUS)


def needs(rule: Rule) -> Callable[[View], View]:
    """Name the right that a view needs; write it next to the function, below the route."""

    def named(view: View) -> View:
        setattr(view, _RULE, rule)
        return view

    return named


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The rule of a route, None if it has none."""
    if endpoint in _PUBLIC:
        return "public"
    return cast(Rule | None, getattr(app.view_functions[endpoint], _RULE, None))


def current_asker() -> Asker:
    """Who sent the request."""
    return cast(Asker, g.get("asker", NOBODY))


def current_actor() -> Actor:
    """Who is asking."""
    return current_asker().actor


def allowed(rule: Rule, actor: Actor, anonymous_reading: bool) -> bool:
    """Whether somebody may pass a rule. Pure."""
    if rule == "public":
        return True
    if rule == "session":
        return actor.id != 0
    return actor.may(rule) or (rule == "read" and actor.id == 0 and anonymous_reading)


def guard(
    app: Flask, identify: Callable[[], Asker], anonymous_reading: bool, denied: Callable[[Actor, str], None]
) -> None:
    """Check every request of an app: first who it is, then whether that person may.

    `denied` notes who was refused which route.
    """

    @app.before_request
    def check() -> Response | None:
        if request.endpoint is None:
            return None
        rule = rule_of(app, request.endpoint)
        if rule is None:
            raise NotAllowed("这个地址没有写明谁可以使用，暂时不开放。")
        asker = g.asker = identify()
        if asker.must_change and rule not in ("public", "read") and request.blueprint != "auth":
            return redirect(url_for("auth.account"))
        if allowed(rule, asker.actor, anonymous_reading or asker.admitted):
            return None
        if asker.actor.id == 0:
            return _sign_in_first()
        denied(asker.actor, request.endpoint)
        right = RIGHTS[cast(Right, rule)]
        raise NotAllowed(f"您没有“{right}”的权限，需要时请找管理员。")


def _sign_in_first() -> Response:
    """People are led to the sign-in page; programs are told."""
    if request.method in ("GET", "HEAD") and not request.path.startswith("/api/") and _has_sign_in():
        return redirect(url_for("auth.sign_in", to=request.full_path.rstrip("?")))
    return error_response(401, "SignInNeeded", "请先登录。")


def _has_sign_in() -> bool:
    return "auth.sign_in" in current_app.view_functions
