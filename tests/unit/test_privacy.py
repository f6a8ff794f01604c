"""Card, ID and phone numbers do not reach a log; other numbers do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.privacy import mask

ID, ID_X, PHONE = "11010519491231002X", "11010519491231002x", "13800138000"


def valid_id(head):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return head + "10X98765432"[sum(int(d) * w for d, w in zip(head, weights, strict=True)) % 11]


def with_luhn(digits):
    return next(f"{digits}{n}" for n in range(10) if luhn(f"{digits}{n}"))


def luhn(digits):
    total = 0
    for i, d in enumerate(reversed(digits)):
        n = int(d) * (1 + i % 2)
        total += n - 9 if n > 9 else n
    return total % 10 == 0


CARD = with_luhn("622202123456789012")
DISGUISES = {
    "plain": lambda n: n,
    "between Chinese": lambda n: f"卡号{n}挂失",
    "in fours": lambda n: " ".join(n[i : i + 4] for i in range(0, len(n), 4)),
    "with hyphens": lambda n: "-".join(n[i : i + 4] for i in range(0, len(n), 4)),
    "with dots": lambda n: ".".join(n[i : i + 3] for i in range(0, len(n), 3)),
    "full width": lambda n: "".join(chr(ord(c) + 0xFEE0) for c in n),
    "circled comma": lambda n: "，".join(n[i : i + 4] for i in range(0, len(n), 4)),
    "no-break spaces": lambda n: "\u00a0".join(n[i : i + 4] for i in range(0, len(n), 4)),
    "zero width": lambda n: "\u200b".join(n),
    "in brackets": lambda n: f"（{n}）",
    "with a tab": lambda n: f"{n[:6]}\t{n[6:]}",
    "after letters": lambda n: f"card{n}end",
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize(
    ("number", "kind"),
    [(CARD, "［卡号］"), (with_luhn("622588012345678"), "［卡号］"), (ID, "［证件号］"), (PHONE, "［手机号］")],
    ids=["card19", "card16", "id", "phone"],
)
def test_a_number_is_masked_in_every_disguise(number, kind, disguise):  # row 78
    masked = mask(f"请看{DISGUISES[disguise](number)}谢谢")
    assert kind in masked
    assert masked.startswith("请看")
    assert masked.endswith("谢谢")
    assert not any(c.isdigit() for c in masked)


def test_the_last_letter_of_an_id_may_be_small():  # row 78
    assert mask(f"身份证{ID_X}过期") == "身份证［证件号］过期"


@pytest.mark.parametrize(
    "number",
    ["138零零138000", "一三八0013八000", "幺38零零幺38零00", f"{CARD[:4]}零二{CARD[6:]}", f"{ID[:6]}一九{ID[8:]}"],
)
def test_a_number_partly_in_words_is_masked(number):  # row 78
    assert mask(f"打{number}没人接") in {f"打{kind}没人接" for kind in ("［手机号］", "［卡号］", "［证件号］")}


def test_a_number_after_a_counting_word_is_masked():  # row 78
    assert mask(f"电话一{PHONE}，电话二{PHONE}") == "电话一［手机号］，电话二［手机号］"


def test_several_numbers_are_masked_in_one_text():  # row 78
    assert mask(f"{PHONE}和{CARD}，{ID}") == "［手机号］和［卡号］，［证件号］"


@pytest.mark.parametrize(
    "text",
    [
        "转账限额200000元", "5万元", "3年期2.6%", "工单20261124000001", "2026-11-24 10:00:00", "95599", "400-800-0099",
        "12345678901234", "23800138000", "6222021234567890127", "7×24小时", "", "没有数字", "第十八条",
    ],
)  # fmt: skip
def test_other_numbers_stay(text):
    assert mask(text) == text


@given(st.integers(3, 9), st.integers(0, 10**9 - 1), st.text(alphabet="请问挂失，。 ", max_size=8))
@settings(max_examples=50, deadline=None)
def test_any_phone_number_is_masked(second, rest, around):  # row 78
    number = f"1{second}{rest:09d}"
    assert number not in mask(f"{around}{number}{around}")


@given(st.integers(10**16, 10**17 - 1))
@settings(max_examples=50, deadline=None)
def test_any_id_number_is_masked(head):  # row 78
    number = valid_id(str(head))
    assert number not in mask(f"证件{number}")


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_masking_never_fails_and_is_the_same_twice(text):
    assert mask(mask(text)) == mask(text)
