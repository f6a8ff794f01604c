"""Adding one segment to a Whoosh index from ready-made, sorted postings; stock Whoosh reads it.

Files of older segments are never touched: other generations share them.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.field_postings import FieldPostings
from indexer.whoosh_codec import CHUNK, PostingsFile, TermTable, length_bytes
from indexer.whoosh_index import schema

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh import index
    from whoosh.codec.whoosh3 import STORED_COLUMN, W3Codec

KEY = "key"


def segments(folder: Path) -> list[str]:
    """Names of the segments of the latest commit, in the order their documents are numbered; none for an empty folder.

    A segment's file is called by its name and an ending.
    """
    return [s.segment_id() for s in _contents(folder).segments] if index.exists_in(folder) else []


def write_segment(
    folder: Path,
    stored: Sequence[tuple[str, str]],
    lengths: Mapping[str, NDArray[np.int64]],
    postings: Iterable[FieldPostings],
    *,
    dropped: Collection[str] = (),
    deleted: Mapping[str, Collection[int]] | None = None,
) -> str:
    """Commit one more segment to the Whoosh index in `folder`, which is made if there is none. Returns its name.

    stored: key and anchor of each document; lengths: field → length in terms of each document, 0 for none;
    postings: in the order of field and term; dropped: segments to leave out from now on; deleted: segment → numbers of
    its documents that are deleted, all of them; other segments keep what they have.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not index.exists_in(folder):
        index.create_in(folder, schema()).close()
    storage = index.open_dir(folder).storage
    segment = W3Codec().new_segment(storage, index._DEF_INDEX_NAME)
    segment.set_doc_count(len(stored))
    encoded = {name: length_bytes(values) for name, values in lengths.items() if values.any()}
    segment._fieldlengths = {name: int(lengths[name].sum()) for name in encoded}
    _write_documents(storage, segment, stored, encoded)
    _write_terms(storage, segment, _with_keys(postings, [key for key, _ in stored]), encoded)
    # one file that is mapped: open files would be shared by the processes of a server, and so would their positions
    segment.create_compound_file(storage)
    _commit(folder, [segment], dropped, deleted or {})
    return str(segment.segment_id())


def commit_deletions(folder: Path, deleted: Mapping[str, Collection[int]], *, dropped: Collection[str] = ()) -> None:
    """Commit deletions alone; `deleted` and `dropped` as for `write_segment`."""
    _commit(folder, [], dropped, deleted)


def _contents(folder: Path) -> Any:
    """The latest table of contents: schema, segments, generation."""
    opened = index.open_dir(folder)
    return index.TOC.read(opened.storage, opened.indexname)


def _commit(folder: Path, added: list[Any], dropped: Collection[str], deleted: Mapping[str, Collection[int]]) -> None:
    opened = index.open_dir(folder)
    contents = _contents(folder)
    kept = {s.segment_id(): s for s in contents.segments}
    if unknown := {*dropped, *deleted} - kept.keys():
        raise ValueError(f"no such segment: {sorted(unknown)}")
    for name, numbers in deleted.items():
        for number in numbers:
            kept[name].delete_document(int(number))
    contents.segments = [*(s for name, s in kept.items() if name not in dropped), *added]
    contents.generation += 1
    contents.write(opened.storage, opened.indexname)
    index.clean_files(opened.storage, opened.indexname, contents.generation, contents.segments)


def _write_documents(
    storage: Any, segment: Any, stored: Sequence[tuple[str, str]], lengths: Mapping[str, NDArray[np.uint8]]
) -> None:
    """A column with what is stored, and one for each field's lengths."""
    with storage.create_file(W3Codec.column_filename(segment, "_stored"), excl=True) as file:
        column = STORED_COLUMN.writer(file)
        for number, (key, anchor) in enumerate(stored):
            column.add(number, {"anchor": anchor, KEY: key})
        column.finish(len(stored))
    for name, values in lengths.items():
        with storage.create_file(W3Codec.column_filename(segment, f"_{name}_len"), excl=True) as file:
            file.write(values.tobytes().rstrip(b"\0"))


def _write_terms(
    storage: Any, segment: Any, postings: Iterable[FieldPostings], lengths: Mapping[str, NDArray[np.uint8]]
) -> None:
    """The term table and the postings file."""
    terms = segment.create_file(storage, W3Codec.TERMS_EXT, excl=True)
    with segment.create_file(storage, W3Codec.POSTS_EXT, excl=True) as file, terms.raw_file():
        table = TermTable(terms)
        posts = PostingsFile(file)
        for part in postings:
            for first, last in _chunks(part.starts):
                a, b = part.starts[first], part.starts[last]
                starts = part.starts[first : last + 1] - a
                values = posts.encode(starts, part.documents[a:b], part.counts[a:b], lengths.get(part.field))
                table.add_all(table.field(part.field), part.terms[first:last], values)
        table.close()


def _chunks(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Ranges of terms with at most CHUNK postings together, or of one term."""
    if (np.diff(starts) < 1).any():
        raise ValueError("a term without postings")
    first = 0
    while first < len(starts) - 1:
        fitting = int(np.searchsorted(starts, starts[first] + CHUNK, side="right")) - 1
        last = max(fitting, first + 1)
        yield first, last
        first = last


def _with_keys(postings: Iterable[FieldPostings], keys: list[str]) -> Iterator[FieldPostings]:
    """The postings and, where it belongs among the fields, each key as a term: Whoosh deletes by it."""
    waiting = [_key_postings(keys)] if keys else []
    for part in postings:
        if waiting and part.field > KEY:
            yield waiting.pop()
        yield part
    yield from waiting


def _key_postings(keys: list[str]) -> FieldPostings:
    encoded = [key.encode() for key in keys]
    documents = sorted(range(len(keys)), key=encoded.__getitem__)
    ordered = [encoded[d] for d in documents]
    new = [i for i, key in enumerate(ordered) if i == 0 or key != ordered[i - 1]]
    starts = np.array([*new, len(keys)], np.int64)
    return FieldPostings(
        KEY, [ordered[i] for i in new], starts, np.array(documents, np.int32), np.ones(len(keys), np.int32)
    )
