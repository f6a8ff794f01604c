"""Errors as people and programs see them: one JSON shape for the API, a Chinese page elsewhere, never a trace."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from kb.errors import Conflict, DatabaseProblem, FileProblem, IndexProblem, KBError, Missing, NotAllowed
from kb.logs import REQUEST_ID

_LOG = logging.getLogger("web.errors")
_SAID = {
    400: "请求写得不对，请检查后再试。",
    401: "请先登录；程序请检查密钥，它可能过期或被收回了。",
    403: "您没有权限做这件事。",
    404: "没有这个页面或文章。",
    405: "这个地址不接受这种请求方式。",
    413: "内容太大，请只输入关键的一句。",
    415: "请求要用 JSON 格式。",
    422: "参数不对，请检查后再试。",
    429: "试得太频繁，请过一分钟再试。",
    500: "程序出错了，已经记录，请稍后再试。",
}
# what is not the asker's fault, or needs another step than mending the request; everything else is 400
_STATUS: dict[type[KBError], int] = {
    IndexProblem: 503,
    DatabaseProblem: 503,
    FileProblem: 503,
    Missing: 404,
    NotAllowed: 403,
    Conflict: 409,
}


def error_response(status: int, code: str, message: str) -> Response:
    """`{"error": {"code", "message"}}` for the API, a small page for people."""
    if request.path.startswith("/api/"):
        response = jsonify({"error": {"code": code, "message": message}})
    else:
        page = render_template("error.html", status=status, message=message, request_number=REQUEST_ID.get())
        response = Response(page)
    response.status_code = status
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def register_errors(app: Flask) -> None:
    """Answer every error of an app in these shapes."""
    app.register_error_handler(KBError, _user_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def status_of(error: KBError) -> int:
    """The HTTP status of an error that a user can act on."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)


def data(value: object) -> Response:
    """`{"data": …}` for scripts of our pages; it is somebody's own, so nothing may keep it."""
    response = jsonify({"data": value})
    response.headers["Cache-Control"] = "no-store"
    return response


def told(error: KBError) -> Response:
    """The same error for the script of a page, which shows it and keeps what was typed."""
    shown = jsonify({"error": {"code": type(error).__name__, "message": str(error)}})
    shown.status_code = status_of(error)
    return shown


def _user_error(error: KBError) -> Response:
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.warning("%d %s on %s", status, type(error).__name__, request.url_rule or "-")
    return error_response(status, type(error).__name__, str(error))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = error_response(status, error.name.replace(" ", ""), _SAID.get(status, f"请求没有成功（{status}）。"))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _bug(_: Exception) -> Response:
    # the rule, not the path: a one-time link has its secret there
    _LOG.exception("unexpected error on %s", request.url_rule or request.path)
    return error_response(500, "InternalError", _SAID[500])
