"""A body → the parts that can be found by themselves: headings, and clauses of a regulation (第N条)."""

from __future__ import annotations

import re

from kb.types import Section

_NUMBER = "[零〇一二三四五六七八九十百千0-9]+"
_HEADING = re.compile(r"^(#{2,3})[ \t]+(\S.*)$")
_CLAUSE = re.compile(rf"^(?:\*\*)?(第{_NUMBER}条(?:之{_NUMBER})?)(?:\*\*)?(?=[\s　：:，]|\*\*|$)")
_CHAPTER = re.compile(rf"^第{_NUMBER}[编章节](?:[\s　]|$)")
_FENCE = re.compile(r"^(```|~~~)")
_BEGINNINGS = ("#", "第", "**第", "```", "~~~")


def split_sections(body: str) -> tuple[Section, ...]:
    """Sections of a Markdown body in their order; text before the first heading is a section without a heading.

    Anchors are unique: a repeated heading gets `-2`, `-3`, …
    """
    parts: list[tuple[str, str, list[str], list[str]]] = [("", "", [], [])]
    above: list[str] = []
    fenced = False
    for line in body.split("\n"):
        # most lines begin with none of these
        if not line.startswith(_BEGINNINGS):
            parts[-1][2].append(line)
            continue
        if _FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else _HEADING.match(line)
        title = (heading[2].rstrip(" \t#") or heading[2]) if heading else ""
        clause = None if fenced else _CLAUSE.match(title or line)
        if heading:
            above = above[:1] if len(heading[1]) == 3 else []
            parts.append((clause[1] if clause else title, title, [], list(above)))
            if not clause:
                above.append(title)
        elif clause:
            parts.append((clause[1], clause[1], [line], list(above)))
        elif not fenced and _CHAPTER.match(line):
            above = [line.strip()]
            parts.append(("", line.strip(), [], []))
        else:
            parts[-1][2].append(line)
    return _numbered(parts)


def _numbered(parts: list[tuple[str, str, list[str], list[str]]]) -> tuple[Section, ...]:
    used: set[str] = set()
    seen: dict[str, int] = {}
    sections = []
    for name, heading, lines, above in parts:
        markdown = "\n".join(lines).strip("\n")
        if not markdown and not name:
            continue
        anchor = base = "-".join(name.split())
        while anchor in used:
            seen[base] = seen.get(base, 1) + 1
            anchor = f"{base}-{seen[base]}"
        used |= {anchor} - {""}
        sections.append(Section(anchor, heading, markdown, tuple(above)))
    return tuple(sections)


def is_clause(anchor: str) -> bool:
    """Whether an anchor names a clause of a regulation."""
    return _CLAUSE.match(re.sub(r"-\d+$", "", anchor)) is not None
