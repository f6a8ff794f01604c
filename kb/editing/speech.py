"""How long it takes to read a text aloud on the telephone: characters as they are spoken, pauses included.

The pace is 4.5 syllables a second. Mandarin speakers who read aloud were measured at 5.18 syllables a second without their pauses
(Pellegrino, Coupé and Marsico, “A Cross-Language Perspective on Speech Information Rate”, Language 87, 2011); on the telephone,
and with pauses, it is slower. The tone for elderly customers is read slower still.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kb.types import Article

PACE = 4.5
ELDER_PACE = 3.5
# reading aloud for longer than this, an agent loses the customer
LONG = 20.0
# tone → what it is called
TONES: dict[str, str] = {"standard": "答案", "short": "简短语气", "elder": "适老语气", "soothe": "安抚语气"}

_BIG = (("亿", 10**8), ("万", 10**4), ("", 1))
_SMALL = (("千", 1000), ("百", 100), ("十", 10), ("", 1))
_DIGITS = "零一二三四五六七八九"
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
# read digit by digit: telephone numbers, card numbers, numbers with a leading zero or with joints
_SPELT = re.compile(
    r"(?<![\d.,])(?:\d{3,}(?:-\d{3,})+|0\d+|1[0-2]\d{3}|9[56]\d{3}|1(?:10|14|19|20|22)|\d{9,})"
    r"(?![\d.,万亿元块美欧港日%‰天个年月号次笔期分张克岁位倍])"
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=年)")
_RATE = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s?([%‰])")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_SIGNS = {"×": "乘", "+": "加", "=": "等于", "〔": "", "〕": "", "&": "和"}
_RANGE = re.compile(r"(?<=[\d%‰点分半元天年月日号])[–—~-](?=[\d零一二三四五六七八九十])")
_LATIN = re.compile(r"[A-Za-z]+")
_VOWELS = re.compile(r"[aeiouy]+")
_PLACEHOLDER = re.compile(r"\{\{[^}]*\}\}")
# a pause, in syllables
_PAUSES = {"。": 2.0, "！": 2.0, "？": 2.0, "；": 1.5, "：": 1.0, "，": 1.0, "、": 0.5, "…": 1.0}


def reading_seconds(article: Article) -> dict[str, float]:
    """How long each tone of the answer takes, in seconds; tones that the article does not have are left out."""
    tones = article.tones
    texts = {"standard": article.answer, "short": tones.short, "elder": tones.elder, "soothe": tones.soothe}
    return {tone: seconds(text, ELDER_PACE if tone == "elder" else PACE) for tone, text in texts.items() if text}


def too_long(seconds_of: Mapping[str, float]) -> dict[str, float]:
    """The tones that take too long to read."""
    return {tone: found for tone, found in seconds_of.items() if found > LONG}


def seconds(text: str, pace: float = PACE) -> float:
    """How long a text takes to read aloud at a pace in syllables a second, pauses between sentences included."""
    return round(syllables(text) / pace, 1)


def syllables(text: str) -> float:
    """Syllables of a text as it is spoken, pauses counted as parts of one; the pause at the end is not."""
    total = 0.0
    said = spoken(text).rstrip("。！？；，、…：”’」』） \n")
    for char in _LATIN.sub(_latin, said):
        if "一" <= char <= "鿿" or char == "〇":
            total += 1
        else:
            total += _PAUSES.get(char, 0.0)
    return total


def spoken(text: str) -> str:
    """A text with its numbers as they are read: 5万 → 五万, 0.05% → 百分之零点零五, 95599 → 九五五九九."""
    text = _PLACEHOLDER.sub("", text)
    text = _CLOCK.sub(_clock, text)
    text = _YEAR.sub(_each_digit, text)
    text = _SPELT.sub(_each_digit, text)
    text = _RANGE.sub("到", text)
    text = _RATE.sub(lambda m: ("百分之" if m[2] == "%" else "千分之") + _number(m[1]), text)
    text = _NUMBER.sub(lambda m: _number(m[0]), text)
    return "".join(_SIGNS.get(char, char) for char in text)


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    return f"{_whole(hour)}点" + ("" if not minute else "半" if minute == 30 else f"{_whole(minute)}分")


def _each_digit(match: re.Match[str]) -> str:
    return "".join(_DIGITS[int(char)] for char in match[0] if char.isdigit())


def _number(text: str) -> str:
    whole, _, fraction = text.replace(",", "").partition(".")
    return _whole(int(whole)) + ("点" + "".join(_DIGITS[int(d)] for d in fraction) if fraction else "")


def _whole(value: int) -> str:
    """A whole number in words: 20000 → 二万, 105 → 一百零五."""
    if value >= 10**12:
        return "".join(_DIGITS[int(d)] for d in str(value))
    said = ""
    for unit, size in _BIG:
        part, value = divmod(value, size)
        if part:
            gap = "零" if said and part < 1000 else ""
            said += gap + _below_ten_thousand(part) + unit
    said = said or "零"
    return said[1:] if said.startswith("一十") else said


def _below_ten_thousand(value: int) -> str:
    said, gap = "", False
    for unit, size in _SMALL:
        digit, value = divmod(value, size)
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + unit
        gap = not digit
    return said


def _latin(match: re.Match[str]) -> str:
    """As many characters as a Latin word has syllables: abbreviations are spelt, words are spoken."""
    word = match[0]
    if word.isupper() or len(word) < 3:
        return "一" * len(word)
    return "一" * max(1, len(_VOWELS.findall(word.lower())))
