"""What each word of a question added to an article's score, field by field, as a table of per cents. Owns no rule of scoring.

A part of the score that this file does not know (another field, no term) becomes a row and a column of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kb.backend import Contribution
from kb.explaining.reading import Understood
from kb.normalize import normalize
from kb.query import Query, Term
from kb.text import CONCEPT

# field of the index → how people call it, in the order of the columns
FIELDS: dict[str, str] = {
    "title": "标题",
    "questions": "常见问法",
    "keywords": "关键词",
    "body": "正文",
    "heading": "小标题",
    "section": "小节",
}
SECTION_FIELDS = frozenset({"heading", "section"})
_STREAMS = frozenset({"word", "bigram"})
Kind = Literal["word", "inner", "concept", "wider", "correction", "amount", "form", "pairs", "other"]
KINDS: dict[Kind, str] = {
    "word": "原词",
    "inner": "词里的词",
    "concept": "同义词组",
    "wider": "更宽的词",
    "correction": "改读的词",
    "amount": "数量",
    "form": "另一种写法",
    "pairs": "两字一组",
    "other": "其他",
}
# the row of all pairs of characters that belong to two words
_SEAMS = "词与词相接处"
Rarity = Literal["rare", "middling", "common", ""]
RARITIES: dict[Rarity, str] = {"rare": "少见", "middling": "一般", "common": "常见", "": ""}
# share of the articles from which a word is common; up to the root of their number it is rare
_COMMON = 0.2


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the articles."""

    field: str
    name: str
    # False: only tells which section is named
    counted: bool
    # per cent of the base, all rows together
    total: float


@dataclass(frozen=True, slots=True)
class Row:
    """What one term added."""

    # the part of the question that it comes from, empty where it comes from none
    typed: str
    term: str
    kind: Kind
    kind_name: str
    # in how many articles the term stands; None where that says nothing
    articles: int | None
    rarity: Rarity
    rarity_name: str
    # field → per cent of the base
    shares: dict[str, float]
    # all counted fields together, and the same in the article beside
    total: float
    beside: float


@dataclass(frozen=True, slots=True)
class Table:
    """What every term added to one article; the base of all per cents is what the first article has in counted fields."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: float
    beside: float


@dataclass(frozen=True, slots=True)
class Scored:
    """An article and what each term added to it."""

    contributions: tuple[Contribution, ...]
    # sections are answers of their own here (clauses), so their fields count
    by_clause: bool = False

    @property
    def sum(self) -> float:
        """All that counts."""
        return sum(c.score for c in self.contributions if _counts(_field(c)[0], self.by_clause))


# a row: typed, term, kind
_Name = tuple[str, str, Kind]


def table(
    query: Query, understood: Understood, own: Scored, beside: Scored | None, base: float, articles: int
) -> Table:
    """What every term added to an article, and to the one beside it.

    `base`: what is 100 per cent. `articles`: how many there are, for what is rare.
    """
    naming = _Naming(query, understood)
    percent = 100 / base if base > 0 else 0.0
    sums = _sums(own.contributions, naming)
    others = _sums(beside.contributions, naming) if beside else {}
    frequencies = _frequencies((*own.contributions, *(beside.contributions if beside else ())), naming)
    rows = []
    for name in dict.fromkeys((*sums, *others)):
        fields = sums.get(name, {})
        frequency = frequencies.get(name)
        rarity = rarity_of(frequency, articles)
        rows.append(
            Row(
                *name, KINDS[name[2]], frequency, rarity, RARITIES[rarity],
                {field: score * percent for field, score in fields.items()},
                _counted(fields, own.by_clause) * percent,
                _counted(others.get(name, {}), beside.by_clause) * percent if beside else 0.0,
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-max(row.total, row.beside), -sum(row.shares.values()), row.term))
    columns = tuple(_columns(rows, own.by_clause))
    return Table(columns, tuple(rows), sum(row.total for row in rows), sum(row.beside for row in rows))


def rarity_of(frequency: int | None, articles: int) -> Rarity:
    """Whether a term that stands in so many of all articles is rare."""
    if not frequency or not articles:
        return ""
    if frequency <= articles**0.5:
        return "rare"
    return "common" if frequency >= articles * _COMMON else "middling"


def _columns(rows: Iterable[Row], by_clause: bool) -> Iterable[Column]:
    totals: dict[str, float] = defaultdict(float)
    for row in rows:
        for field, share in row.shares.items():
            totals[field] += share
    for field in (*FIELDS, *(f for f in totals if f not in FIELDS)):
        if field in totals or field in FIELDS:
            yield Column(field, FIELDS.get(field, field), _counts(field, by_clause), totals.get(field, 0.0))


def _field(made: Contribution) -> tuple[str, str]:
    """Field and stream of a contribution; the stream is empty for what has none."""
    name, _, stream = made.field.rpartition("_")
    return (name, stream) if stream in _STREAMS and name else (made.field, "")


def _counts(field: str, by_clause: bool) -> bool:
    return by_clause or field not in SECTION_FIELDS


def _counted(fields: dict[str, float], by_clause: bool) -> float:
    return sum(score for field, score in fields.items() if _counts(field, by_clause))


def _sums(contributions: Iterable[Contribution], naming: _Naming) -> dict[_Name, dict[str, float]]:
    found: dict[_Name, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for made in contributions:
        found[naming.of(made)][_field(made)[0]] += made.score
    return {name: dict(fields) for name, fields in found.items()}


def _frequencies(contributions: Iterable[Contribution], naming: _Naming) -> dict[_Name, int]:
    """In how many articles each row's term stands; fields of sections count sections, pairs are several terms."""
    found: dict[_Name, int] = {}
    for made in contributions:
        name = naming.of(made)
        if name[2] not in ("pairs", "other") and _field(made)[0] not in SECTION_FIELDS:
            found[name] = max(found.get(name, 0), made.document_frequency)
    return found


class _Naming:
    """Which row a contribution belongs to: the term, how it came into the question, and from which word."""

    def __init__(self, query: Query, understood: Understood) -> None:
        self._query = query
        self._terms: dict[tuple[str, str], Term] = {(t.stream, t.text): t for t in query.terms}
        self._corrected = {normalize(correction.typed).text for correction in understood.corrections}
        self._members = {(group.typed, group.name) for group in understood.groups}
        self._wider = {word for wider in understood.wider for word in wider.wider}
        self._amounts = {amount.read for amount in understood.amounts}
        self._words = [(word.start, word.end) for word in understood.words]

    def of(self, made: Contribution) -> _Name:
        """The row of a contribution."""
        field, stream = _field(made)
        term = self._terms.get((stream, made.term))
        if term is None:
            return "", made.term or FIELDS.get(field, field), "other"
        span = self._around(term) if stream == "bigram" else (term.start, term.end)
        typed = self._query.raw[span[0] : span[1]]
        if stream == "bigram":
            corrected = any(wrong in normalize(typed).text for wrong in self._corrected)
            if span not in self._words and not corrected:
                return "", _SEAMS, "pairs"
            return typed, made.term if corrected else typed, "pairs"
        return typed, made.term.removeprefix(CONCEPT), self._kind(term, typed)

    def _kind(self, term: Term, typed: str) -> Kind:
        plain = normalize(typed).text
        if term.text != plain and any(wrong in plain for wrong in self._corrected):
            return "correction"
        if term.text in self._amounts:
            return "amount"
        if term.text.startswith(CONCEPT):
            return "concept" if (typed, term.text.removeprefix(CONCEPT)) in self._members else "wider"
        if term.text != plain:
            return "wider" if term.text in self._wider else "form"
        return "inner" if self._around(term) != (term.start, term.end) else "word"

    def _around(self, term: Term) -> tuple[int, int]:
        """The word in which a term lies, or its own place where it lies in none."""
        own = (term.start, term.end)
        return next((word for word in self._words if word[0] <= own[0] and own[1] <= word[1]), own)
