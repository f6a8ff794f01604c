"""Coming in and leaving: the sign-in page, one-time links, and what one can do about one's own account."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from werkzeug.wrappers import Response as AnyResponse

from kb import passwords, signing_in
from kb.clock import now
from kb.db import sessions, users
from kb.errors import Conflict, NotAllowed, Refused
from kb.people import ROLES
from kb.signing_in import SignInRefused
from web.access import current_actor, current_asker, needs
from web.acting import address
from web.identity import Identity
from web.security import FAILED_SIGN_INS, failed
from web.services import Services

Answer = AnyResponse | tuple[str, int]


def auth(services: Services, identity: Identity, limiter: Limiter) -> Blueprint:
    """The blueprint of signing in and out."""
    pages = Blueprint("auth", __name__)
    add_link_pages(pages, services, identity)
    add_account_pages(pages, services, identity)

    @pages.get("/sign-in")
    @needs("public")
    def sign_in() -> Answer:
        """The form; who has signed in already is led on."""
        target = safe_target(request.args.get("to", ""))
        if current_actor().id:
            return redirect(target)
        return _form(services, target), 200

    @pages.post("/sign-in")
    @needs("public")
    @limiter.limit(FAILED_SIGN_INS, deduct_when=failed)
    def check_password() -> Answer:
        """Check name and password."""
        target = safe_target(request.form.get("to", ""))
        name, password = request.form.get("name", ""), request.form.get("password", "")
        try:
            token = signing_in.sign_in(services.database, name, password, now(), address(), identity.limits)
        except SignInRefused as error:
            return _form(services, target, name[:64], str(error)), 403
        return enter(identity, token, target)

    @pages.post("/sign-out")
    @needs("session")
    def sign_out() -> Answer:
        """End the session on the server, and let the browser forget it."""
        asker = current_asker()
        signing_in.sign_out(services.database, asker.actor, asker.session, now(), address())
        session.clear()
        flash("已退出登录。", "ok")
        return identity.forget(redirect(url_for("auth.sign_in")))

    return pages


def enter(identity: Identity, token: str, target: str, said: str = "") -> AnyResponse:
    """Lead somebody on who has just come in, and say something there. Proofs of forms from before are worthless now."""
    session.clear()
    if said:
        flash(said, "ok")
    return identity.set(redirect(target), token)


def safe_target(target: str) -> str:
    """Where to lead somebody after signing in: a path of our own, else the front page. Pure."""
    # browsers read `//host` and `/\\host` as addresses of another host, and skip control characters
    ours = target.isprintable() and target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if ours and target.partition("?")[0] not in ("/sign-in", "/sign-out") else "/"


def _form(services: Services, target: str, name: str = "", message: str = "") -> str:
    settings = services.settings
    with services.database.reading() as connection:
        nobody = not users.administrators(connection)
    return render_template(
        "auth/sign_in.html",
        to=target, name=name, message=message, oidc=bool(settings.oidc_issuer), nobody=nobody,
        reading=settings.anonymous_reading,
    )  # fmt: skip


def add_link_pages(pages: Blueprint, services: Services, identity: Identity) -> None:
    """One-time links: looking at one does not use it up."""
    database, limits = services.database, identity.limits

    @pages.get("/setup/<secret>")
    @needs("public")
    def setup(secret: str) -> Answer:
        """The form that creates the first administrator."""
        signing_in.open_link(database, secret, ["setup"], now())
        return render_template("auth/setup.html", least=passwords.MIN_LENGTH), 200

    @pages.post("/setup/<secret>")
    @needs("public")
    def create_administrator(secret: str) -> Answer:
        """Create the first administrator."""
        name, display = request.form.get("name", ""), request.form.get("display", "")
        try:
            password = _twice()
            token = signing_in.create_administrator(database, secret, name, display, password, now(), address(), limits)
        except Refused as error:
            typed = {"name": name[:64], "display": display[:64]}
            return render_template("auth/setup.html", least=passwords.MIN_LENGTH, message=error, **typed), _status(
                error
            )
        said = "管理员已建好。下一步：添加编辑和审核人，至少各一位，因为自己写的不能自己审。"
        return enter(identity, token, url_for("people.listed"), said)

    @pages.get("/password/<secret>")
    @needs("public")
    def password(secret: str) -> Answer:
        """The form in which an invited person, or one who forgot, chooses a password."""
        _, user = signing_in.open_link(database, secret, signing_in.PASSWORD_LINKS, now())
        return render_template("auth/password.html", user=user, least=passwords.MIN_LENGTH), 200

    @pages.post("/password/<secret>")
    @needs("public")
    def choose_password(secret: str) -> Answer:
        """Set the password."""
        _, user = signing_in.open_link(database, secret, signing_in.PASSWORD_LINKS, now())
        try:
            token = signing_in.set_password_by_link(database, secret, _twice(), now(), address(), limits)
        except Refused as error:
            shown = render_template("auth/password.html", user=user, least=passwords.MIN_LENGTH, message=error)
            return shown, _status(error)
        return enter(identity, token, url_for("auth.account"), "密码已设好，您已登录。")


def add_account_pages(pages: Blueprint, services: Services, identity: Identity) -> None:
    """One's own account."""
    database, limits = services.database, identity.limits

    @pages.get("/account")
    @needs("session")
    def account() -> Answer:
        """Who one is, where one is signed in."""
        return _account(now()), 200

    @pages.post("/account/password")
    @needs("session")
    def change_password() -> Answer:
        """Change one's own password."""
        actor, at = current_actor(), now()
        try:
            token = signing_in.change_password(
                database, actor, request.form.get("old", ""), _twice(), at, address(), limits
            )
        except Refused as error:
            return _account(at, str(error)), _status(error)
        return enter(identity, token, url_for("auth.account"), "密码已改，其他地方的登录都已退出。")

    @pages.post("/account/sign-out")
    @needs("session")
    def sign_out_everywhere() -> Answer:
        """End all of one's sessions."""
        signing_in.sign_out_everywhere(database, current_actor(), now(), address())
        session.clear()
        flash("已在所有地方退出登录。", "ok")
        return identity.forget(redirect(url_for("auth.sign_in")))

    def _account(at: datetime, message: str = "") -> str:
        asker = current_asker()
        with database.reading() as connection:
            user = users.get(connection, asker.actor.id)
            here = sessions.of_user(connection, asker.actor.id, limits, at)
        return render_template(
            "auth/account.html",
            user=user, sessions=here, session_here=asker.session, roles=ROLES, message=message,
            must_change=asker.must_change, least=passwords.MIN_LENGTH, by=asker.by,
        )  # fmt: skip


def _twice() -> str:
    """The new password of a form, typed twice. Raises Refused where both differ."""
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        raise Refused("两次输入的密码不一样，请再输一次。")
    return new


def _status(error: Refused) -> int:
    if isinstance(error, (NotAllowed, SignInRefused)):
        return 403
    return 409 if isinstance(error, Conflict) else 400
