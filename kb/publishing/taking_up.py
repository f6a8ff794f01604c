"""Files that were changed by hand, by a copy or by Git: found by their digests, and kept as revisions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kb.articles import read_bytes
from kb.clock import parse_moment
from kb.files import digest, is_shared
from kb.frontmatter import MAX_BYTES, decode
from kb.library import article_files, article_id, article_name
from kb.publishing.git import GitProblem, GitTree
from kb.publishing.stamp import scalars
from kb.types import Problem

_LONGEST_ID, _LONGEST_PATH = 80, 255


def files(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every article file and every file of the lexicon and the registry: its name, and what it says."""
    shared = [path for folder in ("_lexicon", "_registry") for path in sorted((root / folder).glob("*"))]
    for path in (*article_files(root), *(p for p in shared if is_shared(f"{p.parent.name}/{p.name}"))):
        name = article_name(path, root)
        data = read_bytes(path, name) if len(name) <= _LONGEST_PATH else b""
        if isinstance(data, bytes) and len(data) <= MAX_BYTES and len(name) <= _LONGEST_PATH:
            yield name, data


def changed(root: Path, known: Mapping[str, str], busy: Iterable[str]) -> tuple[dict[str, bytes], list[str]]:
    """What differs from the newest revisions (path → digest): new and changed files with their content, and those that are gone.

    `busy`: paths that are being published, which are left out.
    """
    left_out = set(busy)
    contents: dict[str, bytes] = {}
    present = set()
    for name, data in files(root):
        present.add(name)
        if name not in left_out and known.get(name) != digest(data):
            contents[name] = data
    return contents, sorted(known.keys() - present - left_out)


def as_rows(root: Path, contents: Mapping[str, bytes], gone: Iterable[str], at: datetime) -> list[dict[str, Any]]:
    """The revisions that say so."""
    authors: dict[str, str] = {}
    with contextlib.suppress(GitProblem):
        authors = GitTree(root).authors(contents) if contents else {}
    rows = [_row(name, data, at, authors.get(name)) for name, data in contents.items()]
    return rows + [
        {
            "article_id": _id(name), "path": name, "version": 0, "digest": "", "text": "", "removed": True,
            "effective": None, "at": at, "source": "files", "publication_id": None,
        }
        for name in gone
    ]  # fmt: skip


def _row(name: str, data: bytes, at: datetime, committed_by: str | None) -> dict[str, Any]:
    text = text_of(data, name)
    said = {} if is_shared(name) else scalars(text, name)
    version = said.get("version", "")
    effective = None
    # the first day of the year 1 is no moment in UTC
    with contextlib.suppress(ValueError, OverflowError):
        effective = parse_moment(said.get("effective", "")).astimezone(UTC)
    return {
        "article_id": _id(name), "path": name, "digest": digest(data), "text": text, "removed": False, "at": at,
        "version": int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
        "effective": effective, "author": committed_by or said.get("author", ""),
        "approver": said.get("approver", ""), "source": "files" if committed_by is None else "git",
        "publication_id": None,
    }  # fmt: skip


def text_of(data: bytes, name: str) -> str:
    """What a file says, with what cannot be read replaced."""
    text = decode(data, name)
    return data.decode("utf-8", "replace") if isinstance(text, Problem) else text


def _id(name: str) -> str:
    return "" if is_shared(name) else article_id(Path(name))[:_LONGEST_ID]
