"""Amounts, rates, terms, dates, clause numbers and account classes → one canonical term each.

Works on normalised text. 5万, 50000, 五万, 5 万元 and 50,000元 all become `50000`; 3年, 三年期 and 36个月 become `3年`;
Ⅱ类户, 二类户 and 2类账户 become `2类户`. Money carries no unit, so that a bare number meets it; other currencies keep theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_BIG = {"": 1, "万": 10**4, "亿": 10**8, "万亿": 10**12}
_CN = "[零〇一二两三四五六七八九十百千万亿]"
_ARABIC = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,15}(?!\d)(?:\.\d{1,6})?"
_SCALE = "(?:[十百千]?(?:万亿|[万亿])|[百千](?![分]))"
_NUM = rf"(?:(?:{_ARABIC})\s?{_SCALE}?|(?<!第)[零〇一二两三四五六七八九十]{_CN}{{0,23}}(?:点[零〇一二三四五六七八九]{{1,6}}[万亿]?)?)"
# not inside a longer Latin or digit run
_LEFT = r"(?<![a-z0-9.,])"
_CURRENCIES = {
    "美元": "美元",
    "美金": "美元",
    "欧元": "欧元",
    "英镑": "英镑",
    "港币": "港币",
    "港元": "港币",
    "日元": "日元",
}
_CLASSES = {"i": "1", "ii": "2", "iii": "3", "一": "1", "二": "2", "三": "3", "1": "1", "2": "2", "3": "3"}


class Quantity(NamedTuple):
    """A canonical term and its span in the normalised text."""

    term: str
    start: int
    end: int


def parse_number(text: str) -> Decimal | None:
    """The value of an Arabic, Chinese or mixed number (`50,000`, `五万`, `5.5万`, `四点五`), or None if it is not one."""
    text = text.replace(",", "").replace(" ", "")
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


def _plain(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


Maker = Callable[[re.Match[str]], str | None]


def _number(match: re.Match[str], suffix: str = "") -> str | None:
    value = parse_number(match["n"])
    return None if value is None else f"{_plain(value)}{suffix}"


def _percent(divisor: int) -> Maker:
    def make(match: re.Match[str]) -> str | None:
        value = parse_number(match["n"])
        return None if value is None else f"{_plain(value * 100 / divisor)}%"

    return make


def _months(match: re.Match[str]) -> str | None:
    value = parse_number(match["n"])
    if value is None:
        return None
    months = value * (12 if match["u"] == "年" else 1) + (6 if match["half"] else 0)
    return f"{_plain(months / 12)}年" if months % 12 == 0 else f"{_plain(months)}个月"


def _date(match: re.Match[str]) -> str | None:
    month, day = parse_number(match["m"]), parse_number(match["d"])
    if month is None or day is None or not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{int(month)}月{int(day)}日"


def _money(match: re.Match[str]) -> str | None:
    text = match["n"]
    chinese = text[0] not in "0123456789"
    if (
        chinese
        and not match["u"]
        and not (len(text) > 1 and re.search("[百千万亿]", text[1:]) and text[0] not in "百千万亿")
    ):
        return None
    return _number(match, _CURRENCIES.get(match["u"] or "", ""))


_UNITS = {
    "天": "天", "日": "天", "周": "周", "星期": "周", "小时": "小时", "钟头": "小时", "分钟": "分钟", "工作日": "工作日",
    "岁": "岁", "周岁": "岁", "期": "期", "次": "次", "笔": "笔", "张": "张", "倍": "倍", "位": "位",
}  # fmt: skip


def _counted(match: re.Match[str]) -> str | None:
    return _number(match, _UNITS[match["u"]])


def _account_class(match: re.Match[str]) -> str:
    return f"{_CLASSES[match['c']]}类户"


def _clause(match: re.Match[str]) -> str | None:
    number = _number(match, "条")
    return None if number is None else f"第{number}" + (f"之{match['x']}" if match["x"] else "")


def _document_number(match: re.Match[str]) -> str | None:
    number = _number(match, "号")
    return None if number is None else f"第{number}"


def _product(match: re.Match[str]) -> str:
    return f"{match['a']}*{match['b']}"


def _settlement(match: re.Match[str]) -> str:
    return f"t+{match['n']}"


def _year(match: re.Match[str]) -> str:
    return f"{match['n']}年"


def _half_year(match: re.Match[str]) -> str:
    return "6个月"


# what a number may begin with; patterns below say which of these they may begin with
_ONES = "零〇一二两三四五六七八九十"
_DIGIT = "0123456789"

# in order: the first pattern that matches at a place wins
_PATTERNS: tuple[tuple[str, re.Pattern[str], Maker], ...] = tuple(
    (first, re.compile(pattern), make)
    for first, pattern, make in (
        ("i" + _DIGIT, rf"{_LEFT}(?P<c>i{{1,3}}|[123])\s?类(?:银行)?(?:结算)?(?:账户|户|卡)?", _account_class),
        ("一二三", r"(?P<c>[一二三])类(?:银行)?(?:结算)?(?:账户|户|卡)", _account_class),
        ("i", rf"{_LEFT}(?P<c>i{{1,3}})(?=(?:[、,/和及与或]\s?i{{1,3}}){{1,3}}\s?类)", _account_class),
        ("一二", r"(?P<c>[一二])(?=[、,/和及与或]?(?:[二三][、,/和及与或]?){0,1}[二三]类(?:账户|户))", _account_class),
        ("第", rf"第\s?(?P<n>\d{{1,4}}|{_CN}{{1,8}})\s?条(?:之(?P<x>[一二三四五六七八九十]))?", _clause),
        ("第", rf"第\s?(?P<n>\d{{1,4}}|{_CN}{{1,8}})\s?号", _document_number),
        (_DIGIT + _ONES + "百千万亿", rf"(?P<n>\d{{1,4}}|{_CN}{{1,8}})\s?号(?=[令文])", _document_number),
        (_DIGIT, r"(?<=[〕\])])(?P<n>\d{1,4})号", _document_number),
        (_DIGIT, rf"{_LEFT}(?P<n>{_ARABIC})\s?%", _percent(100)),
        (_DIGIT, rf"{_LEFT}(?P<n>{_ARABIC})\s?‰", _percent(1000)),
        ("百", rf"百分之(?P<n>{_NUM})", _percent(100)),
        ("千", rf"千分之(?P<n>{_NUM})", _percent(1000)),
        ("万", rf"万分之(?P<n>{_NUM})", _percent(10000)),
        (_DIGIT, rf"{_LEFT}(?P<a>\d{{1,3}})\s?[*×x]\s?(?P<b>\d{{1,3}})(?![a-z0-9])", _product),
        ("t", rf"{_LEFT}t\s?\+\s?(?P<n>\d{{1,2}})(?![a-z0-9])", _settlement),
        (_DIGIT, rf"{_LEFT}(?P<n>(?:19|20)\d\d)(?:\s?年|(?=[〕\]]))", _year),
        (_DIGIT, rf"{_LEFT}(?P<m>1[0-2]|0?[1-9])\s?月\s?(?P<d>[12]\d|3[01]|0?[1-9])\s?[日号]", _date),
        (_ONES, r"(?P<m>十[一二]?|[一二三四五六七八九])月(?P<d>[一二]?十[一二三四五六七八九]?|三十一?|[一二三四五六七八九])[日号]", _date),
        ("半", r"半年", _half_year),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{_NUM})\s?(?P<u>年)(?P<half>半)?(?:期|定期)?(?![级度份])", _months),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{_NUM})\s?个(?P<u>月)(?P<half>)期?", _months),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{_NUM})\s?个?(?P<u>工作日|星期|小时|钟头|分钟|周岁|天|日|周|岁)", _counted),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{_NUM})\s?(?P<u>期|次|笔|张|倍|位)(?![货权间数性])", _counted),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{_NUM})\s?(?P<u>美元|美金|欧元|英镑|港币|港元|日元|元|块钱|块)?", _money),
    )
)  # fmt: skip
# first character → the patterns to try; any decimal digit is as good as those of ASCII
_BY_FIRST = {c: [(p, m) for first, p, m in _PATTERNS if c in first] for c in _DIGIT + _ONES + "百千万亿第半it"}
_DECIMAL = _BY_FIRST["0"]
# a lone Chinese numeral is a quantity only before another one, a unit or what joins classes (一、二类户)
_MAYBE = re.compile(
    rf"\d|[{_ONES}](?=[\s零〇一二两三四五六七八九十百千万亿点、,/和及与或类号月年个工星小钟分周天日岁期次笔张倍位美欧英港元块])"
    rf"|[百千万亿](?=分之|\s?号|{_CN})|第(?=\s?[\d零一二三四五六七八九十百])|半(?=年)"
    r"|i(?=[a-z]{0,2}[、,/和及与或]|[a-z]{0,2}\s?类)|t(?=\s?\+)"
)


def find_quantities(text: str) -> Iterator[Quantity]:
    """Quantities of a normalised text from left to right, not overlapping."""
    at = 0
    for maybe in _MAYBE.finditer(text):
        start = maybe.start()
        if start >= at:
            found = _first_at(text, start, _BY_FIRST.get(maybe[0], _DECIMAL))
            if found:
                yield found
                at = found.end


def _first_at(text: str, start: int, patterns: Iterable[tuple[re.Pattern[str], Maker]]) -> Quantity | None:
    for pattern, make in patterns:
        match = pattern.match(text, start)
        if match and match.end() > match.start():
            term = make(match)
            if term:
                return Quantity(term, start, start + len(match[0].rstrip()))
    return None
