"""/livez: the process answers. /readyz: it has a sound index; says which, and how old it is."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify

from indexer.backends import CurrentSearcher
from kb.clock import now
from kb.errors import IndexProblem


def health(source: CurrentSearcher) -> Blueprint:
    """The blueprint of both probes."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/livez")
    def livez() -> Response:
        return jsonify({"status": "ok"})

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            manifest = source.searcher().manifest
        except IndexProblem as error:
            return jsonify({"status": "unavailable", "reason": str(error)}), 503
        age = (now() - datetime.fromisoformat(manifest.made)).total_seconds()
        shown = {"status": "ok", "generation": manifest.name, "articles": manifest.articles, "age_seconds": int(age)}
        return jsonify(shown), 200

    return blueprint
