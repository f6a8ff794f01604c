"""What holds for every text that the analyser may meet, question or article."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from kb.normalize import normalize
from kb.text import CONCEPT

TRADITIONAL = OpenCC("s2t")
PIECES = [
    "修改预留手机号", "挂失", "U盾", "ukey", "3年期", "Ⅱ类户", "5 万元", "T+0", "7*24", "第七条之一", "百分之四点五", "两三天", "一点五万",
    "6222021234567890128", "一万二千三百", "待处理", "信用卡还款", "万事达", "e\u0301", "\u200b", "\ud800", "\0", "𠮷", "〇",
    " ", "，", "(", "/", "-",
]  # fmt: skip
MIXED = st.lists(st.one_of(st.characters(), st.sampled_from(PIECES)), max_size=25).map("".join)
CHINESE = st.text(
    st.sampled_from("修改预留手机号银行卡挂失补办转账汇款验证码密码柜台网点贷款还账单额度开户销户一二三十百万年类")
)
ASCII = st.text(st.characters(codec="ascii", min_codepoint=0x20, max_codepoint=0x7E), max_size=30)


def found(analyzer, raw):
    """Terms in their order, without places."""
    analysis = analyzer.analyse(raw)
    return [t.term for t in analysis.tokens], [b.term for b in analysis.bigrams]


@settings(max_examples=150, deadline=None)
@given(raw=MIXED)
def test_any_text_is_analysed_and_every_place_lies_inside_it(analyzer, raw):  # row 13
    analysis = analyzer.analyse(raw)
    for token in (*analysis.tokens, *analysis.bigrams):
        assert 0 <= token.start < token.end <= len(raw)
        assert token.term


@settings(max_examples=150, deadline=None)
@given(raw=MIXED)
def test_the_place_of_a_word_reads_as_the_word(analyzer, raw):  # row 13
    analysis = analyzer.analyse(raw)
    for token in (*analysis.tokens, *analysis.bigrams):
        if token.kind in ("word", "inner"):
            assert token.term in normalize(raw[token.start : token.end]).text


@settings(deadline=None)
@given(raw=st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_the_place_of_a_word_holds_nothing_else(analyzer, raw):  # row 13
    for token in analyzer.analyse(raw).tokens:
        if token.kind in ("word", "inner"):
            assert normalize(raw[token.start : token.end]).text == token.term


@settings(deadline=None)
@given(raw=MIXED)
def test_the_place_of_a_concept_reads_as_one_of_its_words(analyzer, raw):  # row 2
    for token in analyzer.analyse(raw).tokens:
        if token.kind == "concept":
            members = analyzer.lexicon.members[token.term.removeprefix(CONCEPT)]
            place = normalize(raw[token.start : token.end]).text
            assert any(member in place for member in members)


@settings(deadline=None)
@given(raw=MIXED)
def test_tokens_come_in_the_order_of_the_text(analyzer, raw):  # row 12
    starts = [token.start for token in analyzer.analyse(raw).tokens]
    assert starts == sorted(starts)


@settings(deadline=None)
@given(raw=MIXED)
def test_no_token_comes_twice(analyzer, raw):  # row 12
    plain = analyzer.analyse(normalize(raw).text).tokens
    places = [(t.term, t.start, t.end) for t in plain]
    assert len(places) == len(set(places))


@settings(deadline=None)
@given(raw=MIXED)
def test_the_same_text_gives_the_same_terms(analyzer, raw):  # row 70
    assert analyzer.analyse(raw) == analyzer.analyse(raw)


@settings(deadline=None)
@given(raw=MIXED)
def test_normalised_text_gives_the_terms_of_the_raw_text(analyzer, raw):  # row 10
    assert found(analyzer, normalize(raw).text) == found(analyzer, raw)


@settings(deadline=None)
@given(text=st.tuples(ASCII, CHINESE, ASCII).map("".join))
def test_full_width_gives_the_same_terms(analyzer, text):  # row 10
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)
    assert found(analyzer, wide) == found(analyzer, text)


@settings(deadline=None)
@given(text=st.tuples(ASCII, CHINESE, ASCII).map("".join))
def test_upper_case_gives_the_same_terms(analyzer, text):  # row 10
    assert found(analyzer, text.upper()) == found(analyzer, text.lower())


@settings(deadline=None)
@given(text=st.text(st.sampled_from("éèüñçåがぱ手机号 caU5")))
def test_decomposed_text_gives_the_same_terms(analyzer, text):  # row 10
    assert found(analyzer, unicodedata.normalize("NFD", text)) == found(analyzer, text)


@settings(deadline=None)
@given(text=CHINESE)
def test_traditional_characters_give_the_same_terms(analyzer, text):  # row 10
    assert found(analyzer, TRADITIONAL.convert(text)) == found(analyzer, text)


@settings(deadline=None)
@given(text=CHINESE, at=st.integers(0, 50))
def test_an_invisible_character_gives_the_same_terms(analyzer, text, at):  # row 10
    assert found(analyzer, text[:at] + "\u200b" + text[at:]) == found(analyzer, text)


def test_every_word_of_the_lexicon_is_one_term_of_itself(analyzer):  # row 1
    lost = [
        word
        for word in sorted(analyzer.lexicon.terms)
        if not any(t.start == 0 and t.end == len(word) for t in analyzer.analyse(word).tokens)
    ]
    assert lost == []


def test_every_synonym_finds_its_concept(analyzer):  # row 1
    lexicon = analyzer.lexicon
    assert len(lexicon.concepts) >= 200
    lost = [w for w, concept in lexicon.concepts.items() if CONCEPT + concept not in found(analyzer, w)[0]]
    assert lost == []


def test_every_synonym_finds_its_concept_in_a_sentence(analyzer):  # row 1
    lexicon = analyzer.lexicon
    lost = [w for w, c in lexicon.concepts.items() if CONCEPT + c not in found(analyzer, f"请问，{w}，谢谢")[0]]
    assert lost == []


@pytest.mark.parametrize("text", ["e" + "\u0301" * 400_000, "挂失" * 5_000, "a" * 100_000, "1" * 20_000, "一" * 8_000])
def test_very_long_texts_come_to_an_end(analyzer, text):  # row 7
    assert analyzer.analyse(text).tokens


@pytest.mark.parametrize(
    "text", ["1," * 8_000, "一点" * 5_000, "万" * 8_000, "第" * 8_000, "i、" * 8_000, "u盾" * 8_000]
)
def test_texts_that_look_like_numbers_come_to_an_end(analyzer, text):  # row 7
    assert analyzer.analyse(text).tokens


def test_a_very_long_word_is_cut_to_sixty_characters(analyzer):  # row 7
    (token,) = analyzer.analyse("x" * 5000).tokens
    assert token.term == "x" * 60
    assert (token.start, token.end) == (0, 5000)
