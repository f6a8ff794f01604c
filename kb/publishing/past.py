"""What agents read of an article at a moment in the past, from the texts that its files and the registry had by then. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial

from kb.articles import parse_article
from kb.db.revisions import Revision
from kb.fields import fill_facts
from kb.files import digest
from kb.publishing.versions import Found, timeline
from kb.registry import FILES, Registry, with_file
from kb.types import Article


def said(revisions: Sequence[Revision], registry: Sequence[Revision], at: datetime) -> Revision | None:
    """The text of an article that was in force at a moment, with the shared numbers of then filled in; None if none was, or
    none is known of that time.

    `revisions`: all of the article; `registry`: all of the registry's files, by path as they stand there. Both newest first.
    A text with errors was never shown: the one before it was, as long as its file stood there.
    """
    known = [r for r in revisions if r.at <= at]
    shared = [r for r in registry if r.at <= at]
    registry_at = cache(partial(_registry, shared))
    changed = {r.at for r in shared}
    shown: dict[str, Revision] = {}
    versions: list[Found] = []
    for path in sorted({r.path for r in known}):
        good = _last_good([r for r in known if r.path == path], changed, registry_at)
        if good:
            shown[path], article = good
            versions.append(Found(path, shown[path].digest, article))
    in_force = (version.path for version in timeline(versions, at) if version.phase == "in_force")
    return next((shown[path] for path in in_force), None)


def _last_good(
    own: Sequence[Revision], changed: set[datetime], registry_at: Callable[[datetime], Registry]
) -> tuple[Revision, Article] | None:
    """What the index had of a file: its newest text that was right with the registry of its time, facts filled in.

    `changed`: when the registry was.
    """
    for moment in sorted({r.at for r in own} | changed, reverse=True):
        standing = next((r for r in own if r.at <= moment), None)
        if standing is None or standing.removed:
            return None
        registry = registry_at(moment)
        article = parse_article(standing.text.encode(), standing.path, registry).article
        if article and _whole(standing):
            return replace(standing, text=fill_facts(standing.text, registry.facts)[0]), article
    return None


def _whole(revision: Revision) -> bool:
    """Whether the file could be read; else its text was kept with signs in place of what could not."""
    return "\ufffd" not in revision.text or digest(revision.text.encode()) == revision.digest


def _registry(revisions: Sequence[Revision], at: datetime) -> Registry:
    """The registry as its files were at a moment."""
    found = Registry()
    for name in FILES:
        standing = next((r for r in revisions if r.path == f"_registry/{name}" and r.at <= at), None)
        if standing and not standing.removed:
            found, _ = with_file(found, name, standing.text)
    return found
