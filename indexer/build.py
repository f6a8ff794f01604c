"""Making generations: a full build, or an update that adds what changed beside shared segments. One path for both."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import indexer
import kb
from indexer import generations, whoosh_index
from indexer.documents import Document, documents, store
from indexer.generations import Manifest
from indexer.searcher import WhooshSearcher, shared_analyzer
from kb import codec
from kb.backend import StoredArticle
from kb.errors import IndexProblem
from kb.lexicon import load_lexicon
from kb.library import Library, load_library, periods
from kb.lookup import build_lookup
from kb.settings import Settings
from kb.text import Analyzer
from kb.types import Problem

# (articles done, articles in all)
Progress = Callable[[int, int], None]
# the code that decides which terms a text has
_RECIPE = ("kb/normalize.py", "kb/quantities.py", "kb/text.py", "kb/sections.py", "kb/render.py", "kb/types.py",
           "kb/lookup.py", "indexer/documents.py", "indexer/whoosh_index.py", "indexer/fields.py")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Built:
    """What a build or update did."""

    generation: str
    added: int
    removed: int
    unchanged: int
    problems: tuple[Problem, ...]


def no_progress(done: int, total: int) -> None:
    """For callers that show nothing."""


def _code() -> bytes:
    """What the code that is running makes of a text; read once, so that files replaced later do not count."""
    digest = hashlib.sha256()
    roots = {"kb": Path(kb.__file__).parent, "indexer": Path(indexer.__file__).parent}
    for name in _RECIPE:
        package, _, file = name.partition("/")
        digest.update((roots[package] / file).read_bytes())
    for library in ("jieba", "whoosh", "opencc-python-reimplemented"):
        digest.update(f"{library}={version(library)};".encode())
    return digest.digest()


_CODE = _code()


def recipe_fingerprint(lexicon: str) -> str:
    """Changes when the same article would get other terms: code, libraries or lexicon."""
    return hashlib.sha256(lexicon.encode() + _CODE).hexdigest()[:16]


def build(settings: Settings, now: datetime, progress: Progress = no_progress) -> Built:
    """Make a generation from all files, verify it, and let it serve. Raises IndexProblem; the old one then still serves."""
    with generations.write_lock(settings.index):
        return _make(settings, now, progress, base=None)


def update(settings: Settings, now: datetime, progress: Progress = no_progress) -> Built:
    """Bring the index up to date with the files: only what changed is analysed.

    Falls back to a full build where there is no usable generation or the recipe changed. Without any change, nothing is
    written.
    """
    with generations.write_lock(settings.index):
        return _make(settings, now, progress, base=_base(settings))


def _base(settings: Settings) -> Manifest | None:
    """The current generation's manifest, if an update can start from it."""
    name = generations.current_name(settings.index)
    if name is None:
        return None
    try:
        manifest = generations.read_manifest(settings.index / name)
        generations.verify_files(settings.index / name, manifest)
    except IndexProblem:
        return None
    lexicon, _ = load_lexicon(settings.articles)
    return manifest if manifest.fingerprint == recipe_fingerprint(lexicon.fingerprint) else None


def _make(settings: Settings, now: datetime, progress: Progress, base: Manifest | None) -> Built:
    library = load_library(settings.articles)
    lexicon, word_problems = load_lexicon(settings.articles)
    problems = (*library.problems, *word_problems)
    stored = _stored(library)
    digests = {s.article.key: _digest(s) for s in stored}
    old = base.digests if base else {}
    changed = [s for s in stored if old.get(s.article.key) != digests[s.article.key]]
    fresh = {s.article.key for s in changed}
    removed = [k for k in old if k not in digests or k in fresh]
    if base and not changed and not removed:
        return Built(base.name, 0, 0, len(stored), problems)
    name = generations.generation_name(now)
    folder = settings.index / name
    analyzer = shared_analyzer(lexicon, settings.var / "cache")
    try:
        _fill(folder, settings, base, removed, _analysed(changed, analyzer, progress))
        lookup = build_lookup((s.article for s in stored), analyzer)
        (folder / "lookup.json").write_text(json.dumps(lookup.to_json(), ensure_ascii=False), encoding="utf-8")
        count = len(stored) + sum(1 for s in stored for part in s.sections if part.section.anchor)
        fingerprint = recipe_fingerprint(lexicon.fingerprint)
        generations.seal(folder, Manifest(name, now.isoformat(), len(stored), count, digests, fingerprint, {}))
        WhooshSearcher(folder, settings.var / "cache").check()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    generations.switch(settings.index, name)
    generations.prune(settings.index, settings.keep_generations)
    return Built(
        name, len(changed), len([k for k in removed if k not in digests]), len(stored) - len(changed), problems
    )


def _stored(library: Library) -> list[StoredArticle]:
    spans = periods(library.articles)
    return [store(article, spans[article.key]) for article in library.articles]


def _digest(stored: StoredArticle) -> str:
    """Digest of a version's content and of the time it is in force: a successor changes the latter."""
    return hashlib.sha256(f"{stored.article.digest}{stored.start}{stored.end}".encode()).hexdigest()


def _analysed(
    changed: list[StoredArticle], analyzer: Analyzer, progress: Progress
) -> Iterator[tuple[list[Document], bytes]]:
    progress(0, len(changed))
    for done, stored in enumerate(changed, 1):
        yield documents(stored, analyzer), codec.dump(stored)
        progress(done, len(changed))


def _fill(
    folder: Path,
    settings: Settings,
    base: Manifest | None,
    removed: list[str],
    added: Iterable[tuple[list[Document], bytes]],
) -> None:
    """Write the Whoosh index and a copy of the lexicon: questions are read with the words the index was made with."""
    folder.mkdir(parents=True)
    whoosh = folder / "whoosh"
    if base:
        whoosh.mkdir()
        for file in (settings.index / base.name / "whoosh").iterdir():
            os.link(file, whoosh / file.name)
    else:
        whoosh_index.create(whoosh)
    whoosh_index.write(whoosh, removed, added)
    copied = folder / "_lexicon"
    copied.mkdir()
    source = settings.articles / "_lexicon"
    for file in sorted(source.glob("*.txt")) if source.is_dir() else ():
        shutil.copyfile(file, copied / file.name)
