"""Numbers as they are written and said: 50,000, 5万, 五万, 5万5千, 四点五, 伍万; what they are worth, and the patterns that find them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_BIG = {"": 1, "万": 10**4, "亿": 10**8, "万亿": 10**12}
CHINESE = "[零〇一二两三四五六七八九十百千万亿]"
ARABIC = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,15}(?!\d)(?:\.\d{1,6})?"
_SCALE = "(?:[十百千]?(?:万亿|[万亿])|[百千](?![分]))"
NUMBER = rf"(?:(?:{ARABIC})\s?{_SCALE}?|(?<!第)[零〇一二两三四五六七八九十]{CHINESE}{{0,23}}(?:点[零〇一二三四五六七八九]{{1,6}}[万亿]?)?)"
# what makes a number behind an amount a number of its own: 5万3年 is 50000 for three years
NO_UNIT = r"(?!\s?(?:[\d%‰年月天日周期次笔张岁倍位点类号折户人名条*×+:a-z/-]|[.,]\d|[个多几十百千万亿]|小时|钟头|分钟|星期|礼拜|工作日))"
_SCALES = "万亿|[千百]万|[亿万千百]"
# 5万5千, 5万5, 1亿2千万, 3千5: each number smaller than the one before
CHAIN = rf"\d{{1,4}}(?:{_SCALES})(?:零?\d{{1,4}}(?:{_SCALES}|十))*(?:零?\d{{1,4}}{NO_UNIT})?"


def parse_number(text: str) -> Decimal | None:
    """The value of an Arabic, Chinese or mixed number (`50,000`, `五万`, `5.5万`, `四点五`), or None if it is not one."""
    text = text.replace(",", "").replace(" ", "")
    chain = _CHAIN_PART.findall(text) if _CHAIN_WHOLE.fullmatch(text) else ()
    if len(chain) > 1:
        return _chained(chain)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([十百千]?)(万?亿?)", text)
    if match:
        scale = _POWERS.get(match[2], 1) * _BIG[match[3]]
        return Decimal(match[1]) * scale
    whole, point, fraction = text.partition("点")
    scale = _BIG[fraction[-1]] if fraction[-1:] in ("万", "亿") else 1
    fraction = fraction if scale == 1 else fraction[:-1]
    value = _chinese_integer(whole)
    if value is None or (point and not fraction):
        return None
    if any(c not in _DIGITS for c in fraction):
        return None
    return Decimal(f"{value}.{''.join(str(_DIGITS[c]) for c in fraction) or '0'}") * scale


_CHAIN_PART = re.compile(r"(零?)(\d+)(万亿|[千百]万|[亿万千百十])?")
_CHAIN_WHOLE = re.compile(r"(?:零?\d{1,4}(?:万亿|[千百]万|[亿万千百十]))+(?:零?\d{1,4})?")


def _chained(parts: Iterable[tuple[str, str, str]]) -> Decimal | None:
    """5万5千, 5万5, 1亿零5万: the parts' sum, or None if one is not smaller than the scale of the one before."""
    total, above = 0, 10**16
    for gap, digits, name in parts:
        scale = 1
        for char in name:
            scale *= _POWERS.get(char) or _BIG[char]
        if not name and len(digits) == 1 and not gap and above <= 10**8:
            scale = above // 10  # 5万5 is 55000, as 五万五
        value = int(digits) * scale
        if value >= above:
            return None
        total, above = total + value, scale
    return Decimal(total)


def _chinese_integer(text: str) -> int | None:
    if not text:
        return None
    if len(text) > 1 and all(c in _DIGITS for c in text):
        if len(text) == 2 and not set(text) & set("零〇"):
            return None  # 两三天 is two or three days, not 23
        return int("".join(str(_DIGITS[c]) for c in text))
    total = section = digit = 0
    last_power = 1
    for char in text:
        if char in _DIGITS:
            digit, last_power = _DIGITS[char], last_power if char not in "零〇" else 10
        elif char in _POWERS:
            section += (digit or (1 if char == "十" and not section else 0)) * _POWERS[char]
            digit, last_power = 0, _POWERS[char]
        elif char in "万亿":
            last_power = _BIG[char]
            if char == "万":
                total += (section + digit) * last_power
            else:
                total = (total + section + digit) * last_power
            section = digit = 0
        else:
            return None
    if digit and last_power > 10 and text[-2:-1] in "百千万亿":
        digit *= last_power // 10  # 三千五 is 3500, 两万五 is 25000
    return total + section + digit


def plain(value: Decimal) -> str:
    """A value without needless noughts: 1.50 is `1.5`."""
    text = format(value.normalize(), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# numerals of contracts and receipts; 陆, 伍 and 拾 are numerals only beside other numerals (登陆, 队伍, 收拾)
_CAPITAL = re.compile("[壹贰叁肆伍陆柒捌玖拾佰仟]")
_CAPITALS = re.compile(
    "(?<![登大内着队收])[壹贰叁肆伍陆柒捌玖拾](?:[零壹贰叁肆伍陆柒捌玖拾佰仟万亿](?!事))*(?=[元圆角整万年月日天个]|$|[^\\u4e00-\\u9fff])"
)
_AS_USUAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")


def as_usual(text: str) -> str:
    """A text of the same length with 伍万 written 五万."""
    return _CAPITALS.sub(_usual, text) if _CAPITAL.search(text) else text


def _usual(match: re.Match[str]) -> str:
    return match[0].translate(_AS_USUAL)
