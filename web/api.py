"""The JSON API under /api/v1, with OpenAPI made from these types. Success is `{"data": …}`, an error `{"error": …}`."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, Field
from werkzeug.exceptions import BadRequest

from kb import views
from kb.ask import KnowledgeBase
from kb.clock import now, parse_moment
from kb.errors import QuestionError
from kb.query import MAX_QUESTION
from kb.visibility import ANYBODY
from web.errors import error_response

_AS_OF = Field(default="", max_length=40, description="answer as of this moment, e.g. 2026-12-01; default: now")


class SearchBody(BaseModel):
    """A question."""

    q: str = Field(max_length=MAX_QUESTION, description="the question, as the caller put it")
    limit: int = Field(default=10, ge=1, le=50)
    at: str = _AS_OF


class SuggestBody(BaseModel):
    """What was typed so far."""

    q: str = Field(max_length=MAX_QUESTION)
    limit: int = Field(default=8, ge=1, le=20)


class ArticlePath(BaseModel):
    """Which article."""

    article_id: str = Field(max_length=80)


class AsOf(BaseModel):
    """When."""

    at: str = _AS_OF


class ExplainBody(BaseModel):
    """A question and the article to explain."""

    q: str = Field(max_length=MAX_QUESTION)
    article: str = Field(max_length=80)
    at: str = _AS_OF


class SearchResult(BaseModel):
    """Answer to a question."""

    data: views.AnswerView


class SuggestResult(BaseModel):
    """Phrases that begin with what was typed."""

    data: list[views.SuggestionView]


class ArticleResult(BaseModel):
    """An article in force."""

    data: views.ArticleView


class Explanation(BaseModel):
    """How a score came about."""

    tokens: list[str]
    facet: str
    readings: list[str]
    article: str
    contributions: list[views.ContributionView]


class ExplainResult(BaseModel):
    """How a score came about."""

    data: Explanation


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str
    message: str


class ErrorResult(BaseModel):
    """Every error."""

    error: ErrorDetail


_ERRORS: dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None] = {
    str(code): ErrorResult for code in (400, 404, 413, 415, 422, 503)
}


def api(base: KnowledgeBase) -> APIBlueprint:
    """The blueprint that answers from a knowledge base."""
    blueprint = APIBlueprint("api", __name__, url_prefix="/api/v1", abp_responses=_ERRORS)

    @blueprint.before_request
    def read_json() -> None:
        """A body that is not JSON is 415, one that cannot be read 400; otherwise both look like missing parameters."""
        if request.method == "POST":
            try:
                request.get_json()
            except RecursionError as error:
                raise BadRequest from error

    @blueprint.post("/search", summary="Answer a question", responses={"200": SearchResult})
    def search(body: SearchBody) -> Response:
        answer = base.ask(body.q, ANYBODY, _moment(body.at), body.limit)
        return _ok(SearchResult(data=views.answer_view(answer)))

    @blueprint.get("/search", summary="Answer a question", responses={"200": SearchResult})
    def search_by_url(query: SearchBody) -> Response:
        answer = base.ask(query.q, ANYBODY, _moment(query.at), query.limit)
        return _ok(SearchResult(data=views.answer_view(answer)))

    @blueprint.post("/suggest", summary="Complete what was typed", responses={"200": SuggestResult})
    def suggest(body: SuggestBody) -> Response:
        found = base.suggest(body.q, ANYBODY, now(), body.limit)
        return _ok(SuggestResult(data=[views.suggestion_view(s) for s in found]))

    @blueprint.get("/articles/<article_id>", summary="An article in force", responses={"200": ArticleResult})
    def article(path: ArticlePath, query: AsOf) -> Response:
        found = base.article(path.article_id, ANYBODY, _moment(query.at))
        if found is None:
            return error_response(404, "NotFound", f"没有编号为 {path.article_id} 的文章，或现在还不生效。")
        return _ok(ArticleResult(data=views.article_view(*found)))

    @blueprint.post("/explain", summary="How a score came about", responses={"200": ExplainResult})
    def explain(body: ExplainBody) -> Response:
        query, stored, found = base.explain(body.q, body.article, ANYBODY, _moment(body.at))
        if stored is None:
            return error_response(404, "NotFound", f"没有编号为 {body.article} 的文章，或现在还不生效。")
        made = Explanation(
            tokens=[f"{t.text}/{t.stream}" for t in query.terms],
            facet=query.facet,
            readings=[f"{r.typed} → {r.read}" for r in query.readings],
            article=stored.article.key,
            contributions=[views.contribution_view(c) for c in found],
        )
        return _ok(ExplainResult(data=made))

    return blueprint


def _ok(result: BaseModel) -> Response:
    return Response(result.model_dump_json(), mimetype="application/json")


def _moment(text: str) -> datetime:
    try:
        return parse_moment(text) if text else now()
    except ValueError as error:
        raise QuestionError(f"at 写的是“{text}”，请写成 2026-12-01 或 2026-12-01 08:30（北京时间）。") from error
