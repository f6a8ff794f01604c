"""/metrics for Prometheus: what all processes of the service counted, and how index, database and last night stand.

No question, no name, no address of a page is in it; who may read it is said by KB_METRICS_ADDRESSES.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from kb.db.engine import Database
from kb.errors import NotAllowed
from kb.questions_log import answer_in
from web.access import needs
from web.proxies import PEER_TRUSTED, Networks
from web.tally import ROUTE, Counts, Tally

if TYPE_CHECKING:
    from web.exposition import Looking

_ASSETS = "/static/<version>/<path:filename>"
# the text format of Prometheus
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# what a proxy adds; from one that is not trusted, the address of a request is the proxy's own
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")


class QuestionCounts(logging.Handler):
    """Counts the questions that are logged, where they are written: beside the path of a request."""

    def __init__(self, tally: Tally) -> None:
        super().__init__(logging.INFO)
        self._tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record, if it is a question."""
        answer = answer_in(record)
        if answer:
            self._tally.question(answer)


def name_route(response: Response) -> Response:
    """After a request: put the rule of its route where `web.observed.Observed` reads it."""
    if request.url_rule:
        # the address of a script names its content, which is another one with each version
        request.environ[ROUTE] = _ASSETS if request.endpoint == "asset" else request.url_rule.rule
    return response


def metrics(looking: Looking, database: Database, total: Callable[[], Counts], allowed: Networks) -> Blueprint:
    """The blueprint of /metrics. `total`: the counts of all processes."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    @needs("public")
    def shown() -> Response:
        environ = request.environ
        hidden = any(name in environ for name in _FORWARDED) and not environ.get(PEER_TRUSTED)
        if hidden or (request.remote_addr or "") not in allowed:
            raise NotAllowed("这个地址不能读 /metrics，允许的网段写在 KB_METRICS_ADDRESSES。")
        # imported here: a service starts sooner without what nobody may ever ask for
        from web.exposition import exposed

        return Response(exposed(looking, database, total), content_type=_TYPE)

    return blueprint
