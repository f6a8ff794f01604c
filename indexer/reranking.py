"""The best candidates, put in order by more than their terms: how alike question, title and phrasings are, whether they ask for
the same, and what was learned from the phrasings. A linear model (`indexer.weights`); clauses of regulations keep their places.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer import contrast, likeness
from indexer.candidates import Candidates
from indexer.columns import ARTICLE, FIXED, SEGMENT
from indexer.learned import Learned
from indexer.weights import RERANKING
from indexer.wording import CHARACTERS, Wording, as_text, channel_bits, codes
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


def asked(query: Query, spoken: Sequence[str] = ()) -> Asked:
    """What is compared of a question. `spoken`: titles and phrasings of the candidates (`Wording.spoken`); for a word that none of
    them uses stands its equal that most of them do."""
    plain = query.text
    for reading in query.readings:
        plain = plain.replace(reading.typed, reading.read)
    for typed, members in query.equals if spoken else ():
        if not _using(spoken, typed):
            best = max(members, key=lambda member: _using(spoken, member), default=typed)
            plain = plain.replace(typed, best) if _using(spoken, best) else plain
    return Asked(codes(plain), intents(plain), channel_bits(plain))


def _using(spoken: Sequence[str], word: str) -> int:
    """How many of the texts hold a word."""
    wanted = as_text(codes(word))
    return sum(wanted in text for text in spoken)


class _Marks(threading.local):
    """Space for notes on characters, zeros between questions."""

    def __init__(self) -> None:
        self.marks = np.zeros(CHARACTERS, np.uint8)
        self.counts = np.zeros(CHARACTERS, np.uint8)


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
        spoken = (
            [self._wordings[n].spoken(a) for n, a in found.found[:, (SEGMENT, ARTICLE)].tolist()]
            if query.equals
            else []
        )
        question = asked(query, spoken)
        made = np.empty((len(found), len(FEATURES)), np.float32)
        decisions = self._learned.decisions(question.codes) if self._learned else _NO_DECISIONS
        one = len(self._wordings) == 1
        numbers = [0] if one else list(set(found.found[:, SEGMENT].tolist()))
        self._contrast(question, found, numbers, made)
        for number in numbers:
            wording = self._wordings[number]
            likeness.describe(
                question.codes, question.intents, question.channels, self._characters, decisions,
                wording.phrases, wording.ends, wording.owners, wording.intents, wording.channels,
                wording.held, wording.held_ends, self._learned.rows[number] if self._learned else _NO_ROWS,
                number, found.found, found.values, _MARKS.marks, made,
            )  # fmt: skip
        return made

    def _contrast(self, question: Asked, found: Candidates, numbers: Sequence[int], made: Rows) -> None:
        """Fill the features that compare the candidates with one another, the last ones, for the segments `numbers`."""
        space = _MARKS
        for number in numbers:
            w = self._wordings[number]
            contrast.count(w.phrases, w.ends, w.owners, number, found.found, space.marks, space.counts)
        for number in numbers:
            w = self._wordings[number]
            contrast.contrast(
                question.codes, self._characters, w.phrases, w.ends, w.owners, w.keywords, w.keyword_ends, w.keyword_owners,
                w.sentences, w.sentence_ends, w.sentence_owners, number, found.found, space.counts, space.marks,
                made[:, -contrast.WIDTH :],
            )  # fmt: skip
        for number in numbers:
            w = self._wordings[number]
            contrast.forget(w.phrases, w.ends, w.owners, number, found.found, space.counts)

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
