"""From which probability on a hit is called an answer (kb/confidence.py): what every threshold costs and gains.

    python -m benchmarks.calibrate                                       # the articles that come along and their test queries
    python -m benchmarks.calibrate --source FOLDER --pairs PAIRS.tsv     # another library, with the table as it is

Asks what the articles answer, and off-topic questions (tests/relevance/offtopic.txt). Without `--pairs`, probabilities come from
a model that has seen neither the question's article nor the off-topic question (five folds), and the table for kb/confidence.py
is printed. Columns, shares of 1: `held_back` of the questions with an answer, called unsure · `right_held_back` of those whose
article stands first (at most MOST_HELD_BACK, about) · `precision` of the answered, article first · `precision_all` the same with
the off-topic questions among them · `offtopic_held_back` · `keywords_held_back` single keywords of the articles · `flicker`
questions that turn from sure to unsure while they are typed, from four characters on (with the table as it is).
A question that sets off a fraud card is never held back.
"""

from __future__ import annotations

import argparse
import math
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from sklearn.linear_model import LogisticRegression

from benchmarks.generated import REPOSITORY_ARTICLES
from benchmarks.report import Chart, Progress, Report, result_options, work_folder
from indexer.backends import CurrentSearcher
from indexer.build import build
from kb.backend import Searcher
from kb.clock import now
from kb.confidence import CONFIDENT, WEIGHTS, features
from kb.editing.asking import Question, questions_to
from kb.evaluating.pairs import read_pairs
from kb.findings import rank
from kb.library import load_library
from kb.settings import Settings
from kb.visibility import ANYBODY, Viewer

OFFTOPIC = REPOSITORY_ARTICLES.parent / "tests" / "relevance" / "offtopic.txt"
THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
MOST_HELD_BACK = 0.02
FOLDS = 5
# first beginning of a question that is asked, and every which question is typed
_SHORTEST, _TYPED = 4, 3


class Model(NamedTuple):
    """A logistic model."""

    constant: float
    coverage: float
    strength: float

    def __call__(self, coverage: float, strength: float) -> float:
        """The probability."""
        return 1 / (1 + math.exp(-self.constant - self.coverage * coverage - self.strength * strength))


@dataclass(frozen=True, slots=True)
class Case:
    """A question and its first hit: coverage and strength, or None where the model has no say; then `settled` is the answer."""

    text: str
    features: tuple[float, float] | None
    settled: float
    right: bool
    # a fraud card is shown, whatever the probability
    alerted: bool
    fold: int

    def probability(self, model: Model) -> float:
        """That the first hit answers."""
        return model(*self.features) if self.features else self.settled


class Asking:
    """Asks one library as agents do."""

    def __init__(self, searcher: Searcher, at: datetime) -> None:
        self._searcher = searcher
        self._at = at

    def case(self, text: str, expected: Sequence[str] = (), viewer: Viewer = ANYBODY) -> Case:
        """What a question leads to; `expected`: ids of the articles that answer it."""
        query = self._searcher.understanding.understand(text, self._searcher.knows)
        ranking = rank(self._searcher, query, viewer, self._at, 1)
        judged = bool(ranking.hits) and ranking.literal and not (ranking.pinned or query.codes or query.unknown_codes)
        return Case(
            text=text,
            features=features(query, ranking.hits[0], self._searcher.lookup.versions) if judged else None,
            settled=ranking.likelihood,
            right=any(key.rpartition("@")[0] in expected for key in ranking.keys[:1]),
            alerted=bool(ranking.alerts),
            fold=zlib.crc32((expected[0] if expected else text).encode()) % FOLDS,
        )

    def flickers(self, text: str, viewer: Viewer = ANYBODY) -> bool:
        """Whether a beginning is sure and one more character makes it unsure."""
        present = Model(**WEIGHTS)
        sure = [
            case.alerted or case.probability(present) >= CONFIDENT
            for case in (self.case(text[:size], viewer=viewer) for size in range(_SHORTEST, len(text) + 1))
        ]
        return any(before and not after for before, after in pairwise(sure))


def offtopic() -> list[str]:
    """The questions that no article answers."""
    return [line for line in OFFTOPIC.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def fit(cases: Iterable[Case]) -> Model:
    """The model under which it is likeliest which first hits answer and which do not."""
    usable = [(case.features, case.right) for case in cases if case.features and not case.alerted]
    made = LogisticRegression(C=100, max_iter=1000).fit([f for f, _ in usable], [right for _, right in usable])
    return Model(float(made.intercept_[0]), *map(float, made.coef_[0]))


def held_back(cases: Sequence[Case], model: Callable[[Case], float], threshold: float) -> float:
    """Share of questions whose first hit is not called an answer."""
    return sum(not case.alerted and model(case) < threshold for case in cases) / max(len(cases), 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a library was asked: questions with an answer, off-topic ones, keywords; and the share of questions that flicker."""

    known: list[Case]
    foreign: list[Case]
    words: list[Case]
    typed: int
    flicker: float


def ask(source: Path, questions: Sequence[Question], most: int) -> Asked:
    """Build an index of the articles and ask everything; at most so many questions, from all articles alike."""
    at = now()
    chosen = questions[:: -(-len(questions) // most)] if questions else []
    with work_folder(None) as var:
        settings = Settings(articles=source, var=var)
        with Progress("indexing") as progress:
            build(settings, at, progress)
        asking = Asking(CurrentSearcher(settings).searcher(), at)
        known = [asking.case(q.text, q.expected, q.viewer) for q in chosen]
        words = [asking.case(w, (a.id,)) for a in load_library(source).articles for w in a.keywords]
        typed = chosen[::_TYPED]
        flicker = sum(asking.flickers(q.text, q.viewer) for q in typed) / max(len(typed), 1)
        return Asked(known, [asking.case(text) for text in offtopic()], words, len(typed), flicker)


def measure(asked: Asked, *, fitted: bool) -> Report:
    """The table of all thresholds. `fitted`: by models of other folds, and say what the model of all questions is."""
    report = Report("calibrate")
    known, foreign = asked.known, asked.foreign
    model = _of_other_folds([*known, *foreign]) if fitted else _present
    right = [case for case in known if case.right]
    for threshold in sorted({*THRESHOLDS, CONFIDENT}):
        sure = [case for case in known if case.alerted or model(case) >= threshold]
        wrong = sum(case.alerted or model(case) >= threshold for case in foreign)
        first = sum(case.right for case in sure)
        report.add(
            threshold=threshold,
            held_back=round(held_back(known, model, threshold), 4),
            right_held_back=round(held_back(right, model, threshold), 4),
            precision=round(first / max(len(sure), 1), 4),
            precision_all=round(first / max(len(sure) + wrong, 1), 4),
            offtopic_held_back=round(held_back(foreign, model, threshold), 4),
            keywords_held_back=round(held_back(asked.words, _present, threshold), 4),
            flicker=round(asked.flicker, 4) if threshold == CONFIDENT else None,
        )
    counts = f"{len(known)} questions, {len(foreign)} off-topic, {len(asked.words)} keywords, {asked.typed} typed"
    report.remarks = [counts, *(_advice([*known, *foreign], right, model) if fitted else ())]
    return report


def questions_of(source: Path, pairs: Path | None) -> list[Question]:
    """The test queries of a library, or the questions of a file; what is wrong with its rows is printed."""
    articles = {article.id: article for article in load_library(source).articles}
    if pairs is None:
        return [q for article in articles.values() for q in questions_to(article, "golden")]
    read = read_pairs(pairs, articles, set(articles))
    for problem in read.problems:
        print(problem)
    return read.questions


def _present(case: Case) -> float:
    return case.probability(Model(**WEIGHTS))


def _of_other_folds(cases: Sequence[Case]) -> Callable[[Case], float]:
    models = [fit(case for case in cases if case.fold != fold) for fold in range(FOLDS)]
    return lambda case: case.probability(models[case.fold])


def _advice(cases: Sequence[Case], right: Sequence[Case], model: Callable[[Case], float]) -> list[str]:
    whole = fit(cases)
    best = max((t / 100 for t in range(1, 100) if held_back(right, model, t / 100) <= MOST_HELD_BACK), default=0.0)
    weights = ", ".join(f'"{name}": {value:.2f}' for name, value in whole._asdict().items())
    return [
        f"WEIGHTS = {{{weights}}}",
        f"the greatest threshold that holds back at most {MOST_HELD_BACK:.0%} of the questions whose article is first: {best}"
        f" (CONFIDENT is {CONFIDENT})",
    ]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=REPOSITORY_ARTICLES, help="folder of articles")
    parser.add_argument("--pairs", type=Path, help="questions and article numbers, as `kb evaluate --pairs` reads them")
    parser.add_argument("--questions", type=int, default=2000, help="at most so many (default 2000)")
    result_options(parser)
    chosen = parser.parse_args(argv)
    if chosen.questions < 1 or not chosen.source.is_dir():
        parser.error("--questions takes a number from 1 on, --source a folder")
    questions = questions_of(chosen.source, chosen.pairs)
    if not questions:
        parser.error("there are no questions to ask")
    asked = ask(chosen.source, questions, chosen.questions)
    if not chosen.pairs and not any(case.right and case.features for case in asked.known):
        parser.error("no question finds its article: nothing to fit a model to")
    report = measure(asked, fitted=not chosen.pairs)
    report.finish(chosen, Chart("threshold", ("held_back", "offtopic_held_back")))


if __name__ == "__main__":
    main()
