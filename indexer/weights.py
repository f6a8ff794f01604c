"""The weights by which the best candidates are put in order, one table. Made by `python -m benchmarks.tune`, not by hand."""

from __future__ import annotations

# feature → weight; what each feature is: indexer/reranking.py
RERANKING: dict[str, float] = {
    "nearest": 6.743,
    "score": 0.182,
    "coverage": 1.969,
    "title_covered": 3.181,
    "characters": 3.147,
    "pairs": -2.053,
    "run": -0.236,
    "length": 0.148,
    "channel_extra": -0.214,
    "channel_other": -1.495,
    "channel_same": 1.480,
    "intents_same": 0.414,
    "intents_extra": -0.134,
    "intents_missing": -0.414,
    "learned": 2.138,
    "unlearned": 2.517,
}
