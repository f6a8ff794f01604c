"""A thousand card, ID and phone numbers, made up, and twenty ways in which people write them."""

import re
from random import Random

from kb.normalize import normalize

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SAID, _FORMAL = "零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖"


def _card(random, length):
    head = random.choice(["62", "62", "4", "5", "35"])
    digits = head + "".join(random.choices("0123456789", k=length - 1 - len(head)))
    # the check digit of Luhn, written as a sum over the digits from the right
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def _identity(random):
    born = f"{random.randint(1940, 2010)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    head = f"{random.choice(['110105', '310101', '440106', '510104'])}{born}{random.randint(0, 999):03}"
    return head + "10X98765432"[sum(int(d) * w for d, w in zip(head, _ID_WEIGHTS, strict=True)) % 11]


def made_numbers(many=1000, seed=7):
    """As many numbers, of each kind in turn; the same ones every time."""
    random = Random(seed)
    kinds = (
        lambda: _card(random, 19),
        lambda: _card(random, 16),
        lambda: _identity(random),
        lambda: f"1{random.randint(3, 9)}{random.randint(0, 10**9 - 1):09}",
    )
    return [kinds[n % len(kinds)]() for n in range(many)]


def parted(sep, size=4):
    return lambda number: sep.join(number[i : i + size] for i in range(0, len(number), size))


def _each(digits):
    return lambda number: "".join(digits[int(c)] if c.isdigit() else c for c in number)


DISGUISES = {
    "plain": lambda n: n,
    "between Chinese": lambda n: f"卡号{n}挂失",
    "after letters": lambda n: f"card{n}end",
    "in fours": parted(" "),
    "with hyphens": parted("-"),
    "with dots": parted("."),
    "with slashes": parted("/"),
    "with enumeration commas": parted("、"),
    "with dashes": parted("—"),
    "with wide commas": parted("，"),
    "each by itself": parted(" ", 1),
    "no-break spaces": parted("\u00a0"),
    "full width": _each("０１２３４５６７８９"),
    "circled": _each("⓪①②③④⑤⑥⑦⑧⑨"),
    "zero width": parted("\u200b", 1),
    "soft hyphens": parted("\u00ad", 3),
    "said": _each(_SAID),
    "said as soldiers do": lambda n: _each(_SAID)(n).replace("一", "幺"),
    "as on forms": _each(_FORMAL),
    "after a date": lambda n: f"2026-11-24 {n}",
    "in a list": lambda n: f"1. {n}",
    "before an amount": lambda n: f"{n} 5000元",
    "with what was typed after it": lambda n: f"{n} x",
    "two at once": lambda n: f"{n} {n}",
}


def bare(number):
    """The digits of a number, by which it is looked for."""
    return re.sub("[^0-9]", "", number)


def digits_of(text):
    """All digits of a text, however they are written, without anything between them."""
    said = str.maketrans(_SAID + "幺" + _FORMAL, "01234567891" + "0123456789")
    return "".join(c for c in normalize(text).text.translate(said) if c in "0123456789")
