"""Single fields of a file's front matter: read, and written without changing another byte of the file. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from kb.editing.scalars import scalar
from kb.errors import ArticleError
from kb.frontmatter import Document, split
from kb.types import Problem

# where a field that is missing is put: behind the nearest of those before it
_ORDER = (
    "id", "type", "title", "questions", "answer", "tones", "keywords", "category", "status", "version", "effective",
    "expires", "supersedes_terms", "change_note", "owner", "author", "approver", "verified", "review_days",
)  # fmt: skip
# a quoted value, or a plain one up to a comment
_VALUE = re.compile(r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|.*?)(?P<tail>[ \t]+#.*|[ \t]*)")


def scalars(text: str, path: str) -> dict[str, str]:
    """The fields of a file that are single texts, by name; none where its front matter cannot be read."""
    document = split(text, path)
    if not isinstance(document, Document):
        return {}
    return {
        key.value: value.value.strip()
        for key, value in document.front.value
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
    }


def stamp(text: str, path: str, values: Mapping[str, str]) -> str:
    """The text with these fields set; everything else stays as it is, comments too.

    `text` has `\\n` for its lines (kb.frontmatter.decode sees to that). Raises ArticleError if it has no readable front
    matter, or one whose fields do not stand in lines of their own, ValueError for other line breaks.
    """
    if "\r" in text:
        raise ValueError("carriage return")
    for name, value in values.items():
        text = _with_field(text, path, name, scalar(value.strip()))
    read = scalars(text, path)
    if any(read.get(name) != value.strip() for name, value in values.items()):
        raise ArticleError([_odd(path)])
    return text


def _odd(path: str) -> Problem:
    return Problem(path, 2, 1, "开头的字段要一行写一个，写成“字段: 值”，从行首写起。")


def _with_field(text: str, path: str, name: str, written: str) -> str:
    document = split(text, path)
    if not isinstance(document, Document):
        raise ArticleError(document)
    lines = text.split("\n")
    marks = {key.value: key.start_mark for key, _ in document.front.value}
    if document.front.flow_style or any(mark.column for mark in marks.values()):
        raise ArticleError([_odd(path)])
    starts = {key: mark.line for key, mark in marks.items()}
    closing = _closing(lines)
    if name in starts:
        first = starts[name]
        last = _end(lines, first, starts, closing)
        changed = _changed(lines[first], name, written, alone=last == first + 1)
        if changed is None:
            raise ArticleError([_odd(path)])
        lines[first:last] = [changed]
    else:
        above = [other for other in _ORDER[: _ORDER.index(name)] if other in starts]
        place = _end(lines, starts[above[-1]], starts, closing) if above else closing
        lines.insert(place, f"{name}: {written}")
    return "\n".join(lines)


def _closing(lines: list[str]) -> int:
    """Number of the line that ends the front matter."""
    fences = [number for number, line in enumerate(lines) if re.fullmatch(r"---[ \t]*", line)]
    return fences[1]


def _end(lines: list[str], first: int, starts: Mapping[str, int], closing: int) -> int:
    """Number of the line behind a field: comments and blank lines before the next field belong to that one."""
    end = min([n for n in starts.values() if n > first], default=closing)
    while end > first + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _changed(line: str, name: str, written: str, *, alone: bool) -> str | None:
    """The line of a field with another value; None where it is written oddly.

    `alone`: the old value ends on it, so that a comment behind it stays.
    """
    head = re.match(rf"(?P<name>[\"']?{name}[\"']?[ ]*:)(?P<gap>[ \t]*)", line)
    if head is None:
        return None
    # what separates a comment behind an empty value is read as the gap
    start = head.end("name") if line[head.end() :].startswith("#") else head.end()
    old = _VALUE.fullmatch(line, start) if alone else None
    return f"{head['name']}{head['gap'] or ' '}{written}{old['tail'] if old else ''}"
