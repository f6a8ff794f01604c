"""Questions with known answers, asked, and the figures of what came of them. Pure but for the searcher that is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kb.editing.asking import DEPTH, TOP, Asking, Question, questions_to
from kb.findings import Ranking
from kb.query import MAX_QUESTION
from kb.types import Article

# called with the number of questions that were asked, and of all
Progress = Callable[[int, int], None]
_SAY_EVERY = 20


@dataclass(frozen=True, slots=True)
class Case:
    """What came of one question."""

    question: Question
    # place of the first article that was expected, from 1; None: not among the first ten
    rank: int | None
    # nothing at all was found
    empty: bool
    # something was found, but nothing that fits well
    unsure: bool
    # whether the section that was asked for was named as the place of the answer; None where none was
    section: bool | None

    @property
    def good(self) -> bool:
        """Whether the question leads where it should: first, or not at all for what must not be found."""
        return not self.violated if self.question.kind == "not" else self.rank == 1

    @property
    def violated(self) -> bool:
        """Whether an article that must not be found stands among the first three."""
        return self.question.kind == "not" and self.within(TOP)

    def within(self, places: int) -> bool:
        """Whether the article stands among the first so many."""
        return self.rank is not None and self.rank <= places


@dataclass(frozen=True, slots=True)
class Figures:
    """How well some questions were answered; shares from 0 to 1."""

    asked: int
    hit1: float
    hit3: float
    hit5: float
    # mean of 1/rank, 0 beyond the tenth place
    mrr10: float
    # nothing was found
    zero: float
    # something was found, without confidence
    unsure: float
    # questions that name a section, and the share of them whose section was named
    with_section: int
    section: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All questions, asked of one generation at one moment."""

    generation: str
    at: datetime
    cases: tuple[Case, ...]
    # questions that are too long to be asked
    left_out: int = 0

    @property
    def found(self) -> list[Case]:
        """The questions that an article should answer; those that must not find one are no part of the figures."""
        return [case for case in self.cases if case.question.kind != "not"]

    @property
    def figures(self) -> Figures:
        """Of all questions."""
        return figures(self.found)

    @property
    def failures(self) -> list[Case]:
        """The questions whose article does not stand first, the worst first."""
        return sorted((c for c in self.found if not c.good), key=lambda c: -(c.rank or DEPTH + 1))

    @property
    def violated(self) -> list[Case]:
        """The questions that find what they must not."""
        return [case for case in self.cases if case.violated]

    def by_category(self, categories: Mapping[str, str]) -> list[tuple[str, Figures]]:
        """Figures of each category, the worst first. `categories`: of every article."""
        groups: dict[str, list[Case]] = defaultdict(list)
        for case in self.found:
            groups[categories.get(case.question.article_id, "")].append(case)
        rows = [(name or "（没有类目）", figures(cases)) for name, cases in groups.items()]
        return sorted(rows, key=lambda row: (row[1].hit1, row[1].mrr10, -row[1].asked, row[0]))


def golden(articles: Iterable[Article]) -> list[Question]:
    """The questions that articles say they must, and must not, be found by."""
    return [question for article in articles for question in questions_to(article, "golden", "not")]


def evaluate(
    asking: Asking, questions: Sequence[Question], progress: Progress = lambda done, total: None
) -> Evaluation:
    """Ask every question once. Raises IndexProblem where the index cannot be used."""
    cases = []
    for number, question in enumerate(questions, 1):
        if len(question.text) <= MAX_QUESTION:
            cases.append(_asked(asking, question))
        if number % _SAY_EVERY == 0 or number == len(questions):
            progress(number, len(questions))
    return Evaluation(asking.searcher.generation, asking.at, tuple(cases), len(questions) - len(cases))


def figures(cases: Sequence[Case]) -> Figures:
    """The figures of some questions; all 0 where there are none."""
    total = max(len(cases), 1)
    sections = [case.section for case in cases if case.section is not None]
    return Figures(
        asked=len(cases),
        hit1=sum(c.within(1) for c in cases) / total,
        hit3=sum(c.within(3) for c in cases) / total,
        hit5=sum(c.within(5) for c in cases) / total,
        mrr10=sum(1 / c.rank for c in cases if c.rank) / total,
        zero=sum(c.empty for c in cases) / total,
        unsure=sum(c.unsure for c in cases) / total,
        with_section=len(sections),
        section=sum(sections) / max(len(sections), 1),
    )


def _asked(asking: Asking, question: Question) -> Case:
    _, ranking = asking.ranking(question)
    return Case(
        question=question,
        rank=asking.rank(question),
        empty=not ranking.keys,
        unsure=bool(ranking.keys) and not ranking.confident and not ranking.alerts,
        section=_names_section(ranking, question) if question.section else None,
    )


def _names_section(ranking: Ranking, question: Question) -> bool:
    return any(h.section == question.section and h.key.rpartition("@")[0] in question.expected for h in ranking.hits)
