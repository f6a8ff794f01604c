"""Articles out of nothing but the repository: clauses and words of its own articles and lexicon, thrown together anew.

Frequencies fall as in real texts (few words are everywhere, most are rare), and clauses are cut and joined at random places,
so that the vocabulary goes on growing with the number of articles.
"""

from __future__ import annotations

import random
import re
from functools import cache
from itertools import accumulate
from pathlib import Path

from kb.lexicon import load_lexicon
from kb.library import load_library

REPOSITORY_ARTICLES = Path(__file__).resolve().parent.parent / "articles"
_CLAUSE = re.compile("[\u4e00-\u9fff0-9A-Za-z]{4,24}")


def generated_rows(count: int, seed: int) -> list[tuple[str, str]]:
    """(title, text) of so many made-up articles; the same for the same numbers."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    words = sorted(set(load_lexicon(REPOSITORY_ARTICLES)[0].words()))
    clauses = list(_clauses())
    chance.shuffle(words)
    chance.shuffle(clauses)
    words_by_rank, clauses_by_rank = _Ranked(words), _Ranked(clauses)
    rows = []
    for number in range(1, count + 1):
        title = f"{words_by_rank.draw(chance)}{clauses_by_rank.draw(chance)[:16]} 第{number}条"
        sentences = (_sentence(chance, words_by_rank, clauses_by_rank) for _ in range(chance.randint(1, 6)))
        rows.append((title, "".join(sentences)))
    return rows


class _Ranked:
    """Draws items with the frequencies of Zipf's law, flattened a little: the n-th in proportion to 1/(n + 10)."""

    def __init__(self, items: list[str]) -> None:
        self._items = items
        self._sums = list(accumulate(1 / (rank + 10) for rank in range(len(items))))

    def draw(self, chance: random.Random) -> str:
        return chance.choices(self._items, cum_weights=self._sums)[0]


@cache
def _clauses() -> tuple[str, ...]:
    texts = (t for a in load_library(REPOSITORY_ARTICLES).articles for t in (a.title, a.answer, a.body, *a.questions))
    return tuple(sorted({clause for text in texts for clause in _CLAUSE.findall(text)}))


def _sentence(chance: random.Random, words: _Ranked, clauses: _Ranked) -> str:
    parts = []
    for _ in range(chance.randint(2, 4)):
        clause = clauses.draw(chance)
        kind = chance.random()
        if kind < 0.2:
            other = clauses.draw(chance)
            clause = clause[: chance.randint(2, len(clause))] + other[chance.randint(0, len(other) - 2) :]
        elif kind < 0.5:
            clause = words.draw(chance) + clause
        elif kind < 0.6:
            clause += f"{chance.randint(1, 5000)}元"
        parts.append(clause)
    return "，".join(parts) + "。"
