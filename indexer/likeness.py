"""The inner loops that put candidates in order, compiled by Numba: how like a question is to what an article says, what was learned,
and the order that follows. Compiled as those of `indexer/kernel.py` are.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from numba import types
from numpy.typing import NDArray

from indexer.columns import ARTICLE, COVERED, FIXED, SCORE, SEGMENT
from indexer.compiling import compiled, given, inner
from indexer.kernel import find

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
# units of scores and lengths, so that weights of features are of one size
SCORE_UNIT, LENGTH_UNIT = 20.0, 20.0

_FLOATS = types.float32[::1]
_FOUND, _VALUES = types.int64[:, ::1], types.float64[:, ::1]
_CODES, _MADE = given(types.uint16), cast(Any, types.Tuple)


@inner
def _characters(
    text: NDArray[np.uint16], weights: Floats, marks: NDArray[np.uint8]
) -> tuple[float, float, float, float]:
    """Weights of a text's characters, each counted once, and of those among them that are marked 1; squares of both."""
    total = held = norm = common = 0.0
    for character in text:
        if marks[character] < 2:
            weight = weights[character]
            total += weight
            norm += weight * weight
            if marks[character] == 1:
                held += weight
                common += weight * weight
            marks[character] += 2
    for character in text:
        marks[character] &= 1
    return total, held, norm, common


@inner
def _pairs(
    question: NDArray[np.uint16], text: NDArray[np.uint16], weights: Floats, marks: NDArray[np.uint8]
) -> tuple[float, float, int]:
    """Weights of a text's pairs of characters, and of those that stand in the question; the longest run that both share.

    `marks`: 1 for characters of the question.
    """
    total = matched = 0.0
    longest = 0
    for at in range(len(text) - 1):
        weight = weights[text[at]] + weights[text[at + 1]]
        total += weight
        # a pair that both hold begins with a character that both hold
        shared = 0
        if marks[text[at]] == 1 and marks[text[at + 1]] == 1:
            for place in range(len(question) - 1):
                run = 0
                while place + run < len(question) and at + run < len(text) and question[place + run] == text[at + run]:
                    run += 1
                shared = max(shared, run)
        if shared > 1:
            matched += weight
            longest = max(longest, shared)
    return total, matched, longest


@compiled(
    types.void(
        given(types.uint16), given(types.uint16), given(types.int64), given(types.int64), given(types.float32),
        types.int64[::1], types.uint8[::1], types.float32[:, ::1],
    )
)  # fmt: skip
def compare(
    question: NDArray[np.uint16], phrases: NDArray[np.uint16], ends: Ints, owners: Ints, weights: Floats, articles: Ints,
    marks: NDArray[np.uint8], made: Floats,
) -> None:  # fmt: skip
    """How alike a question and the titles and phrasings of some articles are: fill `made` [articles, 5].

    Columns: share of the title's characters, by weight, that stand in the question; then over title and phrasings the
    greatest cosine of their characters, Dice coefficient of their pairs, and longest common run as a share of the longer
    text; difference in length to the title, in characters. `weights` by character; `marks` zeros, by character.
    """
    own = own_pairs = 0.0
    for at in range(len(question)):
        weight = weights[question[at]]
        own += weight * weight if marks[question[at]] == 0 else 0.0
        own_pairs += weight + weights[question[at + 1]] if at + 1 < len(question) else 0.0
        marks[question[at]] = 1
    for row in range(len(articles)):
        made[row] = 0
        for phrase in range(owners[articles[row]], owners[articles[row] + 1]):
            text = phrases[ends[phrase] : ends[phrase + 1]]
            total, held, norm, common = _characters(text, weights, marks)
            pairs, matched, longest = _pairs(question, text, weights, marks)
            if phrase == owners[articles[row]]:
                made[row, 0] = held / total if total > 0 else 0.0
                made[row, 4] = abs(len(text) - len(question)) if len(text) else 0
            if own > 0 and norm > 0:
                made[row, 1] = max(made[row, 1], common / math.sqrt(own * norm))
            if own_pairs + pairs > 0:
                made[row, 2] = max(made[row, 2], 2 * matched / (own_pairs + pairs))
            if longest:
                made[row, 3] = max(made[row, 3], longest / max(len(question), len(text)))
    for character in question:
        marks[character] = 0


@inner
def hold(
    question: NDArray[np.uint16], held: NDArray[np.uint16], ends: Ints, weights: Floats, articles: Ints,
    marks: NDArray[np.uint8], made: Floats,
) -> None:  # fmt: skip
    """The share of a question's characters, by weight, that some articles hold anywhere: fill `made` [articles].

    `held`, `ends`: the characters of each article, each once. `weights` by character; `marks` zeros, by character.
    """
    whole = 0.0
    for character in question:
        whole += weights[character] if marks[character] == 0 else 0.0
        marks[character] = 1
    for row in range(len(articles)):
        found = 0.0
        for at in range(ends[articles[row]], ends[articles[row] + 1]):
            if marks[held[at]]:
                found += weights[held[at]]
        made[row] = found / whole if whole > 0 else 0.0
    for character in question:
        marks[character] = 0


@inner
def _count(bits: int) -> int:
    """How many bits are set."""
    found = 0
    while bits:
        bits &= bits - 1
        found += 1
    return found


@inner
def agree(intents: int, channels: int, title_intents: Ints, title_channels: Ints, articles: Ints, made: Floats) -> None:
    """Whether a question and the titles of some articles ask for the same: fill `made` [articles, 6].

    Columns: whether the title names a channel that the question does not; names only others than the question; names one
    that it does; how many intents both have, only the title has, only the question has.
    """
    for row in range(len(articles)):
        named, asked = title_channels[articles[row]], title_intents[articles[row]]
        made[row, 0] = 1.0 if named & ~channels else 0.0
        made[row, 1] = 1.0 if named and channels and not named & channels else 0.0
        made[row, 2] = 1.0 if named & channels else 0.0
        made[row, 3] = _count(asked & intents)
        made[row, 4] = _count(asked & ~intents)
        made[row, 5] = _count(intents & ~asked)


@compiled(
    types.void(
        given(types.uint64), given(types.uint64), given(types.int64), given(types.float32), given(types.uint32),
        given(types.float32), _FLOATS,
    )
)  # fmt: skip
def decide(
    runs: NDArray[np.uint64], known: NDArray[np.uint64], ends: Ints, weights: Floats, rows: NDArray[np.uint32],
    learned: Floats, made: Floats,
) -> None:  # fmt: skip
    """Add the value of every decision for a text to `made` [decisions], which holds the intercepts.

    `runs`: the text's features as they stand, ascending, with repetitions; `known` [features] ascending; `ends`
    [features + 1]: where each one's `rows` and `learned` weights begin. A feature's value is idf · (1 + ln(how often)), divided
    by the length of the vector of them.
    """
    values = np.empty(len(runs), np.float32)
    places = np.empty(len(runs), np.int64)
    held = 0
    squares = 0.0
    at = 0
    while at < len(runs):
        end = at
        while end < len(runs) and runs[end] == runs[at]:
            end += 1
        place = find(known, runs[at])
        if place >= 0:
            values[held] = weights[place] * (1 + math.log(end - at))
            places[held] = place
            squares += values[held] * values[held]
            held += 1
        at = end
    for number in range(held):
        value = np.float32(values[number] / math.sqrt(squares))
        for at in range(ends[places[number]], ends[places[number] + 1]):
            made[rows[at]] += value * learned[at]


@compiled(
    types.void(
        given(types.uint16), types.int64, types.int64, given(types.float32), given(types.float32),
        given(types.uint16), given(types.int64), given(types.int64), given(types.int64), given(types.int64),
        given(types.uint16), given(types.int64), given(types.int64), types.int64, _FOUND, _VALUES, types.uint8[::1],
        types.float32[:, ::1],
    )
)  # fmt: skip
def describe(
    question: NDArray[np.uint16], intents: int, channels: int, characters: Floats, decisions: Floats,
    phrases: NDArray[np.uint16], ends: Ints, owners: Ints, title_intents: Ints, title_channels: Ints,
    characters_held: NDArray[np.uint16], held_ends: Ints, learned: Ints, segment: int, found: Ints, values: Doubles,
    marks: NDArray[np.uint8], made: Floats,
) -> None:  # fmt: skip
    """Fill the first 17 features (`indexer.weights`, in that order) of the candidates of one segment: `made` [candidates, 17 or more].

    `learned` [articles]: number of each one's decision, -1 where there is none; empty where nothing was learned. The rest is
    what `best`, `compare`, `agree` and `hold` take.
    """
    best = np.float32(0)
    held = 0
    for row in range(len(found)):
        best = max(best, np.float32(values[row, SCORE]))
        held += 1 if found[row, SEGMENT] == segment else 0
    articles, rows = np.empty(held, np.int64), np.empty(held, np.int64)
    held = 0
    for row in range(len(found)):
        if found[row, SEGMENT] == segment:
            articles[held], rows[held] = found[row, ARTICLE], row
            held += 1
    alike, agreeing = np.empty((held, 5), np.float32), np.empty((held, 6), np.float32)
    compare(question, phrases, ends, owners, characters, articles, marks, alike)
    agree(intents, channels, title_intents, title_channels, articles, agreeing)
    whole = np.empty(held, np.float32)
    hold(question, characters_held, held_ends, characters, articles, marks, whole)
    for number in range(held):
        row, article = rows[number], articles[number]
        score = np.float32(values[row, SCORE])
        made[row, 0], made[row, 1], made[row, 2] = score / best, score / np.float32(SCORE_UNIT), values[row, COVERED]
        made[row, 3:8], made[row, 8:14] = alike[number], agreeing[number]
        made[row, 7] /= np.float32(LENGTH_UNIT)
        made[row, 14] = made[row, 15] = 0
        if len(learned):
            if learned[article] >= 0:
                made[row, 14] = decisions[learned[article]]
            # one whose decision waits for the next whole build is neither lifted nor pushed down
            made[row, 15] = 0 if owners[article + 1] - owners[article] > 1 else 1
        # an article that is near by its terms, and holds the rest of the question as well
        made[row, 16] = whole[number] * made[row, 0]


@compiled(types.void(_FOUND, _VALUES, given(types.float32), given(types.float32), _FOUND, _VALUES))
def reorder(found: Ints, values: Doubles, worth: Floats, odds: Floats, made: Ints, made_values: Doubles) -> None:
    """Fill `made` and `made_values`, which hold the first candidates as they are, with those not fixed in the order of `worth`.

    `worth`, `odds` [not fixed]: in the order of the candidates; a score is the best of theirs times the odds. No score is
    greater than one before it.
    """
    places, order = np.empty(len(worth), np.int64), np.empty(len(worth), np.int64)
    held = 0
    best = 0.0
    for place in range(len(found)):
        if held < len(worth) and not found[place, FIXED]:
            places[held] = place
            best = max(best, values[place, SCORE])
            at = held
            while at > 0 and worth[order[at - 1]] < worth[held]:
                order[at] = order[at - 1]
                at -= 1
            order[at] = held
            held += 1
    for number in range(held):
        if places[number] < len(made):
            row = order[number]
            made[places[number]] = found[places[row]]
            made_values[places[number]] = values[places[row]]
            made_values[places[number], SCORE] = best * odds[row]
    for place in range(1, len(made)):
        made_values[place, SCORE] = min(made_values[place, SCORE], made_values[place - 1, SCORE])
