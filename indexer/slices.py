"""One article cut out of its segment: all that ranks it, as bytes that another machine can put beside others.

A slice holds the article's postings (its own and its sections'), its wording and its anchors. A term is the place of its hash in the
segment's table, which every machine has: a third of the bytes.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from indexer.bundle import Arrays, from_bytes, packed, to_bytes
from indexer.segment import Segment

# of zlib: most of the gain for a tenth of the time
_LEVEL = 1


class Slicer:
    """Cuts articles out of one segment."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        sizes = segment.term_places[:, 1] - segment.term_places[:, 0]
        # postings lie term by term, in the order of the terms' numbers
        order = np.argsort(segment.term_places[:, 0], kind="stable")
        terms = np.repeat(order, sizes[order])
        documents = segment.posting_documents.astype(np.int64)
        article = np.where(
            documents < segment.articles,
            documents,
            np.concatenate([segment.owners, np.zeros(1, np.int64)])[np.maximum(documents - segment.articles, 0)],
        )
        # of each article, by term and then by document
        rows = np.lexsort((documents, terms, article))
        self._terms, self._documents = terms[rows], documents[rows]
        self._impacts = segment.posting_impacts[rows]
        self._bounds = np.searchsorted(article[rows], np.arange(segment.articles + 1))

    def slice(self, article: int) -> bytes:
        """The slice of an article."""
        s = self._segment
        first, last = s.section_range(article)
        rows = slice(*self._bounds[article : article + 2].tolist())
        documents = self._documents[rows]
        # 0 is the article itself, its sections follow
        own = np.where(documents < s.articles, 0, documents - s.articles - first + 1)
        arrays: Arrays = {
            "terms": self._terms[rows].astype(np.uint32),
            "owned": own.astype(np.uint16),
            "impacts": self._impacts[rows],
            "clauses": s.clauses[first:last],
            "by_clause": s.by_clause[article : article + 1],
            **packed("anchor", [s.anchor(n).encode() for n in range(first, last)]),
            **_wording(s, article),
        }
        return zlib.compress(to_bytes(arrays), _LEVEL)


def opened(data: bytes, name: str) -> Arrays:
    """The arrays of a slice. Raises IndexCorrupt or zlib.error for what is none."""
    return from_bytes(zlib.decompress(data), name)


def _wording(segment: Segment, article: int) -> Arrays:
    w = segment.wording
    start, end = w.held_ends[article : article + 2].tolist()
    return {
        **_texts("phrases", w.phrases, w.ends, w.owners, article),
        **_texts("refused", w.refusals, w.refusal_ends, w.refusal_owners, article),
        **_texts("keywords", w.keywords, w.keyword_ends, w.keyword_owners, article),
        **_texts("sentences", w.sentences, w.sentence_ends, w.sentence_owners, article),
        "held": w.held[start:end],
        "title_intents": w.intents[article : article + 1],
        "title_channels": w.channels[article : article + 1],
    }


def _texts(
    name: str, characters: NDArray[np.uint16], ends: NDArray[np.int64], owners: NDArray[np.int64], article: int
) -> Arrays:
    first, last = owners[article : article + 2].tolist()
    bounds = ends[first : last + 1]
    return {name: characters[bounds[0] : bounds[-1]], f"{name}_ends": bounds - bounds[0]}
