"""Contradictions: one thing, two values. Two fees, limits, minimums, rates or terms for one subject, a number beside the shared
fact that says otherwise, and one document with two numbers or dates. Pure.

Two statements (kb/editing/statements.py) are about one subject if attribute, unit and qualifiers are equal and their words are
alike, rare words counting more. Articles that also name the other's value do not contradict it: they speak of both cases.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import log
from typing import NamedTuple

from kb.editing.similar import Pairs, pairs
from kb.editing.statements import Statement, stated, statements
from kb.normalize import normalize
from kb.types import Article, RegulationDetail

# how alike two statements must be, by attribute: terms are in every article, and often differ for good reasons
ALIKE = 0.42
ALIKE_TERMS = 0.56
# how much of a fact's note must stand around a number, rare pairs counting more
NOTED = 0.8
# what a note says beside its subject
_ASIDE = re.compile(r"[，,;；（(].*$|期限|限额|默认|手续费|工本费|年利率|利率|起点|一次|的")
# so many rare pairs must be shared at all: short sentences are alike by chance
SHARED = 1.5
# words are weighed as if there were at least so many articles: in a small library every word is rare
_LEAST = 200
# what headings and title count, beside the sentence itself
_ABOVE = 0.5
_MOST = 20
# facts that begin later are called after their month: fee.sms.2026-12
_DATED = re.compile(r"\.(\d{4}-\d\d)$")
_FACT_ATTRIBUTES = {"fee": "费用", "limit": "限额", "rate": "利率", "min": "起点", "days": "期限"}
_TITLE_MARKS = re.compile(r"[《》〈〉“”\"\s]|[（(][^）)]*[）)]")
_AMENDED = re.compile(r"[,，(（]?\s?(?:19|20)\d\d年修[正订改][)）]?")
_NUMBER_MARKS = re.compile(r"[\s〔〕\[\]（）()【】第]")
_ISSUERS = (
    ("中国银行保险监督管理委员会", "银保监会"),
    ("中国银行业监督管理委员会", "银监会"),
    ("国家金融监督管理总局", "金融监管总局"),
    ("中国人民银行", "人民银行"),
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two different values for one thing."""

    # 费用, 限额, 期限, 利率, 起点, 文号, 发布日期
    attribute: str
    # the sentence here, and where it stands: `answer`, `channels.0.fee`, `body`
    mine: str
    place: str
    # the sentence there
    theirs: str
    # the article there, or the shared fact
    article_id: str = ""
    title: str = ""
    path: str = ""
    fact: str = ""
    # how alike the sentences are, 0 to 1
    score: float = 1.0

    @property
    def message(self) -> str:
        """The contradiction in one Chinese sentence."""
        other = f"共用数字 {self.fact}" if self.fact else f"《{self.title}》（{self.article_id}）"
        return f"{self.attribute}可能不一致：这里写“{self.mine}”，{other}写“{self.theirs}”。"


class Claims:
    """What some articles and the shared facts state, ready to be held against a text."""

    def __init__(self, articles: Sequence[Article], facts: Mapping[str, str], notes: Mapping[str, str]) -> None:
        self._articles = {a.key: a for a in articles}
        self._facts = facts
        self._notes = notes

    def against(
        self, article: Article, literal: Article, among: Collection[str], at: datetime
    ) -> tuple[Contradiction, ...]:
        """What contradicts an article at a moment, most alike first. `among`: keys of the versions to look at, its own are
        left out; `literal`: the article without its shared facts, only what was written by hand."""
        others = {key for key in among if key in self._articles and self._articles[key].id != article.id}
        found = [
            *self._of_articles(article, others),
            *self._of_facts(literal, at),
            *self._of_documents(article, others),
        ]
        return tuple(sorted(found, key=lambda c: (-c.score, c.article_id, c.place))[:_MOST])

    @cached_property
    def _rarity(self) -> dict[str, float]:
        """Pair → how much it tells: the logarithm of how few articles hold it in a statement."""
        held: Counter[str] = Counter()
        for article in self._articles.values():
            held.update({pair for s in statements(article) for pair in s.words | s.above})
        size = max(_LEAST, len(self._articles))
        return {pair: log(1 + size / (1 + count)) for pair, count in held.items()}

    @cached_property
    def _rarest(self) -> float:
        """What a pair tells that no article holds."""
        return log(1 + max(_LEAST, len(self._articles)))

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str, frozenset[str]], list[tuple[str, Statement]]]:
        found: dict[tuple[str, str, frozenset[str]], list[tuple[str, Statement]]] = defaultdict(list)
        for key, article in self._articles.items():
            for statement in statements(article):
                found[(statement.attribute, statement.unit, statement.qualifiers)].append((key, statement))
        return found

    def _weights(self, words: Pairs, above: Pairs) -> dict[str, float]:
        found = {pair: _ABOVE * self._rarity.get(pair, self._rarest) for pair in above}
        found.update((pair, self._rarity.get(pair, self._rarest)) for pair in words)
        return found

    def _of_articles(self, article: Article, others: Collection[str]) -> Iterator[Contradiction]:
        """One contradiction for each value here and article there: the pair that is most alike."""
        conflicts: list[_Pair] = []
        # how well a statement, here or there, agrees with one on the other side
        agreed: dict[tuple[int, str], float] = defaultdict(float)
        for mine in statements(article):
            own = self._weights(mine.words, mine.above)
            for key, theirs in self._by_kind.get((mine.attribute, mine.unit, mine.qualifiers), ()):
                if key not in others:
                    continue
                score = self._alike(own, theirs)
                if score < (ALIKE_TERMS if mine.attribute == "期限" else ALIKE):
                    continue
                if mine.value == theirs.value:
                    agreed[id(mine), key] = max(score, agreed[id(mine), key])
                    agreed[id(theirs), key] = max(score, agreed[id(theirs), key])
                else:
                    conflicts.append(_Pair(score, mine, theirs, key))
        told: set[tuple[str, str, str]] = set()
        for score, mine, theirs, key in sorted(conflicts, key=lambda pair: -pair.score):
            # something more alike says the same there: the article speaks of several cases
            several = max(agreed[id(mine), key], agreed[id(theirs), key]) >= score
            if not several and (mine.attribute, mine.value, key) not in told:
                told.add((mine.attribute, mine.value, key))
                other = self._articles[key]
                yield Contradiction(
                    mine.attribute, mine.text, mine.place, theirs.text, other.id, other.title, other.path,
                    score=round(score, 2),
                )  # fmt: skip

    def _alike(self, own: Mapping[str, float], theirs: Statement) -> float:
        words = theirs.words | theirs.above
        if not own or own.keys().isdisjoint(words):
            return 0.0
        other = self._weights(theirs.words, theirs.above)
        shared = sum(max(own[pair], other[pair]) for pair in own.keys() & other.keys())
        return 2 * shared / (sum(own.values()) + sum(other.values())) if shared > SHARED * self._rarest else 0.0

    @cached_property
    def _known_facts(self) -> list[_Fact]:
        dated: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
        for name, value in self._facts.items():
            if month := _DATED.search(name):
                dated[_DATED.sub("", name)][month[1]] = frozenset(s.value for s in stated(value))
        found = []
        for name, value in self._facts.items():
            attribute, note = _FACT_ATTRIBUTES.get(name.partition(".")[0]), self._notes.get(name, "")
            subject = pairs(_ASIDE.sub("", note))
            if attribute and subject and not _DATED.search(name):
                said = tuple(s._replace(attribute=attribute) for s in stated(value, "", (note, attribute)))
                found.append(_Fact(name, value, note, subject, said, dated[name]))
        return found

    def _of_facts(self, literal: Article, at: datetime) -> Iterator[Contradiction]:
        """Numbers written by hand where a shared fact says something else."""
        told: set[tuple[str, str]] = set()
        for mine in statements(literal):
            # how long something takes is said of many things under one heading
            around = pairs(mine.text) | (frozenset() if mine.attribute == "期限" else mine.above)
            for fact in self._known_facts:
                if (fact.name, mine.value) in told or not any(_same_kind(mine, theirs) for theirs in fact.said):
                    continue
                if mine.value in fact.values(at) or self._covered(fact.subject, around) < NOTED:
                    continue
                told.add((fact.name, mine.value))
                yield Contradiction(mine.attribute, mine.text, mine.place, fact.value, fact=fact.name, title=fact.note)

    def _covered(self, subject: Pairs, words: Pairs) -> float:
        """How much of some pairs stands among others."""
        weight = {pair: self._rarity.get(pair, self._rarest) for pair in subject}
        total = sum(weight.values())
        return sum(weight[pair] for pair in subject & words) / total if total else 0.0

    def _of_documents(self, article: Article, others: Iterable[str]) -> Iterator[Contradiction]:
        """Documents that another article cites by a later number, or by the same number with another date.

        Where this article cites the later one, the others are out of date, not this one: `kb/editing/affected.py` lists them.
        """
        mine = {document_title(d.title): d for d in documents_of(article)}
        told: set[tuple[str, str]] = set()
        for key in sorted(others):
            other = self._articles[key]
            for theirs in documents_of(other):
                own = mine.get(document_title(theirs.title))
                if own is None:
                    continue
                same = plain_number(own.number) == plain_number(theirs.number)
                if same and own.date and theirs.date and own.date != theirs.date and not _amended(own, theirs):
                    found = ("发布日期", own.date, theirs.date)
                elif not same and own.number and theirs.number and not (own.date > theirs.date and theirs.date):
                    found = ("文号", own.number, theirs.number)
                else:
                    continue
                if (found[0], found[2]) not in told:
                    told.add((found[0], found[2]))
                    yield Contradiction(
                        found[0], f"{own.title} {found[1]}", own.place, f"{theirs.title} {found[2]}",
                        other.id, other.title, other.path,
                    )  # fmt: skip


class _Pair(NamedTuple):
    """Two statements with different values, and how alike they are."""

    score: float
    mine: Statement
    theirs: Statement
    # of the version there
    key: str


class _Fact(NamedTuple):
    """A shared fact: what it states, and of what."""

    name: str
    value: str
    note: str
    # pairs of characters of its note
    subject: Pairs
    said: tuple[Statement, ...]
    # month from which on another value holds → what that states
    later: Mapping[str, frozenset[str]]

    def values(self, at: datetime) -> set[str]:
        """What may be said instead of it at a moment."""
        begun = (values for month, values in self.later.items() if month <= f"{at:%Y-%m}")
        return {s.value for s in self.said}.union(*begun)


def _same_kind(one: Statement, other: Statement) -> bool:
    return (one.attribute, one.unit, one.qualifiers) == (other.attribute, other.unit, other.qualifiers)


class Document(NamedTuple):
    """A document as an article cites it."""

    title: str
    number: str
    date: str
    # where: `sources.0.number`
    place: str


def _amended(*cited: Document) -> bool:
    """Whether one is cited as amended: its date may be that of the amendment."""
    return any(_AMENDED.search(document.number) for document in cited)


def documents_of(article: Article) -> Iterator[Document]:
    """Every document that an article is about or rests on."""
    detail = article.detail
    if isinstance(detail, RegulationDetail) and detail.title:
        yield Document(detail.title, detail.number, detail.date, "document.number")
    for number, source in enumerate(article.sources):
        yield Document(source.document, source.number, source.date, f"sources.{number}.number")


def document_title(title: str) -> str:
    """A title without quotation marks and remarks in brackets, to compare by."""
    return _TITLE_MARKS.sub("", normalize(title).text)


def plain_number(number: str) -> str:
    """A document number to compare by: 银发〔2016〕302号 and 银发[2016] 302 号 are the same, amendments are left out."""
    text = _AMENDED.sub("", normalize(number).text)
    for name, short in _ISSUERS:
        text = text.replace(name, short)
    return _NUMBER_MARKS.sub("", text)
