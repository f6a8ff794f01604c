"""What browsers are told and asked for: headers, cookies, proof that a form is ours, limits on guessing."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from kb.db.engine import Database
from kb.errors import NotAllowed, SettingError
from kb.settings import MIN_SECRET, Settings
from web.access import current_asker, rule_of
from web.errors import error_response
from web.failed_tries import SCHEME

_LOG = logging.getLogger("web.security")


def content_policy(framed_by: str = "'none'") -> str:
    """What a page may load, and who may frame it."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {framed_by}"
    )


_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # addresses of the agent's page may hold a question; pages with forms say `same-origin`, see below
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# failed tries from one address; a whole floor of agents may share one, and only failures count
FAILED_SIGN_INS = "30 per minute"


def headers(settings: Settings) -> dict[str, str]:
    """What every answer carries."""
    return _HEADERS | ({"Strict-Transport-Security": "max-age=31536000; includeSubDomains"} if settings.tls else {})


def secret_key(settings: Settings) -> str:
    """What signs cookies: the one in the settings, or one that is made once and kept, readable by its owner only."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.var / "secret.key"
    with contextlib.suppress(OSError):
        return _checked(path)
    made = secrets.token_hex(32)
    try:
        _write_once(path, made)
        return _checked(path)
    except OSError as error:
        _LOG.warning(
            "the key that signs cookies cannot be kept: %s; everybody has to sign in anew after a restart", error
        )
        return made


def _checked(path: Path) -> str:
    value = path.read_text("ascii", "replace").strip()
    if len(value) < MIN_SECRET:
        raise SettingError("KB_SECRET_KEY", "…", f"{path} 里的密钥不完整，请删掉这个文件后重新启动")
    return value


def _write_once(path: Path, value: str) -> None:
    """Several processes may start at once: the first one's file stays, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink()


def register_security(app: Flask, settings: Settings, secret: str) -> None:
    """Set up cookies, the check of forms, and the limits of an app. Call it after `guard`. Raises SettingError in debug mode."""
    if app.debug:
        raise SettingError("FLASK_DEBUG", "1", "调试模式会把程序内部给人看，请去掉这个环境变量")
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME="__Host-kb-form" if settings.tls else "kb-form",
        SESSION_COOKIE_SECURE=settings.tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE=settings.same_site,
        # the guard's rules say which requests are checked, below
        WTF_CSRF_CHECK_DEFAULT=False,
        # a draft may stand open for a day; the proof ends with the browser's session
        WTF_CSRF_TIME_LIMIT=None,
        # it would want a Referer; the origin is compared here
        WTF_CSRF_SSL_STRICT=False,
    )
    csrf = CSRFProtect(app)

    @app.before_request
    def ours() -> None:
        if request.method in _SAFE or request.endpoint is None:
            return
        if rule_of(app, request.endpoint) == "read" or current_asker().by == "key":
            # reading changes nothing; and no browser sends a key by itself
            return
        if not _same_origin(settings):
            raise NotAllowed("这个请求是从别的网站发来的，没有执行。请回到坐席知识台再操作。")
        csrf.protect()

    @app.after_request
    def with_origin(response: Response) -> Response:
        """Without a referrer, browsers also hide the origin of the forms of a page, even from ourselves."""
        if response.mimetype == "text/html" and request.endpoint and rule_of(app, request.endpoint) != "read":
            response.headers["Referrer-Policy"] = "same-origin"
        return response

    app.register_error_handler(CSRFError, _no_proof)


def _same_origin(settings: Settings) -> bool:
    """Whether a browser says that the request comes from one of our pages; one that says nothing still needs the proof."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    if settings.public_url:
        return origin == settings.public_url
    said = urlsplit(origin)
    return said.scheme in (("https",) if settings.tls else ("http", "https")) and said.netloc == request.host


def _no_proof(_: CSRFError) -> Response:
    return error_response(
        400, "FormExpired", "这个页面开得太久，或者您重新登录过，所以没有执行。请返回、刷新页面后再试。"
    )


def outside_url(settings: Settings, path: str) -> str:
    """The whole address of a page, for links that leave the service."""
    return (settings.public_url or request.host_url.rstrip("/")) + path


def limit_sign_in(app: Flask, database: Database) -> Limiter:
    """What counts failed sign-ins by address, for all processes; accounts are locked in the database beside it.

    As long as the database cannot be reached, each process counts by itself.
    """
    options: dict[str, Any] = {"database": database}
    return Limiter(
        get_remote_address,
        app=app,
        storage_uri=f"{SCHEME}://",
        storage_options=options,
        in_memory_fallback_enabled=True,
        headers_enabled=False,
    )


def failed(response: AnyResponse) -> bool:
    """Whether a try to sign in counts: who gets in is led on."""
    return response.status_code not in (302, 303)
