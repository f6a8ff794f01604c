"""The weights by which the best candidates are put in order, one table. Made by `python -m benchmarks.tune`, not by hand."""

from __future__ import annotations

# feature → weight; what each feature is: indexer/reranking.py
RERANKING: dict[str, float] = {
    "nearest": 3.383,
    "score": 0.093,
    "coverage": 1.450,
    "title_covered": 3.499,
    "characters": 2.411,
    "pairs": -0.743,
    "run": 0.286,
    "length": -0.422,
    "channel_extra": -0.531,
    "channel_other": -1.902,
    "channel_same": 1.403,
    "intents_same": 0.474,
    "intents_extra": -0.156,
    "intents_missing": -0.474,
    "learned": 2.231,
    "unlearned": 1.851,
    "nearest_held": 4.097,
}
