"""An article version → what its answers need, once, when the index is made: JSON, and the places of all its words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from kb.backend import StoredArticle, StoredSection
from kb.clock import timestamp
from kb.prepared import SEPARATOR, Group, Marks, Prepared, Statement, code, group_table, make_marks
from kb.text import CONCEPT, Analysis, Token
from kb.tones import said_of, spoken_members
from kb.types import IDENTITY, Article, Channel, ComplaintDetail, ProductDetail, RegulationDetail

_SENTENCE = re.compile(r"[^。！？\n]+[。！？]?")
_CLAUSE_LENGTH = 400
_SPOKEN_LENGTH = 80
# slot of a channel → how it is called on a card
_SLOTS = {"fee": "费用", "duration": "时长", "materials": "材料"}

# label, text, source, channel
Said = tuple[str, str, str, str]


class Analyses(Protocol):
    """What analyses a text: `kb.text.Analyzer`, or something around it that remembers."""

    def analyse(self, raw: str) -> Analysis:
        """Terms of a text with their offsets."""


def prepare(stored: StoredArticle, analyzer: Analyses) -> Prepared:
    """Everything that answers need of an article version."""
    article = stored.article
    spoken = article.answer or _first_sentence(stored.sections)
    table, groups = _packed(_groups(stored, analyzer))
    words = _words(stored, analyzer)
    return Prepared(
        title=_json(article.title),
        due=article.verified.toordinal() + article.review_days if article.verified else 0,
        superseded=_json([t for t in article.supersedes_terms if t]) if any(article.supersedes_terms) else b"",
        by_clause=article.type == "regulation",
        head=_head(article),
        answer=_json(spoken),
        channels=SEPARATOR.join(_json(_channel(c)) for c in article.channels),
        marks=_marks(analyzer.analyse(text).tokens for text in (article.title, spoken)),
        concepts=b"".join(code(concept) for concept in words),
        words=b"\n".join(_json(list(found)) for found in words.values()),
        table=table,
        groups=groups,
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _head(article: Article) -> bytes:
    """What of a card depends neither on the question nor on the day, up to the title's ranges."""
    detail = article.detail
    members = {
        "id": article.id,
        "version": article.version,
        "type": article.type,
        "category": article.category,
        **spoken_members(said_of(article)),
        "identity": article.identity,
        "identity_text": IDENTITY[article.identity],
        "by_phone": article.by_phone,
        "by_phone_why": article.by_phone_why,
        "steps": [{"do": s.do, "if_fails": s.if_fails} for s in article.steps],
        "risk_sentence": detail.risk_sentence if isinstance(detail, ProductDetail) else "",
        "owner": article.owner,
        "verified": article.verified.isoformat() if article.verified else None,
        "effective": timestamp(article.effective),
        "imported": article.status == "imported",
        "title": {"text": article.title, "ranges": []},
    }
    return _json(members).removesuffix(b"[]}}")


def _channel(channel: Channel) -> dict[str, object]:
    # the name first: it is what tells the channels of a card apart
    return {
        "channel": channel.channel, "path": channel.steps, "materials": channel.materials,
        "duration": channel.duration, "fee": channel.fee, "hours": channel.hours, "if_fails": channel.if_fails,
    }  # fmt: skip


def _marks(texts: Iterable[Iterable[Token]]) -> Marks:
    return make_marks((t.term, number, t.start, t.end) for number, tokens in enumerate(texts) for t in tokens)


def _words(stored: StoredArticle, analyzer: Analyses) -> dict[str, dict[str, None]]:
    """Concept → the words that stand for it, in the order of the article."""
    article = stored.article
    parts = (part for s in stored.sections for part in (s.section.heading, s.text))
    found: dict[str, dict[str, None]] = {}
    for text in (article.title, *article.questions, *article.keywords, article.answer, *parts):
        for token in analyzer.analyse(text).tokens:
            if token.term.startswith(CONCEPT):
                found.setdefault(token.term, {})[text[token.start : token.end]] = None
    return found


def _packed(groups: Iterable[tuple[str, Group]]) -> tuple[bytes, bytes]:
    """Table of where the groups lie, and all groups behind one another."""
    places: list[tuple[str, int, int]] = []
    packed = bytearray()
    for name, group in groups:
        start = len(packed)
        packed += group.to_bytes()
        places.append((name, start, len(packed)))
    return group_table(places), bytes(packed)


def _groups(stored: StoredArticle, analyzer: Analyses) -> Iterator[tuple[str, Group]]:
    article = stored.article
    for name, said in _facts(article):
        if said:
            yield name, _group(said, (analyzer.analyse(text).tokens for _, text, _, _ in said))
    for part in stored.sections:
        anchor = part.section.anchor
        if anchor:
            clause = article.type == "regulation"
            yield f"section.{anchor}", _clause(article, part, analyzer) if clause else _excerpt(part, analyzer)
            if not article.answer:
                first = _first_sentence([part])
                yield f"spoken.{anchor}", _group([("", first, "", "")], [analyzer.analyse(first).tokens])


def _group(said: Iterable[Said], tokens: Iterable[Iterable[Token]]) -> Group:
    statements = (Statement(_json(channel), _json(a), _json(b), _json(c)) for a, b, c, channel in said)
    return Group(tuple(statements), _marks(tokens))


def _facts(article: Article) -> Iterator[tuple[str, list[Said]]]:
    """What the front matter says, by what is asked for; `kb/matches.py` knows which question gets which."""
    for slot, label in _SLOTS.items():
        yield (
            slot,
            [
                (f"{c.channel} {label}", getattr(c, slot), f"channels.{c.channel}.{slot}", c.channel)
                for c in article.channels
            ],
        )
    yield "numbers", [(n.name, n.value, f"key_numbers.{n.name}", "") for n in _key_numbers(article)]
    yield "deadlines", list(_deadlines(article))
    yield "conditions", list(_conditions(article))


def _key_numbers(article: Article) -> Iterable[Any]:
    return article.detail.key_numbers if isinstance(article.detail, ProductDetail) else ()


def _deadlines(article: Article) -> Iterator[Said]:
    if isinstance(article.detail, ComplaintDetail):
        yield "行内时限", article.detail.internal_deadline, "internal_deadline", ""
        yield "法定时限", article.detail.legal_deadline, "legal_deadline", ""


def _conditions(article: Article) -> Iterator[Said]:
    if article.by_phone != "yes" and article.by_phone_why:
        yield "电话里", article.by_phone_why, "by_phone_why", ""
    if isinstance(article.detail, ProductDetail) and article.detail.suitable_for:
        yield "适合谁", article.detail.suitable_for, "suitable_for", ""


def _clause(article: Article, part: StoredSection, analyzer: Analyses) -> Group:
    """The clause itself, under the name of the regulation."""
    detail = article.detail
    name = detail.title if isinstance(detail, RegulationDetail) and detail.title else article.title
    anchor = part.section.anchor
    said = (f"《{name.strip('《》')}》{anchor}", part.text[:_CLAUSE_LENGTH], f"section.{anchor}", "")
    return _group([said], [_within(analyzer.analyse(part.text).tokens, 0, _CLAUSE_LENGTH)])


def _excerpt(part: StoredSection, analyzer: Analyses) -> Group:
    """The sentences of a section."""
    tokens = analyzer.analyse(part.text).tokens
    spans = [(m.start() + len(m[0]) - len(m[0].lstrip()), m[0].strip()) for m in _SENTENCE.finditer(part.text)]
    spans = [(start, text) for start, text in spans if text]
    source = f"section.{part.section.anchor}"
    return _group(
        [(part.section.heading, text, source, "") for _, text in spans],
        (_within(tokens, start, start + len(text)) for start, text in spans),
    )


def _within(tokens: Iterable[Token], start: int, end: int) -> Iterator[Token]:
    """The tokens inside a span, with offsets in the span."""
    for t in tokens:
        if start <= t.start and t.end <= end:
            yield Token(t.term, t.start - start, t.end - start, t.kind)


def _first_sentence(sections: Iterable[StoredSection]) -> str:
    """What is spoken where an article has no answer: how its text begins."""
    sentences = (m[0].strip() for s in sections for m in _SENTENCE.finditer(s.text))
    return next((s for s in sentences if s), "")[:_SPOKEN_LENGTH]
