"""A generation looked at as a whole: not only that its bytes are those that were written, but that what was written agrees.

Checksums tell damage; this tells mistakes of whoever wrote: every article decodes, the arrays that answer are those that the
terms of the documents make, Whoosh has the same postings, and the counts and files are those of the manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer import generations
from indexer.analysis import source_digest
from indexer.base import Base
from indexer.field_postings import FieldPostings
from indexer.forward import Forward, forward
from indexer.generations import Manifest
from indexer.inverted import Averages, Inverted
from indexer.segment import Segment
from indexer.state import SegmentState, state_of
from indexer.whoosh_index import open_reader
from indexer.whoosh_lengths import stored_lengths
from indexer.writing import WHOOSH
from kb import codec
from kb.articles import parse_article
from kb.errors import IndexProblem
from kb.library import article_files, article_name
from kb.prepared import from_bytes
from kb.registry import load_registry

# postings of so many terms of each field of a segment are compared with Whoosh's, spread over all of them
_TERMS = 2000
# what a file that is not what it should be makes readers raise
_BROKEN = (IndexProblem, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, EOFError)


def examine(folder: Path) -> list[str]:
    """Everything that is wrong with a generation, a Chinese sentence each; nothing where all of it agrees."""
    try:
        manifest = generations.read_manifest(folder)
        generations.verify_files(folder, manifest, everything=True, again=True)
        base = Base(folder, manifest)
    except _BROKEN as error:
        return [_said(error)]
    found: list[str] = []
    for look in (_counts, _segments, _whoosh):
        try:
            found += look(base)
        except Exception as error:  # whatever a broken file makes a reader raise is what is looked for
            found.append(f"读不出来：{_said(error)}")
    return found


def differences(folder: Path, articles: Path) -> list[str]:
    """Files of the articles folder that a generation does not answer with; those with errors have their last good version there."""
    base = Base(folder, generations.read_manifest(folder))
    indexed = {path: found.source.digest for path, found in base.indexed.items()}
    registry, _ = load_registry(articles)
    found = []
    for path in article_files(articles):
        name = article_name(path, articles)
        data = path.read_bytes()
        if source_digest(name, data, base.manifest.registry) == indexed.pop(name, None):
            continue
        if parse_article(data, name, registry).article is not None:
            found.append(f"{name} 和索引里的不一样")
    # a file with errors may be left in; one that is gone may not
    gone = [name for name in indexed if not (articles / name).exists()]
    return [*found, *(f"{name} 已不在文章目录里，索引里还有" for name in sorted(gone))]


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, IndexProblem) else f"{type(error).__name__} {error}"


def _counts(base: Base) -> Iterator[str]:
    """Counts of the manifest and of the segments."""
    manifest: Manifest = base.manifest
    live = [(s, state.live) for s, state in zip(base.segments, base.states, strict=True)]
    if any(len(mask) != s.articles for s, mask in live):
        yield "state.arrays 和各段的篇数不一致"
        return
    documents = sum(int(mask.sum() + np.diff(s.sections)[mask].sum()) for s, mask in live)
    for what, said, real in (("篇数", manifest.articles, base.articles), ("文档数", manifest.documents, documents)):
        if said != real:
            yield f"{what}应是 {said}，实有 {real}"
    keys = [s.key(int(a)) for s, mask in live for a in np.flatnonzero(mask)]
    if len(set(keys)) != len(keys):
        yield "同一篇文章的同一版在索引里有两份"


def _segments(base: Base) -> Iterator[str]:
    """Each segment by itself."""
    average = np.array(base.manifest.averages)
    for segment, state in zip(base.segments, base.states, strict=True):
        yield from (f"{segment.name}：{problem}" for problem in _articles(segment, state))
        made = forward(segment.handed.batch(range(segment.articles), segment.sections))
        yield from (f"{segment.name}：{problem}" for problem in _arrays(segment, made, average))
        yield from (f"{segment.name}：{problem}" for problem in _state(segment, state))


def _articles(segment: Segment, state: SegmentState) -> Iterator[str]:
    """Keys in order, every article decodes and is the one of its key, with its sections."""
    keys = [segment.key(article) for article in range(segment.articles)]
    if keys != sorted(set(keys)):
        yield "文章的次序不对"
    for article in np.flatnonzero(state.live).tolist():
        try:
            stored = codec.load(segment.stored(article))
            prepared = from_bytes(segment.prepared(article))
        except _BROKEN as error:
            yield f"{keys[article]} 读不出来（{type(error).__name__}）"
            continue
        start, end = segment.section_range(article)
        anchors = [segment.anchor(section) for section in range(start, end)]
        if stored.article.key != keys[article]:
            yield f"{keys[article]} 里存的是 {stored.article.key}"
        elif anchors != [s.section.anchor for s in stored.sections]:
            yield f"{keys[article]} 的小节和正文对不上"
        elif stored.article.title not in prepared.title.decode("utf-8", "replace"):
            yield f"{keys[article]} 的卡片和正文对不上"


def _arrays(segment: Segment, made: Forward, average: Averages) -> Iterator[str]:
    """What answers is what the terms of the documents make."""
    if not np.array_equal(segment.handed.lengths, made.lengths):
        yield "字段长度和词对不上"
    wanted = Inverted(made, stored_lengths(made.lengths)).arrays(average)
    present: dict[str, NDArray[Any]] = {
        "hashes": segment.term_hashes, "places": segment.term_places,
        "documents": segment.posting_documents, "impacts": segment.posting_impacts,
    }  # fmt: skip
    for name, array in present.items():
        same = np.allclose if name == "impacts" else np.array_equal
        if array.shape != wanted[name].shape or not same(array, wanted[name]):
            yield f"倒排数组 {name} 和文档的词对不上"


def _state(segment: Segment, state: SegmentState) -> Iterator[str]:
    wanted = state_of(segment, state.live, state.start, state.end)
    for name in ("gone", "gone_articles", "gone_sections"):
        if not np.array_equal(getattr(state, name), getattr(wanted, name)):
            yield f"已删除文章的词数（{name}）不对"
    if (state.start >= state.end)[state.live].any():
        yield "有文章的生效时间不早于失效时间"


def _whoosh(base: Base) -> Iterator[str]:
    """Whoosh's segments hold the same documents and postings."""
    reader = open_reader(base.folder / WHOOSH)
    try:
        leaves = {leaf.segment().segment_id(): leaf for leaf, _ in reader.leaf_readers()}
        if set(leaves) != {s.name for s in base.segments}:
            yield "Whoosh 的段和清单不一致"
            return
        for segment, state in zip(base.segments, base.states, strict=True):
            made = forward(segment.handed.batch(range(segment.articles), segment.sections))
            yield from (f"{segment.name}：{p}" for p in _leaf(leaves[segment.name], segment, state, made))
    finally:
        reader.close()


def _leaf(leaf: Any, segment: Segment, state: SegmentState, made: Forward) -> Iterator[str]:
    if leaf.doc_count_all() != segment.documents:
        yield f"Whoosh 有 {leaf.doc_count_all()} 个文档，数组有 {segment.documents} 个"
        return
    deleted = set(state.deleted_documents(segment).tolist())
    if {d for d in range(segment.documents) if leaf.is_deleted(d)} != deleted:
        yield "Whoosh 里删除的文档和 state.arrays 不一致"
        return
    wanted = made.stored
    for document, said in leaf.iter_docs():
        if (said["key"], said["anchor"]) != wanted[document]:
            yield f"Whoosh 的第 {document} 个文档是 {said['key']}，应是 {wanted[document][0]}"
            return
    is_live = np.ones(segment.documents, bool)
    is_live[list(deleted)] = False
    for part in Inverted(made, stored_lengths(made.lengths)).by_field():
        yield from _postings(leaf, part, is_live)


def _postings(leaf: Any, part: FieldPostings, is_live: NDArray[np.bool_]) -> Iterator[str]:
    """The terms of a field, and for some of them where they stand and how often."""
    if list(leaf.lexicon(part.field)) != part.terms:
        yield f"Whoosh 字段 {part.field} 的词和数组不一致"
        return
    for number in range(0, len(part.terms), max(1, len(part.terms) // _TERMS)):
        first, last = part.starts[number : number + 2].tolist()
        documents, counts = part.documents[first:last], part.counts[first:last]
        live = is_live[documents]
        if _read(leaf, part, number, live.any) != list(
            zip(documents[live].tolist(), counts[live].tolist(), strict=True)
        ):
            yield f"Whoosh 字段 {part.field} 里“{part.terms[number].decode('utf-8', 'replace')}”的位置和数组不一致"
            return


def _read(leaf: Any, part: FieldPostings, number: int, anywhere: Callable[[], Any]) -> list[tuple[int, int]]:
    """(document, count) of a term among Whoosh's live documents."""
    if not anywhere():
        return []
    matcher = leaf.postings(part.field, part.terms[number])
    found = []
    while matcher.is_active():
        found.append((int(matcher.id()), int(matcher.weight())))
        matcher.next()
    return found
