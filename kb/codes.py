"""Error codes in a question: EB1024, eb-1024, “错误码 1024”, “5011 报错”. Which of them an article knows, the caller asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# letters and digits, however they are joined; an amount or a year beside a name (ATM 5000元, LPR 2026年) is no code
_JOINED = re.compile(
    r"(?<![a-z0-9])(?P<letters>[a-z]{1,6})(?P<joint>[\s_-]?)(?P<digits>\d{3,8})(?![a-z0-9.,%‰*+]|\s?[年月日号元块万千百亿天个笔次张期位周倍岁美欧英港])"
)
_NAMES = "(?:错误|报错|返回|响应|提示|故障|异常|失败)(?:代?码|代号|编号)|代码|报错|error|code"
_NUMBER = r"(?<![\d.,a-z*])(?P<digits>\d{3,8})(?![\d.,a-z%*]|\s?[年月日号元块万千百亿天个笔次张期位周倍岁美欧英港])"
_NAMED = re.compile(rf"(?:{_NAMES})(?:\s|[:：#是为“\"【\[(]){{0,3}}{_NUMBER}")
_NAMED_AFTER = re.compile(rf"{_NUMBER}(?:\s|[”\"】\])]){{0,2}}的?(?:{_NAMES}|错误)")


@dataclass(frozen=True, slots=True)
class Code:
    """A code, its span in the normalised question, and the terms under which articles may have it."""

    start: int
    end: int
    forms: tuple[str, ...]
    # whether it can be nothing else: a number is a code only where a word says so, and two words may stand by chance
    sure: bool


def find_codes(text: str) -> Iterator[Code]:
    """The codes of a normalised text; those of one kind do not overlap."""
    for match in _JOINED.finditer(text):
        letters, digits = match["letters"], match["digits"]
        forms = tuple(dict.fromkeys(letters + joint + digits for joint in ("", "-", "_")))
        yield Code(match.start(), match.end(), forms, not match["joint"].isspace())
    for pattern in (_NAMED, _NAMED_AFTER):
        for match in pattern.finditer(text):
            yield Code(*match.span("digits"), (match["digits"],), True)
