"""The best candidates, put in order by more than their terms: how alike question, title and phrasings are, whether they ask for
the same, and what was learned from the phrasings. A linear model (`indexer.weights`); clauses of regulations keep their places.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer import likeness
from indexer.candidates import Candidates
from indexer.columns import ARTICLE, FIXED, SEGMENT
from indexer.learned import Learned
from indexer.weights import RERANKING
from indexer.wording import CHARACTERS, Wording, channel_bits, codes
from kb.backend import Influence
from kb.intents import intents
from kb.query import Query

# how many candidates are looked at
CANDIDATES = 30
FEATURES = tuple(RERANKING)
_WEIGHTS = np.array(list(RERANKING.values()), np.float32)
# how far a question that must not find an article sends it back, and from which likeness of pairs on it is that question
REFUSAL, _SAME = 14.0, 0.75
_PAIRS = FEATURES.index("pairs")
Rows = NDArray[np.float32]
Scores = NDArray[np.float32]
Places = NDArray[np.intp]
_NO_DECISIONS, _NO_ROWS = np.empty(0, np.float32), np.empty(0, np.int64)


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

    def __init__(self, wordings: Sequence[Wording], weights: NDArray[np.float32], learned: Learned | None) -> None:
        """`wordings`: of the segments; `weights`: of characters (`wording.character_weights`)."""
        self._wordings = wordings
        self._characters = weights
        self._learned = learned

    def features(self, query: Query, found: Candidates) -> Rows:
        """The features of candidates, float32 [candidates, FEATURES]."""
        question = asked(query)
        made = np.empty((len(found), len(FEATURES)), np.float32)
        decisions = self._learned.decisions(question.codes) if self._learned else _NO_DECISIONS
        numbers = range(len(self._wordings))
        for number in numbers if len(numbers) == 1 else set(found.found[:, SEGMENT].tolist()):
            wording = self._wordings[number]
            likeness.describe(
                question.codes, question.intents, question.channels, self._characters, decisions,
                wording.phrases, wording.ends, wording.owners, wording.intents, wording.channels,
                wording.held, wording.held_ends, self._learned.rows[number] if self._learned else _NO_ROWS,
                number, found.found, found.values, _MARKS.marks, made,
            )  # fmt: skip
        return made

    def _refused(self, query: Query, found: Candidates, features: Rows) -> Scores:
        """How much more a question is like one that an article must not be found by than like its own words, [candidates].

        0 unless it is put nearly as the editor put it.
        """
        more = np.zeros(len(found), np.float32)
        numbers, articles = found.found[:, SEGMENT], found.found[:, ARTICLE]
        for number in range(len(self._wordings)):
            wording = self._wordings[number]
            rows = np.flatnonzero(numbers == number)
            having = rows[wording.has_refusals[articles[rows]]]
            if len(having):
                alike = np.empty((len(having), 5), np.float32)
                likeness.compare(
                    asked(query).codes, wording.refusals, wording.refusal_ends, wording.refusal_owners, self._characters,
                    articles[having], _MARKS.marks, alike,
                )  # fmt: skip
                said = alike[:, 2]
                more[having] = np.where(said >= _SAME, np.maximum(said - features[having, _PAIRS], 0), 0)
        return more

    def influences(self, query: Query, found: Candidates, place: int) -> list[Influence]:
        """What each feature of one candidate counts, in the order of FEATURES, then what its editors refuse; empty where it is
        not compared."""
        places = compared(found).tolist()
        if query.codes or len(places) < 2 or place not in places:
            return []
        candidates, row = found.at(places), places.index(place)
        features = self.features(query, candidates)
        refused = float(self._refused(query, candidates, features)[row])
        values = features[row]
        made = list(map(Influence, FEATURES, values.tolist(), (values * _WEIGHTS).tolist()))
        return [*made, Influence("refused", refused, -REFUSAL * refused)]

    def reorder(self, query: Query, found: Candidates, limit: int) -> Candidates:
        """The first candidates in their final order, with their final scores: the odds against the first, times its score.

        What is found by clause keeps its place; so does what comes after the first CANDIDATES, and what an error code decides.
        No score is greater than one before it.
        """
        first = found[:CANDIDATES]
        places = compared(first)
        if query.codes or len(places) < 2:
            return found[:limit]
        candidates = first if len(places) == len(first) else first.at(places)
        features = self.features(query, candidates)
        worth = features @ _WEIGHTS - REFUSAL * self._refused(query, candidates, features)
        made = Candidates(found.found[:limit].copy(), found.values[:limit].copy())
        likeness.reorder(first.found, first.values, worth, np.exp(worth - worth.max()), made.found, made.values)
        return made


def compared(found: Candidates) -> Places:
    """Places of the candidates that are compared."""
    return np.flatnonzero(found.found[:CANDIDATES, FIXED] == 0)
