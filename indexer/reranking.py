"""The best candidates, put in order by more than their terms: how alike question, title and phrasings are, whether they ask for
the same, and what was learned from the phrasings. A linear model (`indexer.weights`); clauses of regulations keep their places.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from indexer import kernel
from indexer.learned import Learned
from indexer.ranking import Found
from indexer.segment import Segment
from indexer.weights import RERANKING
from indexer.wording import CHARACTERS, channel_bits, codes
from kb.intents import intents
from kb.query import Query

# how many candidates are looked at
CANDIDATES = 30
FEATURES = tuple(RERANKING)
_WEIGHTS = np.array(list(RERANKING.values()), np.float32)
# units of scores and lengths, so that weights are of one size
_SCORE, _LENGTH = 20.0, 20.0
Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared of a question: what was typed, with corrections in their places."""

    codes: NDArray[np.uint16]
    intents: int
    channels: int


def asked(query: Query) -> Asked:
    """What is compared of a question."""
    plain = query.text
    for reading in query.readings:
        plain = plain.replace(reading.typed, reading.read)
    return Asked(codes(plain), intents(plain), channel_bits(plain))


class _Marks(threading.local):
    """Space for notes on characters, zeros between questions."""

    def __init__(self) -> None:
        self.marks = np.zeros(CHARACTERS, np.uint8)


_MARKS = _Marks()


class Reranker:
    """Puts the candidates of one generation in order. Safe for threads."""

    def __init__(self, segments: Sequence[Segment], weights: NDArray[np.float32], learned: Learned | None) -> None:
        """`weights`: of characters (`wording.character_weights`)."""
        self._segments = segments
        self._characters = weights
        self._learned = learned

    def features(self, query: Query, found: Sequence[tuple[int, Found]]) -> Rows:
        """The features of candidates (number of segment, found), float32 [candidates, FEATURES]."""
        question = asked(query)
        made = np.zeros((len(found), len(FEATURES)), np.float32)
        best = max((f.score for _, f in found), default=1.0)
        made[:, 0] = [f.score / best for _, f in found]
        made[:, 1] = [f.score / _SCORE for _, f in found]
        made[:, 2] = [f.coverage for _, f in found]
        decisions = self._learned.decisions(question.codes) if self._learned else None
        for number in {number for number, _ in found}:
            rows = [row for row, (n, _) in enumerate(found) if n == number]
            articles = np.array([found[row][1].article for row in rows], np.int64)
            made[rows, 3:11] = self._compared(question, number, articles)
            made[rows, 11:14] = _asks(question.intents, self._segments[number].wording.intents[articles])
            if self._learned and decisions is not None:
                learned = self._learned.rows[number][articles]
                made[rows, 14] = np.where(learned >= 0, decisions[learned], 0)
                made[rows, 15] = learned < 0
        return made

    def _compared(self, question: Asked, number: int, articles: NDArray[np.int64]) -> Rows:
        """Columns 3 to 10: likeness, channels, length."""
        wording = self._segments[number].wording
        alike = np.empty((len(articles), 5), np.float32)
        kernel.compare(
            question.codes, wording.phrases, wording.ends, wording.owners, self._characters, articles, _MARKS.marks, alike
        )  # fmt: skip
        named = wording.channels[articles]
        extra, same = named & ~question.channels, named & question.channels
        other = (named != 0) & (same == 0) & (question.channels != 0)
        return np.column_stack([alike[:, :4], extra != 0, other, same != 0, alike[:, 4] / _LENGTH]).astype(np.float32)

    def reorder(self, query: Query, found: Sequence[tuple[int, Found]]) -> list[tuple[int, Found]]:
        """The candidates in their final order, with their final scores: the odds against the first, times the first's score.

        What is found by clause keeps its place and score; so does what comes after the first CANDIDATES, and what an error
        code decides.
        """
        if query.codes:
            return list(found)
        places = [
            place
            for place, (n, f) in enumerate(found[:CANDIDATES])
            if f.section < 0 and not self._segments[n].by_clause[f.article]
        ]
        if len(places) < 2:
            return list(found)
        candidates = [found[place] for place in places]
        values = self.features(query, candidates) @ _WEIGHTS
        order = np.argsort(-values, kind="stable").tolist()
        best = max(f.score for _, f in candidates)
        result = list(found)
        for place, row in zip(places, order, strict=True):
            number, held = candidates[row]
            result[place] = number, held._replace(score=best * math.exp(float(values[row] - values[order[0]])))
        return _descending(result)


def _descending(found: Sequence[tuple[int, Found]]) -> list[tuple[int, Found]]:
    """No score greater than one before it."""
    least = accumulate((f.score for _, f in found), min)
    return [(number, f._replace(score=score)) for (number, f), score in zip(found, least, strict=True)]


def _asks(question: int, titles: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many intents the question and each title share, the title has besides, and the question has besides, [titles, 3]."""
    bits = np.int64(question)
    return np.stack(
        [np.bitwise_count(titles & bits), np.bitwise_count(titles & ~bits), np.bitwise_count(bits & ~titles)], axis=1
    ).astype(np.int64)
