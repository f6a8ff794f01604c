"""Finds the weights by which candidates are put in order (indexer/weights.py), and says how they do on articles not learned from.

    python -m benchmarks.tune                                       # the articles that come along and their test queries
    python -m benchmarks.tune --set bank=FOLDER,PAIRS.tsv --write   # others besides, and write the table

A set is a folder of articles and a file of questions and article numbers as `kb evaluate --pairs` reads it; `golden` is always
one of the sets. It counts OWN times, every other set once: its articles are written for this product. Columns are hit@1 and
hit@5 in per cent: `terms` by terms alone, `present` with the table as it is, `folds` with weights from the questions of other
articles (five folds by article), `others` with weights from the other sets alone, `all` with the weights that are printed in
the end, which have seen all questions.
"""

from __future__ import annotations

import argparse
import random
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from benchmarks.generated import REPOSITORY_ARTICLES
from benchmarks.report import Chart, Progress, Report, result_options, work_folder
from indexer import weights as table
from indexer.backends import CurrentSearcher
from indexer.build import build
from indexer.reranking import CANDIDATES, FEATURES, compared
from indexer.weights import RERANKING
from kb.clock import now
from kb.editing.asking import Question, questions_to
from kb.evaluating.pairs import read_pairs
from kb.library import load_library
from kb.settings import Settings
from kb.types import Article

GOLDEN = "golden"
FOLDS = 5
# how much the golden questions count beside another set, and from how many questions of a set weights are made
OWN, MOST = 12, 2500
# strength of the pull towards zero, of the mean loss per question
PULL = 2e-4
# what a right answer costs that more than so many others stand before, and the share of its likelihood beside that
WITHIN, LIKELIHOOD = 4, 0.3
Values = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Asked:
    """The candidates of a question: features float64 [candidates, FEATURES], and which of them answer it, bool [candidates]."""

    features: Values
    right: NDArray[np.bool_]
    fold: int


def candidates(articles: Path, pairs: Path | None, var: Path) -> list[Asked]:
    """Build an index of the articles and look up what their questions (default: test queries) lead to by terms."""
    settings = Settings(articles=articles, var=var)
    at = now()
    with Progress(f"indexing {articles.name}") as progress:
        build(settings, at, progress)
    searcher = CurrentSearcher(settings).searcher()
    asked = []
    questions = _questions(articles, pairs)
    with Progress(f"asking {len(questions)} questions") as progress:
        for number, question in enumerate(questions):
            query = searcher.understanding.understand(question.text, searcher.knows)
            found = searcher.candidates(query, at, question.viewer, CANDIDATES)
            found = found.at(compared(found))
            wanted = {question.article_id, *question.also}
            right = [searcher.segments[n].key(f.article).rpartition("@")[0] in wanted for n, f in found]
            made = searcher.reranker.features(query, found) if found else np.zeros((0, len(FEATURES)))
            fold = zlib.crc32(question.article_id.encode()) % FOLDS
            asked.append(Asked(made.astype(np.float64), np.array(right, bool), fold))
            progress(number, len(questions))
    return asked


def _questions(articles: Path, pairs: Path | None) -> list[Question]:
    found: dict[str, Article] = {a.id: a for a in load_library(articles).articles}
    if pairs is None:
        return [q for article in found.values() for q in questions_to(article, "golden")]
    read = read_pairs(pairs, found, set(found))
    for problem in read.problems:
        print(problem)
    return read.questions


def fit(sets: Mapping[str, Sequence[Asked]]) -> Values:
    """The weights under which the right answers stand among the first five, and are likely; zeros where no question says any.

    Found first for the likelihood alone, which has one best place, and from there for both.
    """
    named = {n: [a for a in held if a.right.any() and not a.right.all()] for n, held in sets.items()}
    named = {n: random.Random(1).sample(held, min(MOST, len(held))) for n, held in named.items() if held}  # noqa: S311
    if not named:
        return np.zeros(len(FEATURES))
    usable, counts = list(named.values()), [OWN if name == GOLDEN else 1 for name in named]
    rows = np.concatenate([a.features for held in usable for a in held])
    sizes = np.array([len(a.right) for held in usable for a in held])
    starts = np.cumsum(sizes) - sizes
    right = np.concatenate([a.right / a.right.sum() for held in usable for a in held])
    shares = [count / (sum(counts) * len(held)) for count, held in zip(counts, usable, strict=True)]
    share = np.repeat(shares, [len(held) for held in usable])

    def likelihood(weights: Values) -> tuple[float, Values]:
        each, slope = _unlikely(rows @ weights, right, starts, sizes)
        slope = rows.T @ (slope * np.repeat(share, sizes))
        return float(share @ each + PULL * (weights @ weights) / 2), slope + PULL * weights

    def loss(weights: Values) -> tuple[float, Values]:
        values = rows @ weights
        unlikely, less = _unlikely(values, right, starts, sizes)
        behind, lower = _behind(values, right, starts, sizes)
        slope = rows.T @ ((LIKELIHOOD * less + lower) * np.repeat(share, sizes))
        cost = share @ (LIKELIHOOD * unlikely + behind)
        return float(cost + PULL * (weights @ weights) / 2), slope + PULL * weights

    made: Values = minimize(likelihood, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B").x
    made = minimize(loss, made, jac=True, method="L-BFGS-B").x
    return made


def _unlikely(values: Values, right: Values, starts: Places, sizes: Places) -> tuple[Values, Values]:
    """Minus the logarithm of the likelihood of each question's right answers (softmax over its candidates), and its slope by
    candidate. `right`: the share of each candidate in them; `starts`, `sizes`: of the candidates of each question."""
    values = values - np.repeat(np.maximum.reduceat(values, starts), sizes)
    odds = np.exp(values)
    total = np.add.reduceat(odds, starts)
    each: Values = np.log(total) - np.add.reduceat(right * values, starts)
    return each, odds / np.repeat(total, sizes) - right


def _behind(values: Values, right: Values, starts: Places, sizes: Places) -> tuple[Values, Values]:
    """How far the best right answer of each question stands behind the first WITHIN others, smoothed, and its slope by candidate.

    Each other candidate counts as standing before it by as much as the logistic function of the distance.
    """
    best = np.maximum.reduceat(np.where(right > 0, values, -np.inf), starts)
    before = np.where(right > 0, 0.0, expit(values - np.repeat(best, sizes)))
    over = np.add.reduceat(before, starts) - WITHIN
    each: Values = np.logaddexp(0, over)
    slope: Values = before * (1 - before) * np.repeat(expit(over), sizes)
    is_best = (right > 0) & (values == np.repeat(best, sizes))
    slope -= is_best * np.repeat(np.add.reduceat(slope, starts), sizes)
    return each, slope


def hits(asked: Sequence[Asked], weights: Values | None) -> tuple[int, int]:
    """How many questions have a right answer first, and among the first five; None: by terms alone."""
    first = five = 0
    for a in asked:
        order = np.argsort(-(a.features @ weights), kind="stable") if weights is not None else range(len(a.right))
        ranked = a.right[np.asarray(order, int)]
        first += bool(ranked[:1].any())
        five += bool(ranked[:5].any())
    return first, five


def _folds(sets: dict[str, list[Asked]], name: str) -> tuple[int, int]:
    total = np.zeros(2, int)
    for fold in range(FOLDS):
        others = {other: [a for a in held if a.fold != fold] for other, held in sets.items()}
        total += hits([a for a in sets[name] if a.fold == fold], fit(others))
    return int(total[0]), int(total[1])


def measure(sets: dict[str, list[Asked]]) -> tuple[Report, Values]:
    """How the weights do, and the weights from all sets."""
    report = Report("tune")
    final = fit(sets)
    present = np.array(list(RERANKING.values()))
    for name, asked in sets.items():
        others = {other: held for other, held in sets.items() if other != name}
        columns = {
            "terms": hits(asked, None),
            "present": hits(asked, present),
            "folds": _folds(sets, name),
            "others": hits(asked, fit(others)) if others else (0, 0),
            "all": hits(asked, final),
        }
        within = sum(bool(a.right.any()) for a in asked)
        shown = {k: " / ".join(f"{100 * h / len(asked):.2f}" for h in pair) for k, pair in columns.items()}
        report.add(set=name, questions=len(asked), among_candidates=round(within / len(asked), 4), **shown)
    return report, final


def write_table(weights: Values) -> None:
    """Replace the table by these weights."""
    path = Path(str(table.__file__))
    head = path.read_text("utf-8").partition("RERANKING")[0]
    rows = "".join(f'    "{name}": {value:.3f},\n' for name, value in zip(FEATURES, weights.tolist(), strict=True))
    path.write_text(f"{head}RERANKING: dict[str, float] = {{\n{rows}}}\n", "utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", default=[], type=_set, metavar="NAME=FOLDER,PAIRS", dest="sets")
    parser.add_argument("--write", action="store_true", help="write the weights into indexer/weights.py")
    result_options(parser)
    chosen = parser.parse_args(argv)
    with work_folder(None) as work:
        sets = {
            name: candidates(folder, pairs, work / name)
            for name, folder, pairs in [(GOLDEN, REPOSITORY_ARTICLES, None), *chosen.sets]
        }
    if unread := [name for name, asked in sets.items() if not asked]:
        parser.error(f"no questions to learn from in {', '.join(unread)}")
    report, weights = measure(sets)
    report.remarks = [f"{name}: {value:.3f}" for name, value in zip(FEATURES, weights.tolist(), strict=True)]
    report.finish(chosen, Chart("questions", ("among_candidates",), ("set",)))
    if chosen.write:
        write_table(weights)


def _set(text: str) -> tuple[str, Path, Path]:
    name, _, rest = text.partition("=")
    folder, _, pairs = rest.partition(",")
    if not (name and Path(folder).is_dir() and Path(pairs).is_file()):
        raise argparse.ArgumentTypeError(f"{text}: NAME=FOLDER,PAIRS with a folder and a file that are there")
    return name, Path(folder), Path(pairs)


if __name__ == "__main__":
    main()
