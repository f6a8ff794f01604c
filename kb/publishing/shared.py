"""Files of the lexicon and the registry, before they are published: what is wrong with them, and what they would break."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from kb.articles import Parsed, parse_article, read_bytes
from kb.errors import ArticleError
from kb.fraud import FILE as FRAUD
from kb.fraud import dead_phrases
from kb.lexicon import load_lexicon
from kb.library import article_files, article_id, article_name
from kb.pins import FILE as PINS
from kb.pins import dead_pins
from kb.registry import Registry, load_registry
from kb.types import Problem

# a person reads so many
_MOST_SHOWN = 20


def check(root: Path, path: str, text: str) -> None:
    """Raises ArticleError if the file cannot be published: what is wrong in it, or which sound articles it would break."""
    with _as_if(root, path, text) as there:
        found = _problems(there, path) + _without_article(root, there, path)
        if found:
            raise ArticleError(found)
        if path.startswith("_registry/"):
            broken = _broken(root, load_registry(root)[0], load_registry(there)[0])
            if broken:
                raise ArticleError(_explained(path, broken))


@contextmanager
def _as_if(root: Path, path: str, text: str) -> Iterator[Path]:
    """A copy of the lexicon and the registry in which one file says something else."""
    with tempfile.TemporaryDirectory(prefix="kb-shared-") as place:
        there = Path(place)
        for folder in ("_lexicon", "_registry"):
            (there / folder).mkdir()
            for file in sorted((root / folder).glob("*")):
                if file.is_file() and not file.is_symlink():
                    shutil.copyfile(file, there / folder / file.name)
        (there / path).write_text(text, encoding="utf-8", newline="\n")
        yield there


def _problems(there: Path, path: str) -> list[Problem]:
    found = [*load_lexicon(there)[1], *load_registry(there)[1]]
    mine = [p for p in found if Path(p.path) == there / path and p.level == "error"]
    return [replace(p, path=path) for p in mine]


def _without_article(root: Path, there: Path, path: str) -> list[Problem]:
    """Pins that lead nowhere, and words of fraudsters that set nothing off."""
    if path not in (PINS, FRAUD):
        return []
    files = {article_id(file): file for file in article_files(root)}
    lexicon, _ = load_lexicon(there)
    if path == PINS:
        return dead_pins(lexicon.pins, set(files))
    named = {phrase.alert for phrase in lexicon.fraud} & set(files)
    return dead_phrases(lexicon.fraud, _types(root, [files[id_] for id_ in named]), set(files))


def _types(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """The types of the articles that can be read, by id."""
    registry, _ = load_registry(root)
    found: dict[str, str] = {}
    for file in files:
        name = article_name(file, root)
        data = read_bytes(file, name)
        parsed = None if isinstance(data, Problem) else parse_article(data, name, registry)
        if parsed and parsed.article:
            found[parsed.article.id] = parsed.article.type
    return found


def _broken(root: Path, before: Registry, after: Registry) -> list[Problem]:
    """Errors that articles get by the new registry; an article that has errors now is no loss."""
    found: list[Problem] = []
    for file in article_files(root):
        name = article_name(file, root)
        data = read_bytes(file, name)
        if isinstance(data, Problem):
            continue
        parsed: Parsed = parse_article(data, name, after)
        if parsed.errors and not parse_article(data, name, before).errors:
            found += parsed.errors
    return found


def _explained(path: str, broken: list[Problem]) -> list[Problem]:
    articles = len({p.path for p in broken})
    head = Problem(
        path, 0, 0,
        f"改了它，{articles} 篇文章会出错并从搜索里消失。请先留着旧的名字或数字，把这些文章改好发布，再来删掉旧的。",
    )  # fmt: skip
    return [head, *broken[:_MOST_SHOWN]]
