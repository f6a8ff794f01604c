"""/livez: the process answers. /readyz: whether it can be asked, with which index, and what somebody should see to."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify

from indexer.segment_searcher import Source
from kb.clock import now
from kb.db.opening import Opened
from kb.errors import DatabaseProblem, IndexProblem
from kb.readiness import DatabaseState, IndexState, Readiness, age, judge
from kb.reporting.last import LastNight, last_night
from kb.settings import Settings
from web.access import needs


class Health:
    """Looks at the parts of the service."""

    def __init__(self, settings: Settings, source: Source, opened: Opened) -> None:
        self._settings = settings
        self._source = source
        self._opened = opened

    def index(self) -> IndexState:
        """The index that answers, opened if it was not."""
        pointed, problem = "", ""
        try:
            pointed = self._source.pointed()
        except IndexProblem as error:
            # what is open may answer all the same
            problem = str(error)
        problem = problem or self._source.problem
        try:
            manifest = self._source.searcher().manifest
        except IndexProblem as error:
            return IndexState(pointed=pointed, problem=str(error))
        made = datetime.fromisoformat(manifest.made)
        return IndexState(manifest.name, pointed, manifest.articles, manifest.documents, made, problem)

    def database(self) -> DatabaseState:
        """The database; searching goes on without it, so that this alone takes no node out of service."""
        if self._opened.quarantined:
            said = f"原来的数据库文件损坏，已移到 {self._opened.quarantined}，请从备份恢复。"
            return DatabaseState("new", said)
        try:
            with self._opened.database.reading():
                return DatabaseState()
        except DatabaseProblem as error:
            return DatabaseState("unavailable", str(error))

    def night(self) -> LastNight | None:
        """The last night, if any was reported."""
        return last_night(self._settings.reports)


def health(looking: Health, most_hours: int) -> Blueprint:
    """The blueprint of both probes. `most_hours`: from which age on an index does not count as one; 0: never."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/livez")
    @needs("public")
    def livez() -> Response:
        return jsonify({"status": "ok"})

    @blueprint.get("/readyz")
    @needs("public")
    def readyz() -> tuple[Response, int]:
        at = now()
        index, database = looking.index(), looking.database()
        found = judge(index, database, looking.night(), at, most_hours)
        return jsonify(_shown(index, database, found, at)), 200 if found.ready else 503

    return blueprint


def _shown(index: IndexState, database: DatabaseState, found: Readiness, at: datetime) -> dict[str, object]:
    shown: dict[str, object] = {"status": found.status}
    if found.reasons:
        shown["reason"] = found.reasons[0].text
        shown["reasons"] = [{"code": reason.code, "text": reason.text} for reason in found.reasons]
    if index.generation:
        seconds = int(age(index, at).total_seconds())
        shown |= {"generation": index.generation, "articles": index.articles, "age_seconds": seconds}
    told = {"status": database.status} | ({"reason": database.reason} if database.reason else {})
    return shown | {"database": told}
