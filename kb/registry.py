"""What the bank's articles refer to: the app menu, shared facts and departments (`articles/_registry/`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from kb.frontmatter import decode
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
    """The three registries; empty ones check nothing, so that imported articles of another bank are accepted."""

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
    for name in _READERS:
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


def _with(registry: Registry, name: str, said: dict[str, object]) -> Registry:
    return replace(registry, **_READERS[name](said))


def _complaints(name: str, said: dict[str, object], path: str) -> list[Problem]:
    """What can be read, but not understood."""
    return [Problem(path, 1, 1, wrong) for wrong in read_calendar(said)[1]] if name == "holidays.yml" else []


def _menus(said: dict[str, object]) -> dict[str, Any]:
    return {"menus": {channel: _menu(entries) for channel, entries in said.items()}}


def _facts(said: dict[str, object]) -> dict[str, Any]:
    entries = {name: entry for name, entry in said.items() if isinstance(entry, dict)}
    return {
        "facts": {name: str(entry["value"]) for name, entry in entries.items() if "value" in entry},
        "notes": {name: str(entry["note"]) for name, entry in entries.items() if "note" in entry},
    }


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


def _menu(value: object) -> Menu:
    return {str(k): _menu(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _read(path: Path, problems: list[Problem]) -> dict[str, object]:
    if not path.exists():
        return {}
    text = decode(path.read_bytes(), str(path))
    if isinstance(text, Problem):
        problems.append(text)
        return {}
    return _parsed(text, str(path), problems)


def _parsed(text: str, path: str, problems: list[Problem]) -> dict[str, object]:
    try:
        value = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (BaseLoader makes only text, lists and mappings)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problems.append(
            Problem(
                path,
                line,
                1,
                f"登记文件读不出来（{getattr(error, 'problem', None) or '有控制字符或嵌套太深'}），请检查缩进、冒号和引号。",
            )
        )
        return {}
    if not isinstance(value, dict):
        problems.append(Problem(path, 1, 1, "登记文件要写成“名字: 内容”。"))
        return {}
    return value
