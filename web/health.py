"""/livez: the process answers. /readyz: it has a sound index; says which, how old it is, and how the database is."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify

from indexer.backends import CurrentSearcher
from kb.clock import now
from kb.db.opening import Opened
from kb.errors import DatabaseProblem, IndexProblem
from web.access import needs


def health(source: CurrentSearcher, opened: Opened) -> Blueprint:
    """The blueprint of both probes."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/livez")
    @needs("public")
    def livez() -> Response:
        return jsonify({"status": "ok"})

    @blueprint.get("/readyz")
    @needs("public")
    def readyz() -> tuple[Response, int]:
        try:
            manifest = source.searcher().manifest
        except IndexProblem as error:
            return jsonify({"status": "unavailable", "reason": str(error)}), 503
        age = (now() - datetime.fromisoformat(manifest.made)).total_seconds()
        shown = {
            "status": "ok",
            "generation": manifest.name,
            "articles": manifest.articles,
            "age_seconds": int(age),
            "database": _database(opened),
        }
        return jsonify(shown), 200

    return blueprint


def _database(opened: Opened) -> dict[str, str]:
    """How the database is; searching goes on without it, so that this alone takes no node out of service."""
    if opened.quarantined:
        return {"status": "new", "reason": f"原来的数据库文件损坏，已移到 {opened.quarantined}，请从备份恢复。"}
    try:
        with opened.database.reading():
            return {"status": "ok"}
    except DatabaseProblem as error:
        return {"status": "unavailable", "reason": str(error)}
