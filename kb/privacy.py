"""Masking of what must not be kept: card numbers (Luhn), ID numbers (checksum) and phone numbers (row 78)."""

from __future__ import annotations

import re

from kb.normalize import normalize

# digits, with the separators people put between them; `\b` does not see the border to a Chinese character
_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[\s\-_.·,，]{0,2}[0-9]){9,19}(?:[\s\-]{0,2}[xX])?(?![0-9])")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"


def mask(text: str) -> str:
    """The text with every such number replaced by what it was: ［卡号］, ［证件号］, ［手机号］. Full-width digits count."""
    plain = normalize(text)
    out: list[str] = []
    at = 0
    for match in _NUMBER.finditer(plain.text):
        kind = _kind(re.sub(r"[^0-9xX]", "", match[0]).upper())
        if kind:
            start, end = plain.raw_span(match.start(), match.end())
            out += [text[at:start], kind]
            at = end
    return "".join([*out, text[at:]])


def _kind(digits: str) -> str | None:
    if len(digits) == 18 and _is_identity(digits):
        return "［证件号］"
    if len(digits) == 11 and re.fullmatch(r"1[3-9]\d{9}", digits):
        return "［手机号］"
    if 13 <= len(digits) <= 19 and digits.isdigit() and _luhn(digits):
        return "［卡号］"
    return None


def _is_identity(digits: str) -> bool:
    """ISO 7064 MOD 11-2, as GB 11643 asks."""
    total = sum(int(d) * w for d, w in zip(digits[:17], _ID_WEIGHTS, strict=True)) if digits[:17].isdigit() else -1
    return total >= 0 and _ID_CHECK[total % 11] == digits[17]


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
