"""The whole check of one article's text: its fields (kb/articles.py) and its language. Used by `kb check`, the form and publishing.

The index uses only the check of the fields: a word that becomes forbidden must not take articles away from agents overnight.
"""

from __future__ import annotations

from collections.abc import Set

from kb.articles import Parsed, parse_article
from kb.editing.language import remarks
from kb.editing.places import placed
from kb.frontmatter import decode
from kb.lexicon import Lexicon
from kb.registry import Registry
from kb.types import Article, Problem


def check_article(
    data: bytes, name: str, registry: Registry, lexicon: Lexicon, everyday: Set[str] = frozenset()
) -> Parsed:
    """Parse a file's bytes, language included. The article is None if there is any error.

    `everyday`: jargon that customers know, see `kb.editing.language.everyday_words`.
    """
    parsed = parse_article(data, name, registry)
    if parsed.article is None:
        return parsed
    problems = (*parsed.problems, *language_problems(parsed.article, data, lexicon, everyday))
    problems = tuple(sorted(problems, key=lambda p: (p.line, p.column)))
    return Parsed(None if any(p.level == "error" for p in problems) else parsed.article, problems)


def language_problems(
    article: Article, data: bytes, lexicon: Lexicon, everyday: Set[str] = frozenset()
) -> list[Problem]:
    """What can be said of the language of an article that was read from a file's bytes."""
    found = remarks(article, lexicon, everyday)
    text = decode(data, article.path) if found else ""
    return placed(found, text, article.path) if isinstance(text, str) else []
