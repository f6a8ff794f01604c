"""How a question was read, word by word, as people can check it. Owns no rule of reading: those are in `kb.query`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from kb.answers import FACETS
from kb.lexicon import Lexicon
from kb.normalize import normalize
from kb.pinyin import sounds_like
from kb.query import Facet, Query, Reading, Understanding
from kb.text import CONCEPT, Token

Way = Literal["listed", "sound", "shape", "pinyin", "other"]
WAYS: dict[Way, str] = {
    "listed": "词库里登记的错字",
    "sound": "同音",
    "shape": "形近",
    "pinyin": "拼音",
    "other": "换了读法",
}
# canonical term → what kind of quantity it is; the first that fits
_QUANTITIES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"第\d+.*", "条款或文号"),
        (r"[123]类户", "账户类别"),
        (r".*%", "比率"),
        (r"\d+月\d+日|(19|20)\d\d年", "日期"),
        (r".*(年|个月|工作日|星期|小时|钟头|分钟|天|日|周)|t\+\d+", "期限"),
        (r".*(岁|期|次|笔|张|倍|位)", "数量"),
        (r"\d+\*\d+", "乘法"),
        (r"[\d.]+|.*(元|镑|币)", "金额或数字"),
    )
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word that the question was cut into."""

    # as it stands in the question, and where
    typed: str
    start: int
    end: int
    # what is looked for
    term: str
    # shorter words inside it that are looked for too, with less weight
    inner: tuple[str, ...]
    # counts for nothing
    silent: bool
    # whether it stands in any article
    known: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A group of equals that a word belongs to."""

    typed: str
    # first member, the name of the group
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wider:
    """Wider words that a word also finds."""

    typed: str
    wider: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """A part that was read differently from how it was typed."""

    typed: str
    read: str
    way: Way
    way_name: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity, date or amount as it was understood."""

    typed: str
    read: str
    kind_name: str


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it was understood."""

    typed: str
    # the plain form: width, case and traditional characters do not matter
    text: str
    words: tuple[Word, ...]
    groups: tuple[Group, ...]
    wider: tuple[Wider, ...]
    corrections: tuple[Correction, ...]
    amounts: tuple[Amount, ...]
    # words that count for nothing, and words that no article knows in any way
    silent: tuple[str, ...]
    unknown: tuple[str, ...]
    channels: tuple[str, ...]
    # quoted parts, which must occur as they stand
    phrases: tuple[str, ...]
    facet: Facet
    # empty: nothing particular is asked for
    facet_name: str


def understood(understanding: Understanding, query: Query, knows: Callable[[str], bool]) -> Understood:
    """How a question was read; `query` is what `understanding` made of it, `knows` tells the words of the index."""
    analysis = understanding.analyzer.analyse(query.raw)
    lexicon = understanding.lexicon
    wanted = {term.text for term in query.terms if term.stream == "word"}
    words = tuple(_words(query, analysis.tokens, wanted, lexicon, knows))
    corrections = tuple(_correction(reading, lexicon) for reading in query.readings)
    spoken = [t for t in analysis.tokens if t.term in wanted]
    groups = tuple(_groups(understanding, query, spoken))
    otherwise = {group.typed for group in groups} | {correction.typed for correction in corrections}
    return Understood(
        typed=query.raw,
        text=query.text,
        words=words,
        groups=groups,
        wider=tuple(Wider(_typed(query, t), w) for t in spoken if (w := lexicon.wider.get(t.term))),
        corrections=corrections,
        amounts=tuple(
            Amount(_typed(query, t), t.term, _quantity(t.term)) for t in analysis.tokens if t.kind == "quantity"
        ),
        silent=tuple(dict.fromkeys(word.typed for word in words if word.silent)),
        unknown=tuple(word for word in query.unknown if word not in otherwise),
        channels=query.channels,
        phrases=query.phrases,
        facet=query.facet,
        facet_name=FACETS[query.facet],
    )


def _words(
    query: Query, tokens: Iterable[Token], wanted: set[str], lexicon: Lexicon, knows: Callable[[str], bool]
) -> Iterator[Word]:
    """The words in their order, those that lie inside another with it."""
    found = sorted((t for t in tokens if t.kind != "concept"), key=lambda t: (t.start, -t.end))
    at = 0
    while at < len(found):
        whole = found[at]
        within = [t for t in found[at + 1 :] if t.end <= whole.end and t.start < whole.end]
        silent = whole.term in lexicon.stopwords and whole.term not in wanted
        inner = tuple(dict.fromkeys(t.term for t in within if t.term in wanted and t.term != whole.term))
        yield Word(_typed(query, whole), whole.start, whole.end, whole.term, inner, silent, knows(whole.term))
        at += 1 + len(within)


def _groups(understanding: Understanding, query: Query, spoken: Iterable[Token]) -> Iterator[Group]:
    """Groups of equals of what was typed, and of what it was read as."""
    found = [(_typed(query, t), t.term) for t in spoken if t.kind == "concept"]
    for reading in query.readings:
        tokens = understanding.analyzer.remembered(reading.read).tokens
        found += [(reading.read[t.start : t.end], t.term) for t in tokens if t.kind == "concept"]
    for typed, term in dict.fromkeys(found):
        name = term.removeprefix(CONCEPT)
        yield Group(typed, name, understanding.lexicon.members.get(name, (name,)))


def _correction(reading: Reading, lexicon: Lexicon) -> Correction:
    way = _way(reading, lexicon)
    return Correction(reading.typed, reading.read, way, WAYS[way])


def _way(reading: Reading, lexicon: Lexicon) -> Way:
    if reading.kind == "pinyin":
        return "pinyin"
    if reading.kind != "spelling":
        return "other"
    if lexicon.misspelt.get(normalize(reading.typed).text) == reading.read:
        return "listed"
    return "sound" if sounds_like(reading.typed) == sounds_like(reading.read) else "shape"


def _quantity(term: str) -> str:
    return next((name for pattern, name in _QUANTITIES if pattern.fullmatch(term)), "数量")


def _typed(query: Query, token: Token) -> str:
    return query.raw[token.start : token.end]
