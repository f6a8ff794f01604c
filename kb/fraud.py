"""What callers and fraudsters say, weighed: editors keep it in `_lexicon/fraud.txt`. A line: `说法 | 分数 | 警示编号`.

A phrase of several words means all of them, in any order. What a question says adds up for each alert, see `kb/tripwire.py`.
With `*` for the alert it speaks for any (让我, 对方), but never alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from kb.types import Problem

FILE = "_lexicon/fraud.txt"
# points that trip an alert; a trigger that an alert names itself counts as many
ENOUGH = 10
# what speaks for any alert
ANY = "*"
_MOST_WORDS = 6


class Phrase(NamedTuple):
    """Something that is said, what it counts, the alert it speaks for, and the line that says so."""

    words: tuple[str, ...]
    points: int
    alert: str
    line: int


def read_phrases(lines: Iterable[tuple[str, int, str]], problems: list[Problem]) -> tuple[Phrase, ...]:
    """Phrases of (file, line number, normalised line), in the order of the file; lines that cannot be read are problems."""
    found: dict[tuple[frozenset[str], str], Phrase] = {}
    for path, number, line in lines:
        phrase = _read(line, number)
        if isinstance(phrase, str):
            problems.append(Problem(path, number, 1, phrase))
            continue
        key = (frozenset(phrase.words), phrase.alert)
        if key in found:
            problems.append(
                Problem(path, number, 1, f"“{' '.join(phrase.words)}”在第 {found[key].line} 行已经有了，请只留一行。")
            )
        else:
            found[key] = phrase
    return tuple(found.values())


def _read(line: str, number: int) -> Phrase | str:
    """The phrase of a line, or what is wrong with it."""
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 3 or not all(parts):
        return "一行要写成“说法 | 分数 | 警示编号”。"
    said, points, alert = parts
    words = tuple(said.split())
    if not (points.isascii() and points.isdigit() and 1 <= int(points) <= ENOUGH):
        return f"分数“{points[:20]}”要写 1 到 {ENOUGH} 之间的整数。"
    if alert != ANY and all(len(word) < 2 for word in words):
        return f"“{said[:20]}”太短，至少要有一个两个字以上的词。"
    if len(words) > _MOST_WORDS:
        return f"“{said[:20]}”有 {len(words)} 个词，最多 {_MOST_WORDS} 个。"
    return Phrase(words, int(points), alert, number)


def dead_phrases(phrases: Iterable[Phrase], types: Mapping[str, str], ids: Set[str]) -> list[Problem]:
    """Phrases that speak for no alert. `types`: of all articles that can be read, by id; `ids`: of all article files."""
    found = []
    for phrase in phrases:
        if phrase.alert == ANY:
            continue
        if phrase.alert not in ids:
            found.append(Problem(FILE, phrase.line, 1, f"写了“{phrase.alert}”，没有这篇文章。"))
        elif types.get(phrase.alert, "alert") != "alert":
            found.append(Problem(FILE, phrase.line, 1, f"“{phrase.alert}”不是警示，诈骗用语只能指向警示。"))
    return found
