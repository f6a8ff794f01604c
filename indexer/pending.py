"""What has changed below an articles folder and is not in the index yet, and how long it should rest before it is. Pure but for
a look at what a path is now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from indexer.gate import FEWER

Kind = Literal["added", "modified", "deleted"]
Change = tuple[Kind, Path]
# from so many files on, everything is compared: a checkout, a copy, a mount
MANY = 200
# seconds without another change: after many of them, and where that many articles are gone, which may be half of a checkout
_REST, _REST_FEWER = 1.0, 20.0
# files that may be gone without a second thought
_FEW_GONE = 20
_SHARED = {"_lexicon": (".txt",), "_registry": (".yml", ".yaml")}


@dataclass
class Pending:
    """Article files that changed, or everything: new, changed and gone ones."""

    paths: set[Path] = field(default_factory=set)
    # everything has to be compared
    whole: bool = False
    # it may not be over yet: a folder that has just come
    settling: bool = False

    def __bool__(self) -> bool:
        return bool(self.paths) or self.whole

    @property
    def named(self) -> list[Path] | None:
        """The files to look at; None for everything."""
        return None if self.whole or len(self.paths) > MANY else sorted(self.paths)

    def add(self, changes: Iterable[Change], root: Path) -> None:
        """Take note of what happened to paths below `root`. What is no article, lexicon or registry is passed over."""
        batch = list(changes)
        came = {path for kind, path in batch if kind == "added"}
        for kind, path in batch:
            inside = path.relative_to(root).parts if path.is_relative_to(root) else ()
            shared = inside[0] if inside and inside[0] in _SHARED else ""
            hidden = any(part.startswith(("_", ".")) for part in (inside[1:] if shared else inside))
            if not inside or hidden:
                continue
            if shared:
                self.whole |= len(inside) == 1 or path.suffix in _SHARED[shared]
            elif path.suffix == ".md":
                self.paths.add(path)
            elif kind != "modified":
                # a folder with files nobody told of; what came and went is an editor's own
                self.whole |= path.is_dir() or (path not in came and not path.exists())

    def rest(self, files: int, indexed: int) -> float:
        """Seconds without another change after which it is to be taken up. `files`: there are now; `indexed`: are served."""
        gone = indexed - files if self.named is None else sum(not path.exists() for path in self.paths)
        if gone > max(_FEW_GONE, indexed * FEWER):
            return _REST_FEWER
        return _REST if self.settling or len(self.paths) > MANY else 0.0
