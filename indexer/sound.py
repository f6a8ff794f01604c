"""Whether a generation may serve, told without opening it: made by this program's recipe, and every byte as it was written.

Apart from what opens an index: that compiles the ranking, and whoever goes back to another generation is in a hurry.
"""

from __future__ import annotations

from pathlib import Path

from indexer import generations
from indexer.generations import Manifest
from indexer.recipe import recipe_fingerprint
from kb.errors import IndexCorrupt
from kb.lexicon import fingerprint


def own_manifest(folder: Path) -> Manifest:
    """The manifest of a generation whose recipe is this program's; raises IndexMissing or IndexCorrupt."""
    manifest = generations.read_manifest(folder)
    if manifest.fingerprint != recipe_fingerprint(fingerprint(folder)):
        raise IndexCorrupt(f"索引 {folder.name} 是用另一个版本的程序建的，请运行 kb index build。")
    return manifest


def require_sound(folder: Path) -> None:
    """Compare every file that answers with its checksum; raises IndexMissing or IndexCorrupt."""
    generations.verify_files(folder, own_manifest(folder), again=True)
