"""What the bank's articles refer to: the app menu, shared facts, departments and holidays (`articles/_registry/`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from kb.frontmatter import decode, read_mapping
from kb.types import Problem
from kb.workdays import Calendar, read_calendar

# channels whose paths are checked; a branch counter has no menu
Menu = Mapping[str, "Menu"]


@dataclass(frozen=True, slots=True)
class Contact:
    """How colleagues reach a department; empty where its entry does not say."""

    duty: str = ""
    phone: str = ""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """The four registries; empty ones check nothing, so that imported articles of another bank are accepted."""

    menus: dict[str, Menu] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    # name of a department → what it is in charge of
    departments: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    # holidays, for working days
    calendar: Calendar = field(default_factory=Calendar)
    # what each fact is about, where its entry says so
    notes: dict[str, str] = field(default_factory=dict)

    def missing_entry(self, channel: str, steps: tuple[str, ...]) -> str | None:
        """The first entry of a path that the channel's menu does not have, or None if the path exists or has no menu."""
        menu = self.menus.get(channel)
        if menu is None:
            return None
        for step in steps:
            if step not in menu:
                return step
            menu = menu[step]
        return None

    def entries(self, channel: str, steps: tuple[str, ...]) -> list[str]:
        """What the menu offers below the part of the path that exists, for a helpful message."""
        menu = self.menus.get(channel, {})
        for step in steps:
            if step not in menu:
                break
            menu = menu[step]
        return list(menu)


def load_registry(articles: Path) -> tuple[Registry, list[Problem]]:
    """The registry under an articles folder, with every problem of its files; missing files are empty registries."""
    problems: list[Problem] = []
    registry = Registry()
    for name in FILES:
        file = articles / "_registry" / name
        said = _read(file, problems)
        registry = _with(registry, name, said)
        problems += _complaints(name, said, str(file))
    return registry, problems


def load_part(articles: Path, *names: str) -> Registry:
    """Only these files of the registry (`holidays.yml`, …); what cannot be read is empty, `kb check` says why."""
    registry = Registry()
    for name in names:
        registry = _with(registry, name, _read(articles / "_registry" / name, []))
    return registry


def with_file(registry: Registry, name: str, text: str) -> tuple[Registry, list[Problem]]:
    """The registry as if one of its files (`facts.yml`, …) said this, with every problem of it."""
    problems: list[Problem] = []
    said = _parsed(text, f"_registry/{name}", problems)
    problems += _complaints(name, said, f"_registry/{name}")
    return _with(registry, name, said) if name in _READERS else registry, problems


def registry_print(articles: Path) -> str:
    """Digest of all files of the registry: what a file says may depend on them."""
    folder = articles / "_registry"
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.is_file():
            digest.update(path.name.encode("utf-8", "replace") + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _with(registry: Registry, name: str, said: yaml.MappingNode) -> Registry:
    return replace(registry, **_READERS[name](_mapping(said)))


def _complaints(name: str, said: yaml.MappingNode, path: str) -> list[Problem]:
    """What can be read, but not understood."""
    if name == "holidays.yml":
        return [Problem(path, 1, 1, wrong) for wrong in read_calendar(_mapping(said))[1]]
    return _without_value(said, path) if name == "facts.yml" else []


def _without_value(said: yaml.MappingNode, path: str) -> list[Problem]:
    """Facts that say nothing an article could be filled in with: a misspelt name must not vanish silently."""
    values = _mapping(said)
    return [
        Problem(
            path,
            key.start_mark.line + 1,
            key.start_mark.column + 1,
            f'共用数字 {key.value} 没有 value，请写成 {key.value}: {{value: "5元"}}，并检查拼写。',
        )
        for key, _ in said.value
        if not _fact(values[key.value])
    ]


def _menus(said: dict[str, object]) -> dict[str, Any]:
    return {"menus": {channel: _menu(entries) for channel, entries in said.items()}}


def _facts(said: dict[str, object]) -> dict[str, Any]:
    entries = {name: entry for name, entry in said.items() if isinstance(entry, dict)}
    return {
        "facts": {name: value for name, entry in entries.items() if (value := _fact(entry))},
        "notes": {name: str(entry["note"]) for name, entry in entries.items() if "note" in entry},
    }


def _fact(entry: object) -> str:
    """What a fact says; empty where that is not one text."""
    value = entry.get("value") if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""


def _departments(said: dict[str, object]) -> dict[str, Any]:
    contacts = {name: _contact(entry) for name, entry in said.items()}
    return {"departments": {name: contact.duty for name, contact in contacts.items()}, "contacts": contacts}


def _contact(entry: object) -> Contact:
    """`反诈中心: 涉诈风险`, or `反诈中心: {duty: 涉诈风险, phone: …, queue: …}`."""
    if not isinstance(entry, dict):
        return Contact(str(entry))
    return Contact(*(str(entry.get(name, "")) for name in ("duty", "phone", "queue")))


# file → the members of the registry that it fills
_READERS: dict[str, Callable[[dict[str, object]], dict[str, Any]]] = {
    "app_menu.yml": _menus,
    "facts.yml": _facts,
    "departments.yml": _departments,
    "holidays.yml": lambda said: {"calendar": read_calendar(said)[0]},
}


# names of the files that are read
FILES = tuple(_READERS)


def _menu(value: object) -> Menu:
    return {str(k): _menu(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _read(path: Path, problems: list[Problem]) -> yaml.MappingNode:
    if not path.exists():
        return _nothing()
    text = decode(path.read_bytes(), str(path))
    if isinstance(text, Problem):
        problems.append(text)
        return _nothing()
    return _parsed(text, str(path), problems)


def _parsed(text: str, path: str, problems: list[Problem]) -> yaml.MappingNode:
    said = read_mapping(text, path)
    if isinstance(said, yaml.MappingNode):
        return said
    problems += said
    return _nothing()


def _nothing() -> yaml.MappingNode:
    return yaml.MappingNode("", [])


def _mapping(node: yaml.MappingNode) -> dict[str, object]:
    return {key.value: _plain(value) for key, value in node.value}


def _plain(node: yaml.Node) -> object:
    """A node as texts, lists and mappings; every scalar stays text."""
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    return [_plain(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else node.value
