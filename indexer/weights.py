"""The weights by which the best candidates are put in order, one table. Made by `python -m benchmarks.tune`, not by hand."""

from __future__ import annotations

# feature → weight; what each feature is: indexer/reranking.py
RERANKING: dict[str, float] = {
    "nearest": 2.694,
    "score": 0.153,
    "coverage": 1.864,
    "title_covered": 1.427,
    "characters": 2.166,
    "pairs": 0.062,
    "run": -0.381,
    "length": 0.527,
    "channel_extra": -0.432,
    "channel_other": -1.287,
    "channel_same": 1.439,
    "intents_same": 0.506,
    "intents_extra": -0.447,
    "intents_missing": -0.506,
    "learned": 2.126,
    "unlearned": 1.095,
    "nearest_held": 3.546,
    "keyword": 1.906,
    "dividing": 1.425,
    "in_order": 3.185,
    "sentence": 2.022,
}
