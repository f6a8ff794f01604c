"""Raw text to plain text and back: whatever comes in, nothing breaks and every character knows where it stood."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from kb.normalize import normalize

# surrogates, controls and unassigned code points included
ANYTHING = st.text(st.characters())
TRADITIONAL = OpenCC("s2t")
MARKS = "\u0300\u0301\u0327\u0591\u0e31\u3099\ufe0f"


def plain(raw):
    return normalize(raw).text


def one_by_one(raw):
    """The reference: (text, raw span of each of its characters), each character with its marks for itself."""
    clusters = []
    for place, char in enumerate(raw):
        if clusters and unicodedata.category(char)[0] == "M":
            clusters[-1][1] = place + 1
        else:
            clusters.append([place, place + 1])
    forms = [(normalize(raw[start:end]).text, start, end) for start, end in clusters]
    return "".join(form for form, _, _ in forms), [(start, end) for form, start, end in forms for _ in form]


@settings(max_examples=300)
@given(st.text(st.one_of(st.characters(), st.sampled_from("e臺Ⅱ①…手机 ａ\u200b" + MARKS)), max_size=12))
def test_stretches_taken_at_once_give_what_each_character_gives(raw):  # row 13
    found = normalize(raw)
    assert (found.text, [found.raw_span(i, i + 1) for i in range(len(found.text))]) == one_by_one(raw)


@given(ANYTHING)
def test_any_text_at_all_has_a_plain_form(raw):  # row 7
    assert isinstance(plain(raw), str)


@given(ANYTHING)
def test_every_plain_character_knows_its_raw_place(raw):  # row 13
    result = normalize(raw)
    before = (0, 0)
    for i in range(len(result.text)):
        start, end = result.raw_span(i, i + 1)
        assert 0 <= start < end <= len(raw)
        assert before[0] <= start
        assert before[1] <= end
        before = (start, end)


@given(ANYTHING)
def test_a_raw_place_reads_as_its_plain_character(raw):  # row 13
    result = normalize(raw)
    for i, char in enumerate(result.text):
        start, end = result.raw_span(i, i + 1)
        assert char in plain(raw[start:end])


@given(ANYTHING)
def test_the_plain_form_is_plain_already(raw):  # row 10
    assert plain(plain(raw)) == plain(raw)


@given(ANYTHING)
def test_no_mark_control_or_invisible_character_is_left(raw):  # row 10
    assert not {unicodedata.category(c) for c in plain(raw)} & {"Mn", "Mc", "Me", "Cc", "Cf", "Cs", "Co"}


@given(ANYTHING, ANYTHING)
def test_a_line_keeps_its_form_whatever_stands_in_the_next(one, other):  # row 10
    assert plain(one + "\n" + other) == plain(one) + " " + plain(other)


@given(st.text(st.sampled_from("aé字が𠮷ﬁ" + MARKS + "\u200b\ud800"), max_size=30))
def test_marks_and_invisible_characters_never_shift_a_place(raw):  # row 13
    result = normalize(raw)
    for i in range(len(result.text)):
        for j in range(i + 1, len(result.text) + 1):
            start, end = result.raw_span(i, j)
            assert result.text[i:j] in plain(raw[start:end])


@given(st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "Zs"])))
def test_composed_and_decomposed_are_one(raw):  # row 10
    assert plain(unicodedata.normalize("NFD", raw)) == plain(raw)
    assert plain(unicodedata.normalize("NFKC", raw)) == plain(raw)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E)))
def test_full_width_is_half_width(raw):  # row 10
    assert plain("".join(chr(ord(c) + 0xFEE0) for c in raw)) == plain(raw)


@given(st.text(st.characters(codec="ascii")))
def test_capital_letters_are_small_letters(raw):  # row 10
    assert plain(raw.upper()) == plain(raw) == plain(raw.lower())


@given(st.text(st.sampled_from("修改预留手机号银行卡挂失补办转账汇款验证码密码柜台网点贷款还账单额度开户销户")))
def test_traditional_is_simplified(raw):  # row 10
    assert plain(TRADITIONAL.convert(raw)) == plain(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ＶＩＳＡ　卡", "visa 卡"),
        ("Ⅱ类户", "ii类户"),
        ("①②③", "123"),
        ("5㎏", "5kg"),
        ("½", "1⁄2"),
        ("㈱", "(株)"),
        ("銀行臺灣繁體", "银行台湾繁体"),
        ("帳戶", "账户"),
        ("帐单", "账单"),
        ("登陸", "登陆"),
        ("手\u200b机\u200d号\ufeff", "手机号"),
        ("a\u202eb", "ab"),
        ("一\x00二\x1f三", "一 二 三"),
        ("\ud800卡\udfff", " 卡 "),
        ("\ue000", " "),
        ("行\u2028行", "行 行"),
        ("ﬁx", "fix"),
        ("İ", "i"),
        ("I\u0307", "i"),
        ("´", " "),
        ("❤\ufe0f", "❤"),
        ("", ""),
    ],
)
def test_what_people_paste(raw, expected):  # row 10
    assert plain(raw) == expected


def test_a_ligature_stands_where_its_letters_stand():  # row 13
    result = normalize("开ﬁ卡")
    assert result.text == "开fi卡"
    assert [result.raw_span(i, i + 1) for i in range(4)] == [(0, 1), (1, 2), (1, 2), (2, 3)]


def test_a_base_stands_with_all_its_marks():  # row 13
    assert normalize("e\u0301\u0327x").raw_span(0, 1) == (0, 3)


def test_invisible_characters_inside_a_word_belong_to_the_word():  # row 13
    assert normalize("手\u200b\u200b机").raw_span(0, 2) == (0, 4)


def test_plain_text_keeps_its_own_places():  # row 13
    assert normalize("修改手机号").raw_span(2, 5) == (2, 5)


@pytest.mark.parametrize("mark", ["\u0301", "\u0327", "\u0591", "\u3099"])
def test_four_hundred_thousand_marks_are_done_with_at_once(mark):  # row 7
    # NFC of these takes two minutes; here they are read once, at most eight at a time
    result = normalize("a" + mark * 400_000 + "b")
    assert len(result.text) == 2
    assert result.raw_span(1, 2) == (400_001, 400_002)


def test_alternating_marks_are_no_slower():  # row 7
    assert plain("e" + "\u0301\u0327" * 200_000) in ("e", "é", "ȩ")
    assert plain("\u0301" * 400_000) == ""


@settings(max_examples=30)
@given(st.integers(1, 60))
def test_more_marks_than_anybody_needs_change_nothing(count):  # row 10
    assert plain("e" + "\u0301" * count) == "é"
