"""The inner loops of ranking, compiled by Numba: look terms up, weigh them, add their postings up, pick the best documents.

Compiled for exactly the types below, so that nothing is ever compiled while a question waits; the machine code is kept beside
this file, or in the user's cache folder, or where `NUMBA_CACHE_DIR` says. Arrays are C-contiguous.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types
from numpy.typing import NDArray

from indexer.columns import ARTICLE, COVERED, FIXED, LEXICAL, NAMED, SCORE, SECTION, SEGMENT
from indexer.compiling import compiled, given, inner
from indexer.fields import CLAUSE_ARTICLE, CLAUSE_OWN, COVERAGE, SECTION_COVERAGE, SECTION_NAMED

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
# a share of the question is never counted for more than the whole, but sums of float32 may be greater by a little
_SLACK = 1.0001

_FLOATS, _SUMS, _INTS = types.float32[::1], types.float32[:, ::1], types.int64[::1]
_PLACES = types.int64[:, ::1]


@inner
def find(ascending: NDArray[np.uint64], wanted: int) -> int:
    """The place of a number, -1 where it does not stand."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < len(ascending) and ascending[low] == wanted else -1


@inner
def look_up(hashes: NDArray[np.uint64], places: Ints, wanted: NDArray[np.uint64], found: Ints) -> None:
    """Fill `found` [wanted, 4] with the rows of `places` whose ascending hash is wanted; rows of zeros where there is none."""
    for number in range(len(wanted)):
        place = find(hashes, wanted[number])
        for column in range(4):
            found[number, column] = places[place, column] if place >= 0 else 0


@compiled(
    types.void(
        given(types.uint64), given(types.int64, 2), given(types.uint64), given(types.int64), given(types.int64),
        given(types.int64), _PLACES, _INTS, _INTS,
    )
)  # fmt: skip
def look_up_and_count(
    hashes: NDArray[np.uint64], places: Ints, wanted: NDArray[np.uint64], gone: Ints, gone_articles: Ints,
    gone_sections: Ints, found: Ints, in_articles: Ints, in_sections: Ints,
) -> None:  # fmt: skip
    """`look_up`, and add to `in_…` in how many live articles and sections each term stands.

    `gone`: numbers of terms of deleted documents, ascending, and in how many deleted articles and sections each stands.
    """
    look_up(hashes, places, wanted, found)
    for number in range(len(wanted)):
        start, end, split, term = found[number, 0], found[number, 1], found[number, 2], found[number, 3]
        in_articles[number] += split - start
        in_sections[number] += end - split
        place = np.searchsorted(gone, term) if end > start else len(gone)
        if place < len(gone) and gone[place] == term:
            in_articles[number] -= gone_articles[place]
            in_sections[number] -= gone_sections[place]


@compiled(
    types.void(_INTS, _INTS, types.int64, types.int64, given(types.int64), given(types.float64), types.float64[:, ::1])
)  # fmt: skip
def weigh(
    in_articles: Ints, in_sections: Ints, articles: int, sections: int, groups: Ints, weights: Doubles, made: Doubles
) -> None:
    """Weigh the terms of a question: fill `made` [4, terms].

    Rows: weight · idf among articles and among sections; what the term's place adds to the coverage of an article, by the idf
    of its commonest term, and of a section, by its rarest. `in_…`: how many hold each term; `groups`: the number of each
    term's place, ascending, -1 (at the end) for terms that count nowhere. idf = ln(1 + (N - n + 0.5) / (n + 0.5))
    (Robertson & Zaragoza 2009).
    """
    whole_articles = whole_sections = 0.0
    number = 0
    while number < len(groups):
        end = number
        least_article, most_section = np.inf, 0.0
        while end < len(groups) and groups[end] == groups[number]:
            article_idf = math.log(1 + (articles - in_articles[end] + 0.5) / (in_articles[end] + 0.5))
            section_idf = math.log(1 + (sections - in_sections[end] + 0.5) / (in_sections[end] + 0.5))
            made[0, end], made[1, end] = weights[end] * article_idf, weights[end] * section_idf
            least_article, most_section = min(least_article, article_idf), max(most_section, section_idf)
            end += 1
        if groups[number] >= 0:
            whole_articles += least_article
            whole_sections += most_section
            made[2, number:end], made[3, number:end] = least_article, most_section
        number = end
    made[2] *= COVERAGE / (whole_articles if whole_articles > 0 else 1.0)
    made[3] *= SECTION_COVERAGE / (whole_sections if whole_sections > 0 else 1.0)


@inner
def add_up(
    documents: NDArray[np.uint32], impacts: Floats, places: Ints, groups: Ints, weighed: Doubles, sums: Floats,
    marks: NDArray[np.int32],
) -> None:  # fmt: skip
    """Fill `sums` [documents, 2] with Σ weight · idf · impact, and with e · coverage.

    `documents`, `impacts`: the postings of the segment. `places`: from `look_up`. `marks` [documents]: space for notes.
    """
    sums[:] = 0
    for term in range(1, len(groups)):
        if groups[term] >= 0 and groups[term] == groups[term - 1]:
            marks[:] = -1
            break
    for term in range(len(groups)):
        start, end, split = places[term, 0], places[term, 1], places[term, 2]
        group = groups[term]
        several = group >= 0 and (
            (term > 0 and groups[term - 1] == group) or (term + 1 < len(groups) and groups[term + 1] == group)
        )
        for of_sections in range(2):
            first, last = (split, end) if of_sections else (start, split)
            weight, share = np.float32(weighed[of_sections, term]), np.float32(weighed[2 + of_sections, term])
            for at in range(first, last):
                document = documents[at]
                sums[document, 0] += weight * impacts[at]
                if group < 0:
                    continue
                if several:
                    if marks[document] == group:
                        continue
                    marks[document] = group
                sums[document, 1] += share


@inner
def _insert(score: float, number: int, held: int, scores: Floats, numbers: Ints) -> int:
    """Put a number among the best held so far, behind those of the same score; how many are held then."""
    value = np.float32(score)
    place = min(held, len(scores) - 1)
    while place > 0 and scores[place - 1] < value:
        scores[place], numbers[place] = scores[place - 1], numbers[place - 1]
        place -= 1
    scores[place], numbers[place] = value, number
    return min(held + 1, len(scores))


@inner
def pick_articles(sums: Floats, admitted: Floats, scores: Floats, numbers: Ints) -> int:
    """Fill `scores` and `numbers` with the best articles, best first, equal ones in the order of number; how many there are.

    `admitted` [articles]: 0 for those that may not be shown, else what their score is multiplied by, at most 1.
    """
    held = 0
    least = np.float32(0)
    for article in range(len(admitted)):
        bound = sums[article, 0] * np.float32(_SLACK)
        if bound <= least:
            continue
        score = sums[article, 0] * (np.float32(1 - COVERAGE) + sums[article, 1]) * admitted[article]
        if score > least:
            held = _insert(score, article, held, scores, numbers)
            if held == len(scores):
                least = scores[held - 1]
    return held


@inner
def pick_clauses(
    sums: Floats, admitted: Floats, owners: Ints, clauses: NDArray[np.bool_], scores: Floats, numbers: Ints
) -> int:
    """The same for the sections that are clauses: each has a share of its article's score and its own.

    `owners` [sections]: number of the article; `clauses` [sections].
    """
    held = 0
    least = np.float32(0)
    articles = len(admitted)
    for section in range(len(owners)):
        document, owner = articles + section, owners[section]
        own = sums[document, 0] * (np.float32(1 - SECTION_COVERAGE) + sums[document, 1])
        if own <= 0 or not clauses[section] or admitted[owner] <= 0:
            continue
        of_article = sums[owner, 0] * (np.float32(1 - COVERAGE) + sums[owner, 1])
        score = np.float32(CLAUSE_ARTICLE) * of_article + np.float32(CLAUSE_OWN) * own
        if score > least:
            held = _insert(score, section, held, scores, numbers)
            if held == len(scores):
                least = scores[held - 1]
    return held


@inner
def pick_section(sums: Floats, articles: int, start: int, end: int) -> int:
    """The best of the sections from `start` to `end` that cover enough of the question, or -1."""
    best, found = np.float32(0), -1
    for section in range(start, end):
        factor = np.float32(1 - SECTION_COVERAGE) + sums[articles + section, 1]
        if factor >= np.float32(1 - SECTION_COVERAGE + SECTION_COVERAGE * SECTION_NAMED):
            score = sums[articles + section, 0] * factor
            if score > best:
                best, found = score, section
    return found


_FOUND, _VALUES, _RISING, _FLAGS = types.int64[:, ::1], types.float64[:, ::1], given(types.int64), given(types.boolean)


@inner
def _best_articles(
    sums: Floats,
    admitted: Floats,
    sections: Ints,
    by_clause: NDArray[np.bool_],
    limit: int,
    found: Ints,
    values: Doubles,
) -> int:
    """Fill the first rows with the best articles; how many there are. `sections` [articles + 1]: where each one's begin."""
    scores, numbers = np.empty(limit, np.float32), np.empty(limit, np.int64)
    held = pick_articles(sums, admitted, scores, numbers)
    for row in range(held):
        article = numbers[row]
        found[row, ARTICLE], found[row, SECTION], found[row, FIXED] = article, -1, by_clause[article]
        found[row, NAMED] = pick_section(sums, len(admitted), sections[article], sections[article + 1])
        values[row, SCORE], values[row, COVERED] = scores[row], sums[article, 1]
    return held


@inner
def _best_clauses(
    sums: Floats, admitted: Floats, owners: Ints, clauses: NDArray[np.bool_], limit: int, most: int, found: Ints,
    values: Doubles,
) -> int:  # fmt: skip
    """The same for clauses, at most `most` of an article."""
    size = limit * (most + 2) + 20
    scores, numbers = np.empty(size, np.float32), np.empty(size, np.int64)
    row = 0
    for place in range(pick_clauses(sums, admitted, owners, clauses, scores, numbers)):
        section, article = numbers[place], owners[numbers[place]]
        taken = 0
        for before in range(row):
            taken += 1 if found[before, ARTICLE] == article else 0
        if row < limit and taken < most:
            found[row, ARTICLE], found[row, SECTION], found[row, NAMED], found[row, FIXED] = (
                article,
                section,
                section,
                1,
            )
            values[row, SCORE], values[row, COVERED] = scores[place], sums[article, 1]
            row += 1
    return row


@compiled(
    types.int64(
        given(types.uint32), given(types.float32), given(types.int64, 2), given(types.int64), given(types.float64, 2),
        given(types.float32), _RISING, _FLAGS, _RISING, _FLAGS, types.int64, types.int64, types.int64,
        _SUMS, types.int32[::1], _FOUND, _VALUES,
    )
)  # fmt: skip
def best(
    documents: NDArray[np.uint32], impacts: Floats, places: Ints, groups: Ints, weighed: Doubles,
    admitted: Floats, sections: Ints, by_clause: NDArray[np.bool_], owners: Ints, clauses: NDArray[np.bool_],
    segment: int, limit: int, of_article: int,
    sums: Floats, marks: NDArray[np.int32], found: Ints, values: Doubles,
) -> int:  # fmt: skip
    """Everything that is done in one segment for a question, in one call: a call costs Python more than most of these loops.

    Fills the first rows of `found` [rows, FOUND_COLUMNS] and `values` [rows, VALUE_COLUMNS]: `limit` articles, best first, then
    as many clauses, at most `of_article` of one; how many rows. `segment`: its number. `sums` [documents, 2] and `marks`
    [documents] are space; the rest is what the functions above take.
    """
    add_up(documents, impacts, places, groups, weighed, sums, marks)
    held = _best_articles(sums, admitted, sections, by_clause, limit, found, values)
    if of_article > 0:
        held += _best_clauses(sums, admitted, owners, clauses, limit, of_article, found[held:], values[held:])
    for row in range(held):
        found[row, SEGMENT] = segment
        values[row, COVERED] = min(1.0, values[row, COVERED] / COVERAGE)
        values[row, LEXICAL] = values[row, SCORE]
    return held
