"""What a generation is in a search cluster: one index with a document for each article, each clause, and each part of the rest.

Our own terms, joined by spaces, fill fields that are split at spaces. A document is written once and never changed but for its end:
it belongs to the snapshots from `born` on and before `died`, so that whoever reads a snapshot reads all of it and nothing else.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from indexer.explaining import Counted, counted
from indexer.fields import ARTICLE_FIELDS, FIELDS, K1, SECTION_FIELDS, STREAM_FIELDS, STREAMS, stream_field
from indexer.opensearch import PLACE
from indexer.segment import Segment
from indexer.slices import Slicer
from kb import codec
from kb.query import Query
from kb.types import Audience
from kb.visibility import FOREVER, Viewer

Json = dict[str, Any]
# of what is written; readers refuse another
VERSION = 1
# bytes of one document of a part, before they are coded
PIECE = 6 << 20
# a query may have 1,024 clauses: four for each term
_MOST_TERMS = 240
_LETTERS = str.maketrans("-_", "+/")
_RESTRICTIONS = ("roles", "queues", "regions")


class Place(NamedTuple):
    """An article in a snapshot: numbers of its segment's place and of itself, and the snapshot that wrote it."""

    segment: str
    article: int
    born: int

    @property
    def id(self) -> str:
        """Id of its document."""
        return f"a.{self.segment}.{self.article}.{self.born}"

    def clause(self, section: int) -> str:
        """Id of the document of one of its clauses, by the number of the section in the segment."""
        return f"c.{self.segment}.{self.article}.{self.born}.{section}"


def place_of(document: str) -> Place:
    """The article that a document of an article or a clause belongs to."""
    _, segment, article, born, *_ = document.split(".")
    return Place(segment, int(article), int(born))


def index_body() -> Json:
    """Settings and mappings of an index. One shard: how rare a term is must be known as a whole."""
    fields: Json = {
        stream_field(name, stream): {
            "type": "text", "analyzer": "tokens", "similarity": name, "index_options": "freqs",
        }
        for name in FIELDS for stream in STREAMS
    }  # fmt: skip
    kept, column = {"type": "binary"}, {"type": "binary", "doc_values": True}
    return {
        "settings": {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            # each snapshot is refreshed when it is whole; this is for a copy that missed it
            "refresh_interval": "30s",
            "codec": "best_compression",
            "similarity": {name: {"type": "BM25", "k1": K1, "b": weight.b} for name, weight in FIELDS.items()},
            "analysis": {"analyzer": {"tokens": {"type": "custom", "tokenizer": "whitespace"}}},
        },
        "mappings": {
            "dynamic": "strict",
            "properties": {
                "kind": {"type": "keyword"},
                PLACE: {"type": "keyword"},
                "key": {"type": "keyword"},
                **{key: {"type": "long"} for key in ("born", "died", "start", "end")},
                **{name: {"type": "keyword"} for name in _RESTRICTIONS},
                **fields,
                **dict.fromkeys(("slice", "prepared", "stored"), column),
                **dict.fromkeys(("counted", "data"), kept),
                "manifest": {"type": "object", "enabled": False},
            },
        },
    }


class Writer:
    """Makes the documents of one segment's articles."""

    def __init__(self, index: str, segment: Segment) -> None:
        self._index = index
        self._segment = segment
        self._slicer = Slicer(segment)
        self._vocabulary = [_token(term[1:]) for term in segment.handed.vocabulary()]

    def added(self, article: int, snapshot: int, start: int, end: int) -> Iterator[Json]:
        """What writes an article and its clauses; in force from `start` until `end`, seconds since 1970."""
        s = self._segment
        place = Place(s.name, article, snapshot)
        stored = s.stored(article)
        shared: Json = {
            "key": s.key(article),
            "born": snapshot,
            "died": FOREVER,
            "start": start,
            "end": end,
            **(_restrictions(codec.load(stored).article.audience) if s.restricted[article] else {}),
        }
        blobs = {
            "slice": _coded(self._slicer.slice(article)),
            "prepared": _coded(zlib.compress(s.prepared(article), 1)),
            "stored": _coded(zlib.compress(stored)),
            "counted": _coded(zlib.compress(json.dumps(counted(s, article), ensure_ascii=False).encode())),
        }
        yield self._action(place.id, snapshot, {"kind": "article", **shared, **self._texts(article), **blobs})
        for section in range(*s.section_range(article)):
            if s.clauses[section]:
                texts = self._texts(s.articles + section)
                yield self._action(place.clause(section), snapshot, {"kind": "clause", **shared, **texts})

    def _action(self, document: str, snapshot: int, source: Json) -> Json:
        # what is written once more by a job that was tried again is the same
        return {
            "_op_type": "index", "_index": self._index, "_id": document, "version": snapshot,
            "version_type": "external_gte", "_source": {PLACE: document, **source},
        }  # fmt: skip

    def _texts(self, document: int) -> dict[str, str]:
        """The terms of each stream field, each as often as it stands there."""
        found: dict[str, list[str]] = {}
        for term, field, count in self._segment.handed.counts_of(document):
            found.setdefault(STREAM_FIELDS[field], []).extend([self._vocabulary[term]] * count)
        return {name: " ".join(terms) for name, terms in found.items()}


def ended(index: str, place: Place, clauses: Iterable[int], snapshot: int) -> Iterator[Json]:
    """What ends an article and its clauses (numbers of sections) with the snapshot before this one."""
    for document in (place.id, *map(place.clause, clauses)):
        yield {"_op_type": "update", "_index": index, "_id": document, "doc": {"died": snapshot}}


def pieces(index: str, name: str, data: bytes, snapshot: int) -> Iterator[Json]:
    """What writes a part, in as many documents as it needs."""
    for number in range(piece_count(data)):
        piece = data[number * PIECE : (number + 1) * PIECE]
        yield {
            "_op_type": "index", "_index": index, "_id": piece_id(name, number), "version": snapshot,
            "version_type": "external_gte", "_source": {"kind": "part", "data": _coded(piece)},
        }  # fmt: skip


def piece_count(data: bytes) -> int:
    """How many documents a part needs."""
    return max(1, -(-len(data) // PIECE))


def piece_id(name: str, number: int) -> str:
    """Id of one of the documents of a part."""
    return f"p.{name}.{number}"


def decoded(value: str) -> bytes:
    """The bytes of a binary field; columns come in the letters of addresses, and without what fills them up."""
    return base64.b64decode(value.translate(_LETTERS) + "=" * (-len(value) % 4))


def unpacked(value: str) -> bytes:
    """The bytes that were compressed into a binary field."""
    return zlib.decompress(decoded(value))


def counted_from(value: str) -> list[Counted]:
    """The terms of an article and its sections, from the field `counted`."""
    return [Counted(*row) for row in json.loads(unpacked(value))]


def in_snapshot(snapshot: int, kind: str) -> Json:
    """Filter of everything of a kind that belongs to a snapshot."""
    return {"bool": {"filter": _filters(snapshot, kind)}}


def candidates(query: Query, kind: str, snapshot: int, moment: int, viewer: Viewer, limit: int) -> Json:
    """The search for the documents of a kind that match a question best and may be shown."""
    fields = ARTICLE_FIELDS if kind == "article" else SECTION_FIELDS
    heaviest = sorted((t for t in query.terms if t.weight > 0), key=lambda t: -t.weight)[:_MOST_TERMS]
    should = [
        {"term": {stream_field(name, t.stream): {"value": _token(t.text), "boost": t.weight * weight.boost}}}
        for t in heaviest
        for name, weight in fields.items()
    ]
    allowed = [*_filters(snapshot, kind), *_in_force(moment), *(_admits(name, viewer) for name in _RESTRICTIONS)]
    return {
        "size": limit,
        "query": {"bool": {"filter": allowed, "should": should, "minimum_should_match": 1}},
    }


def _filters(snapshot: int, kind: str) -> list[Json]:
    return [
        {"term": {"kind": kind}},
        {"range": {"born": {"lte": snapshot}}},
        {"range": {"died": {"gt": snapshot}}},
    ]


def _in_force(moment: int) -> list[Json]:
    return [{"range": {"start": {"lte": moment}}}, {"range": {"end": {"gt": moment}}}]


def _admits(name: str, viewer: Viewer) -> Json:
    """Documents without such a restriction, and those whose restriction the viewer meets."""
    unrestricted = {"bool": {"must_not": {"exists": {"field": name}}}}
    return {"bool": {"should": [unrestricted, {"terms": {name: sorted(getattr(viewer, name))}}]}}


def _restrictions(audience: Audience) -> dict[str, Sequence[str]]:
    return {name: list(values) for name in _RESTRICTIONS if (values := getattr(audience, name))}


def _token(term: str) -> str:
    """A term without spaces, at which fields are split; two that differ in them alone only make more candidates."""
    return "_".join(term.split()) or "_"


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()
