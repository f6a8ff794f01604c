"""What was learned from the customers' phrasings, opened for questions: for each such article, how much a text is like them.

One linear decision per article, value = intercept + Σ features weight · tf-idf, features being 1 to 3 characters in a row. Trained
when an index is built as a whole (`indexer.learning`); an update keeps the decisions of articles that did not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer import likeness
from indexer.bundle import Arrays, open_bundle
from indexer.wording import Codes

FILE, ROWS_FILE = "learned.arrays", "learned_rows.arrays"
# what stands above 1, 2 and 3 characters in a feature's number
_ONE, _TWO, _THREE, _16 = np.array([1 << 48, 2 << 48, 3 << 48, 16], np.uint64)


def runs(text: Codes) -> NDArray[np.uint64]:
    """The features of a text, its runs of 1 to 3 characters, each as a number, uint64 ascending, with repetitions."""
    wide = text.astype(np.uint64)
    found = np.empty(max(0, 3 * len(wide) - 3) if len(wide) > 1 else len(wide), np.uint64)
    found[: len(wide)] = wide | _ONE
    if len(wide) > 1:
        pairs = wide[:-1] << _16 | wide[1:]
        found[len(wide) : 2 * len(wide) - 1] = pairs | _TWO
        found[2 * len(wide) - 1 :] = pairs[:-1] << _16 | wide[2:] | _THREE
    found.sort()
    return found


class Learned:
    """The decisions of a generation."""

    def __init__(self, arrays: Arrays, rows: Sequence[NDArray[np.int64]]) -> None:
        """`arrays`: of FILE; `rows`: of each segment, number of the decision of each article, -1 where there is none, int64
        [articles]. Raises KeyError."""
        self._arrays = arrays
        self._known, self._ends = arrays["features"], arrays["ends"]
        self._weights: NDArray[np.float32] = arrays["feature_weights"]
        self._rows, self._learned = arrays["rows"], arrays["learned"]
        self._intercepts: NDArray[np.float32] = arrays["intercepts"]
        self.rows = rows

    def of(self, rows: Sequence[NDArray[np.int64]]) -> Learned:
        """The same decisions for other segments."""
        return Learned(self._arrays, rows)

    def decisions(self, question: Codes) -> NDArray[np.float32]:
        """The value of every decision for a question, float32 [decisions]."""
        made = self._intercepts.copy()
        likeness.decide(runs(question), self._known, self._ends, self._weights, self._rows, self._learned, made)
        return made


def open_learned(folder: Path, segments: list[str]) -> Learned | None:
    """What a generation learned; None where there were no phrasings to learn from. Raises IndexCorrupt, OSError or KeyError."""
    if not (folder / FILE).exists():
        return None
    rows = open_bundle(folder / ROWS_FILE)
    return Learned(open_bundle(folder / FILE), [rows[name] for name in segments])
