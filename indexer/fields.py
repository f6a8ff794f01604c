"""The fields of the index, as one table: what goes in, how much it counts, how its length is normalised.

Every field has two streams: words and character bigrams. Figures behind the numbers: benchmarks/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass

K1 = 0.8


@dataclass(frozen=True, slots=True)
class FieldWeight:
    """Weight of a field in the sum of BM25 scores, and BM25's b for it."""

    boost: float
    b: float


ARTICLE_FIELDS: dict[str, FieldWeight] = {
    "title": FieldWeight(1.0, 0.75),
    "questions": FieldWeight(1.0, 0.75),
    "keywords": FieldWeight(2.0, 0.5),
    "body": FieldWeight(0.3, 0.75),
}
SECTION_FIELDS: dict[str, FieldWeight] = {
    "heading": FieldWeight(1.0, 0.5),
    "section": FieldWeight(1.0, 0.4),
}
FIELDS = {**ARTICLE_FIELDS, **SECTION_FIELDS}
STREAMS = {"word": 1.0, "bigram": 1.0}
# how much of a score depends on covering the whole question, 0 to 1; sections are short, for them it is all that counts
COVERAGE = 0.75
SECTION_COVERAGE = 1.0
# a section is named as the place of the answer if it covers this share of the question
SECTION_NAMED = 0.5
# a clause of a regulation: share of its article's score, and of its own
CLAUSE_ARTICLE = 0.15
CLAUSE_OWN = 1.0


def stream_field(field: str, stream: str) -> str:
    """Name of a field's stream in the index, e.g. `title_word`."""
    return f"{field}_{stream}"


# every stream of every field; the place in this list is its number in the arrays
STREAM_FIELDS = tuple(stream_field(field, stream) for field in FIELDS for stream in STREAMS)
