"""Questions to measure with: spans of 6 to 16 characters out of the articles' titles and texts, and lines of a file."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from kb.articles import read_article
from kb.library import article_files
from kb.query import MAX_QUESTION
from kb.registry import load_registry
from kb.types import Article

SHORTEST, LONGEST = 6, 16
_TITLE_SHARE = 0.3
# quotes would ask for the words as they stand, which is another kind of search
_UNWANTED = re.compile(r"[\s“”\"「」『』]+")


def sampled_articles(root: Path, count: int, seed: int) -> Iterator[Article]:
    """At most so many articles of a folder, in random order; the same for the same numbers."""
    files = list(article_files(root))
    registry = load_registry(root)[0]
    for path in random.Random(seed).sample(files, min(count, len(files))):  # noqa: S311 (no secret)
        article = read_article(path, path.name, registry).article
        if article:
            yield article


def sample_questions(root: Path, count: int, seed: int, file: Path | None = None) -> list[str]:
    """The file's lines and, up to `count` in all, spans of articles; no question twice, in random order."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    found: dict[str, None] = {}
    if file:
        lines = (line.strip() for line in file.read_text("utf-8-sig").split("\n"))
        found |= dict.fromkeys(line for line in lines if 0 < len(line) <= MAX_QUESTION)
    articles = list(sampled_articles(root, max(count, 1), seed))
    # short articles have few spans: several rounds, but not for ever
    for article in articles * 20:
        if len(found) >= count:
            break
        span = _span(chance, article.title if chance.random() < _TITLE_SHARE else article.body or article.answer)
        if span:
            found[span] = None
    questions = list(found)[:count]
    chance.shuffle(questions)
    return questions


def _span(chance: random.Random, text: str) -> str:
    text = _UNWANTED.sub("", text)
    if len(text) < SHORTEST:
        return ""
    start = chance.randint(0, len(text) - SHORTEST)
    return text[start : start + chance.randint(SHORTEST, LONGEST)]
