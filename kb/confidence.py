"""How likely it is that the first hit answers a question: a logistic model of two numbers that every hit carries.

Fitted by `python -m benchmarks.calibrate`, which prints this table; figures and what else was tried: docs/decisions/0012-abstaining.md.
"""

from __future__ import annotations

from math import exp, log, log1p

from kb.backend import Hit
from kb.query import Query

# from this probability on a hit is called an answer
CONFIDENT = 0.3
WEIGHTS = {"constant": -5.98, "coverage": 1.71, "strength": 3.02}
# what a question is taken to hold at least: one with a slip, which no article holds as it was typed, and one that ends in a
# single character, which may be half a word to somebody who types on
_CORRECTED, _HALF_WORD = 0.5, 0.8


def likelihood(query: Query, best: Hit, versions: int) -> float:
    """The probability, 0 to 1, that the best hit answers. `versions`: how many the index knows.

    An error code decides by itself: the best hit names it, or no article does.
    """
    if query.codes or query.unknown_codes:
        return 0.0 if query.unknown_codes else 1.0
    covered, strength = features(query, best, versions)
    value = WEIGHTS["constant"] + WEIGHTS["coverage"] * covered + WEIGHTS["strength"] * strength
    return 1 / (1 + exp(-value))


def features(query: Query, best: Hit, versions: int) -> tuple[float, float]:
    """Coverage and strength of a hit.

    Strength is ln(1 + score by terms ÷ idf of a word that a single version holds): a score grows with the index, this does not.
    """
    covered = best.coverage
    if any(reading.kind == "spelling" for reading in query.readings):
        covered = max(covered, _CORRECTED)
    if _ends_in_half_word(query):
        covered = max(covered, _HALF_WORD)
    rarest = log(1 + (max(versions, 1) - 0.5) / 1.5)
    return covered, log1p(best.by_terms / rarest)


def _ends_in_half_word(query: Query) -> bool:
    """Whether the question ends in a single character that is no part of a longer word, and has more than that."""
    words = [term for term in query.terms if term.stream == "word"]
    end = max((term.end for term in words), default=0)
    last = [term for term in words if term.end == end]
    return 1 < end == len(query.raw.rstrip()) and all(term.end - term.start == 1 for term in last)
