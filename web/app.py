"""Wires the house together: settings → searcher, database → knowledge base → pages and API."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flask import Flask, Response, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from jinja2 import FileSystemBytecodeCache
from pydantic import ValidationError

from indexer.engines import engine_of, is_desk, serving_settings, source_of
from indexer.segment_searcher import Source
from kb import __version__, pinyin
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.db.engine import Database
from kb.db.opening import open_database
from kb.errors import IndexProblem
from kb.explaining.explainer import Explainer
from kb.people import Actor
from kb.publishing.workbench import open_workbench
from kb.rephrasing import Rephrasing, load_rephraser
from kb.results import ResultCache
from kb.settings import Settings
from kb.visibility import ANYBODY
from web.access import guard, needs
from web.agent import EXAMPLES, agent_pages
from web.almanac import Almanac
from web.api import ErrorDetail, ErrorResult, api, hot_routes
from web.assets import register_assets
from web.auth import auth
from web.call import call_pages
from web.compare import compare_pages
from web.compress import compress
from web.denials import note_denial
from web.desk import send_to_workbench
from web.editor import editor, reviews_waiting
from web.embed import embed_pages
from web.errors import register_errors
from web.explain import explain_pages
from web.health import Health, health
from web.identity import Identity, cookie_name
from web.inbox import inbox, waiting_counts
from web.lane import Lane
from web.limits import AddressLimit, Limits, Window, limit_people
from web.metrics import metrics, name_route
from web.notices import notice_pages
from web.numbers import in_address
from web.observed import Observed
from web.people import people
from web.places import register_places
from web.proxies import Forwarded, Networks
from web.reading import reading_pages
from web.report import report
from web.reports import report_pages
from web.security import headers, limit_sign_in, register_security, secret_key
from web.services import Services
from web.shared import shared_files
from web.tally import Tally
from web.tally_files import TallyFiles
from web.transcript import transcript_pages

MAX_BODY = 64 * 1024
# where the application keeps its knowledge base
BASE = "kb-base"
# and its other parts
SERVICES = "kb-services"
IDENTITY = "kb-identity"
COUNTS = "kb-counts"
LIMITS = "kb-limits"


def create_app(settings: Settings) -> Flask:
    """The WSGI application over the index that the settings name; the index may appear or change later."""
    app = _answering_api()
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.url_map.converters["int"] = in_address  # type: ignore[assignment]
    opened = open_database(settings.database, now())
    desk = is_desk(settings)
    settings = serving_settings(settings)
    source = source_of(settings)
    services = _services(settings, source, opened.database, desk=desk)
    secret = secret_key(settings)
    identity = Identity(settings, opened.database, secret, lost=bool(opened.quarantined))
    guard(app, identity, settings.anonymous_reading, _denied(opened.database))
    limits = Limits(settings.ask_limit)
    if settings.ask_limit:
        limit_people(app, limits)
    register_security(app, settings, secret)
    explainer = Explainer(source, services.base, settings.articles, services.workbench)
    almanac = Almanac(settings.articles)
    app.register_api(api(services.base, explainer, almanac, described=False))
    app.register_blueprint(explain_pages(explainer))
    app.add_url_rule("/api/v1/openapi.json", "openapi", needs("public")(_document(services.base, explainer, almanac)))
    looking = Health(settings, source, opened)
    app.register_blueprint(health(looking, settings.max_index_age_hours))
    counts = TallyFiles(settings.counts, Tally())
    app.register_blueprint(metrics(looking, opened.database, counts.total, Networks(settings.metrics_addresses)))
    app.after_request(name_route)
    _add_pages(app, services, identity, desk=desk)
    register_errors(app)
    app.after_request(_with_headers(headers(settings)))
    app.after_request(compress)
    app.extensions.update({BASE: services.base, SERVICES: services, IDENTITY: identity, COUNTS: counts, LIMITS: limits})
    _put_in_front(app, services, counts.tally, limits.address)
    return app


def _answering_api() -> OpenAPI:
    return OpenAPI(
        __name__,
        info=Info(title="坐席知识台 KB Desk API", version=__version__),
        doc_ui=False,
        security_schemes={"key": {"type": "http", "scheme": "bearer"}},
        validation_error_callback=_invalid,
        validation_error_status="422",
        validation_error_model=ErrorResult,
    )


def _document(base: KnowledgeBase, explainer: Explainer, almanac: Almanac) -> Callable[[], dict[str, Any]]:
    """What gives the OpenAPI document; made when it is first read, for that takes a while."""

    @cache
    def document() -> dict[str, Any]:
        app = _answering_api()
        app.register_api(api(base, explainer, almanac))
        return app.api_doc

    return document


def _services(settings: Settings, source: Source, database: Database, *, desk: bool) -> Services:
    results = ResultCache(settings.result_cache) if settings.result_cache else None
    engine = engine_of(settings, source, desk=desk)
    workbench = open_workbench(settings, database, engine)
    rephrasing = Rephrasing(load_rephraser(settings.rephraser)) if settings.rephraser else None
    return Services(settings, KnowledgeBase(source, results, rephrasing), source, database, engine, workbench)


def _add_pages(app: Flask, services: Services, identity: Identity, *, desk: bool) -> None:
    """Everything that people see in a browser."""
    register_assets(app)
    app.register_blueprint(agent_pages(services.base, Almanac(services.settings.articles)))
    app.register_blueprint(transcript_pages(services.base, Almanac(services.settings.articles)))
    app.register_blueprint(compare_pages(services.base))
    if services.settings.embed_parents:
        app.register_blueprint(embed_pages(services.settings))
    app.register_blueprint(auth(services, identity, limit_sign_in(app, services.database)))
    if services.settings.oidc_issuer:
        # imported here: what it needs takes a tenth of a second
        from web.oidc import oidc

        app.register_blueprint(oidc(app, services, identity))
    app.register_blueprint(people(services, identity))
    if desk:
        send_to_workbench(app, services.settings.workbench_url)
    app.register_blueprint(editor(services))
    app.register_blueprint(shared_files(services))
    app.register_blueprint(report(services))
    app.register_blueprint(call_pages(services))
    app.register_blueprint(reading_pages(services))
    app.register_blueprint(inbox(services))
    app.register_blueprint(notice_pages(services))
    app.register_blueprint(report_pages(services))
    register_places(app, waiting_counts(services) | reviews_waiting(services))


def _put_in_front(app: Flask, services: Services, tally: Tally, addresses: Window) -> None:
    """What looks at a request before Flask does."""
    settings = services.settings
    if settings.anonymous_reading:
        routes, cookie = hot_routes(services.base), cookie_name(settings)
        lane = Lane(app.wsgi_app, routes, headers(settings), MAX_BODY, cookie, settings.proxy_header)
        app.wsgi_app = lane  # type: ignore[method-assign]
    if settings.ask_limit:
        app.wsgi_app = AddressLimit(app.wsgi_app, addresses)  # type: ignore[method-assign]
    app.wsgi_app = Observed(app.wsgi_app, tally)  # type: ignore[method-assign]
    if settings.tls or settings.proxy_header:
        app.wsgi_app = Forwarded(app.wsgi_app, Networks(settings.proxy_addresses))  # type: ignore[method-assign]


def warm(app: Flask) -> None:
    """Open the index, ask it something and load templates and readings now, so that forked workers share what that takes."""
    cache = app.extensions[SERVICES].settings.var / "cache"
    pinyin.load(cache)
    compiled = cache / "templates"
    compiled.mkdir(mode=0o700, parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    for name in app.jinja_env.list_templates(["html"]):
        app.jinja_env.get_template(name)
    with contextlib.suppress(IndexProblem):
        app.extensions[BASE].hits(EXAMPLES[0], ANYBODY, now(), 10)


def _denied(database: Database) -> Callable[[Actor, str], None]:
    return lambda actor, what: note_denial(database, actor.name, "access", what, now(), request.remote_addr or "")


def _with_headers(everywhere: Mapping[str, str]) -> Callable[[Response], Response]:
    def added(response: Response) -> Response:
        present = {name.lower() for name, _ in response.headers}
        if "frame-ancestors" in response.headers.get("Content-Security-Policy", ""):
            # the page says itself who may frame it; old browsers would take DENY for everybody
            present.add("x-frame-options")
        response.headers.extend([(name, value) for name, value in everywhere.items() if name.lower() not in present])
        return response

    return added


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
