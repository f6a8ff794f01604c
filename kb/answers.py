"""A hit → the card an agent reads: what was asked for first, every line with the place it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from kb.backend import StoredArticle
from kb.highlight import Highlighted
from kb.matches import Match, MatchedLine
from kb.query import Facet, Query
from kb.tones import Said
from kb.types import IDENTITY, TYPES, Branch, Channel, Detail, ProductDetail, Source, Step, Tones

FACETS: dict[Facet, str] = {
    "path": "怎么办",
    "amount": "多少",
    "duration": "多久",
    "materials": "要带什么",
    "condition": "能不能",
    "definition": "是什么",
    "any": "",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One statement of an answer and where it stands: `answer`, `channels.手机银行.fee`, `section.要带什么`, …"""

    label: str
    text: Highlighted
    source: str


@dataclass(frozen=True, slots=True)
class Card:
    """What the agent sees of one article."""

    id: str
    version: int
    key: str
    type: str
    type_name: str
    category: str
    # anchor and heading of the section that matched best
    section: str | None
    heading: str
    title: Highlighted
    answer: Highlighted
    # the article's own answer; empty where the first sentence of its text is spoken instead
    written: str
    # as the article gives them; kb/tones.py makes those it leaves out
    tones: Tones
    facet: Facet
    # what was asked for
    lines: tuple[Line, ...]
    identity: str
    identity_text: str
    by_phone: str
    by_phone_why: str
    channels: tuple[Channel, ...]
    steps: tuple[Step, ...]
    branches: tuple[Branch, ...]
    risk_sentence: str
    detail: Detail
    # why it was found, where it does not meet the eye: “按同义词 网银盾 匹配”
    matched: tuple[str, ...]
    # words of an abolished rule that the question uses
    superseded: tuple[str, ...]
    sources: tuple[Source, ...]
    owner: str
    verified: date | None
    past_due: bool
    effective: datetime
    imported: bool
    score: float
    coverage: float

    @property
    def script(self) -> str:
        """What is copied: plain text, the risk sentence bound to it (row 30)."""
        return f"{self.answer.text}\n{self.risk_sentence}" if self.risk_sentence else self.answer.text

    @property
    def said(self) -> Said:
        """What its tones rest on."""
        return Said(self.type, self.title.text, self.category, self.written, self.tones, self.steps, self.imported)


def compose(stored: StoredArticle, match: Match, query: Query) -> Card:
    """The card of a match; `stored` is the whole of the article version that matched."""
    article, hit = stored.article, match.hit
    part = next((p for p in stored.sections if p.section.anchor == hit.section), None) if hit.section else None
    return Card(
        id=article.id,
        version=article.version,
        key=article.key,
        type=article.type,
        type_name=TYPES[article.type],
        category=article.category,
        section=hit.section,
        heading=part.section.heading if part else "",
        title=Highlighted(article.title, match.title),
        answer=Highlighted(json.loads(match.spoken), match.answer),
        written=article.answer,
        tones=article.tones,
        facet=query.facet,
        lines=tuple(_line(line) for line in match.lines),
        identity=article.identity,
        identity_text=IDENTITY[article.identity],
        by_phone=article.by_phone,
        by_phone_why=article.by_phone_why,
        channels=_named_first(article.channels, query.channels),
        steps=article.steps,
        branches=article.branches,
        risk_sentence=article.detail.risk_sentence if isinstance(article.detail, ProductDetail) else "",
        detail=article.detail,
        matched=match.matched,
        superseded=match.superseded,
        sources=article.sources,
        owner=article.owner,
        verified=article.verified,
        past_due=match.past_due,
        effective=article.effective,
        imported=article.status == "imported",
        score=hit.score,
        coverage=hit.coverage,
    )


def _line(line: MatchedLine) -> Line:
    statement, ranges = line
    text = Highlighted(json.loads(statement.text), ranges)
    return Line(json.loads(statement.label), text, json.loads(statement.source))


def _named_first(channels: tuple[Channel, ...], named: tuple[str, ...]) -> tuple[Channel, ...]:
    """Channels that the question names come first."""
    return tuple(sorted(channels, key=lambda c: c.channel not in named)) if named else channels
