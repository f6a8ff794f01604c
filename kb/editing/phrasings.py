"""Adding phrasings to an article's `questions`, as a change of its text that leaves every other line as it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.editing.scalars import scalar
from kb.errors import Refused
from kb.frontmatter import split
from kb.gaps import plain

_FIELD = "questions"
# fields whose texts are phrasings too: none of them may be said twice
_TAKEN = (_FIELD, "test_queries")


def add_phrasings(text: str, path: str, wanted: Iterable[str]) -> str:
    """The text of an article with more phrasings, those it has already left out.

    Raises Refused where it has all of them, or where its front matter cannot be read.
    """
    front = _front(text, path)
    taken = {plain(item) for name in _TAKEN for item in front.items(name)}
    added: dict[str, str] = {}
    for question in (" ".join(q.split()) for q in wanted):
        if (key := plain(question)) and key not in taken:
            added.setdefault(key, question)
    if not added:
        raise Refused("这些问法文章里已经有了，不用再加。")
    changed = _written(text.split("\n"), front, list(added.values()))
    if _front(changed, path).items(_FIELD) != [*front.items(_FIELD), *added.values()]:
        raise Refused("这一篇的 questions 写法特殊，没法自动加上，请在工作台里手工添加。")
    return changed


@dataclass(frozen=True, slots=True)
class _Front:
    """The fields of a front matter: the node of each value, and the line of each name."""

    nodes: Mapping[str, Any]
    lines: Mapping[str, int]

    def items(self, name: str) -> list[str]:
        """The texts of a list, none where it is no list."""
        node = self.nodes.get(name)
        if node is None or node.id != "sequence":
            return []
        return [item.value.strip() for item in node.value if item.id == "scalar"]


def _front(text: str, path: str) -> _Front:
    document = split(text, path)
    if isinstance(document, list):
        raise Refused(f"这一篇的字段现在读不出来，请先在工作台里改好：{document[0].message}")
    pairs = document.front.value
    return _Front({key.value: node for key, node in pairs}, {key.value: key.start_mark.line for key, _ in pairs})


def _written(lines: list[str], front: _Front, added: Sequence[str]) -> str:
    node = front.nodes.get(_FIELD)
    if node is None:
        at = _end(lines, front, front.lines.get("title", 0))
        return "\n".join([*lines[:at], f"{_FIELD}:", *_listed(added), *lines[at:]])
    first = front.lines[_FIELD]
    end = _end(lines, front, first)
    if node.id == "sequence" and node.flow_style:
        return "\n".join([*lines[:first], f"{_FIELD}:", *_listed([*front.items(_FIELD), *added]), *lines[end:]])
    column = 2
    if node.id == "sequence":
        # in front of the dash of the first item
        item = lines[node.value[0].start_mark.line]
        column = len(item) - len(item.lstrip(" "))
    return "\n".join([*lines[:end], *_listed(added, column), *lines[end:]])


def _end(lines: Sequence[str], front: _Front, line: int) -> int:
    """The line behind a field: in front of what does not belong to it, blank lines and comments at the margin included."""
    later = [at for at in front.lines.values() if at > line]
    fence = next(at for at, text in enumerate(lines) if at > line and text.rstrip() == "---")
    end = min([*later, fence])
    while end > line + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _listed(items: Iterable[str], column: int = 2) -> list[str]:
    return [f"{' ' * column}- {scalar(item)}" for item in items]
