"""The lexicon that comes with the product, for a library that has none of its own yet."""

from __future__ import annotations

import shutil
from pathlib import Path

import kb_starter_lexicon

from kb import fraud, pins

# they name articles of the library they belong to
_OWN = {Path(pins.FILE).name, Path(fraud.FILE).name}


def copy_starter_lexicon(articles: Path) -> bool:
    """Put the starter lexicon into `articles/_lexicon`, to be edited there; False if that folder exists already."""
    target = articles / "_lexicon"
    if target.exists():
        return False
    source = next(Path(p) for p in kb_starter_lexicon.__path__ if Path(p).is_dir())
    target.mkdir(parents=True)
    for file in sorted(source.glob("*.txt")):
        if file.name not in _OWN:
            shutil.copyfile(file, target / file.name)
    return True
