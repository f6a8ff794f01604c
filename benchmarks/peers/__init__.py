"""The engines that are compared, one file each; those that are not installed are left out and named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.peers.bm25s_numba import Bm25sPeer
from benchmarks.peers.ours import Ours, Whole
from benchmarks.peers.peer import Peer
from benchmarks.peers.sqlite_fts5 import SqlitePeer
from benchmarks.peers.tantivy_bm25 import TantivyPeer
from benchmarks.peers.whoosh_bm25f import WhooshPeer
from benchmarks.peers.xapian_bm25 import XapianPeer
from benchmarks.report import Missing

ENGINES: dict[str, Callable[[Path], Peer]] = {
    "whoosh": WhooshPeer,
    "tantivy": TantivyPeer,
    "sqlite": SqlitePeer,
    "bm25s": Bm25sPeer,
    "xapian": XapianPeer,
}
__all__ = ["ENGINES", "Ours", "Peer", "Whole", "load_peers"]


def load_peers(names: Sequence[str], folder: Path, generation: Path) -> tuple[list[Peer], list[str]]:
    """The named engines, each with a place below `folder`, and a sentence for each that cannot take part.

    `generation`: the folder of our own index, which may hold a Whoosh index to ask.
    """
    peers: list[Peer] = []
    absent = []
    for name in names:
        try:
            place = folder / name
            peers.append(WhooshPeer(place, generation) if name == "whoosh" else ENGINES[name](place))
        except Missing as error:
            absent.append(f"{name} left out: {error}")
    return peers, absent
