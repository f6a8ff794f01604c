"""The best candidates, put in order by more than their terms: how alike question, title and phrasings are, whether they ask for
the same, and what was learned from the phrasings. A linear model (`indexer.weights`); clauses of regulations keep their places.
"""

from __future__ import annotations

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
# units of scores and lengths, so that weights are of one size
_SCORE, _LENGTH = 20.0, 20.0
Rows = NDArray[np.float32]
Scores = NDArray[np.float32]
Ids = NDArray[np.int64]


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
        return self._judged(query, found)[0]

    def _judged(self, query: Query, found: Sequence[tuple[int, Found]]) -> tuple[Rows, Scores]:
        """The features of candidates, and how much each refuses the question (see `_refused`), float32 [candidates]."""
        question = asked(query)
        refused = np.zeros(len(found), np.float32)
        scores = np.array([f.score for _, f in found], np.float32)
        made = np.empty((len(found), len(FEATURES)), np.float32)
        made[:, 0] = scores / (scores.max() if len(found) else 1)
        made[:, 1] = scores / _SCORE
        made[:, 2] = [f.coverage for _, f in found]
        decisions = self._learned.decisions(question.codes) if self._learned else None
        numbers = np.array([number for number, _ in found])
        articles = np.array([f.article for _, f in found], np.int64)
        for number in set(numbers.tolist()):
            of_segment = numbers == number
            chosen, wording = articles[of_segment], self._segments[number].wording
            made[of_segment, 3:] = self._of_segment(question, number, chosen, decisions)
            refused[of_segment] = self._refused(question, wording, chosen, made[of_segment, _PAIRS])
        # an article that is near by its terms, and holds the rest of the question as well
        made[:, -1] *= made[:, 0]
        return made, refused

    def _of_segment(self, question: Asked, number: int, articles: Ids, decisions: Scores | None) -> Rows:
        """Likeness, length, channels, intents, what was learned and what is held of articles of a segment, [articles, 14]."""
        wording = self._segments[number].wording
        alike, agreeing = np.empty((len(articles), 5), np.float32), np.empty((len(articles), 6), np.float32)
        kernel.compare(
            question.codes, wording.phrases, wording.ends, wording.owners, self._characters, articles, _MARKS.marks, alike
        )  # fmt: skip
        kernel.agree(question.intents, question.channels, wording.intents, wording.channels, articles, agreeing)
        held = np.empty(len(articles), np.float32)
        kernel.hold(question.codes, wording.held, wording.held_ends, self._characters, articles, _MARKS.marks, held)
        made = np.zeros((len(articles), 14), np.float32)
        made[:, :5] = alike
        made[:, 4] /= _LENGTH
        made[:, 5:11] = agreeing
        if self._learned and decisions is not None:
            rows = self._learned.rows[number][articles]
            made[:, 11] = np.where(rows >= 0, decisions[rows], 0)
            # one whose decision waits for the next whole build is neither lifted nor pushed down
            made[:, 12] = ~wording.has_phrasings[articles]
        made[:, 13] = held
        return made

    def _refused(self, question: Asked, wording: Wording, articles: Ids, own: Scores) -> Scores:
        """How much more a question is like one that an article must not be found by than like its own words, [articles].

        0 unless it is put nearly as the editor put it. `own`: likeness of pairs to the article's title and phrasings.
        """
        more = np.zeros(len(articles), np.float32)
        having = np.flatnonzero(wording.has_refusals[articles])
        if len(having):
            alike = np.empty((len(having), 5), np.float32)
            kernel.compare(
                question.codes, wording.refusals, wording.refusal_ends, wording.refusal_owners, self._characters,
                articles[having], _MARKS.marks, alike,
            )  # fmt: skip
            said = alike[:, 2]
            more[having] = np.where(said >= _SAME, np.maximum(said - own[having], 0), 0)
        return more

    def _compared(self, found: Sequence[tuple[int, Found]]) -> list[int]:
        """Places of the candidates that are compared."""
        first = enumerate(found[:CANDIDATES])
        return [place for place, (n, f) in first if f.section < 0 and not self._segments[n].by_clause[f.article]]

    def influences(self, query: Query, found: Sequence[tuple[int, Found]], place: int) -> list[Influence]:
        """What each feature of one candidate counts, in the order of FEATURES, then what its editors refuse; empty where it is
        not compared."""
        places = self._compared(found)
        if query.codes or len(places) < 2 or place not in places:
            return []
        features, refused = self._judged(query, [found[p] for p in places])
        row = places.index(place)
        values = features[row]
        made = list(map(Influence, FEATURES, values.tolist(), (values * _WEIGHTS).tolist()))
        return [*made, Influence("refused", float(refused[row]), -REFUSAL * float(refused[row]))]

    def reorder(self, query: Query, found: Sequence[tuple[int, Found]], limit: int) -> list[tuple[int, Found]]:
        """The first candidates in their final order, with their final scores: the odds against the first, times its score.

        What is found by clause keeps its place; so does what comes after the first CANDIDATES, and what an error code decides.
        No score is greater than one before it.
        """
        places = self._compared(found)
        if query.codes or len(places) < 2:
            return list(found[:limit])
        candidates = [found[place] for place in places]
        features, refused = self._judged(query, candidates)
        values = features @ _WEIGHTS - REFUSAL * refused
        order = np.argsort(-values, kind="stable").tolist()
        odds = np.exp(values - values[order[0]]).tolist()
        best = max(f.score for _, f in candidates)
        chosen, scores = list(found[:limit]), [f.score for _, f in found[:limit]]
        for place, row in zip(places, order, strict=True):
            if place < limit:
                chosen[place], scores[place] = candidates[row], best * odds[row]
        return [(n, f._replace(score=s)) for (n, f), s in zip(chosen, accumulate(scores, min), strict=True)]
