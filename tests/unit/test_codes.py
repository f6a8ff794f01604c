"""Error codes in a question: however letters and digits are joined, and never an amount, a year or a card number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.codes import find_codes
from kb.normalize import normalize


def codes(text):
    return [(code.forms[0], code.sure) for code in find_codes(normalize(text).text)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EB1024", "eb1024"),
        ("ＥＢ１０２４", "eb1024"),
        ("eb-1024", "eb1024"),
        ("EB_1024", "eb1024"),
        ("转账提示EB1024怎么办", "eb1024"),
        ("错误码 1024", "1024"),
        ("錯誤碼：1024", "1024"),
        ("错误代码是5011", "5011"),
        ("返回码5011", "5011"),
        ("5011报错", "5011"),
        ("5011 报错", "5011"),
        ("“5011”的错误", "5011"),
        ("报错:12029", "12029"),
        ("error 1603", "1603"),
    ],
)
def test_a_code_is_found_however_it_is_typed(text, code):
    assert (code, True) in codes(text)


def test_letters_and_digits_apart_may_stand_beside_each_other_by_chance():
    assert codes("eb 1024") == [("eb1024", False)]


@pytest.mark.parametrize(
    "text",
    [
        "", "5万", "50000元", "ATM 5000元", "ATM5000元", "LPR 2026年", "R2", "T+0", "Ⅱ类户", "6222021234567890128", "95599", "Visa卡",
        "iPhone15", "3年期", "2026-10-08", "报错", "错误码", "1,024报错", "代码12", "7*24",
    ],
)  # fmt: skip
def test_an_amount_a_year_or_a_name_is_no_code(text):
    assert codes(text) == []


@given(st.text(st.one_of(st.characters(), st.sampled_from("eb1024 -_错误码报错年元"))))
def test_any_text_has_codes_inside_it(raw):  # row 7
    text = normalize(raw).text
    for code in find_codes(text):
        assert 0 <= code.start < code.end <= len(text)
        assert all(code.forms)
