"""Pins: questions for which an editor names the article that comes first. A line: `问法 => 编号`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from typing import NamedTuple

from kb.normalize import normalize
from kb.types import Problem

FILE = "_lexicon/pins.txt"
REASON = "编辑置顶"
_SIGN = "=>"
_SILENT = re.compile(r"[\s?!。.,、~]+")


class Pin(NamedTuple):
    """The article that answers a question first, and the line that says so."""

    article_id: str
    line: int


def pin_key(question: str) -> str:
    """A question as pins compare it: normalised, without spaces and punctuation."""
    return _SILENT.sub("", normalize(question).text)


def read_pins(lines: Iterable[tuple[str, int, str]], problems: list[Problem]) -> dict[str, Pin]:
    """Pins by key, of (file, line number, line); lines that cannot be read are problems."""
    found: dict[str, Pin] = {}
    for path, number, line in lines:
        question, sign, article_id = (part.strip() for part in line.partition(_SIGN))
        key = pin_key(question)
        if not sign or not key or not article_id:
            problems.append(Problem(path, number, 1, "一行要写成“问法 => 文章编号”。"))
        elif key in found:
            problems.append(Problem(path, number, 1, f"“{question}”在第 {found[key].line} 行已经置顶过，请只留一行。"))
        else:
            found[key] = Pin(article_id, number)
    return found


def dead_pins(pins: dict[str, Pin], ids: Set[str]) -> list[Problem]:
    """Pins of articles that do not exist; `ids`: of all article files."""
    return [
        Problem(FILE, pin.line, 1, f"置顶写了“{pin.article_id}”，没有这篇文章。")
        for pin in pins.values()
        if pin.article_id not in ids
    ]
