"""Slices of some articles put beside one another, as one small segment: what ranks a whole generation ranks these in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from indexer.batch import ranges
from indexer.bundle import Arrays, parts
from indexer.fields import CLAUSE_ARTICLE
from indexer.wording import Wording
from kb.errors import IndexCorrupt

Ints = NDArray[np.int64]
_NOTHING = np.empty(0, np.int64)
# a term that a segment does not have
NOWHERE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Slice:
    """An article's slice, opened."""

    key: str
    # numbers of its segment in the generation, and of the article in that
    segment: int
    article: int
    arrays: Arrays
    anchors: tuple[str, ...]


def terms_of(table: NDArray[np.uint64], hashes: NDArray[np.uint64]) -> Ints:
    """Terms as the slices of a segment have them: places in its ascending table of hashes, `NOWHERE` for those not in it."""
    if not len(table):
        return np.full(len(hashes), NOWHERE)
    places = np.minimum(np.searchsorted(table, hashes), len(table) - 1)
    return np.where(table[places] == hashes, places, NOWHERE)


def slice_of(key: str, segment: int, article: int, arrays: Arrays) -> Slice:
    """The slice with these arrays (`indexer.slices`). Raises IndexCorrupt for numbers that would lead elsewhere."""
    names = ("phrases", "refused", "keywords", "sentences")
    ends = [arrays[f"{name}_ends"] for name in names]
    sizes = [len(arrays[name]) for name in names]
    if (
        any(len(e) == 0 or e[0] or e[-1] != size or (np.diff(e) < 0).any() for e, size in zip(ends, sizes, strict=True))
        or int(arrays["owned"].max(initial=0)) > len(arrays["clauses"])
        or not len(arrays["terms"]) == len(arrays["owned"]) == len(arrays["impacts"])
    ):
        raise IndexCorrupt(f"集群里 {key} 的索引已损坏，请运行 kb index ship --whole。")
    return Slice(key, segment, article, arrays, tuple(a.decode() for a in parts(arrays, "anchor")))


class Gathered:
    """A segment of the slices, numbered in the order of their keys; a `ranking.Searched` for the terms it was made for."""

    def __init__(self, slices: Sequence[Slice], terms: Sequence[Ints]) -> None:
        """`terms`: of each segment, the question's terms as slices have them, `NOWHERE` where it has none, int64 [terms]."""
        self.slices = sorted(slices, key=lambda s: s.key)
        arrays = [s.arrays for s in self.slices]
        self.articles = len(arrays)
        self.sections: Ints = np.cumsum([0, *(len(a["clauses"]) for a in arrays)], dtype=np.int64)
        self.documents = self.articles + int(self.sections[-1])
        self.clauses: NDArray[np.bool_] = np.concatenate([np.empty(0, bool), *(a["clauses"] for a in arrays)])
        self.by_clause: NDArray[np.bool_] = np.concatenate([np.empty(0, bool), *(a["by_clause"] for a in arrays)])
        self.has_clauses = bool(self.clauses.any())
        self.posting_documents, self.posting_impacts, self.places = self._postings(terms)
        self._anchors = list(chain.from_iterable(s.anchors for s in self.slices))

    @cached_property
    def owners(self) -> Ints:
        """Number of the article of each section, int64 [sections]."""
        return np.repeat(np.arange(self.articles, dtype=np.int64), np.diff(self.sections))

    @cached_property
    def article_weights(self) -> NDArray[np.float32]:
        """How much an article counts as a whole beside its clauses, float32 [articles]."""
        return np.where(self.by_clause, np.float32(CLAUSE_ARTICLE), np.float32(1))

    @cached_property
    def wording(self) -> Wording:
        """The wording of the articles."""
        arrays = [s.arrays for s in self.slices]
        numbers = {
            name: np.concatenate([_NOTHING, *(a[name] for a in arrays)]) for name in ("title_intents", "title_channels")
        }
        held = [a["held"] for a in arrays]
        return Wording(
            {
                **numbers,
                **_texts(arrays, "phrases"),
                **_texts(arrays, "refused"),
                **_texts(arrays, "keywords"),
                **_texts(arrays, "sentences"),
                "held": np.concatenate([np.empty(0, np.uint16), *held]),
                "held_ends": np.cumsum([0, *map(len, held)], dtype=np.int64),
            }
        )

    def key(self, _: int, article: int) -> str:
        """Key of an article version."""
        return self.slices[article].key

    def anchor(self, _: int, section: int) -> str | None:
        """Anchor of a section; None for -1."""
        return self._anchors[section] if section >= 0 else None

    def _postings(self, asked: Sequence[Ints]) -> tuple[NDArray[np.uint32], NDArray[np.float32], Ints]:
        """The postings of the question's terms: documents, impacts, and `places` (`indexer.inverted`) in the order of the terms."""
        total = len(asked[0])
        terms: list[Ints] = [_NOTHING]
        documents: list[Ints] = [_NOTHING]
        impacts: list[NDArray[np.float32]] = [np.empty(0, np.float32)]
        for number, cut in enumerate(self.slices):
            a, wanted = cut.arrays, asked[cut.segment]
            starts, ends = np.searchsorted(a["terms"], wanted), np.searchsorted(a["terms"], wanted, "right")
            sizes = ends - starts
            rows = ranges(starts, sizes)
            owned = a["owned"][rows].astype(np.int64)
            # sections stand behind all articles
            documents.append(np.where(owned == 0, number, self.articles + self.sections[number] + owned - 1))
            terms.append(np.repeat(np.arange(total, dtype=np.int64), sizes))
            impacts.append(a["impacts"][rows])
        term, document = np.concatenate(terms), np.concatenate(documents)
        order = np.lexsort((document, term))
        counts = np.bincount(term, minlength=total)
        in_articles = np.bincount(term[document < self.articles], minlength=total)
        last = np.cumsum(counts)
        places = np.stack([last - counts, last, last - counts + in_articles, np.arange(total)], axis=1)
        return document[order].astype(np.uint32), np.concatenate(impacts)[order], np.ascontiguousarray(places, np.int64)


def _texts(arrays: Sequence[Arrays], name: str) -> Arrays:
    """The texts of all articles as `indexer.wording` lays them out."""
    texts = [a[name] for a in arrays]
    sizes = [np.diff(a[f"{name}_ends"]) for a in arrays]
    return {
        name: np.concatenate([np.empty(0, np.uint16), *texts]),
        f"{name}_ends": np.cumsum(np.concatenate([np.zeros(1, np.int64), *sizes]), dtype=np.int64),
        f"{name}_owners": np.cumsum([0, *map(len, sizes)], dtype=np.int64),
    }
