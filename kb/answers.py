"""A hit → the card an agent reads: what was asked for first, every line with the place it comes from.

No sentence is made up: each stands in the article, and `Line.source` says where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from kb.backend import Hit, StoredArticle
from kb.highlight import Highlighted, highlight
from kb.lexicon import Lexicon
from kb.query import Facet, Query
from kb.text import CONCEPT, Analyzer
from kb.types import (
    IDENTITY,
    TYPES,
    AlertDetail,
    Article,
    Branch,
    Channel,
    ComplaintDetail,
    Detail,
    ProductDetail,
    RegulationDetail,
    Source,
    Step,
    Tones,
)

FACETS: dict[Facet, str] = {
    "path": "怎么办",
    "amount": "多少",
    "duration": "多久",
    "materials": "要带什么",
    "condition": "能不能",
    "definition": "是什么",
    "any": "",
}
_SENTENCE = re.compile(r"[^。！？\n]+[。！？]?")
_EXCERPT_SENTENCES = 3
_CLAUSE_LENGTH = 400
_FEES = re.compile("手续费|费用|收费|工本费|年费|多少钱|要钱|收钱|几块|价格")


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


def compose(stored: StoredArticle, hit: Hit, query: Query, analyzer: Analyzer, at: datetime) -> Card:
    """The card of a hit."""
    article = stored.article
    mark = _marker(query, analyzer)
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
        title=mark(article.title),
        answer=mark(_spoken(stored, hit)),
        tones=article.tones,
        facet=query.facet,
        lines=tuple(_lines(stored, hit, query, mark)),
        identity=article.identity,
        identity_text=IDENTITY[article.identity],
        by_phone=article.by_phone,
        by_phone_why=article.by_phone_why,
        channels=_named_first(article.channels, query.channels),
        steps=article.steps,
        branches=article.branches,
        risk_sentence=article.detail.risk_sentence if isinstance(article.detail, ProductDetail) else "",
        detail=article.detail,
        matched=tuple(_matched(article, query, analyzer)),
        superseded=tuple(t for t in article.supersedes_terms if t and t in query.text),
        sources=article.sources,
        owner=article.owner,
        verified=article.verified,
        past_due=past_due(article, at),
        effective=article.effective,
        imported=article.status == "imported",
        score=hit.score,
        coverage=hit.coverage,
    )


def past_due(article: Article, at: datetime) -> bool:
    """Whether an article should have been verified again by now."""
    return article.verified is not None and article.verified + timedelta(days=article.review_days) < at.date()


Marker = Callable[[str], Highlighted]


def _marker(query: Query, analyzer: Analyzer) -> Marker:
    return lambda text: highlight(text, query, analyzer)


def _spoken(stored: StoredArticle, hit: Hit) -> str:
    """The article's answer; where it has none (imported), the beginning of the best section or of the body."""
    if stored.article.answer:
        return stored.article.answer
    parts = [p for p in stored.sections if p.section.anchor == hit.section] or list(stored.sections)
    first = next((m[0] for p in parts for m in _SENTENCE.finditer(p.text)), "")
    return first[:80]


def _named_first(channels: tuple[Channel, ...], named: tuple[str, ...]) -> tuple[Channel, ...]:
    """Channels that the question names come first."""
    return tuple(sorted(channels, key=lambda c: c.channel not in named)) if named else channels


def _lines(stored: StoredArticle, hit: Hit, query: Query, mark: Marker) -> Iterable[Line]:
    article = stored.article
    if article.type == "regulation" and hit.section:
        yield from _clause(stored, hit, mark)
        return
    yield from _FACET_LINES[query.facet](article, query, mark)
    yield from _excerpt(stored, hit, query, mark)


def _slot(slot: str, label: str) -> Callable[[Article, Query, Marker], Iterable[Line]]:
    def lines(article: Article, query: Query, mark: Marker) -> Iterable[Line]:
        for channel in _named_first(article.channels, query.channels):
            source = f"channels.{channel.channel}.{slot}"
            yield Line(f"{channel.channel} {label}", mark(getattr(channel, slot)), source)

    return lines


def _amounts(article: Article, query: Query, mark: Marker) -> Iterable[Line]:
    if isinstance(article.detail, ProductDetail):
        for number in article.detail.key_numbers:
            yield Line(number.name, mark(number.value), f"key_numbers.{number.name}")
    if _FEES.search(query.text):
        yield from _slot("fee", "费用")(article, query, mark)


def _conditions(article: Article, query: Query, mark: Marker) -> Iterable[Line]:
    if article.by_phone != "yes" and article.by_phone_why:
        yield Line("电话里", mark(article.by_phone_why), "by_phone_why")
    if isinstance(article.detail, ProductDetail) and article.detail.suitable_for:
        yield Line("适合谁", mark(article.detail.suitable_for), "suitable_for")


def _deadlines(article: Article, query: Query, mark: Marker) -> Iterable[Line]:
    yield from _slot("duration", "时长")(article, query, mark)
    if isinstance(article.detail, ComplaintDetail):
        yield Line("行内时限", mark(article.detail.internal_deadline), "internal_deadline")
        yield Line("法定时限", mark(article.detail.legal_deadline), "legal_deadline")


def _nothing(article: Article, query: Query, mark: Marker) -> Iterable[Line]:
    return ()


_FACET_LINES: dict[Facet, Callable[[Article, Query, Marker], Iterable[Line]]] = {
    "path": _nothing,  # the channels' paths and the steps stand on every card
    "amount": _amounts,
    "duration": _deadlines,
    "materials": _slot("materials", "材料"),
    "condition": _conditions,
    "definition": _nothing,
    "any": _nothing,
}


def _clause(stored: StoredArticle, hit: Hit, mark: Marker) -> Iterable[Line]:
    part = next(p for p in stored.sections if p.section.anchor == hit.section)
    detail = stored.article.detail
    name = detail.title if isinstance(detail, RegulationDetail) and detail.title else stored.article.title
    yield Line(
        f"《{name.strip('《》')}》{part.section.anchor}",
        mark(part.text[:_CLAUSE_LENGTH]),
        f"section.{part.section.anchor}",
    )


def _excerpt(stored: StoredArticle, hit: Hit, query: Query, mark: Marker) -> Iterable[Line]:
    """The sentences of the best section that hold most of the question, in their order."""
    part = next((p for p in stored.sections if hit.section and p.section.anchor == hit.section), None)
    if part is None:
        return
    sentences = [mark(m[0].strip()) for m in _SENTENCE.finditer(part.text) if m[0].strip()]
    held = [sum(end - start for start, end in s.ranges) for s in sentences]
    best = sorted(sorted(range(len(sentences)), key=lambda i: (-held[i], i))[:_EXCERPT_SENTENCES])
    for i in best:
        yield Line(part.section.heading, sentences[i], f"section.{part.section.anchor}")


def _matched(article: Article, query: Query, analyzer: Analyzer) -> Iterable[str]:
    """Synonyms, corrections and pinyin that led here, in words."""
    for reading in query.readings:
        yield f"您是不是要找“{reading.read}”" if reading.kind == "spelling" else f"按拼音“{reading.read}”匹配"
    for concept in (t for t in query.terms if t.text.startswith(CONCEPT)):
        words = _concept_words(article, analyzer).get(concept.text)
        if words and query.raw[concept.start : concept.end] not in words:
            yield f"按同义词 {words[0]} 匹配"


@lru_cache(maxsize=4096)
def _concept_words(article: Article, analyzer: Analyzer) -> dict[str, tuple[str, ...]]:
    """Concept → the words that stand for it in an article, in their order; kept, for a body takes 10 ms to analyse."""
    text = "\n".join((article.title, *article.questions, *article.keywords, article.answer, article.body))
    found: dict[str, dict[str, None]] = {}
    for token in analyzer.analyse(text).tokens:
        if token.term.startswith(CONCEPT):
            found.setdefault(token.term, {})[text[token.start : token.end]] = None
    return {concept: tuple(words) for concept, words in found.items()}


def synonyms_of(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The other members of a normalised word's group of equals."""
    concept = lexicon.concepts.get(word)
    return tuple(w for w in lexicon.members.get(concept or "", ()) if w != word)


def is_red(article: Article) -> bool:
    """Whether a card is a fraud card that must come first."""
    return isinstance(article.detail, AlertDetail) and article.detail.severity == "high"
