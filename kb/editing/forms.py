"""An article's text ⇄ the form that editors fill in. Pure; both are the same draft.

What nobody touched keeps its lines in the file to the letter, comments included; what was changed is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from kb.editing.form_fields import Field, fields_of
from kb.editing.scalars import inline_list, scalar
from kb.frontmatter import Document, split
from kb.types import TYPES, Problem

# a text, the lines of a list, rows, or a group of fields
Value: TypeAlias = "str | tuple[str, ...] | tuple[Row, ...] | Row"
Row: TypeAlias = "Mapping[str, Value]"
_MULTILINE = {"text"}


@dataclass(frozen=True, slots=True)
class Form:
    """An article as a form: every field that is filled in, by name; a group is a row of its own."""

    type: str
    values: Mapping[str, Value]
    # Markdown
    body: str

    def get(self, name: str) -> Value:
        """A field's value; an empty text where it is not filled in."""
        return self.values.get(name, "")


def to_form(text: str, path: str = "") -> Form | tuple[Problem, ...]:
    """The form of a text; or, where a form could not hold all of it, the problems that have to be mended in the text."""
    document = split(text, path)
    if not isinstance(document, Document):
        return tuple(document)
    nodes = _members(document.front)
    kind = _text(nodes.get("type"))
    if kind not in TYPES:
        place = nodes.get("type", document.front).start_mark
        said = f"type 写的是“{kind}”，" if kind else "缺少 type，"
        return (Problem(path, place.line + 1, place.column + 1, f"{said}只能是：{'、'.join(TYPES)}。"),)
    reader = _Reader(path)
    values = reader.row(document.front, fields_of(kind))
    return tuple(reader.problems) or Form(kind, values, document.body)


def _members(node: MappingNode) -> dict[str, Node]:
    return {key.value: value for key, value in node.value}


def _text(node: Node | None) -> str:
    return str(node.value).strip() if isinstance(node, ScalarNode) else ""


class _Reader:
    """Nodes → values; what does not have the shape of its field is a problem."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def row(self, node: MappingNode, fields: Sequence[Field]) -> dict[str, Value]:
        """The filled-in fields of a mapping."""
        known = {f.name: f for f in fields}
        found: dict[str, Value] = {}
        for key, value in node.value:
            if key.value not in known:
                self._say(key, f"没有“{key.value}”这个字段，请检查拼写。")
            elif read := self._value(value, known[key.value]):
                found[key.value] = read
        return found

    def _value(self, node: Node, field: Field) -> Value:
        if isinstance(node, ScalarNode):
            text = node.value.strip()
            if text and field.kind in ("lines", "rows", "group"):
                self._say(node, f"{field.name} 要写成列表或几行“字段: 值”。")
            return text if field.kind in _MULTILINE else " ".join(text.splitlines())
        if isinstance(node, MappingNode) and field.kind == "group":
            return self.row(node, field.fields)
        if isinstance(node, SequenceNode) and field.kind == "lines":
            return tuple(self._item(item, field) for item in node.value)
        if isinstance(node, SequenceNode) and field.kind == "rows":
            return tuple(self._row(item, field) for item in node.value)
        self._say(node, f"{field.name} 的写法和表单对不上，请在源文件里改。")
        return ""

    def _item(self, node: Node, field: Field) -> str:
        if isinstance(node, ScalarNode):
            return " ".join(node.value.split("\n")).strip()
        self._say(node, f"{field.name} 的每一条要是一段文字；文字里有“: ”时请放进双引号。")
        return ""

    def _row(self, node: Node, field: Field) -> Row:
        if isinstance(node, MappingNode):
            return self.row(node, field.fields)
        if not isinstance(node, ScalarNode) or node.value.strip():
            self._say(node, f"{field.name} 的每一条要写成“字段: 值”。")
        return {}

    def _say(self, node: Node, message: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(self.path, mark.line + 1, mark.column + 1, message))


def to_text(form: Form, base: str = "") -> str:
    """The text of a form. Fields that say the same in `base`, and its body, stay there as they are written."""
    fields = fields_of(form.type)
    was = to_form(base) if base else ()
    kept = _Kept(base) if isinstance(was, Form) and was.type == form.type else None
    front: list[tuple[str, list[str]]] = []
    if kept and isinstance(was, Form):
        for name, lines in kept.blocks:
            same = was.get(name) == form.get(name)
            written = lines if same else [*_written(form, name, fields), *_trailing(lines)]
            front.append((name, written))
    _insert_missing(front, form, fields)
    lines = [*(kept.lead if kept else ["---"]), *(line for _, block in front for line in block)]
    if kept and isinstance(was, Form) and was.body == form.body:
        return "\n".join([*lines, *kept.tail])
    return "\n".join([*lines, "---", *((form.body, "") if form.body else ("",))])


class _Kept:
    """The lines of a text: up to the first field, of each field, and from the end of the fields on."""

    def __init__(self, text: str) -> None:
        document = split(text, "")
        assert isinstance(document, Document)
        lines = text.split("\n")
        keys = [key for key, _ in document.front.value]
        starts = [key.start_mark.line for key in keys]
        fences = [number for number, line in enumerate(lines) if line.rstrip(" \t") == "---"][:2]
        own_lines = all(key.start_mark.column == 0 for key in keys) and len(set(starts)) == len(starts)
        self.blocks: list[tuple[str, list[str]]] = []
        self.lead, self.tail = ["---"], lines[fences[1] :]
        if own_lines and keys:
            self.lead = lines[fences[0] : starts[0]]
            ends = [*starts[1:], fences[1]]
            self.blocks = [(k.value, lines[a:b]) for k, a, b in zip(keys, starts, ends, strict=True)]


def _trailing(lines: list[str]) -> list[str]:
    """The comments and empty lines at the end of a field's lines: they speak of what follows."""
    count = 0
    while count < len(lines) - 1 and (not lines[-1 - count].strip() or lines[-1 - count].startswith("#")):
        count += 1
    return lines[len(lines) - count :]


def _insert_missing(front: list[tuple[str, list[str]]], form: Form, fields: Sequence[Field]) -> None:
    """Put every field that is not there yet behind the one that comes before it."""
    at = 0
    for field in fields:
        names = [name for name, _ in front]
        if field.name in names:
            at = names.index(field.name) + 1
        elif written := _written(form, field.name, fields):
            front.insert(at, (field.name, written))
            at += 1


def _written(form: Form, name: str, fields: Iterable[Field]) -> list[str]:
    """The lines of a field; none where it is empty."""
    field = next(f for f in fields if f.name == name)
    return list(_lines(field, form.get(name), "")) if form.get(name) else []


def _lines(field: Field, value: Value, indent: str) -> Iterator[str]:
    if isinstance(value, str):
        yield f"{indent}{field.name}: {scalar(value)}"
    elif isinstance(value, Mapping):
        yield f"{indent}{field.name}:"
        yield from _members_of(field, value, indent + "  ")
    elif field.kind == "lines":
        items = [str(item) for item in value]
        if field.inline and (short := inline_list(items)):
            yield f"{indent}{field.name}: {short}"
            return
        yield f"{indent}{field.name}:"
        yield from (f"{indent}  - {scalar(item)}" for item in items)
    else:
        yield f"{indent}{field.name}:"
        for row in value:
            members = [*_members_of(field, cast(Row, row), indent + "    ")]
            first, *more = members or [f'{indent}    {field.fields[0].name}: ""']
            yield f"{indent}  - {first.lstrip()}"
            yield from more


def _members_of(field: Field, row: Row, indent: str) -> Iterator[str]:
    for member in field.fields:
        if value := row.get(member.name):
            yield from _lines(member, value, indent)


_NAME = re.compile(r"(?:缺少 )?([a-z_]+)")


class Places:
    """Which field of the form stands where in a text: `channels.0.path`, `questions.3`, `body`."""

    def __init__(self, text: str) -> None:
        document = split(text, "")
        self._starts: list[tuple[tuple[int, int], str, bool]] = []
        self._body_line = document.body_line if isinstance(document, Document) else 0
        if isinstance(document, Document):
            self._walk(document.front, "")
            self._starts.sort(key=lambda start: start[0])

    def _walk(self, node: Node, path: str) -> None:
        mark = node.start_mark
        self._starts.append(((mark.line + 1, mark.column + 1), path, isinstance(node, MappingNode)))
        if isinstance(node, MappingNode):
            for key, value in node.value:
                below = f"{path}.{key.value}" if path else str(key.value)
                self._starts.append(((key.start_mark.line + 1, key.start_mark.column + 1), below, False))
                self._walk(value, below)
        elif isinstance(node, SequenceNode):
            for number, item in enumerate(node.value):
                self._walk(item, f"{path}.{number}")

    def of(self, problem: Problem) -> str:
        """The field that a problem belongs to; empty where it is about the whole file."""
        if not problem.line or not self._starts:
            return ""
        if self._body_line and problem.line >= self._body_line:
            return "body"
        place = (problem.line, problem.column)
        here = [(path, mapping) for start, path, mapping in self._starts if start == place]
        name = getattr(problem, "field", "") or (m[1] if (m := _NAME.match(problem.message)) else "")
        for path, _ in here:
            if path.rpartition(".")[2] == name:
                return path
        for path, mapping in sorted(here):
            # said of a whole mapping: the field is not there
            if mapping and name:
                return f"{path}.{name}" if path else name
        before = [path for start, path, _ in self._starts if start <= place and path]
        return max((path for path, _ in here), key=len, default="") or (before[-1] if before else "")
