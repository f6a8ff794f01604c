"""Errors as people and programs see them: one JSON shape for the API, a Chinese page elsewhere, never a trace."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from kb.errors import IndexProblem, KBError

_LOG = logging.getLogger("web.errors")
_SAID = {
    400: "请求写得不对，请检查后再试。",
    404: "没有这个页面或文章。",
    405: "这个地址不接受这种请求方式。",
    413: "内容太大，请只输入关键的一句。",
    415: "请求要用 JSON 格式。",
    422: "参数不对，请检查后再试。",
    500: "程序出错了，已经记录，请稍后再试。",
}


def error_response(status: int, code: str, message: str) -> Response:
    """`{"error": {"code", "message"}}` for the API, a small page for people."""
    if request.path.startswith("/api/"):
        response = jsonify({"error": {"code": code, "message": message}})
    else:
        response = Response(render_template("error.html", status=status, message=message))
    response.status_code = status
    return response


def register_errors(app: Flask) -> None:
    """Answer every error of an app in these shapes."""
    app.register_error_handler(KBError, _user_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def _user_error(error: KBError) -> Response:
    status = 503 if isinstance(error, IndexProblem) else 400
    return error_response(status, type(error).__name__, str(error))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = error_response(status, error.name.replace(" ", ""), _SAID.get(status, f"请求没有成功（{status}）。"))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _bug(_: Exception) -> Response:
    _LOG.exception("unexpected error on %s", request.path)
    return error_response(500, "InternalError", _SAID[500])
