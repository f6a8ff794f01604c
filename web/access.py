"""Who may reach which route. Every route names its right; one without a name answers nobody.

The rule is checked in front of every view, so that no view can forget it. `current_actor` says who is asking.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kb.errors import NotAllowed
from kb.people import ANONYMOUS, RIGHTS, Actor, Right

# public: answers everybody, signed in or not; session: anybody who is signed in
Rule = Right | Literal["public", "session"]
View = TypeVar("View", bound=Callable[..., Any])
_RULE = "kb_rule"
# Flask's own, and what has no view of ours
_PUBLIC = {"static"}


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
    found: Rule | None = getattr(app.view_functions[endpoint], _RULE, None)
    return found


def current_actor() -> Actor:
    """Who is asking."""
    actor: Actor = g.get("actor", ANONYMOUS)
    return actor


def allowed(rule: Rule, actor: Actor, anonymous_reading: bool) -> bool:
    """Whether somebody may pass a rule. Pure."""
    if rule == "public":
        return True
    if rule == "session":
        return actor.id != 0
    return actor.may(rule) or (rule == "read" and actor.id == 0 and anonymous_reading)


def guard(app: Flask, identify: Callable[[], Actor], anonymous_reading: bool) -> None:
    """Check every request of an app: first who it is, then whether that person may."""

    @app.before_request
    def check() -> AnyResponse | None:
        if request.endpoint is None:
            return None
        g.actor = identify()
        rule = rule_of(app, request.endpoint)
        if rule is not None and allowed(rule, g.actor, anonymous_reading):
            return None
        if rule is None:
            raise NotAllowed("这个地址没有写明谁可以使用，暂时不开放。")
        if g.actor.id == 0:
            return _sign_in()
        raise NotAllowed(f"您没有“{RIGHTS.get(rule, rule) if rule != 'session' else '登录'}”的权限，需要时请找管理员。")  # type: ignore[call-overload]


def _sign_in() -> AnyResponse | None:
    """People are led to the sign-in page; programs are told."""
    if request.method == "GET" and not request.path.startswith("/api/") and "auth.sign_in" in _endpoints():
        return redirect(url_for("auth.sign_in", to=request.full_path.rstrip("?")))
    response = Response(status=401)
    from web.errors import error_response

    response = error_response(401, "SignInNeeded", "请先登录。")
    return response


def _endpoints() -> set[str]:
    from flask import current_app

    return set(current_app.view_functions)
