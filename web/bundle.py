"""Scripts that are modules of their own → one script without imports, for a page that is a single file.

Understands what this house writes: named imports from relative paths, exported functions, constants and classes at the
beginning of a line. Each module becomes a function that returns what it exports; whatever else there is, is refused.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (?:\{(?P<names>[^}]*)\} from )?"(?P<path>\.{1,2}/[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?P<rest>(?:async )?function (?P<function>\w+)|class (?P<class>\w+)|const (?:(?P<constant>\w+)|\{(?P<several>[^}]*)\}) =)",
    re.MULTILINE,
)
_LEFT_OVER = re.compile(r"^(?:import|export)\b|\bimport\(|\bimport\.meta", re.MULTILINE)


class NotBundled(ValueError):
    """A script that is written in a way that is not understood; a mistake of the program, not of whoever runs it."""


def bundle(entry: Path, root: Path) -> str:
    """The script of a module and of all that it imports, below `root`. Raises NotBundled."""
    made: dict[Path, str] = {}
    _add(entry.resolve(), root.resolve(), made, ())
    return "\n".join(made.values())


def _add(path: Path, root: Path, made: dict[Path, str], above: tuple[Path, ...]) -> None:
    """Put a module behind what it imports."""
    if path in made:
        return
    if path in above or not path.is_relative_to(root):
        raise NotBundled(f"{path}: imported in a circle, or from outside")
    text = path.read_text("utf-8")
    for match in _IMPORT.finditer(text):
        _add((path.parent / match["path"]).resolve(), root, made, (*above, path))
    made[path] = _module(text, path, root)


def _module(text: str, path: Path, root: Path) -> str:
    exported: list[str] = []

    def bare(match: re.Match[str]) -> str:
        exported.extend(_names(match))
        return match["rest"]

    def imported(match: re.Match[str]) -> str:
        names = re.sub(r"\bas\b", ":", match["names"] or "")
        other = _variable((path.parent / match["path"]).resolve(), root)
        return f"const {{{names}}} = {other};" if names.strip() else ""

    body = _EXPORT.sub(bare, _IMPORT.sub(imported, text))
    if found := _LEFT_OVER.search(body):
        raise NotBundled(f"{path}: {body[found.start() :].splitlines()[0]}")
    return f"const {_variable(path, root)} = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();"


def _names(match: re.Match[str]) -> list[str]:
    if match["several"] is not None:
        # `const { at: made } = …` exports `made`
        return [part.rpartition(":")[2].strip() for part in match["several"].split(",") if part.strip()]
    return [match["function"] or match["class"] or match["constant"]]


def _variable(path: Path, root: Path) -> str:
    return "module_" + re.sub(r"\W", "_", path.relative_to(root).with_suffix("").as_posix())
