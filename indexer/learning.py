"""Learning from the customers' phrasings: for every article that has some, a linear decision between its own texts, which are title,
phrasings and the questions that agents confirmed (`kb.confirmed`), and others (a linear support vector machine; Cortes & Vapnik
1995, as liblinear solves it).

Set against them are the nearest texts of other articles, which decide where the border lies (the cost stays proportional to the
number of articles), and the questions that editors say the article must not be found by.

Articles without phrasings have no decision; theirs is not guessed.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.bundle import Arrays, open_bundle, packed, parts, write_bundle
from indexer.learned import FILE, ROWS_FILE, runs
from indexer.progress import Progress, no_progress
from indexer.segment import Segment
from indexer.state import SegmentState
from indexer.wording import Codes, codes
from indexer.workers import spread
from kb.confirmed import Confirmed

VERSION = 1
# texts of other articles that each decision is drawn against, and the margin's cost of errors
NEGATIVES, COST = 50, 1.0
# smaller weights change nothing that is seen
_LEAST = 0.05
_MOST_ROUNDS = 2000
# owner and family of texts that belong to no article
_NOBODY = -1
# from so many articles on, every core helps; articles in one piece of work
_ALONE, _PIECE = 300, 20


@dataclass(frozen=True, slots=True)
class Texts:
    """What is learned from: texts as rows of tf-idf features, and the article each belongs to."""

    # key of each article, digest of its texts, and the articles with phrasings, which get a decision
    keys: list[str]
    digests: list[bytes]
    chosen: list[int]
    # number of each text's article, int64 [texts]; those of one article id count as one when others are looked for
    owners: NDArray[np.int64]
    families: NDArray[np.int64]
    # numbers of the texts that an article must not be found by; they belong to no article
    refused: dict[int, list[int]]
    # scipy CSR [texts, features] of unit length, the features' numbers uint64 ascending, and their idf float32
    matrix: Any
    numbers: NDArray[np.uint64]
    weights: NDArray[np.float32]


def learn(
    folder: Path, segments: Mapping[str, tuple[Segment, SegmentState]], progress: Progress = no_progress,
    confirmed: Confirmed = MappingProxyType({}),
) -> int:  # fmt: skip
    """Train on the live articles of a new generation and write its two files; how many articles got a decision.

    `confirmed`: more questions of articles, by id. Writes nothing where no article has phrasings.
    """
    texts = _collect(segments, confirmed)
    if not texts.chosen:
        return 0
    decisions = _decide_all(texts, progress)
    _write(folder, texts, decisions)
    rows = {texts.keys[a]: row for row, a in enumerate(texts.chosen)}
    write_bundle(
        folder / ROWS_FILE,
        {
            name: np.array([rows.get(segment.key(a), -1) for a in range(segment.articles)], np.int64)
            for name, (segment, _) in segments.items()
        },
    )
    return len(texts.chosen)


def carry_over(base: Path, folder: Path, segments: Mapping[str, tuple[Segment, SegmentState]]) -> list[str]:
    """Keep what an older generation learned of the articles that did not change; the names of the files that were linked."""
    if not (base / FILE).exists():
        return []
    known = open_bundle(base / FILE)
    digests = parts(known, "digests")
    decisions = {key.decode(): row for row, key in enumerate(parts(known, "keys"))}
    # a segment of the same name holds the same articles
    before = open_bundle(base / ROWS_FILE)
    rows: Arrays = {}
    for name, (segment, _) in segments.items():
        rows[name] = before[name] if name in before else _kept(segment, decisions, digests)
    os.link(base / FILE, folder / FILE)
    write_bundle(folder / ROWS_FILE, rows)
    return [FILE]


def _kept(segment: Segment, decisions: Mapping[str, int], digests: Sequence[bytes]) -> NDArray[np.int64]:
    """Decision of each article of a new segment whose texts are as they were, -1 for the others, int64 [articles]."""
    rows = np.full(segment.articles, -1, np.int64)
    for article in range(segment.articles):
        row = decisions.get(segment.key(article))
        if row is not None and digests[row] == _digest(segment, article):
            rows[article] = row
    return rows


def _digest(segment: Segment, article: int) -> bytes:
    """Digest of the texts that an article's decision is made from."""
    digest = blake2b(digest_size=16)
    for mark, texts in ((b"+", segment.wording.texts(article)), (b"-", segment.wording.refused(article))):
        for text in texts:
            digest.update(mark + len(text).to_bytes(2, "little") + text.tobytes())
    return digest.digest()


def _collect(segments: Mapping[str, tuple[Segment, SegmentState]], confirmed: Confirmed) -> Texts:
    keys: list[str] = []
    digests: list[bytes] = []
    chosen: list[int] = []
    texts: list[Codes] = []
    owners: list[int] = []
    refused: dict[int, list[int]] = {}
    for segment, state in segments.values():
        for article in np.flatnonzero(state.live & ~segment.by_clause).tolist():
            number = len(keys)
            keys.append(segment.key(article))
            digests.append(_digest(segment, article))
            own = segment.wording.texts(article)
            own += [codes(question) for question in confirmed.get(segment.key(article).rpartition("@")[0], ())]
            texts += own
            owners += [number] * len(own)
            if len(own) > 1:
                chosen.append(number)
                against = segment.wording.refused(article)
                refused[number] = list(range(len(texts), len(texts) + len(against)))
                texts += against
                owners += [_NOBODY] * len(against)
    ids: dict[str, int] = {}
    families = [ids.setdefault(keys[o].rpartition("@")[0], len(ids)) if o != _NOBODY else _NOBODY for o in owners]
    matrix, numbers, weights = _vectors(texts) if chosen else (None, np.empty(0, np.uint64), np.empty(0, np.float32))
    belongs = np.array(owners, np.int64), np.array(families, np.int64)
    return Texts(keys, digests, chosen, *belongs, refused, matrix, numbers, weights)


def _vectors(texts: Sequence[Codes]) -> tuple[Any, NDArray[np.uint64], NDArray[np.float32]]:
    """tf-idf of all texts, of unit length; idf = 1 + ln((1 + n) / (1 + df))."""
    from scipy.sparse import csr_matrix

    found = [np.unique(runs(text), return_counts=True) for text in texts]
    numbers, columns = np.unique(np.concatenate([n for n, _ in found]), return_inverse=True)
    frequency = np.bincount(columns, minlength=len(numbers))
    weights = (1 + np.log((1 + len(texts)) / (1 + frequency))).astype(np.float32)
    values = (1 + np.log(np.concatenate([c for _, c in found]))).astype(np.float32) * weights[columns]
    ends = np.cumsum([0, *(len(n) for n, _ in found)])
    lengths = np.sqrt(np.add.reduceat(values * values, ends[:-1]))
    values /= np.repeat(lengths, np.diff(ends))
    return csr_matrix((values, columns, ends), shape=(len(texts), len(numbers))), numbers, weights


# intercept, numbers of features ascending, and their weights
_Decision = tuple[float, NDArray[np.int64], NDArray[np.float32]]


def _decide_all(texts: Texts, progress: Progress) -> list[_Decision]:
    total = len(texts.chosen)
    made: list[_Decision] = []
    workers = (os.cpu_count() or 1) if total >= _ALONE else 1
    pieces = [texts.chosen[i : i + _PIECE] for i in range(0, total, _PIECE)]
    done = spread(_decide_some, texts, pieces, workers) if workers > 1 else (_decide_some(texts, p) for p in pieces)
    progress(0, total)
    for decisions in done:
        made += decisions
        progress(len(made), total)
    return made


def _decide_some(texts: Texts, articles: Sequence[int]) -> list[_Decision]:
    return [_decide(texts, article) for article in articles]


def _decide(texts: Texts, article: int) -> _Decision:
    """The decision of one article."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    matrix = texts.matrix
    own = np.flatnonzero(texts.owners == article)
    alike = np.asarray((matrix[own] @ matrix.T).max(axis=0).todense()).ravel()
    alike[(texts.families == texts.families[own[0]]) | (texts.families == _NOBODY)] = -1
    others = np.argsort(-alike, kind="stable")[:NEGATIVES]
    others = np.concatenate([others[alike[others] > 0], np.array(texts.refused[article], np.int64)])
    if not len(others):
        return 0.0, np.empty(0, np.int64), np.empty(0, np.float32)
    rows = matrix[np.concatenate([own, others])]
    used = np.unique(rows.indices)
    machine = LinearSVC(C=COST, max_iter=_MOST_ROUNDS, random_state=0)
    with warnings.catch_warnings():
        # a border that is not quite the best one yet serves as well
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine.fit(rows[:, used], np.repeat([1, 0], [len(own), len(others)]))
    learned = machine.coef_[0].astype(np.float32)
    kept = np.abs(learned) > _LEAST
    return float(machine.intercept_[0]), used[kept].astype(np.int64), learned[kept]


def _write(folder: Path, texts: Texts, decisions: Sequence[_Decision]) -> None:
    """Write FILE.

    `features` uint64 ascending; `ends` int64 [features + 1]: where each one's weights begin; `feature_weights` float32 (idf);
    `rows` uint32 and `learned` float32: decision and weight; `intercepts` float32; and by decision the article's key, and the
    digest of what it was made from.
    """
    columns = np.concatenate([c for _, c, _ in decisions])
    rows = np.repeat(np.arange(len(decisions), dtype=np.uint32), [len(c) for _, c, _ in decisions])
    order = np.argsort(columns, kind="stable")
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(columns, minlength=len(texts.numbers)))])
    made: Arrays = {
        "features": texts.numbers,
        "ends": ends,
        "feature_weights": texts.weights,
        "rows": rows[order],
        "learned": np.concatenate([w for _, _, w in decisions])[order],
        "intercepts": np.array([i for i, _, _ in decisions], np.float32),
        **packed("keys", [texts.keys[a].encode() for a in texts.chosen]),
        **packed("digests", [texts.digests[a] for a in texts.chosen]),
    }
    write_bundle(folder / FILE, made)
