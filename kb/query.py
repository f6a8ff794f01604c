"""What the caller meant: a question → terms with weights, what is asked for, and how it was read. No index, no disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Literal, NamedTuple

from kb.codes import find_codes
from kb.errors import QuestionError
from kb.letters import Speller
from kb.lexicon import Lexicon
from kb.lookup import Lookup
from kb.normalize import normalize
from kb.rereading import Swap, reread
from kb.spelling import Corrector
from kb.text import CONCEPT, Analysis, Analyzer
from kb.types import CHANNELS

MAX_QUESTION = 200
Facet = Literal["path", "amount", "duration", "materials", "condition", "definition", "any"]
Stream = Literal["word", "bigram"]
# whether a term stands in any article of the generation
KnownTerms = Callable[[str], bool]

# what is asked for; the first pattern that occurs wins
_FACETS: tuple[tuple[Facet, re.Pattern[str]], ...] = (
    ("materials", re.compile("带什么|带哪些|什么材料|哪些材料|材料|什么证件|哪些证件|要什么|需要什么|什么手续")),
    ("duration", re.compile("多久|多长时间|几天|几个工作日|什么时候|啥时候|何时|到账时间|时效|多快|几点")),
    ("amount", re.compile("多少|手续费|费用|收费|年费|利率|利息|限额|额度|要钱|收钱|几块|价格|起存|起购|赔")),
    ("definition", re.compile("是什么|什么是|什么意思|啥意思|是啥|区别|不同|介绍")),
    ("condition", re.compile("能不能|可不可以|可以.*吗|能.*吗|能否|是否|条件|有没有|行不行|为什么|为啥|怎么不")),
    ("path", re.compile("怎么|如何|怎样|咋|在哪|哪里|哪儿|步骤|流程|操作|入口|办理|设置|修改|开通|取消|调整")),
)
# how much a term counts, by how it was found; see benchmarks/README.md
WEIGHTS = {"word": 1.0, "inner": 0.4, "latin": 1.2, "quantity": 1.3, "concept": 0.7, "wider": 0.5, "bigram": 1.0}
# what a correction weighs beside what was typed; a code that an article names outweighs all the other words
SPELLING = 0.9
CODE = 100.0
_QUOTED = re.compile(r"[“\"「『]([^”\"」』]{1,60})[”\"」』]")


class Term(NamedTuple):
    """A term to look for, its weight, and the raw span of the question it comes from."""

    text: str
    stream: Stream
    weight: float
    start: int
    end: int


# the term of a code that an article names, or None, and where it stands
FoundCode = tuple[Term | None, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a part of the question was read differently from how it was typed; shown on the card."""

    kind: Literal["spelling", "pinyin"]
    typed: str
    read: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question understood."""

    raw: str
    text: str
    terms: tuple[Term, ...]
    facet: Facet
    # quoted parts, normalised: must occur as they stand
    phrases: tuple[str, ...]
    # channels that the question names
    channels: tuple[str, ...]
    readings: tuple[Reading, ...]
    # parts that no article knows, as typed
    unknown: tuple[str, ...]
    # error codes that articles name, which outweigh all the other words, and those that none names, as typed
    codes: tuple[str, ...] = ()
    unknown_codes: tuple[str, ...] = ()
    # words that have equals: as typed, normalised, and all that say the same
    equals: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self.terms and not self.phrases


class Understanding:
    """Reads questions with the words of one index generation. Safe for threads."""

    def __init__(self, analyzer: Analyzer, lookup: Lookup) -> None:
        self.analyzer = analyzer
        self.lexicon: Lexicon = analyzer.lexicon
        self._speller = Speller(lookup)
        self._corrector = Corrector(
            lookup, self.lexicon.shapes, analyzer.words, self.lexicon.misspelt, analyzer.words.total
        )

    def understand(self, raw: str, known_terms: KnownTerms) -> Query:
        """The query behind a question of at most MAX_QUESTION characters; raises QuestionError if it is longer."""
        if len(raw) > MAX_QUESTION:
            raise QuestionError(f"问题有 {len(raw)} 个字，最多 {MAX_QUESTION} 个字，请只输入关键的一句。")
        known_terms = _Once(known_terms).__getitem__
        analysis = self.analyzer.analyse(raw)
        terms = self._terms(analysis)
        swaps = self._from_pinyin(raw, analysis, known_terms)
        swaps += self._from_spelling(analysis, known_terms, swaps)
        terms += self._reread(raw, swaps)
        codes = list(_codes(analysis, known_terms))
        terms += [term for term, _ in codes if term]
        text = analysis.normalized.text
        return Query(
            raw=raw,
            text=text,
            terms=_merged(terms),
            facet=_facet(text),
            phrases=tuple(filter(None, map(_phrase, _QUOTED.findall(raw)))),
            channels=tuple(c for c in CHANNELS if c in text),
            readings=tuple(Reading(s.kind, normalize(raw[s.start : s.end]).text, s.read) for s in swaps),
            unknown=self._unknown(raw, analysis, known_terms, codes),
            codes=tuple(term.text for term, _ in codes if term),
            unknown_codes=tuple(raw[start:end] for term, (start, end) in codes if not term),
            equals=tuple(self._equals(raw, analysis)),
        )

    def _equals(self, raw: str, analysis: Analysis) -> Iterator[tuple[str, tuple[str, ...]]]:
        for token in analysis.tokens:
            if token.kind == "concept":
                members = self.lexicon.members.get(token.term.removeprefix(CONCEPT), ())
                yield normalize(raw[token.start : token.end]).text, members

    def _terms(self, analysis: Analysis) -> list[Term]:
        stop = self.lexicon.stopwords
        words = [t for t in analysis.tokens if t.term not in stop]
        pairs = _pairs(analysis, _silent_positions(analysis, stop))
        if not words and not pairs:
            words, pairs = list(analysis.tokens), _pairs(analysis, frozenset())
        terms = [Term(term, "word", WEIGHTS[kind], start, end) for term, start, end, kind in words]
        for token in words:
            for wider in self.lexicon.wider.get(token.term, ()):
                concept = CONCEPT + self.lexicon.concepts[wider] if wider in self.lexicon.concepts else wider
                terms.append(Term(concept, "word", WEIGHTS["wider"], token.start, token.end))
        return terms + pairs

    def _from_pinyin(self, raw: str, analysis: Analysis, known: KnownTerms) -> list[Swap]:
        """Latin letters that stand in no article are read as pinyin, with the characters beside them or alone."""
        swaps: list[Swap] = []
        for token in analysis.tokens:
            at = swaps[-1].end if swaps else 0
            if token.kind == "latin" and at <= token.start and not known(token.term):
                swap = self._speller.read(raw, token.start, token.end, at)
                if swap:
                    swaps.append(swap)
        return swaps

    def _from_spelling(self, analysis: Analysis, known: KnownTerms, swaps: list[Swap]) -> list[Swap]:
        """What stands in no article, and sounds or looks like what does. Amounts and what is read already stay."""
        plain = analysis.normalized
        certain = [(t.start, t.end) for t in analysis.tokens if t.kind == "quantity"] + [
            (s.start, s.end) for s in swaps
        ]
        places = {i for start, end in certain for i in range(start, end)}
        fixed = {i for i in range(len(plain.text)) if plain.raw_span(i, i + 1)[0] in places} if places else places
        covered = self._covered(analysis, known)
        strange = {c for c, inside in zip(plain.text, covered, strict=True) if not inside and not known(c)}
        corrections = self._corrector.correct(plain.text, covered, fixed, strange)
        return [Swap("spelling", *plain.raw_span(c.start, c.end), c.right) for c in corrections]

    def _reread(self, raw: str, swaps: list[Swap]) -> list[Term]:
        """The terms of the question as it was read, where it was read otherwise, and of the less likely readings."""
        if not swaps:
            return []
        read = reread(raw, swaps)
        terms: list[Term] = []
        for term in self._terms(self.analyzer.analyse(read.text)):
            kinds = {swap.kind for swap in read.swaps(term.start, term.end)}
            if kinds:
                factor = SPELLING if "spelling" in kinds else 1.0
                terms.append(Term(term.text, term.stream, term.weight * factor, *read.raw_span(term.start, term.end)))
        for swap in swaps:
            for other, share in swap.others:
                terms += self._at(swap, other, share)
        return terms

    def _at(self, place: Swap, text: str, factor: float) -> list[Term]:
        """The terms of another text, standing for one place of the question."""
        return [
            Term(t.text, t.stream, t.weight * factor, place.start, place.end)
            for t in self._terms(self.analyzer.remembered(text))
        ]

    def _covered(self, analysis: Analysis, known: KnownTerms) -> list[bool]:
        """For each character of the normalised text, whether a known word of two or more characters covers it.

        Offsets of tokens are raw; they are compared with the raw spans of the plain characters.
        """
        plain = analysis.normalized
        stop = self.lexicon.stopwords
        raw_covered: set[int] = set()
        for term, start, end, _ in analysis.tokens:
            if end - start > 1 and (term in stop or known(term)):
                raw_covered.update(range(start, end))
        return [plain.raw_span(i, i + 1)[0] in raw_covered for i in range(len(plain.text))]

    def _unknown(self, raw: str, analysis: Analysis, known: KnownTerms, codes: list[FoundCode]) -> tuple[str, ...]:
        """Words, letters and codes that no article knows, as typed; not what is a part of another."""
        places = [
            (t.start, t.end)
            for t in analysis.tokens
            if t.kind in ("word", "latin") and t.term not in self.lexicon.stopwords and not known(t.term)
        ]
        found = [place for term, place in codes if term]
        places += [place for term, place in codes if not term]
        places = [p for p in places if not any(_inside(p, other) for other in found)]
        missing = [p for p in sorted(set(places)) if not any(p != other and _inside(p, other) for other in places)]
        return tuple(dict.fromkeys(raw[start:end] for start, end in missing))


class _Once(dict[str, bool]):
    """Asks for each term once."""

    def __init__(self, known: KnownTerms) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, term: str) -> bool:
        found = self[term] = self._known(term)
        return found


def _inside(place: tuple[int, int], other: tuple[int, int]) -> bool:
    return other[0] <= place[0] and place[1] <= other[1]


def _codes(analysis: Analysis, known: KnownTerms) -> Iterator[FoundCode]:
    """Codes: each form that an article knows as a term; one that none knows and that can be nothing else without one."""
    plain = analysis.normalized
    for code in find_codes(plain.text):
        start, end = plain.raw_span(code.start, code.end)
        forms = [form for form in code.forms if known(form)]
        for form in forms:
            yield Term(form, "word", CODE, start, end), (start, end)
        if not forms and code.sure:
            yield None, (start, end)


def _phrase(quoted: str) -> str:
    return normalize(quoted).text.strip()


def _facet(text: str) -> Facet:
    return next((facet for facet, pattern in _FACETS if pattern.search(text)), "any")


def _pairs(analysis: Analysis, silent: Set[int]) -> list[Term]:
    """Bigrams but those that begin and end at silent positions."""
    weight = WEIGHTS["bigram"]
    return [
        Term(pair, "bigram", weight, start, end)
        for pair, start, end, _ in analysis.bigrams
        if start not in silent or end - 1 not in silent
    ]


def _silent_positions(analysis: Analysis, stop: frozenset[str]) -> set[int]:
    """Raw positions inside words without meaning."""
    return {i for t in analysis.tokens if t.kind == "word" and t.term in stop for i in range(t.start, t.end)}


def _merged(terms: list[Term]) -> tuple[Term, ...]:
    """Each term once, with its greatest weight."""
    best: dict[tuple[str, str], Term] = {}
    for term in terms:
        now = best.get((term.stream, term.text))
        if now is None or term.weight > now.weight:
            best[(term.stream, term.text)] = term
    return tuple(best.values())
