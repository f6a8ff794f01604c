"""The inner loops that compare a question with its candidates beside one another, compiled by Numba: what tells their titles apart,
in which order characters stand, whether a keyword is named, and what one sentence holds. Compiled as those of `indexer/kernel.py` are.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types
from numpy.typing import NDArray

from indexer.columns import ARTICLE, SEGMENT
from indexer.compiling import compiled, given, inner

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Codes = NDArray[np.uint16]
Bytes = NDArray[np.uint8]
# columns that `contrast` fills
WIDTH = 4

_CODES, _INTS, _BYTES = given(types.uint16), given(types.int64), types.uint8[::1]
_FOUND = types.int64[:, ::1]


@compiled(types.void(_CODES, _INTS, _INTS, types.int64, _FOUND, _BYTES, _BYTES))
def count(phrases: Codes, ends: Ints, owners: Ints, segment: int, found: Ints, marks: Bytes, counts: Bytes) -> None:
    """Add to `counts`, by character, in how many titles of the candidates of one segment it stands; at most 255 candidates.

    `marks`: zeros, by character; the rest is what `likeness.describe` takes.
    """
    for row in range(len(found)):
        if found[row, SEGMENT] == segment:
            title = owners[found[row, ARTICLE]]
            text = phrases[ends[title] : ends[title + 1]]
            for character in text:
                counts[character] += 1 - marks[character]
                marks[character] = 1
            for character in text:
                marks[character] = 0


@compiled(types.void(_CODES, _INTS, _INTS, types.int64, _FOUND, _BYTES))
def forget(phrases: Codes, ends: Ints, owners: Ints, segment: int, found: Ints, counts: Bytes) -> None:
    """Set to zero what `count` added."""
    for row in range(len(found)):
        if found[row, SEGMENT] == segment:
            title = owners[found[row, ARTICLE]]
            for character in phrases[ends[title] : ends[title + 1]]:
                counts[character] = 0


@inner
def _square(held: int, titles: int) -> float:
    """Square of the weight of a character that stands in so many of the candidates' titles."""
    weight = math.log(1 + (titles - held + 0.5) / (held + 0.5))
    return weight * weight


@inner
def _in_order(question: Codes, text: Codes, marks: Bytes, lengths: Ints) -> int:
    """Length of the longest common subsequence. `marks`: 1 for characters of the question; `lengths`: space for as many and one."""
    lengths[: len(question) + 1] = 0
    for character in text:
        # what the question does not hold changes nothing
        if marks[character]:
            before = 0
            for place in range(len(question)):
                above = lengths[place + 1]
                if question[place] == character:
                    lengths[place + 1] = before + 1
                elif lengths[place] > above:
                    lengths[place + 1] = lengths[place]
                before = above
    longest: int = lengths[len(question)]
    return longest


@inner
def _dividing(text: Codes, asked: float, titles: int, marks: Bytes, counts: Bytes) -> float:
    """Cosine of the characters of question and title, each weighed by how few of the candidates' titles hold it.

    `asked`: sum of the squares of the question's weights; `marks`: 1 for its characters.
    """
    own = common = 0.0
    for character in text:
        if marks[character] < 2:
            square = _square(counts[character], titles)
            own += square
            common += square if marks[character] == 1 else 0.0
            marks[character] += 2
    for character in text:
        marks[character] &= 1
    return common / math.sqrt(own * asked) if own > 0 and asked > 0 else 0.0


@compiled(
    types.void(
        _CODES, given(types.float32), _CODES, _INTS, _INTS, _CODES, _INTS, _INTS, _CODES, _INTS, _INTS, types.int64, _FOUND,
        _BYTES, _BYTES, types.float32[:, :],
    )
)  # fmt: skip
def contrast(
    question: Codes, weights: Floats, phrases: Codes, ends: Ints, owners: Ints, keywords: Codes, keyword_ends: Ints,
    keyword_owners: Ints, sentences: Codes, sentence_ends: Ints, sentence_owners: Ints, segment: int, found: Ints,
    counts: Bytes, marks: Bytes, made: Floats,
) -> None:  # fmt: skip
    """Fill `made` [candidates, WIDTH] for the candidates of one segment.

    Columns: the greatest share of a keyword's characters that stand in the question; cosine of the characters of question and
    title, weighed by how they divide the candidates; longest common subsequence with title and phrasings, twice its length to
    that of both texts, the greatest; the greatest share of the question's characters, by weight, that one sentence holds.
    `weights`: by character; `sentences`: the characters of each, each once; `counts`: of `count`, over all candidates; `marks`:
    zeros, by character.
    """
    asked = whole = 0.0
    for character in question:
        whole += weights[character] if marks[character] == 0 else 0.0
        if marks[character] == 0 and counts[character]:
            asked += _square(counts[character], len(found))
        marks[character] = 1
    lengths = np.empty(len(question) + 1, np.int64)
    for row in range(len(found)):
        if found[row, SEGMENT] != segment:
            continue
        made[row] = 0
        article = found[row, ARTICLE]
        for number in range(keyword_owners[article], keyword_owners[article + 1]):
            text = keywords[keyword_ends[number] : keyword_ends[number + 1]]
            held = 0
            for character in text:
                held += marks[character]
            if held:
                made[row, 0] = max(made[row, 0], held / len(text))
        title = owners[article]
        made[row, 1] = _dividing(phrases[ends[title] : ends[title + 1]], asked, len(found), marks, counts)
        for number in range(owners[article], owners[article + 1]):
            text = phrases[ends[number] : ends[number + 1]]
            if len(text):
                common = _in_order(question, text, marks, lengths)
                made[row, 2] = max(made[row, 2], 2 * common / (len(question) + len(text)))
        for number in range(sentence_owners[article], sentence_owners[article + 1]):
            said = 0.0
            for at in range(sentence_ends[number], sentence_ends[number + 1]):
                if marks[sentences[at]]:
                    said += weights[sentences[at]]
            if said > 0:
                made[row, 3] = max(made[row, 3], said / whole)
    for character in question:
        marks[character] = 0
