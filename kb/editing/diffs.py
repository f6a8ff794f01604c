"""What changed between two texts of one article, as editors read it: field by field, the changed words marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from kb.editing.form_fields import Field, fields_of
from kb.editing.forms import Form, Value, to_form

# a stretch of text, and whether it is not on the other side
Piece = tuple[str, bool]
_WORD = re.compile(r"[A-Za-z0-9_.%/-]+|\s+|.", re.DOTALL)
_CONTEXT = 2
# below this two lines have nothing to do with one another
_ALIKE = 0.3
# words compared at most in one line; longer ones are marked as a whole
_MOST_WORDS = 2000
# pairs of lines tried for likeness, and lines compared with care; more are taken as they come
_MOST_PAIRS = 2500
_MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One line of a comparison; None where a side has no such line."""

    kind: Literal["same", "changed", "removed", "added", "skipped"]
    old: tuple[Piece, ...] | None = None
    new: tuple[Piece, ...] | None = None
    # unchanged lines that are not shown
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What changed in one field, or in a whole file that is no article."""

    label: str
    rows: tuple[DiffRow, ...]


def differences(old: str, new: str) -> list[Change]:
    """Every difference between two texts; field by field where both are articles of one type, else line by line."""
    before, after = to_form(old), to_form(new)
    if isinstance(after, Form) and not old:
        before = Form(after.type, {}, "")
    if not isinstance(before, Form) or not isinstance(after, Form) or before.type != after.type:
        return [Change("全文", rows)] if (rows := line_diff(old.split("\n"), new.split("\n"))) else []
    changes = [
        Change(
            field.label, line_diff(list(said(field, before.get(field.name))), list(said(field, after.get(field.name))))
        )
        for field in fields_of(after.type)
    ]
    changes.append(Change("正文", line_diff(_lines(before.body), _lines(after.body))))
    return [change for change in changes if change.rows]


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def said(field: Field, value: Value) -> Iterator[str]:
    """A field's value in lines, as people read it."""
    if isinstance(value, str):
        yield from (field.choices.get(line, line) for line in _lines(value))
    elif isinstance(value, Mapping):
        yield from _row(field.fields, value)
    elif field.kind == "lines":
        yield from (str(item) for item in value)
    else:
        for row in value:
            if isinstance(row, Mapping):
                yield from _row(field.fields, row)


def _row(fields: Iterable[Field], row: Mapping[str, Value]) -> Iterator[str]:
    for field in fields:
        lines = list(said(field, row.get(field.name, "")))
        if field.kind == "rows":
            yield from lines
        elif lines:
            yield f"{field.label}：{'、'.join(lines)}"


def line_diff(old: Sequence[str], new: Sequence[str]) -> tuple[DiffRow, ...]:
    """The lines that differ, with a little of what stands around them; nothing where nothing does."""
    rows: list[DiffRow] = []
    hasty = max(len(old), len(new)) > _MOST_LINES
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=hasty).get_opcodes():
        rows += [_same(line) for line in old[a:b]] if tag == "equal" else _pairs(old[a:b], new[c:d])
    return tuple(_folded(rows)) if any(row.kind != "same" for row in rows) else ()


def _same(line: str) -> DiffRow:
    return DiffRow("same", ((line, False),), ((line, False),))


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffRow]:
    """Lines that became others: those that resemble one another side by side, in order."""
    at = 0
    if len(old) == len(new) == 1:
        yield DiffRow(
            "changed", *(words(old[0], new[0]) if _alike(old[0], new[0]) else (((old[0], True),), ((new[0], True),)))
        )
        return
    if len(old) * len(new) > _MOST_PAIRS:
        yield from (DiffRow("removed", old=((line, True),)) for line in old)
        old = ()
    for line in old:
        found = next((n for n in range(at, len(new)) if _alike(line, new[n])), None)
        if found is None:
            yield DiffRow("removed", old=((line, True),))
            continue
        yield from (DiffRow("added", new=((added, True),)) for added in new[at:found])
        left, right = words(line, new[found])
        yield DiffRow("changed", left, right)
        at = found + 1
    yield from (DiffRow("added", new=((added, True),)) for added in new[at:])


def _alike(old: str, new: str) -> bool:
    matcher = SequenceMatcher(None, old[:200], new[:200], autojunk=False)
    return matcher.quick_ratio() > _ALIKE and matcher.ratio() > _ALIKE


def words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two lines, the words marked that the other one does not have."""
    a, b = _WORD.findall(old), _WORD.findall(new)
    if len(a) > _MOST_WORDS or len(b) > _MOST_WORDS:
        return ((old, True),), ((new, True),)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        changed = tag != "equal"
        if j > i:
            left.append(("".join(a[i:j]), changed))
        if m > k:
            right.append(("".join(b[k:m]), changed))
    return tuple(left), tuple(right)


def _folded(rows: list[DiffRow]) -> Iterator[DiffRow]:
    """Long unchanged stretches as one row that counts them."""
    near = {n + d for n, row in enumerate(rows) if row.kind != "same" for d in range(-_CONTEXT, _CONTEXT + 1)}
    hidden = 0
    for number, row in enumerate(rows):
        if number not in near:
            hidden += 1
            continue
        if hidden:
            yield DiffRow("skipped", skipped=hidden)
            hidden = 0
        yield row
    if hidden:
        yield DiffRow("skipped", skipped=hidden)
