"""The parts of a generation that every reader keeps in memory, as bytes: catalogues of segments, their states, what was learned, words.

A part is called by the hash of its bytes: one that did not change is neither written nor read again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.bundle import Arrays, from_bytes, open_bundle, packed, part, to_bytes
from indexer.catalogue import Catalogue
from indexer.cluster_documents import VERSION
from indexer.generations import Manifest
from indexer.learned import FILE, ROWS_FILE, Learned
from indexer.segment import Segment
from indexer.state import SegmentState
from kb import codec
from kb.errors import ClusterProblem, ClusterUnread
from kb.locks import exclusive
from kb.types import Audience
from kb.whole_file import write_whole

Json = dict[str, Any]
Ints = NDArray[np.int64]
# what answers of a segment need beside the slices of candidates
_CATALOGUE = (
    "hashes", "sections", "key", "key_ends", "clauses", "by_clause", "alerts", "restricted", "lookup", "titles", "titles_ends",
)  # fmt: skip
_STATE = ("live", "start", "end", "gone", "gone_articles", "gone_sections")
_SHARED = ("_lexicon", "_registry")
_WORD_FILE = re.compile(r"_lexicon/[\w-]+\.txt|_registry/[\w-]+\.ya?ml")
# seconds that another process may write the same files
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the cluster says of the generation that serves."""

    # rises with every change of the cluster's index
    number: int
    # name of the index in the cluster
    index: str
    manifest: Manifest
    # what a part is → its name, and in how many pieces it lies there
    parts: dict[str, tuple[str, int]]

    @property
    def generation(self) -> str:
        """Name of the generation."""
        return self.manifest.name

    def to_json(self) -> Json:
        """The manifest as it is written; the names of files stay at home."""
        manifest = {**asdict(self.manifest), "files": {}}
        return {"version": VERSION, "snapshot": self.number, "manifest": manifest, "parts": self.parts}


def snapshot_of(index: str, found: Json) -> Snapshot:
    """The snapshot that `to_json` wrote. Raises ClusterProblem for one of another version of the program."""
    try:
        if found["version"] != VERSION:
            raise ClusterUnread("集群里的索引是另一个版本的程序写的：先升级编辑台那台机器，再升级其他的。")
        parts = {what: (name, count) for what, (name, count) in found["parts"].items()}
        return Snapshot(found["snapshot"], index, Manifest(**found["manifest"]), parts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ClusterUnread("集群里的索引清单读不出来，请运行 kb index ship --whole。") from error


def part_name(data: bytes) -> str:
    """What a part is called."""
    return hashlib.sha256(data).hexdigest()


def catalogue_bytes(segment: Segment) -> bytes:
    """The catalogue of a segment."""
    places = segment.term_places
    audiences = [
        json.dumps(asdict(codec.load(segment.stored(n)).article.audience)).encode() if segment.restricted[n] else b""
        for n in range(segment.articles)
    ]
    arrays: Arrays = {
        **{name: segment.arrays[name] for name in _CATALOGUE},
        "in_articles": (places[:, 2] - places[:, 0]).astype(np.uint32),
        "in_sections": (places[:, 1] - places[:, 2]).astype(np.uint32),
        "numbers": places[:, 3].astype(np.uint32),
        **packed("audience", audiences),
    }
    return zlib.compress(to_bytes(arrays), 1)


class RemoteCatalogue(Catalogue):
    """A segment whose articles lie in the cluster."""

    def __init__(
        self, name: str, data: bytes, prepared: Callable[[int], bytes], stored: Callable[[int], bytes]
    ) -> None:
        """`data`: of `catalogue_bytes`; `prepared`, `stored`: fetch what answers need of an article, and the whole of it."""
        arrays = from_bytes(zlib.decompress(data), name)
        in_articles, in_sections = arrays["in_articles"].astype(np.int64), arrays["in_sections"].astype(np.int64)
        # postings that are not here, but as many: what counts is where they would end
        places = np.stack(
            [np.zeros_like(in_articles), in_articles + in_sections, in_articles, arrays["numbers"].astype(np.int64)],
            axis=1,
        )
        super().__init__(name, {**arrays, "places": np.ascontiguousarray(places)})
        self._prepared, self._stored = prepared, stored

    def audience(self, article: int) -> Audience:
        """Who may see a restricted article."""
        return Audience(
            **{name: tuple(values) for name, values in json.loads(part(self.arrays, "audience", article)).items()}
        )

    def prepared(self, article: int) -> bytes:
        """Bytes of what an answer needs of an article."""
        return self._prepared(article)

    def stored(self, article: int) -> bytes:
        """Bytes of the whole stored article."""
        return self._stored(article)


@dataclass(frozen=True, slots=True)
class States:
    """The states of a snapshot's segments, and which snapshot wrote each of their articles."""

    states: dict[str, SegmentState]
    # int64 [articles] of each segment
    born: dict[str, Ints]

    def to_bytes(self) -> bytes:
        """Bytes for `states_of`."""
        arrays: Arrays = {f"{name}.born": born for name, born in self.born.items()}
        for name, state in self.states.items():
            arrays |= {f"{name}.{p}": getattr(state, p) for p in _STATE}
        return zlib.compress(to_bytes(arrays), 1)


def states_of(data: bytes, segments: Sequence[str]) -> States:
    """What `States.to_bytes` wrote."""
    arrays = from_bytes(zlib.decompress(data), "states")
    return States(
        {name: SegmentState(*(arrays[f"{name}.{p}"] for p in _STATE)) for name in segments},
        {name: arrays[f"{name}.born"] for name in segments},
    )


def learned_parts(generation: Path) -> dict[str, bytes]:
    """What a generation learned, as one part for all decisions and one for whose they are; empty where it learned nothing."""
    if not (generation / FILE).exists():
        return {}
    return {
        name: zlib.compress(to_bytes(open_bundle(generation / file)), 1)
        for name, file in (("learned", FILE), ("learned_rows", ROWS_FILE))
    }


def learned_of(decisions: bytes, rows: bytes, segments: Sequence[str]) -> Learned:
    """What was learned, from its parts."""
    found = from_bytes(zlib.decompress(rows), "learned_rows")
    return Learned(from_bytes(zlib.decompress(decisions), "learned"), [found[name] for name in segments])


def words_bytes(generation: Path, articles: Path) -> bytes:
    """The lexicon that a generation was made with, and the registry."""
    found = {
        f"{folder}/{path.name}": base64.b64encode(path.read_bytes()).decode()
        for folder, root in zip(_SHARED, (generation, articles), strict=True)
        for path in sorted((root / folder).glob("*"))
        if _WORD_FILE.fullmatch(f"{folder}/{path.name}") and path.is_file()
    }
    return zlib.compress(json.dumps(found, sort_keys=True).encode())


def write_words(data: bytes, folder: Path) -> None:
    """Let a folder hold these files of lexicon and registry and no others; those that are the same are not touched."""
    found: Mapping[str, str] = json.loads(zlib.decompress(data))
    if not all(_WORD_FILE.fullmatch(name) for name in found):
        raise ClusterProblem("集群里的词表清单不对，请运行 kb index ship --whole。")
    # the processes of a service share the folder
    with exclusive(folder / "lock", _PATIENCE):
        for name in _SHARED:
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, coded in found.items():
            path, content = folder / name, base64.b64decode(coded)
            if not path.exists() or path.read_bytes() != content:
                write_whole(path, content)
        for name in _SHARED:
            for path in (folder / name).iterdir():
                if f"{name}/{path.name}" not in found:
                    path.unlink(missing_ok=True)
