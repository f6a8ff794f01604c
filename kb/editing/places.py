"""Where a field stands in the text of an article: `answer`, `tones.short`, `channels.0.fee`, `body` → line and column."""

from __future__ import annotations

from collections.abc import Iterable

from yaml import MappingNode, Node, SequenceNode

from kb.editing.language import Remark
from kb.frontmatter import Document, split
from kb.types import Problem


def placed(remarks: Iterable[Remark], text: str, path: str) -> list[Problem]:
    """Remarks on the article in a text as problems of its file, each where its words stand."""
    found = list(remarks)
    document = split(text, path) if found else ()
    if not isinstance(document, Document):
        return []
    return [_problem(remark, document, text, path) for remark in found]


def _problem(remark: Remark, document: Document, text: str, path: str) -> Problem:
    name = next(part for part in reversed(remark.place.split(".")) if not part.isdigit())
    lines = text.split("\n")
    if remark.place == "body":
        line, column, last = document.body_line, 1, len(lines)
    else:
        node = _node(document.front, remark.place)
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        # a value on one line has no end
        last = node.end_mark.line + 1 if node.end_mark else line
    if remark.words:
        line, column = _words(lines, remark.words, line, column, last)
    return Problem(path, line, column, remark.message, remark.level, name)


def _node(front: MappingNode, place: str) -> Node:
    """The node of a place, or the last one on the way to it."""
    node: Node = front
    for part in place.split("."):
        below: Node | None = None
        if isinstance(node, MappingNode):
            below = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, SequenceNode) and part.isdigit() and int(part) < len(node.value):
            below = node.value[int(part)]
        if below is None:
            break
        node = below
    return node


def _words(lines: list[str], words: str, line: int, column: int, last: int) -> tuple[int, int]:
    """Where some words stand between two lines; where they come from a shared fact, the beginning of the field."""
    for number in range(line, max(line, last) + 1):
        at = lines[number - 1].lower().find(words.lower(), column - 1 if number == line else 0)
        if at >= 0:
            return number, at + 1
    return line, column
