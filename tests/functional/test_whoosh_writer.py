"""Segments written by indexer/whoosh_writer.py, beside those that Whoosh writes itself from the same documents."""

import itertools
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import index, query, scoring

from indexer import whoosh_codec
from indexer.field_postings import FieldPostings
from indexer.whoosh_index import schema
from indexer.whoosh_writer import commit_deletions, segments, write_segment

FIELDS = ["body_word", "heading_bigram", "keywords_word", "title_word"]
TERMS = ["a", "b", "卡", "挂失", "补卡", "é", "𠮷", "z" * 300]
counted = st.dictionaries(st.sampled_from(TERMS), st.integers(1, 4) | st.integers(250, 120_000), min_size=1, max_size=6)
document = st.tuples(
    st.sampled_from(["k1", "k2", "键", "k3@2"]),
    st.sampled_from(["", "一", "s-2"]),
    st.dictionaries(st.sampled_from(FIELDS), counted, max_size=3),
)
corpora = st.lists(document, min_size=1, max_size=12)


def parts(documents, size=None):
    """The documents' postings as the writer takes them, in parts of `size` terms."""
    found = {}
    for number, (_, _, streams) in enumerate(documents):
        for field, terms in streams.items():
            for term, count in terms.items():
                found.setdefault((field, term.encode()), []).append((number, count))
    for field, group in itertools.groupby(sorted(found), key=lambda pair: pair[0]):
        keys = list(group)
        for some in batches(keys, size):
            postings = [p for key in some for p in found[key]]
            yield FieldPostings(
                field,
                [term for _, term in some],
                np.cumsum([0, *(len(found[key]) for key in some)]),
                np.array([d for d, _ in postings], np.int32),
                np.array([c for _, c in postings], np.int32),
            )


def batches(keys, size):
    size = size or len(keys)
    return [keys[i : i + size] for i in range(0, len(keys), size)]


def ours(folder, documents, size=None, **changes):
    lengths = {f: np.array([sum(s.get(f, {}).values()) for _, _, s in documents], np.int64) for f in FIELDS}
    stored = [(key, anchor) for key, anchor, _ in documents]
    return write_segment(folder, stored, lengths, parts(documents, size), **changes)


def stock(folder, documents, deleted=()):
    if not index.exists_in(folder):
        folder.mkdir(exist_ok=True)
        index.create_in(folder, schema())
    writer = index.open_dir(folder).writer()
    for number in deleted:
        writer.delete_document(number)
    for key, anchor, streams in documents:
        writer.add_document(key=key, anchor=anchor, **streams)
    writer.commit(merge=False)


def postings(reader, field, term):
    matcher = reader.postings(field, term)
    while matcher.is_active():
        yield matcher.id(), matcher.weight(), matcher.value()
        matcher.next()


def statistics(info):
    names = ["weight", "doc_frequency", "min_length", "max_length", "max_weight", "min_id", "max_id"]
    return [getattr(info, name)() for name in names]


def contents(folder):
    """All that a reader tells of an index."""
    reader = index.open_dir(folder).reader()
    terms = list(reader.all_terms())
    documents = range(reader.doc_count_all())
    found = {
        "counts": (reader.doc_count(), reader.doc_count_all()),
        "deleted": [reader.is_deleted(d) for d in documents],
        "stored": [reader.stored_fields(d) for d in documents],
        "lengths": {f: [reader.doc_field_length(d, f) for d in documents] for f in FIELDS},
        "totals": {f: reader.field_length(f) for f in FIELDS},
        "fields": sorted(reader.indexed_field_names()),
        "terms": terms,
        "postings": {key: list(postings(reader, *key)) for key in terms},
        "information": {key: statistics(reader.term_info(*key)) for key in terms},
        "frequencies": {key: (reader.frequency(*key), reader.doc_frequency(*key)) for key in terms},
        "columns": {key: list(reader.lexicon(key)) for key in reader.indexed_field_names()},
        "prefixed": {f: list(reader.expand_prefix(f, "补")) for f in reader.indexed_field_names()},
        "absent": [(f, t) in reader for f in (*FIELDS, "title_bigram") for t in ("nowhere", "a")],
    }
    reader.close()
    return found


def answers(folder):
    """Ranked documents and scores of questions of several kinds."""
    word = [query.Term(f, t) for f in FIELDS for t in TERMS]
    asked = [
        *word,
        query.Or(word),
        query.Or(word[:4]),
        query.And(word[:2]),
        query.And([query.Or(word[:8]), query.Or(word[8:])]),
        query.AndMaybe(word[0], word[1]),
        query.Or([query.Term("key", "k1"), *word]),
        query.Prefix("title_word", "补"),
        query.Every(),
    ]
    with index.open_dir(folder).searcher(weighting=scoring.BM25F()) as searcher:
        if (
            not searcher.reader().has_deletions()
        ):  # Whoosh's Not lets some deleted documents through, by kind of matcher
            asked.append(query.Not(word[0]))
        return [
            [(hit.docnum, hit.score) for hit in searcher.search(q, limit=limit)] for q in asked for limit in (None, 3)
        ]


def files(folder, names):
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name.startswith(tuple(names))}


@pytest.fixture(params=[whoosh_codec.INLINED, 0], ids=["short", "blocks"])
def inlined(request, monkeypatch):
    """Once as it is, once with every posting in the postings file."""
    monkeypatch.setattr(whoosh_codec, "INLINED", request.param)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(corpora, st.none() | st.integers(1, 3))
def test_a_segment_tells_what_whooshs_own_tells(inlined, documents, size):
    with tempfile.TemporaryDirectory() as folder:
        a, b = Path(folder, "a"), Path(folder, "b")
        stock(a, documents)
        ours(b, documents, size)
        assert contents(b) == contents(a)
        assert answers(b) == answers(a)


@settings(max_examples=12, deadline=None)
@given(st.lists(corpora, min_size=2, max_size=3), st.data())
def test_several_segments_with_deletions(corpora, data):
    with tempfile.TemporaryDirectory() as folder:
        a, b = Path(folder, "a"), Path(folder, "b")
        base, kept, deleted = 0, {}, {}
        for documents in corpora:
            stock(a, documents, [base + d for base, numbers in kept.values() for d in numbers])
            name = ours(b, documents, deleted=deleted)
            kept[name] = (base, data.draw(st.sets(st.sampled_from(range(len(documents))))))
            base += len(documents)
            deleted = {name: numbers for name, (_, numbers) in kept.items()}
        assert segments(b) == list(kept)
        assert contents(b) == contents(a)
        assert answers(b) == answers(a)


@settings(max_examples=12, deadline=None)
@given(corpora, corpora, corpora)
def test_whoosh_goes_on_from_it(first, second, third):
    with tempfile.TemporaryDirectory() as folder:
        a, b = Path(folder, "a"), Path(folder, "b")
        for write, folder in ((stock, a), (ours, b)):
            write(folder, first)
            write(folder, second)
            stock(folder, third)
        assert contents(b) == contents(a)
        for folder in (a, b):
            writer = index.open_dir(folder).writer()
            writer.delete_by_term("key", "k1")
            writer.commit(optimize=True)
        assert contents(b) == contents(a)
        assert answers(b) == answers(a)


def corpus(size, seed=0):
    """Documents with terms of all frequencies: in nearly all documents, in some, in one."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(size):
        words = [f"w{w}" for w in random.zipf(1.3, 30) if w < 1000] or ["w1"]
        made.append(
            (f"k{number // 3}", str(number % 3), {"body_word": Counter(words), "title_word": {"w1": 1, "q": 300}})
        )
    return made


def test_long_postings_and_full_hash_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(whoosh_codec, "BLOCK", 128)
    monkeypatch.setattr("indexer.whoosh_writer.CHUNK", 700)
    documents = corpus(700)
    stock(tmp_path / "a", documents)
    ours(tmp_path / "b", documents, 100)
    assert contents(tmp_path / "b") == contents(tmp_path / "a")
    a, b = (index.open_dir(tmp_path / f).reader() for f in "ab")
    for term in ("w1", "w2", "w3"):
        one, other = (r.postings("body_word", term) for r in (a, b))
        while one.is_active() and other.is_active():
            assert (one.id(), one.block_max_id(), one.block_max_weight()) == (
                other.id(),
                other.block_max_id(),
                other.block_max_weight(),
            )
            assert (one.block_min_length(), one.block_max_length()) == (
                other.block_min_length(),
                other.block_max_length(),
            )
            one.skip_to(one.id() + 97)
            other.skip_to(other.id() + 97)
        assert one.is_active() == other.is_active()


def test_more_documents_than_whoosh_keeps_without_offsets(tmp_path):
    documents = [(f"k{i}", "", {"title_word": {"a": 1}} if i % 2 else {}) for i in range(33_000)]
    ours(tmp_path, documents)
    reader = index.open_dir(tmp_path).reader()
    assert reader.stored_fields(32_999) == {"key": "k32999", "anchor": ""}
    assert all(("key", f"k{i}") in reader and ("key", f"no{i}") not in reader for i in range(33_000))
    assert list(reader.postings("key", "k32998").all_ids()) == [32_998]
    assert reader.doc_frequency("title_word", "a") == 16_500
    assert list(reader.postings("title_word", "a").all_ids()) == list(range(1, 33_000, 2))


def test_older_segments_stay_byte_for_byte_and_can_be_dropped(tmp_path):
    first, second = ours(tmp_path, corpus(20, 1)), ours(tmp_path, corpus(5, 2))
    before = files(tmp_path, [first, second])
    third = ours(tmp_path, corpus(5, 3), deleted={first: [3, 4]})
    assert segments(tmp_path) == [first, second, third]
    assert files(tmp_path, [first, second]) == before
    assert [index.open_dir(tmp_path).reader().is_deleted(d) for d in (2, 3, 4, 5)] == [False, True, True, False]
    merged = ours(tmp_path, corpus(10, 4), dropped=[second, third])
    assert segments(tmp_path) == [first, merged]
    assert files(tmp_path, [first]).items() <= before.items()
    reader = index.open_dir(tmp_path).reader()
    assert (reader.doc_count_all(), reader.doc_count()) == (30, 28)


def test_shared_files_stay_for_those_who_share_them(tmp_path):
    name = ours(tmp_path / "old", corpus(10))
    shared = tmp_path / "new"
    shared.mkdir()
    for file in (tmp_path / "old").iterdir():
        (shared / file.name).hardlink_to(file)
    before = {p.name: p.read_bytes() for p in (tmp_path / "old").iterdir()}
    ours(shared, corpus(4, 1), dropped=[name])
    assert {p.name: p.read_bytes() for p in (tmp_path / "old").iterdir()} == before
    assert index.open_dir(tmp_path / "old").doc_count() == 10


def test_deletions_alone_are_a_commit(tmp_path):
    name = ours(tmp_path, corpus(6))
    commit_deletions(tmp_path, {name: [0, 5]})
    assert segments(tmp_path) == [name]
    assert index.open_dir(tmp_path).doc_count() == 4


def test_an_empty_folder_has_no_segments(tmp_path):
    assert segments(tmp_path) == []


def test_wrong_input_is_refused(tmp_path):
    one = np.array([0, 1])
    part = FieldPostings("title_word", [b"b"], one, np.zeros(1, np.int32), np.ones(1, np.int32))
    with pytest.raises(ValueError, match="ascend"):
        write_segment(tmp_path, [("k", "")], {}, [part, part])
    nothing = FieldPostings("title_word", [b"b"], np.zeros(2, np.int64), part.documents, part.counts)
    with pytest.raises(ValueError, match="without postings"):
        write_segment(tmp_path, [("k", "")], {}, [nothing])
    with pytest.raises(ValueError, match="no such segment"):
        ours(tmp_path, corpus(1), deleted={"MAIN_unknown": [0]})
