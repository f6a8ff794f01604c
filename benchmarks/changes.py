"""Changing some of a folder's articles, as editors do: a sentence with a word of its own at the end of the body."""

from __future__ import annotations

import random
from pathlib import Path

from kb.library import article_files


def change(articles: Path, count: int, mark: str, seed: int = 1) -> list[Path]:
    """Write a sentence with `mark` (a word) to the end of a random choice of articles; their files."""
    files = list(article_files(articles))
    chosen = random.Random(seed).sample(files, min(count, len(files)))  # noqa: S311 (no secret)
    for path in chosen:
        path.write_text(f"{path.read_text('utf-8').rstrip()}\n\n本条的版本标记是 {mark} 。\n", encoding="utf-8")
    return chosen
