"""A copy of what agents may see, for a page that works without the service: which versions, and the tables it searches with.

The words are made by the one analyser and weighed by `indexer.fields`, so that the page finds what the service finds. How the
page looks is `web/offline.py`'s; the scripts that read the tables are in web/static/offline/.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.documents import Analyses, documents
from indexer.fields import ARTICLE_FIELDS, CLAUSE_ARTICLE, COVERAGE, K1, STREAM_FIELDS
from indexer.inverted import bm25_parts
from indexer.offline_alarms import Alarms, alarms_for
from indexer.offline_words import Words, words_for
from indexer.progress import Progress, no_progress
from kb.backend import Searcher, StoredArticle
from kb.errors import KBError
from kb.visibility import ANYBODY

# articles are numbered in two bytes
MOST_ARTICLES = 1 << 16
_TOP = (1 << 16) - 1
# no impact is greater: every field at its highest
_GREATEST = sum(weight.boost for weight in ARTICLE_FIELDS.values()) * (K1 + 1)

# stream field → mark of its stream
_MARKS = {name: name.rpartition("_")[2][0] for name in STREAM_FIELDS}


@dataclass(frozen=True, slots=True)
class Postings:
    """Where terms stand. Numbers are uint16, little-endian, in Base64."""

    # a line for each: `w` for a word or `b` for a bigram, then the text
    terms: str
    # of each term, in how many articles it stands, less one
    sizes: str
    # these articles, one term's after the other's, and what the term counts there, in units of 1/scale
    articles: str
    impacts: str
    scale: float
    # how much of a score depends on covering the whole question
    coverage: float


@dataclass(frozen=True, slots=True)
class Copy:
    """What agents without a name may see at a moment, or soon after it."""

    at: datetime
    # in the order of their keys; a posting's article is a place in it
    versions: tuple[StoredArticle, ...]
    # how much each counts as a whole
    weights: tuple[float, ...]
    alarms: Alarms
    postings: Postings
    words: Words


def make_copy(searcher: Searcher, at: datetime, ahead: timedelta, progress: Progress = no_progress) -> Copy:
    """The copy of a moment; with `ahead`, also the versions that begin to be in force so soon after it.

    Raises KBError where there is nothing to copy, or more than MOST_ARTICLES versions.
    """
    keys = visible_keys(searcher, at, ahead)
    if not keys:
        raise KBError("这一时刻没有普通坐席能看的文章，没有可导出的内容。")
    if len(keys) > MOST_ARTICLES:
        raise KBError(f"有 {len(keys)} 篇，离线包最多放 {MOST_ARTICLES} 篇。")
    versions = tuple(searcher.article(key) for key in keys)
    analyzer = searcher.understanding.analyzer
    streams = list(_streams(versions, Analyses(analyzer), progress))
    weights = tuple(CLAUSE_ARTICLE if v.article.by_clause else 1.0 for v in versions)
    alarms = alarms_for(versions, analyzer.lexicon.fraud)
    return Copy(at, versions, weights, alarms, _postings(streams), words_for(analyzer, streams, keys))


def visible_keys(searcher: Searcher, at: datetime, ahead: timedelta) -> list[str]:
    """Keys of the versions that an agent without a name may see at a moment, or at any until `ahead` has passed, ascending."""
    moments = [at]
    while (following := searcher.valid_until(moments[-1])) is not None and following <= at + ahead:
        moments.append(following)
    keys = searcher.lookup.popular()
    return sorted(key for key in keys if any(searcher.visible(key, moment, ANYBODY) for moment in moments))


def _streams(
    versions: Sequence[StoredArticle], analyses: Analyses, progress: Progress
) -> Iterator[dict[str, dict[str, int]]]:
    """The terms of each version, sections not by themselves: `title_word`, … → term → count."""
    for number, stored in enumerate(versions, 1):
        analyses.next_article()
        yield documents(stored, analyses)[0].streams
        progress(number, len(versions))


def _postings(streams: Sequence[dict[str, dict[str, int]]]) -> Postings:
    """The terms of all articles, inverted."""
    rows = [
        (_MARKS[field] + term, article, STREAM_FIELDS.index(field), count)
        for article, of_article in enumerate(streams)
        for field, counts in of_article.items()
        for term, count in counts.items()
    ]
    vocabulary = sorted({row[0] for row in rows})
    numbers = {term: number for number, term in enumerate(vocabulary)}
    table = np.array([(numbers[term], *others) for term, *others in rows], np.int64).reshape(-1, 4)
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]
    pairs = table[:, 0] * len(streams) + table[:, 1]
    first = np.flatnonzero(np.diff(pairs, prepend=-1))
    summed = np.add.reduceat(_impacts(table, len(streams)), first)
    scale = _TOP / _GREATEST
    return Postings(
        terms="\n".join(vocabulary),
        sizes=_packed(np.bincount(table[first, 0], minlength=len(vocabulary)) - 1),
        articles=_packed(table[first, 1]),
        impacts=_packed(np.rint(summed * scale)),
        scale=scale,
        coverage=COVERAGE,
    )


def _impacts(table: NDArray[np.int64], articles: int) -> NDArray[np.float64]:
    """boost · BM25 part of each row (term, article, stream field, count)."""
    of_field = table[:, 1] * len(STREAM_FIELDS) + table[:, 2]
    lengths = np.bincount(of_field, weights=table[:, 3], minlength=articles * len(STREAM_FIELDS))
    average = np.maximum(lengths.reshape(articles, -1).mean(axis=0), 1e-9)
    return bm25_parts(table[:, 3].astype(np.int32), lengths[of_field].astype(np.int64), table[:, 2], average)


def _packed(values: NDArray[Any]) -> str:
    return b64encode(values.astype("<u2").tobytes()).decode()
