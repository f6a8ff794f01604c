"""What the blueprints share: made once in `web/app.py`, handed to each."""

from __future__ import annotations

from dataclasses import dataclass

from kb.ask import KnowledgeBase
from kb.backend import Engine, SearcherSource
from kb.db.engine import Database
from kb.publishing.workbench import Workbench
from kb.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the house, by what they do."""

    settings: Settings
    base: KnowledgeBase
    source: SearcherSource
    database: Database
    engine: Engine
    workbench: Workbench
