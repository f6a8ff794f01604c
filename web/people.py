"""Managing people: who there is, what each may do, and links and keys, which are shown once."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from kb import accounts
from kb.accounts import Profile
from kb.clock import now
from kb.db import audit, links, sessions, users
from kb.db.users import ORIGINS, User
from kb.errors import Conflict, KBError, Refused
from kb.people import RIGHTS, ROLES, Actor
from web.access import current_actor, needs
from web.acting import address, said
from web.audit import ACTIONS, add_audit_pages
from web.identity import Identity
from web.security import outside_url
from web.services import Services

Answer = Response | tuple[str, int]
# what each role is for, as the form says it
_FOR: dict[str, str] = {
    role: "、".join(label for right, label in RIGHTS.items() if Actor(1, "", "", frozenset({role})).may(right))
    for role in ROLES
}
_LATEST = 20


def people(services: Services, identity: Identity) -> Blueprint:
    """The blueprint of people and of the audit."""
    pages = Blueprint("people", __name__)
    database = services.database
    add_audit_pages(pages, services)
    add_user_steps(pages, services)

    @pages.get("/people")
    @needs("people")
    def listed() -> str:
        """Everybody, or those whose name has something in it."""
        words = request.args.get("q", "")[:64].strip()
        with database.reading() as connection:
            found = users.listed(connection)
        shown = [u for u in found if accounts.folded(words) in u.name or words in u.display]
        return render_template(
            "people/list.html", users=shown, all=len(found), q=words, roles=ROLES, origins=ORIGINS, at=now()
        )

    @pages.get("/people/new")
    @needs("people")
    def new() -> Answer:
        """The form for somebody new."""
        return _new(Profile("", frozenset({"agent"}))), 200

    @pages.post("/people/new")
    @needs("people")
    def add() -> Answer:
        """Add somebody; for a local account the link to set the password is shown."""
        name, origin = request.form.get("name", ""), request.form.get("origin", "local")
        try:
            user, secret = accounts.add_user(database, current_actor(), name, _profile(), origin, now(), address())
        except Refused as error:
            return _new(_profile(), name[:64], origin, str(error)), 409 if isinstance(error, Conflict) else 400
        if secret:
            return _secret(services, user, "invite", secret)
        flash(f"已添加 {user.display}，可以用{ORIGINS[user.origin]}登录。", "ok")
        return redirect(url_for("people.listed"))

    @pages.get("/people/<int:user_id>")
    @needs("people")
    def one(user_id: int) -> Answer:
        """Somebody, with the form that changes them, and what happened to them."""
        return _one(user_id), 200

    @pages.post("/people/<int:user_id>")
    @needs("people")
    def change(user_id: int) -> Answer:
        """Change what somebody may do."""
        try:
            user = accounts.change_user(database, current_actor(), user_id, _profile(), now(), address())
        except Refused as error:
            return _one(user_id, _profile(), str(error)), 400
        flash(f"{user.display} 的资料已改，马上生效。", "ok")
        return redirect(url_for("people.one", user_id=user_id))

    def _new(profile: Profile, name: str = "", origin: str = "local", message: str = "") -> str:
        return render_template(
            "people/new.html",
            profile=profile, name=name, origin=origin, message=message, roles=ROLES, meant=_FOR, origins=ORIGINS,
        )  # fmt: skip

    def _one(user_id: int, profile: Profile | None = None, message: str = "") -> str:
        at = now()
        with database.reading() as connection:
            user = users.get(connection, user_id)
            if user is None:
                raise NotFound
            events = audit.latest(connection, _LATEST, user.name)
            here = sessions.of_user(connection, user_id, identity.limits, at)
            keys = links.open_keys(connection, user_id, at)
        profile = profile or Profile(user.display, user.roles, user.queues, user.regions)
        return render_template(
            "people/one.html",
            user=user, profile=profile, message=message, events=events, actions=ACTIONS, sessions=here, keys=keys,
            roles=ROLES, meant=_FOR, origins=ORIGINS, at=at,
        )  # fmt: skip

    return pages


def add_user_steps(pages: Blueprint, services: Services) -> None:
    """Disabling and enabling, links and keys."""
    database = services.database

    @pages.post("/people/<int:user_id>/active")
    @needs("people")
    def set_active(user_id: int) -> Response:
        """Disable somebody, or let the person in again."""
        active = request.form.get("active") == "yes"
        with said("已启用。" if active else "已停用，所有登录、链接和密钥都已失效。"):
            accounts.set_active(database, current_actor(), user_id, active, now(), address())
        return redirect(url_for("people.one", user_id=user_id))

    @pages.post("/people/<int:user_id>/link")
    @needs("people")
    def password_link(user_id: int) -> Response:
        """A link by which the person chooses a password."""
        try:
            secret = accounts.password_link(database, current_actor(), user_id, now(), address())
        except KBError as error:
            flash(str(error), "error")
            return redirect(url_for("people.one", user_id=user_id))
        return _secret(services, _user(services, user_id), "reset", secret)

    @pages.post("/people/<int:user_id>/key")
    @needs("people")
    def make_key(user_id: int) -> Response:
        """A key by which another system acts as the person."""
        try:
            valid = links.VALID["api"]
            secret = accounts.make_key(database, current_actor(), user_id, now(), valid, address())
        except KBError as error:
            flash(str(error), "error")
            return redirect(url_for("people.one", user_id=user_id))
        return _secret(services, _user(services, user_id), "api", secret, valid)

    @pages.post("/people/<int:user_id>/key/withdraw")
    @needs("people")
    def withdraw_keys(user_id: int) -> Response:
        """Make all keys of the person worthless."""
        with said("接口密钥已全部收回。"):
            accounts.withdraw_keys(database, current_actor(), user_id, now(), address())
        return redirect(url_for("people.one", user_id=user_id))


def _profile() -> Profile:
    """What a form says about somebody."""
    form = request.form
    queues, regions = (
        frozenset(
            filter(None, (w.strip() for w in form.get(name, "").replace("，", ",").replace("、", ",").split(",")))
        )
        for name in ("queues", "regions")
    )
    return Profile(form.get("display", ""), frozenset(form.getlist("roles")), queues, regions)


def _user(services: Services, user_id: int) -> User:
    with services.database.reading() as connection:
        user = users.get(connection, user_id)
    if user is None:
        raise NotFound
    return user


def _secret(services: Services, user: User, purpose: str, secret: str, valid: timedelta | None = None) -> Response:
    """The page that shows a secret, this once: it is kept nowhere, neither in a browser's cache nor in a cookie."""
    shown = secret if purpose == "api" else outside_url(services.settings, url_for("auth.password", secret=secret))
    hours = int((valid or links.VALID[purpose]).total_seconds()) // 3600
    page = make_response(render_template("people/secret.html", user=user, purpose=purpose, shown=shown, hours=hours))
    page.headers["Cache-Control"] = "no-store"
    return page
