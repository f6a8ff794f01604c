"""Masking of what must not be kept: card numbers (Luhn), ID numbers (checksum) and phone numbers (row 78)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from kb.normalize import normalize

# what people put between the digits of a number, and what only some do, who then do it throughout
_USUAL = r"\s\-_.·,，"
_SEPARATOR = rf"[{_USUAL}、/~+*:()—–]"
# digits as they are written, and as they are said (幺三八); 壹 stands on forms
_SAID = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳陸參"
_MEANT = str.maketrans(_SAID, "00" + "1234567891" + "123456789" + "263")
# `\b` does not see the border to a Chinese character
_RUNS = tuple(re.compile(rf"{digit}(?:{_SEPARATOR}{{0,3}}{digit})+") for digit in ("[0-9]", f"[{_SAID}]"))
# both at once, as speech is written down: 138零零138000
_MIXED = re.compile(rf"(?<![0-9{_SAID}])[0-9{_SAID}]{{11,19}}(?![0-9{_SAID}])")
_GROUP = re.compile(rf"[0-9]+|[{_SAID}]+")
_LETTER = re.compile(rf"{_SEPARATOR}{{0,2}}[xX]")
_ONLY_USUAL = re.compile(rf"[{_USUAL}]*")
_PHONE = re.compile(r"(?:0{0,2}86|0)?1[3-9]\d{9}")
# of a card; dates and most amounts begin otherwise
_ISSUERS = "34569"
_MOST_DIGITS, _FEWEST_DIGITS = 19, 11
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"


class _Group(NamedTuple):
    """Digits side by side, and where they stand."""

    digits: str
    start: int
    end: int


def mask(text: str) -> str:
    """The text with every such number replaced by what it was: ［卡号］, ［证件号］, ［手机号］. Full-width digits count."""
    plain = normalize(text)
    out: list[str] = []
    at = 0
    # of those that overlap the first, and of those the longest
    for kind, begin, stop in sorted(_numbers(plain.text), key=lambda number: (number[1], -number[2])):
        start, end = plain.raw_span(begin, stop)
        if start < at:
            continue
        out += [text[at:start], kind]
        at = end
    return "".join([*out, text[at:]])


def _numbers(text: str) -> Iterator[tuple[str, int, int]]:
    """What stands where in a plain text. Other digits may stand before and after a number: dates, amounts, other numbers."""
    for run in _RUNS:
        for found in run.finditer(text):
            if sum(map(str.isalnum, found[0])) >= _FEWEST_DIGITS:
                groups = [
                    _Group(g[0].translate(_MEANT), g.start(), g.end()) for g in _GROUP.finditer(text, *found.span())
                ]
                yield from _in_groups(text, groups)
    for found in _MIXED.finditer(text):
        yield from _in_groups(text, [_Group(found[0].translate(_MEANT), *found.span())])


def _in_groups(text: str, groups: Sequence[_Group]) -> Iterator[tuple[str, int, int]]:
    """The numbers that begin and end with one of these groups, the longest first."""
    letter = _LETTER.match(text, groups[-1].end)
    first = 0
    while first < len(groups):
        kind, last, end = _longest(text, groups, first, letter)
        if kind:
            yield kind, groups[first].start, end
        first = last + 1


def _longest(
    text: str, groups: Sequence[_Group], first: int, letter: re.Match[str] | None
) -> tuple[str | None, int, int]:
    """The longest number that begins with a group: what it is, its last group, and where it ends."""
    nearest, farthest = _reach(groups, first)
    for last in reversed(range(nearest, farthest)):
        taken = groups[first : last + 1]
        whole = len(taken) == len(groups)
        if letter and last == len(groups) - 1 and _kind(text, taken, "X", whole=whole):
            return "［证件号］", last, letter.end()
        kind = _kind(text, taken, "", whole=whole)
        if kind:
            return kind, last, taken[-1].end
    return None, first, 0


def _reach(groups: Sequence[_Group], first: int) -> tuple[int, int]:
    """The first group that can end a number, and the one behind the last."""
    digits, nearest = 0, len(groups)
    for place in range(first, len(groups)):
        digits += len(groups[place].digits)
        if digits > _MOST_DIGITS:
            return min(nearest, place), place
        if digits >= _FEWEST_DIGITS:
            nearest = min(nearest, place)
    return nearest, len(groups)


def _kind(text: str, groups: Sequence[_Group], letter: str, *, whole: bool) -> str | None:
    """What some groups are together; `whole`: no other digits stand beside them."""
    digits = "".join(group.digits for group in groups) + letter
    if len(digits) == 18 and _is_identity(digits) and (len(groups) == 1 or _has_birthday(digits)):
        return "［证件号］"
    if letter:
        return None
    sizes = [len(group.digits) for group in groups]
    if _PHONE.fullmatch(digits) and (sizes[0] >= 3 or max(sizes) <= 2):
        return "［手机号］"
    if 13 <= len(digits) <= _MOST_DIGITS and _as_cards_are(text, groups, sizes, whole=whole) and _luhn(digits):
        return "［卡号］"
    return None


def _as_cards_are(text: str, groups: Sequence[_Group], sizes: Sequence[int], *, whole: bool) -> bool:
    """Whether the digits of a card may be put apart so: one in ten rows of other numbers has its check digit by chance."""
    if len(groups) == 1:
        return True
    issued = groups[0].digits[0] in _ISSUERS
    if not (issued or sizes[0] == 4):
        return False
    between = [text[a.end : b.start] for a, b in pairwise(groups)]
    even = sizes[0] <= 4 and len(set(sizes[:-1])) == 1 and sizes[-1] <= 4
    same = len(set(between)) == 1 and (even or (len(sizes) == 2 and sizes[0] in (4, 6)))
    return same or (issued and whole and _ONLY_USUAL.fullmatch("".join(between)) is not None)


def _has_birthday(digits: str) -> bool:
    return digits[6:8] in ("19", "20") and "01" <= digits[10:12] <= "12" and "01" <= digits[12:14] <= "31"


def _is_identity(digits: str) -> bool:
    """ISO 7064 MOD 11-2, as GB 11643 asks."""
    total = sum(int(d) * w for d, w in zip(digits[:17], _ID_WEIGHTS, strict=True)) if digits[:17].isdigit() else -1
    return total >= 0 and _ID_CHECK[total % 11] == digits[17]


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
