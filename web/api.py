"""The JSON API under /api/v1, with OpenAPI made from these types. Success is `{"data": …}`, an error `{"error": …}`."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, Field

from kb import views
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.explaining.explainer import Answer, Explainer
from kb.explaining.explanation import Explained, Found
from kb.explaining.order import OrderPart
from kb.explaining.reading import Understood
from kb.explaining.scoring import Table
from kb.explaining.standing import Standing
from kb.people import ANONYMOUS, Actor
from kb.query import MAX_QUESTION
from kb.transcript import MOST_CHARACTERS
from kb.visibility import ANYBODY, Viewer
from web.access import current_actor, needs
from web.almanac import Almanac
from web.bodies import checks_body
from web.errors import error_response
from web.moments import moment

_PREFIX = "/api/v1"
_AS_OF = Field(
    default="",
    max_length=40,
    description="answer as of this moment, e.g. 2026-12-01; default: now. Only who edits may look ahead",
)


class SearchBody(BaseModel):
    """A question."""

    q: str = Field(max_length=MAX_QUESTION, description="the question, as the caller put it")
    limit: int = Field(default=10, ge=1, le=50)
    at: str = _AS_OF


class SuggestBody(BaseModel):
    """What was typed so far."""

    q: str = Field(max_length=MAX_QUESTION)
    limit: int = Field(default=8, ge=1, le=20)


class TranscriptBody(BaseModel):
    """The last sentences of a call."""

    text: str = Field(max_length=MOST_CHARACTERS, description="客户：… 坐席：… or a plain transcript; the latest last")
    at: str = _AS_OF


class ArticlePath(BaseModel):
    """Which article."""

    article_id: str = Field(max_length=80)


class AsOf(BaseModel):
    """When."""

    at: str = _AS_OF


class ExplainBody(BaseModel):
    """A question and the article to explain."""

    q: str = Field(max_length=MAX_QUESTION)
    article: str = Field(default="", max_length=80, description="its id; default: the first that is found")
    at: str = _AS_OF


class SearchResult(BaseModel):
    """Answer to a question."""

    data: views.AnswerView


class TranscriptView(BaseModel):
    """What a piece of a call led to."""

    asked: list[str] = Field(description="the questions behind it, what counts most first")
    answer: views.AnswerView = Field(description="at most three cards; `question` is the one that counts most")


class TranscriptResult(BaseModel):
    """Answer to a piece of a call."""

    data: TranscriptView


class SuggestResult(BaseModel):
    """Phrases that begin with what was typed."""

    data: list[views.SuggestionView]


class ArticleResult(BaseModel):
    """An article in force."""

    data: views.ArticleView


class Explanation(BaseModel):
    """Why a question leads to what it leads to, and how the score of one article came about."""

    tokens: list[str]
    facet: str
    readings: list[str]
    article: str = Field(description="key of the article that is explained; empty where nothing was found")
    contributions: list[views.ContributionView]
    understood: Understood
    found: Found
    explained: Explained | None
    beside: Explained | None = Field(description="the first article, or the second where the first is explained")
    table: Table | None = Field(description="the contributions in per cent of the first article's sum")
    order: list[OrderPart] = Field(
        description="what decided the order, in logarithms of odds; empty where words alone did"
    )
    standing: Standing | None = Field(
        description="since when the article is in force, until when, and when it was verified"
    )


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
    str(code): ErrorResult for code in (400, 401, 403, 404, 413, 415, 422, 429, 503)
}


# a key, or nobody where reading is open to everybody
_SECURITY: list[dict[str, list[Any]]] = [{"key": []}, {}]


def hot_routes(base: KnowledgeBase) -> dict[str, Callable[[bytes], bytes]]:
    """The routes that are asked most, for somebody who has not signed in, from JSON to JSON.

    They raise ValidationError or KBError where that is impossible.
    """

    def search(body: bytes) -> bytes:
        return _search(base, SearchBody.model_validate_json(body), ANONYMOUS)

    def suggest(body: bytes) -> bytes:
        return _suggest(base, SuggestBody.model_validate_json(body), ANYBODY)

    return {f"{_PREFIX}/search": search, f"{_PREFIX}/suggest": suggest}


def _search(base: KnowledgeBase, asked: SearchBody, actor: Actor) -> bytes:
    at = moment(asked.at, actor)
    return b'{"data":%s}' % base.ask_json(asked.q, actor.viewer, at, asked.limit, as_of=bool(asked.at))


def _suggest(base: KnowledgeBase, asked: SuggestBody, viewer: Viewer) -> bytes:
    found = base.suggest(asked.q, viewer, now(), asked.limit)
    return SuggestResult(data=[views.suggestion_view(s) for s in found]).model_dump_json().encode()


def api(base: KnowledgeBase, explainer: Explainer, almanac: Almanac, *, described: bool = True) -> APIBlueprint:
    """The blueprint that answers from a knowledge base, and explains the answers; `described`: in the OpenAPI document, too."""
    blueprint = APIBlueprint(
        "api", __name__, url_prefix=_PREFIX, abp_responses=_ERRORS, abp_security=_SECURITY, doc_ui=described
    )

    @blueprint.post("/search", summary="Answer a question", responses={"200": SearchResult})
    @needs("read")
    @checks_body
    def search(body: SearchBody) -> Response:
        return _json(_search(base, body, current_actor()))

    @blueprint.get("/search", summary="Answer a question", responses={"200": SearchResult})
    @needs("read")
    def search_by_url(query: SearchBody) -> Response:
        return _json(_search(base, query, current_actor()))

    @blueprint.post("/suggest", summary="Complete what was typed", responses={"200": SuggestResult})
    @needs("read")
    @checks_body
    def suggest(body: SuggestBody) -> Response:
        return _json(_suggest(base, body, current_actor().viewer))

    @blueprint.post("/transcript", summary="Three cards for a piece of a call", responses={"200": TranscriptResult})
    @needs("read")
    @checks_body
    def transcript(body: TranscriptBody) -> Response:
        answer, asked = base.transcript_json(body.text, current_actor().viewer, moment(body.at, current_actor()))
        return _json(b'{"data":{"asked":%s,"answer":%s}}' % (json.dumps(asked, ensure_ascii=False).encode(), answer))

    @blueprint.get("/articles/<article_id>", summary="An article in force", responses={"200": ArticleResult})
    @needs("read")
    def article(path: ArticlePath, query: AsOf) -> Response:
        at = moment(query.at, current_actor())
        found = base.article(path.article_id, current_actor().viewer, at)
        if found is None:
            return error_response(404, "NotFound", f"没有编号为 {path.article_id} 的文章，或现在还不生效。")
        today = almanac.today(at)
        return _ok(ArticleResult(data=views.article_view(*found, today.day, today.registry.calendar)))

    @blueprint.post("/explain", summary="Why a question leads to what it leads to", responses={"200": ExplainResult})
    @needs("read")
    @checks_body
    def explain(body: ExplainBody) -> Response:
        answer = explainer.explain(body.q, body.article, current_actor(), moment(body.at, current_actor()))
        if body.article and not answer.visible:
            return error_response(404, "NotFound", _not_shown(body.article, answer.standing))
        return _ok(ExplainResult(data=_explanation(answer)))

    return blueprint


def _explanation(answer: Answer) -> Explanation:
    made = answer.explanation
    return Explanation(
        tokens=[f"{t.text}/{t.stream}" for t in made.query.terms],
        facet=made.query.facet,
        readings=[f"{r.typed} → {r.read}" for r in made.query.readings],
        article=made.article.key if made.article else "",
        contributions=[views.contribution_view(c) for c in made.contributions],
        understood=made.understood,
        found=made.found,
        explained=made.article,
        beside=made.beside,
        table=made.table,
        order=list(made.order),
        standing=answer.standing,
    )


def _not_shown(article: str, standing: Standing | None) -> str:
    """Why there is nothing to explain, as far as the asker may know."""
    if standing and standing.exists:
        return f"{article}：{standing.sentence}"
    return f"没有编号为 {article} 的文章，或现在还不生效。"


def _ok(result: BaseModel) -> Response:
    return _json(result.model_dump_json().encode())


def _json(body: bytes) -> Response:
    return Response(body, content_type="application/json")
