"""Raw text → one plain form, with the way back: every character knows where it stood in the raw text.

NFKC, lower case, traditional → simplified characters (one to one, after OpenCC's TSCharacters), zero-width characters removed,
control characters and lone surrogates to spaces. Combining marks are normalised together with their base, at most
eight of them: NFC of long runs is quadratic.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

_MAX_MARKS = 8
# variants that OpenCC keeps apart and banks use for one another
_VARIANTS = {"帐": "账", "臺": "台"}


@dataclass(frozen=True, slots=True)
class Normalized:
    """A plain text and, for each of its characters, the raw span it came from."""

    text: str
    # raw offsets; None where the plain text has the same offsets as the raw one
    _starts: tuple[int, ...] | None
    _ends: tuple[int, ...] | None

    @property
    def shifted(self) -> bool:
        """Whether the offsets of the plain text may differ from the raw ones."""
        return self._starts is not None

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The raw span of a non-empty plain span."""
        if self._starts is None or self._ends is None:
            return start, end
        return self._starts[start], self._ends[end - 1]


@cache
def simplified_characters() -> dict[str, str]:
    """Traditional or variant character → the simplified one; one to one. Do not change it: others get the same."""
    table = resources.files("opencc").joinpath("dictionary/TSCharacters.txt").read_text("utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    found = {key: options.split(" ")[0] for key, options in pairs}
    return {**{k: _VARIANTS.get(v, v) for k, v in found.items() if len(k) == len(v) == 1}, **_VARIANTS}


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Cs", "Co", "Cn") or char in "\u2028\u2029":
        return " "
    if category == "Cf" or category[0] == "M":
        return ""
    plain = unicodedata.normalize("NFKC", char).lower()
    return "".join(simplified_characters().get(c, c) for c in plain if unicodedata.category(c)[0] != "M")


class _Table(dict[int, str]):
    """Character table for `str.translate`, filled as characters are met; `special` holds those that are not one to one."""

    def __init__(self) -> None:
        super().__init__()
        self.special: set[str] = set()

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = _plain(char)
        if len(plain) != 1:
            self.special.add(char)
        self[code] = plain
        return plain


_TABLE = _Table()


def normalize(raw: str) -> Normalized:
    """The plain form of any string. Never raises; time is linear in the length."""
    plain = raw.translate(_TABLE)
    if _TABLE.special.isdisjoint(raw):
        return Normalized(plain, None, None)
    return _with_offsets(raw)


def _with_offsets(raw: str) -> Normalized:
    """Stretches of one-to-one characters as they are; each other character with the marks that follow it."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for place in [i for i, char in enumerate(raw) if char in _TABLE.special]:
        if place < at:
            continue
        begin = place - 1 if place > at and _is_mark(raw[place]) else place
        out.append(raw[at:begin].translate(_TABLE))
        starts += range(at, begin)
        ends += range(at + 1, begin + 1)
        at = begin + 1
        while at < len(raw) and _is_mark(raw[at]):
            at += 1
        plain = _cluster(raw, begin, at)
        out.append(plain)
        starts += [begin] * len(plain)
        ends += [at] * len(plain)
    out.append(raw[at:].translate(_TABLE))
    starts += range(at, len(raw))
    ends += range(at + 1, len(raw) + 1)
    return Normalized("".join(out), tuple(starts), tuple(ends))


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def _cluster(raw: str, begin: int, end: int) -> str:
    """The plain form of a character and its marks."""
    plain = _TABLE[ord(raw[begin])]
    if end == begin + 1 or not plain:
        return plain
    composed = unicodedata.normalize("NFKC", raw[begin : min(end, begin + 1 + _MAX_MARKS)])
    return "".join(_TABLE[ord(c)] for c in composed)
