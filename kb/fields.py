"""Reading typed values out of YAML nodes: what is wrong is collected with its place, never raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import Literal, TypeVar

import yaml

from kb.clock import parse_date, parse_moment
from kb.types import Problem

T = TypeVar("T")
_FACT = re.compile(r"\{\{\s*fact:([^}\s]*)\s*\}\}")


class Fields:
    """A mapping of the front matter. Each reading method returns a usable value and records what is wrong with it."""

    def __init__(self, node: yaml.MappingNode, path: str, facts: dict[str, str], problems: list[Problem]) -> None:
        self.node = node
        self.path = path
        self.facts = facts
        self.problems = problems
        self._values: dict[str, yaml.Node] = {key.value: value for key, value in node.value}
        self._asked: set[str] = set()

    def say(self, node: yaml.Node, message: str, level: Literal["error", "warning"] = "error", name: str = "") -> None:
        """Record a problem at a node; `name` of the field where the node does not tell."""
        mark = node.start_mark
        name = name or self._name_of(node)
        self.problems.append(Problem(self.path, mark.line + 1, mark.column + 1, message, level, name))

    def fault(self, name: str, message: str, level: Literal["error", "warning"] = "error") -> None:
        """Record a problem of a field, written or not."""
        self.say(self.at(name), message, level, name)

    def _name_of(self, node: yaml.Node) -> str:
        """The field that a node is the value of, or one of the values; empty if there is none."""
        for name, value in self._values.items():
            if node is value or (isinstance(value, yaml.SequenceNode) and any(node is item for item in value.value)):
                return name
        return ""

    def at(self, name: str) -> yaml.Node:
        """The node of a field, or of the whole mapping where the field is absent."""
        return self._values.get(name, self.node)

    def has(self, name: str) -> bool:
        """Whether the field is written and not empty."""
        node = self._values.get(name)
        return node is not None and not (isinstance(node, yaml.ScalarNode) and not node.value.strip())

    def text(self, name: str, *, required: bool = False, most: int = 0, lenient: bool = False) -> str:
        """A text with its facts filled in; `most` is its greatest length in characters, 0 for any."""
        self._asked.add(name)
        node = self._values.get(name)
        if node is None or not self.has(name):
            if required:
                self.fault(name, f"缺少 {name}，请补上。", "warning" if lenient else "error")
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.say(node, f"{name} 要写成一段文字；如果文字以 [ 或 {{ 开头，请放进双引号。")
            return ""
        value = self._fill(node)
        if most and len(value) > most:
            self.say(node, f"{name} 有 {len(value)} 个字，超过 {most} 个字，请删短 {len(value) - most} 个字。")
        return value

    def choice(self, name: str, allowed: Collection[str], *, required: bool = True, default: str = "") -> str:
        """One of `allowed`; `default` (or the first) where it is missing or wrong."""
        value = self.text(name, required=required)
        if value and value not in allowed:
            self.fault(name, f"{name} 写的是“{value}”，只能是：{'、'.join(allowed)}。")
            value = ""
        return value or default or next(iter(allowed))

    def number(self, name: str, *, required: bool = False, default: int = 0, least: int = 0) -> int:
        """A whole number of at least `least`."""
        value = self.text(name, required=required)
        if not value:
            return default
        if not re.fullmatch(r"\d{1,9}", value) or int(value) < least:
            self.fault(name, f"{name} 要写不小于 {least} 的整数，现在是“{value}”。")
            return default
        return int(value)

    def flag(self, name: str) -> bool:
        """`true` or `false`, false where it is missing."""
        return self.choice(name, ("false", "true"), required=False) == "true"

    def moment(self, name: str, *, required: bool = False) -> datetime | None:
        """A moment in Asia/Shanghai."""
        return self._parsed(name, parse_moment, "2026-12-01 或 2026-12-01 08:30", required)

    def date(self, name: str, *, required: bool = False) -> date | None:
        """A calendar day."""
        return self._parsed(name, parse_date, "2026-12-01", required)

    def _parsed(self, name: str, parse: Callable[[str], T], example: str, required: bool) -> T | None:
        value = self.text(name, required=required)
        if not value:
            return None
        try:
            return parse(value)
        except ValueError:
            self.fault(name, f"{name} 写的是“{value}”，不是有效的时间，请写成 {example}（北京时间）。")
            return None

    def texts(self, name: str, *, least: int = 0, lenient: bool = False) -> tuple[str, ...]:
        """A list of texts, at least `least` of them, each only once."""
        self._asked.add(name)
        nodes = self._items(name)
        values: dict[str, None] = {}
        for node in nodes:
            if not isinstance(node, yaml.ScalarNode):
                self.say(node, f"{name} 的每一条要是一段文字；文字里有“: ”时请放进双引号。")
            elif not node.value.strip():
                self.say(node, f"{name} 里有空的一条，请删掉。")
            elif (value := self._fill(node)) in values:
                self.say(node, f"{name} 里“{value}”写了两遍，请删掉一条。")
            else:
                values[value] = None
        if len(values) < least:
            level: Literal["error", "warning"] = "warning" if lenient else "error"
            self.fault(name, f"{name} 至少要 {least} 条，现在有 {len(values)} 条。", level)
        return tuple(values)

    def mappings(self, name: str, known: Iterable[str]) -> list[Fields]:
        """A list of mappings, each as Fields; fields not in `known` are reported."""
        self._asked.add(name)
        found: list[Fields] = []
        for node in self._items(name):
            if isinstance(node, yaml.MappingNode):
                child = Fields(node, self.path, self.facts, self.problems)
                child.report_unknown(known)
                found.append(child)
            else:
                self.say(node, f"{name} 的每一条要写成“字段: 值”，可用的字段：{'、'.join(known)}。")
        return found

    def mapping(self, name: str, known: Iterable[str]) -> Fields | None:
        """A mapping inside this one, or None where it is missing."""
        self._asked.add(name)
        node = self._values.get(name)
        if node is None or not self.has(name):
            return None
        if not isinstance(node, yaml.MappingNode):
            self.say(node, f"{name} 要写成几行“字段: 值”，可用的字段：{'、'.join(known)}。")
            return None
        child = Fields(node, self.path, self.facts, self.problems)
        child.report_unknown(known)
        return child

    def report_unknown(self, known: Iterable[str] | None = None) -> None:
        """Record fields that nobody reads: a misspelt name must not vanish silently."""
        allowed = set(known) if known is not None else self._asked
        for key, _ in self.node.value:
            if key.value not in allowed:
                self.say(key, f"没有“{key.value}”这个字段，请检查拼写。", name=key.value)

    def _items(self, name: str) -> list[yaml.Node]:
        node = self._values.get(name)
        if node is None or not self.has(name):
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.say(node, f"{name} 要写成列表，每条一行，以“- ”开头。")
        return []

    def _fill(self, node: yaml.ScalarNode) -> str:
        text: str = node.value.strip()
        if "{{" not in text:
            return text
        value, unknown = fill_facts(text, self.facts)
        for fact in unknown:
            self.say(node, f"没有名为 {fact} 的共用数字，请查 _registry/facts.yml。")
        return value


def fill_facts(text: str, facts: dict[str, str]) -> tuple[str, list[str]]:
    """The text with every {{fact:name}} replaced by its value, and the names that do not exist."""
    unknown: list[str] = []
    if "{{" not in text:
        return text, unknown

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in facts:
            unknown.append(name)
            return match[0]
        return facts[name]

    return _FACT.sub(value, text), unknown
