"""Questions that found nothing useful, and which of them ask the same. Pure: what is kept where is not known here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kb.normalize import normalize
from kb.query import KnownTerms, Understanding

State = Literal["open", "draft", "alias", "dismissed"]
STATES: dict[State, str] = {
    "open": "待处理",
    "draft": "起草了新文章",
    "alias": "加为相似问",
    "dismissed": "不处理",
}
# share of what two questions are about that both must have
ALIKE = 0.38
# a word that stands in no article is what the gap is about
_UNKNOWN, _KNOWN, _PAIR = 3.0, 1.0, 0.5
# words that ask, whatever is asked about; longer ones first
_ASKING = re.compile(
    "怎么办|怎么样|怎么|怎样|如何|咋|在哪里|在哪儿|在哪|哪里|哪儿|能不能|可不可以|可以|能否|是否|有没有|为什么|为啥|"
    "什么|多少|多久|几天|你们|咱们|吗|呢|吧|啊|呀|么|的|了|能|我|你"
)
_SIGNS = re.compile(r"[\W_]+")
# what stands where a number was masked, see kb.privacy
_MASKED = re.compile("［(?:卡号|证件号|手机号)］")

# a question → what it is about, with weights; a term has the same weight in every question
Features = Callable[[str], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that somebody reported as not answered."""

    id: int
    # numbers masked
    question: str
    # what was asked for and found when it was reported
    facet: str
    best: str
    confident: bool
    reporter_id: int | None
    reporter: str
    at: datetime
    state: State
    draft_id: int | None
    # of that draft, empty if there is none
    draft_state: str
    # name of who decided, empty if nobody has
    decided_by: str
    decided: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One wording, and the gaps that have it."""

    text: str
    ids: tuple[int, ...]

    @property
    def is_masked(self) -> bool:
        """Whether a number was taken out: then it is no wording for an article."""
        return bool(_MASKED.search(self.text))


@dataclass(frozen=True, slots=True)
class Cluster:
    """Gaps that ask the same."""

    # the most frequent first
    questions: tuple[Asked, ...]
    first: datetime
    last: datetime
    # version that was found most often, empty where nothing was
    best: str

    @property
    def size(self) -> int:
        """How many gaps there are in it."""
        return sum(len(asked.ids) for asked in self.questions)

    @property
    def typical(self) -> str:
        """The wording that stands for all."""
        return self.questions[0].text


def plain(question: str) -> str:
    """A question without signs and case: two that are equal so are the same wording."""
    return _SIGNS.sub("", normalize(question).text)


def about(question: str, understanding: Understanding, knows: KnownTerms) -> dict[str, float]:
    """What a question is about: its words (a concept instead of its member) and character pairs, without asking words."""
    analysis = understanding.analyzer.analyse(_ASKING.sub(" ", _MASKED.sub(" ", normalize(question).text)))
    concepts = {(t.start, t.end) for t in analysis.tokens if t.kind == "concept"}
    found = {f"pair {token.term}": _PAIR for token in analysis.bigrams}
    for token in analysis.tokens:
        concept = token.kind == "concept"
        if token.kind == "inner" or token.term in understanding.lexicon.stopwords:
            continue
        if concept or (token.start, token.end) not in concepts:
            found[token.term] = _KNOWN if concept or knows(token.term) else _UNKNOWN
    return found


def clusters(gaps: Sequence[Gap], features: Features) -> list[Cluster]:
    """Gaps put together by what they ask, the greatest and then the latest cluster first."""
    wordings: dict[str, list[Gap]] = defaultdict(list)
    for gap in gaps:
        wordings[plain(gap.question)].append(gap)
    same = list(wordings.values())
    groups: dict[int, list[list[Gap]]] = defaultdict(list)
    for wording, root in zip(same, _roots([features(found[0].question) for found in same]), strict=True):
        groups[root].append(wording)
    return sorted(map(_cluster, groups.values()), key=lambda c: (-c.size, -c.last.timestamp(), c.typical))


def _cluster(wordings: list[list[Gap]]) -> Cluster:
    members = [gap for wording in wordings for gap in wording]
    best = [gap.best for gap in members if gap.best]
    asked = [Asked(wording[0].question, tuple(gap.id for gap in wording)) for wording in wordings]
    return Cluster(
        questions=tuple(sorted(asked, key=lambda a: (a.is_masked, -len(a.ids), len(a.text), a.text))),
        first=min(gap.at for gap in members),
        last=max(gap.at for gap in members),
        best=max(sorted(set(best)), key=best.count, default=""),
    )


def _roots(features: Sequence[Mapping[str, float]]) -> list[int]:
    """For each question the number of the first one it is alike with, directly or through others."""
    parents = list(range(len(features)))

    def root(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    totals = [sum(f.values()) for f in features]
    holders: dict[str, list[int]] = defaultdict(list)
    for at, mine in enumerate(features):
        shared: dict[int, float] = defaultdict(float)
        for term, weight in mine.items():
            for other in holders[term]:
                shared[other] += weight
            holders[term].append(at)
        for other, common in shared.items():
            if common >= ALIKE * (totals[at] + totals[other] - common):
                first, second = sorted((root(at), root(other)))
                parents[second] = first
    return [root(at) for at in range(len(features))]
