"""Wires the house together: settings → searcher → knowledge base → pages and API. Owns headers and limits."""

from __future__ import annotations

import contextlib

from flask import Flask, Response
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError

from indexer.backends import CurrentSearcher
from kb import __version__
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.errors import IndexProblem
from kb.results import ResultCache
from kb.settings import Settings
from kb.visibility import ANYBODY
from web.agent import EXAMPLES, agent_pages
from web.api import ErrorDetail, ErrorResult, api, hot_routes
from web.assets import register_assets
from web.compress import compress
from web.errors import register_errors
from web.health import health
from web.lane import Lane

MAX_BODY = 64 * 1024
# where the application keeps its knowledge base
BASE = "kb-base"
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
    results = ResultCache(settings.result_cache) if settings.result_cache else None
    base = KnowledgeBase(source, results)
    app.register_api(api(base))
    app.add_url_rule("/api/v1/openapi.json", "openapi", lambda: app.api_doc)
    register_assets(app)
    app.register_blueprint(agent_pages(base))
    app.register_blueprint(health(source))
    register_errors(app)
    app.after_request(_with_headers)
    app.after_request(compress)
    app.extensions[BASE] = base
    app.wsgi_app = Lane(app.wsgi_app, hot_routes(base), _HEADERS, MAX_BODY)  # type: ignore[method-assign]
    return app


def warm(app: Flask) -> None:
    """Open the index, ask it something and compile the templates now, so that forked workers share what that loads."""
    for name in app.jinja_env.list_templates(["html"]):
        app.jinja_env.get_template(name)
    with contextlib.suppress(IndexProblem):
        app.extensions[BASE].hits(EXAMPLES[0], ANYBODY, now(), 10)


def _with_headers(response: Response) -> Response:
    present = {name.lower() for name, _ in response.headers}
    response.headers.extend([(name, value) for name, value in _HEADERS.items() if name.lower() not in present])
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
