"""Kinds: words that tell apart what a question may be about, such as 信用卡 and 借记卡, or 手机银行 and 网上银行.

Editors keep them in `_lexicon/kinds.txt`. A line is a group whose words exclude one another: `信用卡 / 借记卡 / 存折 = 存单`;
after `=` stand other spellings of a word. Groups of equals of synonyms.txt are spellings too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from kb.normalize import normalize
from kb.types import Problem

_BETWEEN = re.compile(r"[/／]")
_EQUAL = re.compile(r"[=＝]")
_ASIDE = re.compile(r"\([^)]*\)")


class Kind(NamedTuple):
    """One of the things that a question may be about: the word as editors write it, and the number of its group."""

    word: str
    group: int


class Kinds:
    """The kinds of a lexicon, found in texts by their spellings. Safe for threads."""

    def __init__(
        self,
        groups: Sequence[Sequence[Sequence[str]]] = (),
        concepts: Mapping[str, str] | None = None,
        members: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`groups`: of kinds, each with its spellings, the first being its name; `concepts`, `members`: see `Lexicon`."""
        self._spelt: dict[str, Kind] = {}
        for number, group in enumerate(groups):
            for spellings in group:
                kind = Kind(spellings[0], number)
                for plain in map(_plain, spellings):
                    concept = (concepts or {}).get(plain)
                    for word in (plain, *((members or {}).get(concept, ()) if concept else ())):
                        self._spelt.setdefault(word, kind)
        # 大额存单 is not 存单: the longest spelling at a place wins
        longest = sorted(self._spelt, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(re.escape, longest))) if longest else None
        self._titles: dict[bytes, tuple[Kind, ...]] = {}

    def __eq__(self, other: object) -> bool:
        """Whether the same words stand for the same kinds."""
        return isinstance(other, Kinds) and self._spelt == other._spelt

    def __hash__(self) -> int:
        return hash(frozenset(self._spelt))

    def named(self, text: str) -> list[Kind]:
        """The kinds that a normalised text names, in their order, one that is named twice twice."""
        return [self._spelt[found] for found in self._pattern.findall(text)] if self._pattern else []

    def spelt(self, word: str) -> Kind | None:
        """The kind that a normalised word, or the name of a concept, stands for."""
        return self._spelt.get(word)

    def of(self, title: bytes) -> tuple[Kind, ...]:
        """What an article is about, by the JSON of its title: at most one kind of each group, the first that is named.

        What stands in brackets counts where nothing else does, and only if it is one: 转账手续费（手机银行、网银、柜台）
        is about all three. A title is read once.
        """
        known = self._titles.get(title)
        if known is None:
            known = self._titles[title] = self._read(_plain(json.loads(title)))
        return known

    def _read(self, title: str) -> tuple[Kind, ...]:
        first: dict[int, Kind] = {}
        for kind in self.named(_ASIDE.sub(" ", title)):
            first.setdefault(kind.group, kind)
        aside = set(self.named(title)) if not first else ()
        return tuple(first.values()) if first or len(aside) != 1 else tuple(aside)


def read_kinds(lines: Iterable[tuple[str, int, str]], problems: list[Problem]) -> list[list[list[str]]]:
    """Groups of kinds with their spellings, of (file, line number, line as written); what cannot be read is a problem."""
    groups: list[list[list[str]]] = []
    seen: dict[str, int] = {}
    for path, number, line in lines:
        group = [[word.strip() for word in _EQUAL.split(part)] for part in _BETWEEN.split(line)]
        plain = [_plain(word) for spellings in group for word in spellings]
        twice = next((word for at, word in enumerate(plain) if word in seen or word in plain[:at]), None)
        if len(group) < 2 or not all(plain):
            problems.append(Problem(path, number, 1, "一行至少两种，写成“信用卡 / 借记卡 / 存折 = 存单”。"))
        elif twice:
            place = f"第 {seen[twice]} 行" if twice in seen else "这一行"
            problems.append(Problem(path, number, 1, f"“{twice}”在{place}已经有了，一个词只能属于一种。"))
        else:
            seen |= dict.fromkeys(plain, number)
            groups.append(group)
    return groups


def _plain(word: str) -> str:
    return normalize(word).text.strip()
