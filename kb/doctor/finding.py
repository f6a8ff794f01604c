"""What was found about one part of an installation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "bad"]
SIGNS: dict[Level, str] = {"ok": "✓", "warn": "！", "bad": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: how it is, and what to do where it is not as it should be."""

    level: Level
    part: str
    said: str
    to_do: str = ""

    @property
    def line(self) -> str:
        """For a terminal."""
        return f"{SIGNS[self.level]} {self.part}：{self.said}" + (f" → {self.to_do}" if self.to_do else "")


def ok(part: str, said: str) -> Finding:
    """As it should be."""
    return Finding("ok", part, said)


def warn(part: str, said: str, to_do: str) -> Finding:
    """It works, but somebody should look."""
    return Finding("warn", part, said, to_do)


def bad(part: str, said: str, to_do: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding("bad", part, said, to_do)


def failed(findings: Iterable[Finding]) -> bool:
    """Whether anything is bad."""
    return any(found.level == "bad" for found in findings)
