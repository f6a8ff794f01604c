"""Wires the house together: settings → searcher → knowledge base → pages and API. Owns headers and limits."""

from __future__ import annotations

from flask import Flask, Response
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError

from indexer.backends import CurrentSearcher
from kb import __version__
from kb.ask import KnowledgeBase
from kb.settings import Settings
from web.agent import agent_pages
from web.api import ErrorDetail, ErrorResult, api
from web.errors import register_errors
from web.health import health

MAX_BODY = 64 * 1024
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def create_app(settings: Settings) -> Flask:
    """The WSGI application over the index that the settings name; the index may appear or change later."""
    app = OpenAPI(
        __name__,
        info=Info(title="坐席知识台 KB Desk API", version=__version__),
        doc_ui=False,
        validation_error_callback=_invalid,
        validation_error_status="422",
        validation_error_model=ErrorResult,
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    source = CurrentSearcher(settings)
    base = KnowledgeBase(source)
    app.register_api(api(base))
    app.add_url_rule("/api/v1/openapi.json", "openapi", lambda: app.api_doc)
    app.register_blueprint(agent_pages(base))
    app.register_blueprint(health(source))
    register_errors(app)
    app.after_request(_with_headers)
    return app


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


_SAID = {
    "missing": "必须填写",
    "string_too_long": "太长，最多 {max_length} 个字",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "int_parsing": "要写整数",
    "int_type": "要写整数",
    "string_type": "要写文字",
    "json_invalid": "不是有效的 JSON",
}


def _invalid(error: ValidationError) -> Response:
    """Every invalid parameter in one Chinese sentence, 422."""
    parts = []
    for problem in error.errors():
        said = _SAID.get(problem["type"], "写得不对").format(**problem.get("ctx", {}))
        parts.append(f"{'.'.join(map(str, problem['loc'])) or '请求'} {said}")
    shown = ErrorResult(error=ErrorDetail(code="InvalidParameter", message="；".join(parts) + "。"))
    return Response(shown.model_dump_json(), status=422, mimetype="application/json")
