"""Amounts, rates, terms, dates, clause numbers and account classes → one canonical term each.

Works on normalised text. 5万, 50000, 五万, 5 万元 and 50,000元 all become `50000`; 3年, 三年期 and 36个月 become `3年`;
Ⅱ类户, 二类户 and 2类账户 become `2类户`. Money carries no unit, so that a bare number meets it; other currencies keep theirs.
Only what people mean as the same is one: 半个月 is 15天, but 一个半月 is no 45天, 48小时 no 2天, and a 工作日 no 天.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from kb.numerals import ARABIC, CHAIN, CHINESE, NO_UNIT, NUMBER, as_usual, parse_number, plain

# not inside a longer Latin or digit run; a comma of the sentence (怎么办，5万) is none
_LEFT = r"(?<![a-z0-9])(?<![a-z0-9][.,])"
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


Maker = Callable[[re.Match[str]], str | None]


def _number(match: re.Match[str], suffix: str = "") -> str | None:
    value = parse_number(match["n"])
    return None if value is None else f"{plain(value)}{suffix}"


def _percent(divisor: int) -> Maker:
    def make(match: re.Match[str]) -> str | None:
        value = parse_number(match["n"])
        return None if value is None else f"{plain(value * 100 / divisor)}%"

    return make


def _of_months(months: Decimal) -> str:
    return f"{plain(months / 12)}年" if months % 12 == 0 else f"{plain(months)}个月"


def _months(match: re.Match[str]) -> str | None:
    value = parse_number(match["n"])
    if value is None:
        return None
    return _of_months(value * (12 if match["u"] == "年" else 1) + (6 if match["half"] else 0))


def _half_months(match: re.Match[str]) -> str | None:
    value = parse_number(match["n"])
    return None if value is None else _of_months(value + Decimal("0.5"))


def _quarters(match: re.Match[str]) -> str | None:
    value = parse_number(match["n"])
    return None if value is None else _of_months(value * 3)


def _of_seconds(seconds: Decimal) -> str:
    """The largest unit that goes into it: 60分钟 is 1小时, 1.5小时 is 90分钟; days are counted otherwise."""
    size, unit = next((size, unit) for size, unit in _CLOCK if seconds % size == 0 or size == 1)
    return f"{plain(seconds / size)}{unit}"


_CLOCK = ((3600, "小时"), (60, "分钟"), (1, "秒"))
_SECONDS = {"小时": 3600, "钟头": 3600, "分钟": 60, "秒": 1, "秒钟": 1}


def _clock(match: re.Match[str]) -> str | None:
    value = parse_number(match["n"])
    if value is None:
        return None
    return _of_seconds((value + (Decimal("0.5") if match["half"] else 0)) * _SECONDS[match["u"]])


def _half_hour(match: re.Match[str]) -> str:
    return "30分钟"


def _half_month(match: re.Match[str]) -> str:
    return "15天"


def _points(match: re.Match[str]) -> str | None:
    """1.85个点 of a yearly rate; more than 10 are basis points, which are called so as well (LPR加60个点)."""
    value = parse_number(match["n"])
    return None if value is None or value > 10 else f"{plain(value)}%"


def _day_of_month(match: re.Match[str]) -> str | None:
    value = parse_number(match["n"])
    return f"{int(value)}号" if value is not None and 1 <= value <= 31 else None


def _month(match: re.Match[str]) -> str | None:
    value = parse_number(match["n"])
    return f"{int(value)}月" if value is not None and 1 <= value <= 12 else None


def _thousands(match: re.Match[str]) -> str | None:
    value = parse_number(match["n"])
    scale = 10_000 if match["u"] == "w" else 1000
    return None if value is None else plain(value * scale + int(match["d"] or 0) * scale // 10)


def _with_dimes(match: re.Match[str]) -> str | None:
    value, dimes = parse_number(match["n"]), parse_number(match["d"])
    return None if value is None or dimes is None else plain(value + dimes / 10)


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
    "天": "天", "日": "天", "自然日": "天", "日历日": "天", "周": "周", "星期": "周", "礼拜": "周",
    "工作日": "工作日", "工作天": "工作日", "交易日": "交易日", "营业日": "营业日",
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


_COUNTED = "工作[日天]|交易日|营业日|自然日|日历日|星期|礼拜|周岁|天|日|周|岁"
_DAY = "[12]\\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九]"
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
        ("第", rf"第\s?(?P<n>\d{{1,4}}|{CHINESE}{{1,8}})\s?条(?:之(?P<x>[一二三四五六七八九十]))?", _clause),
        ("第", rf"第\s?(?P<n>\d{{1,4}}|{CHINESE}{{1,8}})\s?号", _document_number),
        (_DIGIT + _ONES + "百千万亿", rf"(?P<n>\d{{1,4}}|{CHINESE}{{1,8}})\s?号(?=[令文])", _document_number),
        (_DIGIT, r"(?<=[〕\])])(?P<n>\d{1,4})号", _document_number),
        (_DIGIT, rf"{_LEFT}(?P<n>{ARABIC})\s?%", _percent(100)),
        (_DIGIT, rf"{_LEFT}(?P<n>{ARABIC})\s?‰", _percent(1000)),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?个(?:百分)?点(?!击)", _points),
        ("百", rf"百分之(?P<n>{NUMBER})", _percent(100)),
        ("千", rf"千分之(?P<n>{NUMBER})", _percent(1000)),
        ("万", rf"万分之(?P<n>{NUMBER})", _percent(10000)),
        (_DIGIT, rf"{_LEFT}(?P<a>\d{{1,3}})\s?[*×x]\s?(?P<b>\d{{1,3}})(?![a-z0-9])", _product),
        ("t", rf"{_LEFT}t\s?\+\s?(?P<n>\d{{1,2}})(?![a-z0-9])", _settlement),
        (_DIGIT, rf"{_LEFT}(?P<n>(?:19|20)\d\d)(?:\s?年|(?=[〕\]]))", _year),
        (_DIGIT, rf"{_LEFT}(?P<n>(?:19|20)\d\d)(?=(?P<j>[-/.])(?:1[0-2]|0?[1-9])(?P=j)(?:[12]\d|3[01]|0?[1-9])(?!\d))", _year),
        (_DIGIT, r"(?<=(?:19|20)\d\d[-/.])(?P<m>1[0-2]|0?[1-9])[-/.](?P<d>[12]\d|3[01]|0?[1-9])(?!\d)", _date),
        (_DIGIT, rf"{_LEFT}(?P<m>1[0-2]|0?[1-9])\s?月\s?(?P<d>{_DAY})\s?[日号]", _date),
        (_ONES, rf"(?P<m>十[一二]?|[一二三四五六七八九])月(?P<d>{_DAY})[日号]", _date),
        (_DIGIT, rf"{_LEFT}(?P<n>1[0-2]|0?[1-9])\s?月份?(?![息供费租])", _month),
        (_ONES, r"(?<![每个几半第零一二两三四五六七八九十])(?P<n>十[一二]?|[一二三四五六七八九])月份", _month),
        (_DIGIT + _ONES, rf"(?<=[每当次本下上]月)(?P<n>{_DAY})\s?[日号]", _day_of_month),
        (_DIGIT + _ONES, rf"(?<![a-z0-9.,第])(?P<n>{_DAY})号(?![令文线楼店馆院门码卡])", _day_of_month),
        ("半", r"半年期?", _half_year),
        ("半", r"半个?(?:小时|钟头)", _half_hour),
        ("半", r"半个月", _half_month),
        (_ONES, rf"(?P<n>[{_ONES}]{{0,3}}[百千]?[万亿])(?=[一二两三四五六七八九十]{{1,3}}(?:年|个月|天|期|个?工作日))", _number),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?个半月", _half_months),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?个季度", _quarters),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?个?(?P<half>半)?(?P<u>小时|钟头|分钟|秒钟?)", _clock),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?(?P<u>年)(?P<half>半)?(?:期|定期)?(?![级度份])", _months),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?个(?P<u>月)(?P<half>)期?", _months),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?个?(?P<u>{_COUNTED})", _counted),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?(?P<u>期|次|笔|张|倍|位)(?![货权间数性])", _counted),
        (_DIGIT, rf"{_LEFT}(?P<n>{ARABIC})\s?(?P<u>[wk])(?:(?P<d>[1-9]){NO_UNIT}|\s?(?:元|块钱?)?(?![a-z0-9]))", _thousands),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?块(?P<d>[1-9]|[一二三四五六七八九])(?:[毛角]|{NO_UNIT})", _with_dimes),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?元(?P<d>[1-9]|[一二三四五六七八九])[毛角]", _with_dimes),
        (_DIGIT, rf"{_LEFT}(?P<n>{CHAIN})\s?(?P<u>美元|美金|欧元|英镑|港币|港元|日元|元|圆|块钱|块)?", _money),
        (_DIGIT + _ONES, rf"{_LEFT}(?P<n>{NUMBER})\s?(?P<u>美元|美金|欧元|英镑|港币|港元|日元|元|圆|块钱|块)?", _money),
    )
)  # fmt: skip
# first character → the patterns to try; any decimal digit is as good as those of ASCII
_BY_FIRST = {c: [(p, m) for first, p, m in _PATTERNS if c in first] for c in _DIGIT + _ONES + "百千万亿第半it"}
_DECIMAL = _BY_FIRST["0"]
# a lone Chinese numeral is a quantity only before another one, a unit or what joins classes (一、二类户)
_MAYBE = re.compile(
    rf"\d|[{_ONES}](?=[\s零〇一二两三四五六七八九十百千万亿点、,/和及与或类号月年个工星小钟分周天日岁期次笔张倍位美欧英港元块秒礼交营自])"
    rf"|[百千万亿](?=分之|\s?号|{CHINESE})|第(?=\s?[\d零一二三四五六七八九十百])|半(?=年|个?(?:小时|钟头)|个月)"
    r"|i(?=[a-z]{0,2}[、,/和及与或]|[a-z]{0,2}\s?类)|t(?=\s?\+)"
)


def find_quantities(text: str) -> Iterator[Quantity]:
    """Quantities of a normalised text from left to right, not overlapping."""
    text = as_usual(text)
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
