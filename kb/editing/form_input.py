"""What a browser sends of the form → the form. Inputs are named by their place: `channels.0.path`, `tones.short`, `body`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kb.editing.form_fields import Field, fields_of
from kb.editing.forms import Form, Value

# control characters and lone surrogates: nobody types them, YAML and databases refuse them
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
MOST_ROWS = 200


def clean(text: str) -> str:
    """A text as it may be stored: line breaks of Unix, nothing that cannot be printed."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def read_input(kind: str, inputs: Mapping[str, str]) -> Form:
    """The form of an article type that the inputs say; fields without an input are empty, unknown inputs are left alone."""
    return Form(kind, {**_row(fields_of(kind), inputs, ""), "type": kind}, clean(inputs.get("body", "")).strip("\n"))


def _row(fields: Sequence[Field], inputs: Mapping[str, str], above: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for field in fields:
        if value := _value(field, inputs, f"{above}{field.name}"):
            found[field.name] = value
    return found


def _value(field: Field, inputs: Mapping[str, str], name: str) -> Value:
    if field.kind == "group":
        return _row(field.fields, inputs, f"{name}.")
    if field.kind == "rows":
        return tuple(_row(field.fields, inputs, f"{name}.{number}.") for number in _numbers(inputs, name))
    text = clean(inputs.get(name, "")).strip()
    if field.kind == "lines":
        return tuple(line.strip() for line in text.split("\n") if line.strip())
    if field.kind == "text":
        return text
    return " ".join(text.split("\n")).strip()


def _numbers(inputs: Mapping[str, str], name: str) -> list[int]:
    """The numbers of the rows that were sent, in their order."""
    pattern = re.compile(rf"{re.escape(name)}\.(\d{{1,6}})\.")
    found = dict.fromkeys(int(match[1]) for key in inputs if (match := pattern.match(key)))
    return list(found)[:MOST_ROWS]
