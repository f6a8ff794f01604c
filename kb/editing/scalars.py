"""Texts as YAML writes them: as plain as they can be read back, quoted where they have to be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from yaml import ScalarNode, SequenceNode

from kb.plainyaml import read_plain

# what has a meaning in double quotes, breaks lines, or is not printed
_SPECIAL = re.compile('["\\\\]|[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_LONGEST_LINE = 120


def scalar(text: str) -> str:
    """A text as it stands behind a colon or a dash."""
    single = text.replace("'", "''")
    for written in (text, f'"{text}"', f"'{single}'"):
        if _reads_as(written, text):
            return written
    return f'"{_SPECIAL.sub(_escaped, text)}"'


def inline_list(items: Sequence[str]) -> str:
    """A list on one line, `[a, b]`; empty where it has to be written in lines."""
    written = f"[{', '.join(items)}]"
    node = read_plain(f"k: {written}", 0) if len(written) <= _LONGEST_LINE else None
    value = node.value[0][1] if node else None
    read = [item.value for item in value.value] if isinstance(value, SequenceNode) else None
    return written if read == list(items) and items else ""


def _reads_as(written: str, text: str) -> bool:
    """Whether it means this text, in a mapping and in a list."""
    node = read_plain(f"k:\n  - {written}\nl: {written}", 0)
    if node is None or len(node.value) != 2:
        return False
    (_, items), (_, value) = node.value
    if not isinstance(items, SequenceNode) or len(items.value) != 1:
        return False
    return all(isinstance(n, ScalarNode) and n.value == text for n in (items.value[0], value))


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    return _SHORT.get(char) or (f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}")
