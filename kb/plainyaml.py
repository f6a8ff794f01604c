"""The plain part of YAML that front matter is nearly always written in, read line by line and many times faster.

Owns what counts as plain: block mappings and lists with one-line values, lists in brackets, quotes without escapes.
Everything else is left to kb/frontmatter.py, which reads all of YAML and explains what is wrong.
"""

from __future__ import annotations

import re

import yaml

_MAX_DEPTH = 8
_STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
# tabs, other line breaks, byte-order marks and what YAML does not print
_ODD = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
# commas only between items; no sign that means something inside brackets
_ITEM = r"\w(?:[\w .+/%–—·“”‘’（）《》〔〕、，。：-]*[\w%“”‘’（）《》〔〕、，。：])?"
_ITEMS = re.compile(_ITEM)
# possessive: a line of a million spaces is read once
_LINE = re.compile(
    r"(?P<indent>[ ]*+)(?P<dash>-[ ]++)?(?:(?P<key>[A-Za-z][A-Za-z0-9_-]{0,60}):(?:[ ]++|$))?"
    r"(?:"
    # neither `: ` nor ` #` inside, and no sign first that means something in front of a value
    r"(?P<plain>[^-\s?:,\[\]{}#&*!|>'\"%@`.][^:#]*+(?:(?::(?![ ]|$)|(?<![ ])#)[^:#]*+)*+)"
    r"|\"(?P<double>[^\"\\]*+)\""
    r"|'(?P<single>(?:[^']++|'')*+)'"
    rf"|(?P<list>\[(?:{_ITEM}(?:,[ ]*+{_ITEM})*)?\])"
    r")?[ ]*+(?:(?<![^ ])#.*)?"
)


class _NotPlain(Exception):
    """The text holds something that this reader leaves to a whole YAML parser."""


class _Row:
    """A line that says something: where it begins, whether as an item of a list, its key and its value."""

    __slots__ = ("column", "content", "dash", "key", "line", "value")

    def __init__(self, match: re.Match[str], line: int) -> None:
        self.line = line
        self.column = match.end("indent")
        self.key: str | None = match["key"]
        self.dash = match["dash"] is not None
        self.content = match.end("dash") if self.dash else self.column
        self.value: yaml.Node | None = None
        # the last part that is there
        kind = match.lastgroup
        if kind == "plain":
            self.value = _scalar(match[kind].rstrip(" "), line, match.start(kind))
        elif kind == "double":
            self.value = _scalar(match[kind], line, match.start(kind) - 1)
        elif kind == "single":
            self.value = _scalar(match[kind].replace("''", "'"), line, match.start(kind) - 1)
        elif kind == "list":
            self.value = _flow_list(match, line)


def _scalar(text: str, line: int, column: int) -> yaml.ScalarNode:
    return yaml.ScalarNode(_STR, text, yaml.Mark("", 0, line, column, None, 0))


def _flow_list(match: re.Match[str], line: int) -> yaml.SequenceNode:
    start, end = match.span("list")
    items = [_scalar(m[0], line, m.start()) for m in _ITEMS.finditer(match.string, start + 1, end - 1)]
    return yaml.SequenceNode(_SEQ, items, yaml.Mark("", 0, line, start, None, 0), flow_style=True)


def read_plain(source: str, first_line: int) -> yaml.MappingNode | None:
    """The mapping a text says, its nodes marked with line (`first_line` for the first) and column from 0.

    None where the text is not plain, or wrong in any way.
    """
    if _ODD.search(source):
        return None
    rows = []
    for line, text in enumerate(source.split("\n"), first_line):
        match = _LINE.fullmatch(text)
        if match is None:
            return None
        row = _Row(match, line)
        if row.dash or row.key or row.value:
            rows.append(row)
    try:
        return _Reader(rows).read()
    except _NotPlain:
        return None


class _Reader:
    """Rows → nodes. Raises _NotPlain at the first row that does not stand where it can only mean one thing."""

    def __init__(self, rows: list[_Row]) -> None:
        self.rows = rows
        self.at = 0

    def read(self) -> yaml.MappingNode:
        """All rows as one mapping."""
        if not self.rows or self.rows[0].dash:
            raise _NotPlain
        found = self._mapping(self.rows[0].column, 1)
        if self.at < len(self.rows):
            raise _NotPlain
        return found

    def _column(self) -> int:
        """Where the next row begins; -1 after the last."""
        return self.rows[self.at].column if self.at < len(self.rows) else -1

    def _mapping(self, column: int, depth: int) -> yaml.MappingNode:
        """Fields at one column; the first may stand behind the dash of an item."""
        first = self.rows[self.at]
        pairs: list[tuple[yaml.Node, yaml.Node]] = []
        seen: set[str] = set()
        row = first
        while True:
            if not row.key or row.key in seen or depth > _MAX_DEPTH:
                raise _NotPlain
            seen.add(row.key)
            self.at += 1
            pairs.append((_scalar(row.key, row.line, column), row.value or self._below(row, column, depth)))
            following = self._column()
            if following > column:
                raise _NotPlain
            if following < column:
                return yaml.MappingNode(_MAP, pairs, yaml.Mark("", 0, first.line, column, None, 0))
            row = self.rows[self.at]
            if row.dash:
                raise _NotPlain

    def _below(self, row: _Row, column: int, depth: int) -> yaml.Node:
        """The value of a field that has none on its line."""
        following = self._column()
        if following >= column and self.rows[self.at].dash:
            return self._list(following, depth + 1)
        if following > column:
            return self._mapping(following, depth + 1)
        # empty: YAML places it behind the colon
        return _scalar("", row.line, column + len(row.key or "") + 1)

    def _list(self, column: int, depth: int) -> yaml.SequenceNode:
        first = self.rows[self.at]
        items: list[yaml.Node] = []
        while self._column() == column and (row := self.rows[self.at]).dash:
            if row.key:
                items.append(self._mapping(row.content, depth + 1))
            elif row.value:
                self.at += 1
                items.append(row.value)
            if depth > _MAX_DEPTH or not (row.key or row.value) or self._column() > column:
                raise _NotPlain
        return yaml.SequenceNode(_SEQ, items, yaml.Mark("", 0, first.line, column, None, 0))
