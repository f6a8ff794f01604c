"""What a backup is: one ZIP file with the articles, the rows of all tables, and a manifest that names every member with its SHA-256.

Owns the format and its rules; pure, but for `article_files`, which looks at a folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kb.errors import BackupProblem

FORMAT = 1
MANIFEST = "manifest.json"
ARTICLES, TABLES = "articles/", "database/"
# bytes of the manifest: a million files
_MANIFEST_SIZE = 256 * 1024 * 1024
# how much smaller than its content an honest archive may be
_RATIO, _ANYWAY = 200, 64 * 1024 * 1024
_TABLE = re.compile(r"[a-z_]{1,63}\.jsonl")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """How the audit trail ended."""

    seq: int
    hash: str
    # the first event that does not fit the chain, None if all do
    broken_at: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says about itself."""

    # of the program that made it, and of its tables
    program: str
    schema: str
    # RFC 3339
    made: str
    # table → rows
    tables: Mapping[str, int]
    audit: AuditHead
    # name in the archive → what it is; the manifest itself is not among them
    members: Mapping[str, Member]

    @property
    def articles(self) -> int:
        """How many files of the articles folder there are."""
        return sum(name.startswith(ARTICLES) for name in self.members)

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(member.size for member in self.members.values())

    def dump(self) -> bytes:
        """The manifest as it stands in the archive."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1).encode()


def load_manifest(data: bytes) -> Manifest:
    """Read a manifest that nobody vouches for. Raises BackupProblem."""
    try:
        found = json.loads(data)
        made_as = found.pop("format")
        if made_as != FORMAT:
            raise BackupProblem(
                f"这个备份的格式是 {made_as!s:.20}，这个程序只认识 {FORMAT}：请用做备份的那一版程序恢复。"
            )
        members = {name: Member(int(m["size"]), str(m["sha256"])) for name, m in found.pop("members").items()}
        head = AuditHead(**found.pop("audit"))
        tables = {str(name): int(rows) for name, rows in found.pop("tables").items()}
        manifest = Manifest(**found, tables=tables, audit=head, members=members)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BackupProblem("备份里的 manifest.json 写得不对。") from error
    expected = {f"{TABLES}{name}.jsonl" for name in manifest.tables}
    if expected != {name for name in manifest.members if name.startswith(TABLES)}:
        raise BackupProblem("备份里的表和 manifest.json 说的不一样。")
    return manifest


def refused_name(name: str) -> bool:
    """Whether a member's name is none that a backup has: it leads outside, is hidden, or belongs to neither part."""
    if name.startswith(TABLES):
        return not _TABLE.fullmatch(name.removeprefix(TABLES))
    parts = name.removeprefix(ARTICLES).split("/")
    return not (
        name.startswith(ARTICLES)
        and name.isprintable()
        and not any(mark in name for mark in "\\:")
        and all(part and not part.startswith(".") and len(os.fsencode(part)) < 256 for part in parts)
    )


def refused_sizes(listed: Mapping[str, int], manifest: Manifest, archive_size: int) -> str | None:
    """Why the archive's own list of names and sizes cannot be right, None if it can."""
    said = {name: member.size for name, member in manifest.members.items()}
    if dict(listed) != said:
        odd = sorted({name for name, _ in listed.items() ^ said.items()})
        return f"里面的文件和 manifest.json 说的不一样：{'、'.join(odd[:3])}"
    if manifest.size > _RATIO * archive_size + _ANYWAY:
        return "展开以后大得不合常理"
    return None


def acceptable_manifest_size(size: int, archive_size: int) -> bool:
    """Whether a manifest of that size may be read into memory."""
    return 0 < size <= min(_MANIFEST_SIZE, _RATIO * archive_size)


def article_files(root: Path) -> Iterator[tuple[str, Path | None]]:
    """(name below the folder, where it is) of every file, in order; hidden ones are none of ours.

    Where it is: None for what a backup does not take: links, devices, and names that no backup has.
    """
    with os.scandir(root) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from ((f"{entry.name}/{name}", path) for name, path in article_files(Path(entry.path)))
        else:
            usable = entry.is_file(follow_symlinks=False) and not refused_name(ARTICLES + entry.name)
            yield entry.name, Path(entry.path) if usable else None
