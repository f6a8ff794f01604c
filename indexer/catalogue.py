"""What is known of a segment's articles wherever their texts lie: keys, words, how rare terms are, who may see what."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexer.bundle import Arrays, part
from indexer.fields import CLAUSE_ARTICLE
from indexer.wording import title_frequencies


class Catalogue(ABC):
    """The articles of a segment. Articles and sections are numbered from 0; a section's document is articles + number."""

    def __init__(self, name: str, arrays: Arrays) -> None:
        """`arrays`: at least those of a segment's file that are named here (`indexer.segment`)."""
        self.name = name
        self.arrays = arrays
        # what `indexer.inverted` describes: hashes uint64 [terms] and places int64 [terms, 4]
        self.term_hashes, self.term_places = arrays["hashes"], arrays["places"]
        # where each article's sections begin, int64 [articles + 1]
        self.sections: NDArray[np.int64] = arrays["sections"]
        self.articles = len(self.sections) - 1
        self.documents = self.articles + int(self.sections[-1])
        self.clauses: NDArray[np.bool_] = arrays["clauses"]
        self.by_clause: NDArray[np.bool_] = arrays["by_clause"]
        self.alerts: NDArray[np.bool_] = arrays["alerts"]
        self.restricted: NDArray[np.bool_] = arrays["restricted"]
        self.lookup = arrays["lookup"].data
        self.has_sections = self.documents > self.articles
        self.has_clauses = bool(self.clauses.any())

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """Number of the article of each section, int64 [sections]."""
        return np.repeat(np.arange(self.articles, dtype=np.int64), np.diff(self.sections))

    @cached_property
    def article_weights(self) -> NDArray[np.float32]:
        """How much an article counts as a whole beside its clauses, float32 [articles]."""
        return np.where(self.by_clause, np.float32(CLAUSE_ARTICLE), np.float32(1))

    def section_range(self, article: int) -> tuple[int, int]:
        """First section of an article, and the one after its last."""
        start, end = self.sections[article : article + 2].tolist()
        return start, end

    def key(self, article: int) -> str:
        """Key of an article version."""
        return part(self.arrays, "key", article).decode()

    def find(self, key: str) -> int | None:
        """Number of a version by its key."""
        at = bisect_left(range(self.articles), key, key=self.key)
        return at if at < self.articles and self.key(at) == key else None

    def versions(self, article_id: str) -> list[int]:
        """Numbers of all versions of an article."""
        first, end = f"{article_id}@", f"{article_id}A"  # A follows @
        low, high = (bisect_left(range(self.articles), k, key=self.key) for k in (first, end))
        return list(range(low, high))

    def title_frequencies(self, live: NDArray[np.bool_]) -> NDArray[np.int64]:
        """In how many titles of live articles each character stands, int64 [CHARACTERS]."""
        return title_frequencies(self.arrays["titles"], self.arrays["titles_ends"], live)

    @abstractmethod
    def prepared(self, article: int) -> bytes | memoryview:
        """Bytes of what an answer needs of an article."""

    @abstractmethod
    def stored(self, article: int) -> bytes:
        """Bytes of the whole stored article."""
