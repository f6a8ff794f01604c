"""Python and the libraries, against what the package says it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import Requirement

from kb.doctor.finding import Finding, bad, ok

LEAST_PYTHON = (3, 11)
_INSTALL = "重新安装：pip install --require-hashes -r deploy/requirements.lock"


def look(
    needed: list[str] | None = None,
    installed: Callable[[str], str] = version,
    python: tuple[int, ...] = sys.version_info[:3],
) -> Iterator[Finding]:
    """One finding for Python and one for the libraries. `needed`: as a package's metadata lists them; default: our own."""
    shown = ".".join(map(str, python))
    least = ".".join(map(str, LEAST_PYTHON))
    if python < LEAST_PYTHON:
        yield bad("Python", f"{shown} 太旧", f"要 {least} 以上")
    else:
        yield ok("Python", shown)
    needed = (requires("kb-desk") or []) if needed is None else needed
    wanted = [r for r in map(Requirement, needed) if _applies(r)]
    wrong = [said for r in wanted if (said := _wrong(r, installed))]
    if wrong:
        yield bad("程序库", "，".join(wrong), _INSTALL)
    else:
        yield ok("程序库", f"{len(wanted)} 个都在，版本合适")


def _applies(requirement: Requirement) -> bool:
    """Not those of extras: they are wanted where somebody chose them."""
    try:
        return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    except UndefinedEnvironmentName:
        return False


def _wrong(requirement: Requirement, installed: Callable[[str], str]) -> str:
    try:
        found = installed(requirement.name)
    except PackageNotFoundError:
        return f"缺 {requirement.name}"
    if requirement.specifier.contains(found, prereleases=True):
        return ""
    return f"{requirement.name} 是 {found}，要 {requirement.specifier}"
