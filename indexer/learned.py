"""What was learned from the customers' phrasings, opened for questions: for each such article, how much a text is like them.

One linear decision per article, value = intercept + Σ features weight · tf-idf, features being 1 to 3 characters in a row. Trained
when an index is built as a whole (`indexer.learning`); an update keeps the decisions of articles that did not change.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer import kernel
from indexer.bundle import open_bundle
from indexer.wording import Codes

FILE, ROWS_FILE = "learned.arrays", "learned_rows.arrays"
# what comes before 1, 2 and 3 characters in a feature's number
_SIZES = (1 << 48, 2 << 48, 3 << 48)


def features(text: Codes) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """The runs of 1 to 3 characters of a text, uint64 ascending, and 1 + ln(how often), float32."""
    wide = text.astype(np.uint64)
    found = [wide | np.uint64(_SIZES[0])]
    if len(wide) > 1:
        found.append(wide[:-1] << np.uint64(16) | wide[1:] | np.uint64(_SIZES[1]))
    if len(wide) > 2:
        found.append(wide[:-2] << np.uint64(32) | wide[1:-1] << np.uint64(16) | wide[2:] | np.uint64(_SIZES[2]))
    numbers, counts = np.unique(np.concatenate(found), return_counts=True)
    return numbers, 1 + np.log(counts).astype(np.float32)


class Learned:
    """The decisions of a generation."""

    def __init__(self, folder: Path, segments: list[str]) -> None:
        """Raises IndexCorrupt, OSError or KeyError."""
        arrays = open_bundle(folder / FILE)
        rows = open_bundle(folder / ROWS_FILE)
        self._numbers, self._places = arrays["features"], arrays["places"]
        self._weights: NDArray[np.float32] = arrays["feature_weights"]
        self._rows, self._learned = arrays["rows"], arrays["learned"]
        self._intercepts: NDArray[np.float32] = arrays["intercepts"]
        # of each segment: number of the decision of each article, -1 where there is none, int64 [articles]
        self.rows: list[NDArray[np.int64]] = [rows[name] for name in segments]

    def decisions(self, question: Codes) -> NDArray[np.float32]:
        """The value of every decision for a question, float32 [decisions]."""
        numbers, counts = features(question)
        places = np.empty((len(numbers), 4), np.int64)
        kernel.look_up(self._numbers, self._places, numbers, places)
        values = np.where(places[:, 3] > 0, counts * self._weights[places[:, 3] - 1], 0).astype(np.float32)
        length = float(np.sqrt(values @ values))
        made = self._intercepts.copy()
        if length > 0:
            kernel.decide(self._rows, self._learned, places, values / np.float32(length), made)
        return made


def open_learned(folder: Path, segments: list[str]) -> Learned | None:
    """What a generation learned; None where there were no phrasings to learn from. Raises IndexCorrupt, OSError or KeyError."""
    return Learned(folder, segments) if (folder / FILE).exists() else None
