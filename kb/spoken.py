"""Numbers as they are read aloud: 1.85% is 百分之一点八五, 50,000元 五万元, 12378 幺二三七八.

A wrong reading is worse than none: a number whose meaning its surroundings do not tell stays as it is written.
Plain numbers are read here too: of the libraries that do it, cn2an takes half a second to import, and num2words knows no
Chinese of the mainland.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Reading(NamedTuple):
    """A number of a text, how it is read aloud, and whether everybody would read it so anyway."""

    written: str
    read: str
    start: int
    end: int
    obvious: bool


def find_readings(text: str) -> Iterator[Reading]:
    """The numbers of a text that are understood, from left to right, not overlapping."""
    at = 0
    for maybe in _BEGINS.finditer(text):
        if maybe.start() < at:
            continue
        found = _first_at(text, maybe.start())
        if found:
            yield found
            at = found.end


def read_aloud(text: str) -> str:
    """A text with its numbers as they are read aloud; all else stays as it is."""
    parts: list[str] = []
    at = 0
    for reading in find_readings(text):
        parts += text[at : reading.start], reading.read
        at = reading.end
    return "".join([*parts, text[at:]])


def remarkable_readings(text: str) -> list[tuple[str, str]]:
    """What a text writes and how it is read aloud, for the numbers that one may stumble over, each once."""
    return list(dict.fromkeys((r.written, r.read) for r in find_readings(text) if not r.obvious))


def _first_at(text: str, start: int) -> Reading | None:
    for pattern, read, is_obvious in _PATTERNS:
        match = pattern.match(text, start)
        read_as = read(match) if match else None
        if match and read_as:
            return Reading(match[0], read_as, start, match.end(), is_obvious(match))
    return None


Reader = Callable[[re.Match[str]], str | None]

_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
# on the telephone 一 and 七 sound alike
_ON_THE_PHONE = _DIGITS | {"1": "幺"}
# below 10¹²; a nought in front makes it a code
_INTEGER = r"(?:[1-9]\d{0,2}(?:,\d{3}){1,3}|0|[1-9]\d{0,11})"
_NUMBER = rf"{_INTEGER}(?:\.\d{{1,6}})?"
# no part of a longer number, a code, a fraction or a sum
_LEFT = r"(?<![A-Za-z0-9.,/+*×:：–—~～-])"
_RIGHT = r"(?![A-Za-z0-9/*×+]|[.,:：–—~～-]\d)"
_TO = r"\s?(?:[-–—~～至到])\s?"
# what is counted with 两; its ten thousands are as well
_COUNTED = (
    "个|天|年|小时|分钟|次|笔|张|份|位|周|星期|元|块|本|件|种|家|条|人|户|档|岁|倍|遍|步|部|台|枚|套|只|页|点|角|分|秒|期"
    "|克|公斤|美元|欧元|英镑|港元|港币|日元"
)
# what is not: the second of the month, class two
_NAMED = "日|号|月|类|级|楼|折|成|层|排|版"
_DAYS = "工作日|自然日|交易日|周岁|基点"
_BIG = "万亿|[千百]万|[万亿千百]"
_PHONE_NUMBERS = (
    r"9[56](?!\d{0,3}000)\d{3}(?:\d{1,3})?",  # services of banks, the fraud line
    r"123\d\d|12306",
    r"[48]00-\d{3}-\d{4}|[48]00-\d{4}-\d{3}|[48]00\d{7}",
    r"0\d{2,3}-\d{7,8}",
    r"1[3-9]\d{9}",
)
_NO_AMOUNT = rf"(?![\dA-Za-z-]|[.,]\d|\s?(?:[万亿千百%‰]|{_COUNTED}|{_NAMED}))"


def _plain(number: str) -> str:
    """A number alone: 一千二百, 一点八五."""
    whole, point, fraction = number.replace(",", "").partition(".")
    read = _integer(int(whole))
    return f"{read}点{_digits(fraction)}" if point else read


def _integer(value: int) -> str:
    """A number below 10¹²: groups of four digits, and one 零 for every gap."""
    read = ""
    gap = False
    for scale, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        group = value // scale % 10**4
        if group:
            read += ("零" if read and (gap or group < 1000) else "") + _group(group) + name
        gap = not group
    # 十五 and 十万, but 一百一十
    return read.removeprefix("一") if read.startswith("一十") else read or "零"


def _group(value: int) -> str:
    """A number from 1 to 9999 with every 一 said: 一十, 一千零一."""
    read = ""
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // scale % 10
        if digit:
            read += _DIGITS[str(digit)] + name
        elif read and not read.endswith("零"):
            read += "零"
    return read.rstrip("零")


def _counting(number: str) -> str:
    """A number before what it counts: 两, 两千, 两万."""
    read = _plain(number)
    return "两" + read[1:] if re.match(r"二(?:$|[千万亿])", read) else read


def _digits(text: str, names: dict[str, str] = _DIGITS) -> str:
    return "".join(names[c] for c in text)


def _phone(match: re.Match[str]) -> str:
    return " ".join(_digits(group, _ON_THE_PHONE) for group in match[0].split("-"))


def _share(whole: str) -> Reader:
    return lambda match: f"{whole}{_plain(match['n'])}"


def _shares(whole: str) -> Reader:
    return lambda match: f"{whole}{_plain(match['a'])}到{whole}{_plain(match['b'])}"


def _date(match: re.Match[str]) -> str | None:
    year, month, day = match["y"], int(match["m"]), int(match["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    unit = match["u"] if "u" in match.re.groupindex else "日"
    return f"{_digits(year) + '年' if year else ''}{_plain(str(month))}月{_plain(str(day))}{unit}"


def _time(match: re.Match[str]) -> str | None:
    hour, minute = int(match["h"]), int(match["m"])
    if hour > 24 or minute > 59:
        return None
    after = (
        ""
        if minute == 0
        else "半"
        if minute == 30
        else f"零{_plain(str(minute))}分"
        if minute < 10
        else f"{_plain(str(minute))}分"
    )
    return f"{_hour(hour)}{after}"


def _hour(hour: int) -> str:
    return f"{_counting(str(hour))}点"


def _range(match: re.Match[str]) -> str | None:
    counted = match["u"] not in _NAMED.split("|")
    read = _counting if counted else _plain
    return f"{read(match['a'])}到{read(match['b'])}"


def _around_the_clock(match: re.Match[str]) -> str:
    return f"{_counting(match['a'])}天{_plain(match['b'])}小时"


def _amount(match: re.Match[str]) -> str:
    big = match["big"]
    number = _counting(match["n"]) if big != "百" else _plain(match["n"])
    return f"{number}{big}"


def _year(match: re.Match[str]) -> str:
    return _digits(match["n"])


def _never(match: re.Match[str]) -> bool:
    return False


def _always(match: re.Match[str]) -> bool:
    return True


def _short(match: re.Match[str]) -> bool:
    """Below ten thousand, without a comma."""
    return len(match["n"].partition(".")[0]) <= 4


def _whole(match: re.Match[str]) -> bool:
    return "." not in match[0]


def _no_one(match: re.Match[str]) -> bool:
    return "1" not in match[0] or len(match[0]) == 3


# in order: the first that matches at a place wins
_PATTERNS: tuple[tuple[re.Pattern[str], Reader, Callable[[re.Match[str]], bool]], ...] = tuple(
    (re.compile(pattern), read, obvious)
    for pattern, read, obvious in (
        (rf"{_LEFT}(?:{'|'.join(_PHONE_NUMBERS)}){_NO_AMOUNT}", _phone, _no_one),
        (r"(?<=[打拨])(?:110|119|120)(?!\d|[.,-]\d)|(?<![A-Za-z0-9.,-])110(?=报警)", _phone, _no_one),
        (rf"{_LEFT}(?P<a>[1-7])\s?[×xX*]\s?(?P<b>24|12|8)\s?小时", _around_the_clock, _never),
        (r"(?<![A-Za-z0-9])(?P<l>[TD])\s?\+\s?(?P<n>\d{1,2})(?![A-Za-z0-9.])", lambda m: f"{m['l']}加{_plain(m['n'])}", _never),
        (r"(?<![A-Za-z0-9])R(?P<a>[1-5])[-–—~～]R?(?P<b>[1-5])(?![A-Za-z0-9.])",
         lambda m: f"R{_plain(m['a'])}到R{_plain(m['b'])}", _always),
        (r"(?<![A-Za-z0-9])R(?P<n>[1-5])(?![A-Za-z0-9.]|[-–—~～]\d)", lambda m: f"R{_plain(m['n'])}", _always),
        (r"[ⅠⅡⅢ](?=[、，/和及或至到ⅠⅡⅢ\s]*类)", lambda m: "一二三"["ⅠⅡⅢ".index(m[0])], _always),
        (rf"(?<=第)(?P<a>[1-9]\d{{0,3}}){_TO}第?(?P<b>[1-9]\d{{0,3}})(?=[条款项期步章节])",
         lambda m: f"{_plain(m['a'])}到第{_plain(m['b'])}", _always),
        (rf"(?<=第)(?P<n>[1-9]\d{{0,3}}){_RIGHT}", lambda m: _plain(m["n"]), _always),
        (rf"{_LEFT}(?P<y>(?:19|20)\d\d)(?P<j>[-/.])(?P<m>\d\d?)(?P=j)(?P<d>\d\d?)(?![\dA-Za-z.-])", _date, _never),
        (rf"{_LEFT}(?:(?P<y>(?:19|20)\d\d)年)?(?P<m>\d\d?)月(?P<d>\d\d?)(?P<u>[日号])", _date, _always),
        (rf"{_LEFT}(?P<n>(?:19|20)\d\d)(?=年)", _year, _always),
        (r"(?<![A-Za-z0-9.,:：])(?P<h>\d\d?)[:：](?P<m>\d\d)(?![\d:：])", _time, _always),
        (r"(?<=\d[:：]\d\d)[-–—~～](?=\d\d?[:：]\d\d(?!\d))", lambda m: "到", _always),
        (rf"{_LEFT}(?P<a>{_NUMBER})\s?%?{_TO}(?P<b>{_NUMBER})\s?[%％]", _shares("百分之"), _whole),
        (rf"{_LEFT}(?P<a>{_NUMBER})\s?‰?{_TO}(?P<b>{_NUMBER})\s?‰", _shares("千分之"), _never),
        (rf"{_LEFT}(?P<n>{_NUMBER})\s?[%％]", _share("百分之"), _whole),
        (rf"{_LEFT}(?P<n>{_NUMBER})\s?‰", _share("千分之"), _never),
        (rf"{_LEFT}(?P<a>{_NUMBER}){_TO}(?P<b>{_NUMBER})(?=\s?个?(?P<u>{_BIG}|{_DAYS}|{_COUNTED}|{_NAMED}))", _range, _always),
        (rf"{_LEFT}(?P<n>{_NUMBER})(?P<big>{_BIG})(?![A-Za-z]|\d+(?!\d|{_BIG}|元|块))", _amount, _short),
        (rf"{_LEFT}(?P<n>{_NUMBER})(?=\s?(?:{_NAMED}))", lambda m: _plain(m["n"]), _short),
        (rf"{_LEFT}(?P<n>{_NUMBER})(?=\s?(?:{_DAYS}|{_COUNTED}))", lambda m: _counting(m["n"]), _short),
        (rf"{_LEFT}(?P<n>[1-9]\d{{0,2}}(?:,\d{{3}}){{1,3}}(?:\.\d{{1,6}})?){_RIGHT}", lambda m: _plain(m["n"]), _never),
    )
)  # fmt: skip
_BEGINS = re.compile(r"[0-9TDRⅠⅡⅢ]|(?<=\d)[-–—~～](?=\d)")
