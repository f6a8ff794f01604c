"""Field lengths as Whoosh keeps them, in one byte each. Apart from what writes Whoosh's files: questions need no more of it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh.util.numeric import byte_to_length

# what comes back is the length that stands for the byte
_KEPT = np.array([byte_to_length(b) for b in range(256)], np.int64)
_NEAREST = _KEPT[np.minimum(np.searchsorted(_KEPT, np.arange(_KEPT[-1] + 1)), 255)]


def stored_lengths(lengths: NDArray[Any]) -> NDArray[np.int64]:
    """Field lengths as Whoosh gives them back, int64 of the same shape."""
    found: NDArray[np.int64] = _NEAREST[np.minimum(lengths, len(_NEAREST) - 1)]
    return found
