"""Words with Latin letters in them are found as one pattern of all of them would find them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.mixed import MixedWords

WORDS = ["u盾", "k宝", "atm机", "atm", "云闪付app", "2号卡", "a卡b", "at&t卡"]
JOINT = r"[+*/.\-_&'@]"
PATTERN = re.compile(
    "|".join(
        (rf"(?<![a-z0-9])(?<![a-z0-9]{JOINT})" if re.match("[a-z0-9]", word) else "")
        + re.escape(word)
        + (rf"(?!{JOINT}?[a-z0-9])" if re.match("[a-z0-9]", word[-1]) else "")
        for word in sorted(WORDS, key=lambda word: (-len(word), word))
    )
)
mixed = MixedWords(WORDS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我的u盾坏了", ["u盾"]),
        ("atm机吞卡", ["atm机"]),
        ("atm吞卡", ["atm"]),
        ("batm机", []),
        ("at-atm机", []),
        ("云闪付app打不开", ["云闪付app"]),
        ("云闪付apps", []),
        ("云闪付app.x", []),
        ("u盾u盾", ["u盾", "u盾"]),
        ("", []),
    ],
)
def test_a_word_stands_where_no_latin_run_goes_on(text, found):  # row 2
    assert [text[start:end] for start, end in mixed.find(text, 0, len(text))] == found


pieces = st.lists(st.sampled_from([*WORDS, *"ua2t卡盾机&-.x宝", "app"]), max_size=12).map("".join)


@given(text=pieces, data=st.data())
def test_it_finds_what_a_pattern_of_all_words_finds(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert list(mixed.find(text, start, end)) == [m.span() for m in PATTERN.finditer(text, start, end)]
