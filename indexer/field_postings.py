"""What the inverter hands to those who write postings: the terms of one field stream. Knows no writer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FieldPostings:
    """Terms of one field stream and their postings, or some of them: a field may come in several parts."""

    # e.g. `title_word`
    field: str
    # UTF-8, ascending, also from part to part
    terms: Sequence[bytes]
    # [terms + 1]: postings of term i are those from starts[i] to starts[i + 1]; every term has some
    starts: NDArray[np.int64]
    # of each posting: number of the document in the segment, ascending within a term, and how often the term stands in it
    documents: NDArray[np.int32]
    counts: NDArray[np.int32]
