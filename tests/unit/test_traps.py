"""What stock jieba with Whoosh gets wrong ("Measured" in PRODUCT.md), and what users of other products complain about."""

import stat

import pytest

from kb.lexicon import Lexicon
from kb.text import CONCEPT, Analyzer

SHIELD = ("u盾", "k宝", "网银盾", "ukey")
HALVES = ("行卡", "卡片")


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("words") / "cache"


@pytest.fixture(scope="session")
def bare(cache):
    """An analyser without a lexicon."""
    return Analyzer(Lexicon(), cache)


@pytest.fixture(scope="session")
def greedy(cache):
    """A lexicon full of words that hide others or are parts of others."""
    parts = {"p", "phone", "isa卡", "key", "pay卡", "at", "mail"}
    return Analyzer(
        Lexicon(
            terms=frozenset({"u盾", "信用卡还款", "还款后信用卡", *parts}),
            concepts={**dict.fromkeys(SHIELD, "u盾"), **dict.fromkeys(HALVES, "行卡")},
            members={"u盾": SHIELD, "行卡": HALVES},
        ),
        cache,
    )


def terms(analyzer, text):
    return {token.term for token in analyzer.analyse(text).tokens}


def pairs(analyzer, text):
    return {pair.term for pair in analyzer.analyse(text).bigrams}


def marked(analyzer, text, term):
    """The words that the highlight would mark for a term, as they stand in the text."""
    analysis = analyzer.analyse(text)
    return [text[t.start : t.end] for t in (*analysis.tokens, *analysis.bigrams) if t.term == term]


# -- numbers with their units


@pytest.mark.parametrize("said", ["3年期", "3年", "三年期", "三年", "36个月", "３年期", "3 年", "三十六个月"])
def test_three_years_is_one_token_however_it_is_said(analyzer, said):  # row 3
    assert terms(analyzer, said) == {"3年"}


@pytest.mark.parametrize("other", ["5年期", "1年期", "13年", "30年", "3个月", "3天", "3期", "第3年级"])
def test_three_years_never_meets_another_term(analyzer, other):  # row 3
    assert not terms(analyzer, "3年期") & terms(analyzer, other)


def test_a_term_keeps_its_digit_in_the_middle_of_a_sentence(analyzer):  # row 3
    three, five = (terms(analyzer, f"想存{n}年期的大额存单") for n in (3, 5))
    assert three - five == {"3年"}
    assert five - three == {"5年"}


@pytest.mark.parametrize("said", ["5万", "五万", "50000元", "5 万元", "50,000元", "50000", "50,000.00元", "５万"])
def test_fifty_thousand_is_one_amount_however_it_is_written(analyzer, said):  # row 5
    assert terms(analyzer, said) == {"50000"}


@pytest.mark.parametrize("other", ["5千", "50万", "500000元", "15万", "5", "5万美元", "5元"])
def test_fifty_thousand_meets_no_other_amount(analyzer, other):  # row 5
    assert "50000" not in terms(analyzer, other)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("取现超过5 万元要预约", "5 万元"),
        ("取现超过50,000元要预约", "50,000元"),
        ("取现超过五万要预约", "五万"),
        ("取现超过５万元要预约", "５万元"),
    ],
)
def test_the_mark_is_on_the_words_as_they_stand(analyzer, text, mark):  # row 5
    assert marked(analyzer, text, "50000") == [mark]


@pytest.mark.parametrize(
    ("same", "number"),
    [
        (["Ⅰ类户", "I类户", "1类户", "一类户", "I类账户", "ⅰ类户", "Ⅰ类银行账户"], 1),
        (
            [
                "Ⅱ类户",
                "II类户",
                "2类户",
                "二类户",
                "II类账户",
                "ⅱ类户",
                "Ⅱ 类户",
                "二类账户",
                "Ⅱ类银行结算账户",
                "Ⅱ类卡",
            ],
            2,
        ),
        (["Ⅲ类户", "III类户", "3类户", "三类户", "III类账户", "iii类户"], 3),
    ],
)
def test_an_account_class_has_one_token_of_its_own(analyzer, same, number):  # row 4
    for said in same:
        assert terms(analyzer, said) == {f"{number}类户"}, said


@pytest.mark.parametrize("text", ["Ⅱ、Ⅲ类户", "二、三类户", "II和III类账户", "二三类户", "Ⅱ类户和Ⅲ类户"])
def test_two_classes_in_one_breath_are_both_found(analyzer, text):  # row 4
    assert {"2类户", "3类户"} <= terms(analyzer, text)
    assert "1类户" not in terms(analyzer, text)


# -- questions that a query parser chokes on


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("T+0", "t+0"),
        ("t + 0", "t+0"),
        ("Ｔ＋０", "t+0"),
        ("T+1到账", "t+1"),
        ("7*24", "7*24"),
        ("7×24小时", "7*24"),
        ("R2-R3", "r2-r3"),
        ("R2-R3", "r2"),
        ("R2-R3", "r3"),
        ("4.5%", "4.5%"),
        ("４．５％", "4.5%"),
        ("~9", "9"),
        ("AND", "and"),
        ("AND AND OR", "or"),
        ("NOT 挂失", "挂失"),
        ("挂失*", "挂失"),
        ("title:挂失", "挂失"),
        ("(((挂失", "挂失"),
        ("挂失~2", "挂失"),
        ("“挂失", "挂失"),
        ("挂失?", "挂失"),
        ("[挂失 TO", "挂失"),
        ("挂失^99", "挂失"),
    ],
)
def test_signs_are_neither_operators_nor_the_end_of_the_question(analyzer, question, term):  # row 7
    assert term in terms(analyzer, question)


def test_t_plus_0_is_not_t_plus_1(analyzer):  # row 7
    assert not terms(analyzer, "T+0") & terms(analyzer, "T+1")


@pytest.mark.parametrize("signs", ["(", ":", "*", "~", "（", "＊", "", " ", "\t\n", "？！", "\0", "…", "\ufffd", "😀"])
def test_a_question_of_signs_alone_has_no_terms_and_no_error(analyzer, signs):  # row 7
    assert terms(analyzer, signs) == set()


def test_a_thousand_brackets_are_no_recursion(analyzer):  # row 7
    assert terms(analyzer, "(" * 1000 + "挂失" + ")" * 1000) >= {"挂失"}


# -- words with Latin letters


@pytest.mark.parametrize("said", ["U盾", "u盾", "Ｕ盾", "K宝", "网银盾", "UKey", "ukey"])
def test_the_u_shield_keeps_its_u_and_has_one_concept(analyzer, said):  # row 2
    assert CONCEPT + "u盾" in terms(analyzer, said)
    assert "盾" not in terms(analyzer, said)


def test_the_u_shield_is_found_inside_a_sentence(analyzer):  # row 2
    for sentence in ("我的U盾坏了怎么办", "我的K宝坏了怎么办", "请插上UKey再试"):
        assert CONCEPT + "u盾" in terms(analyzer, sentence), sentence


def test_a_small_lexicon_is_enough_for_the_u_shield(greedy):  # row 2
    assert terms(greedy, "U盾密码") >= {"u盾", "=u盾", "密码"}
    assert marked(greedy, "插Ｕ盾", "u盾") == ["Ｕ盾"]


def test_without_the_word_in_the_lexicon_the_letter_still_counts(bare):  # row 2
    assert terms(bare, "U盾") == {"u", "盾"}


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("CPU盾牌", "cpu"),
        ("OK宝贝", "ok"),
        ("ukeyboard", "ukeyboard"),
        ("myukey", "myukey"),
        ("iPhone15手机", "iphone15"),
        ("VISA卡", "visa"),
        ("银联UnionPay卡", "unionpay"),
        ("AT&T", "at&t"),
        ("e-mail", "e-mail"),
        ("Wi-Fi", "wi-fi"),
        ("app1.2.3", "app1.2.3"),
        ("café卡", "café"),
        ("ｉＯＳ系统", "ios"),
    ],
)
def test_latin_words_stay_whole_whatever_the_lexicon_holds(greedy, text, whole):  # jieba 514, 959
    assert whole in terms(greedy, text)


def test_the_parts_of_a_joined_word_are_found_too(analyzer):  # jieba 959
    assert terms(analyzer, "Apple-Pay") >= {"apple-pay", "apple", "pay"}


def test_a_card_number_is_never_cut(analyzer):  # row 78
    for number in ("6222021234567890128", "6222021234567890", "621700123456789012"):
        assert {term for term in terms(analyzer, f"卡号{number}挂失") if term[0].isdigit()} == {number}


# -- inner words and pairs of characters


def test_a_long_lexicon_word_does_not_hide_its_inner_words(greedy):  # row 6
    assert terms(greedy, "信用卡还款") >= {"信用卡还款", "信用卡", "还款", "信用"}
    assert terms(greedy, "还款后信用卡") & terms(greedy, "信用卡还款") >= {"信用卡", "还款"}


def test_repayment_and_credit_card_meet_in_any_order(analyzer):  # row 6
    assert terms(analyzer, "还款后信用卡") & terms(analyzer, "信用卡还款") >= {"信用卡", "还款"}


@pytest.mark.parametrize(
    ("short", "long"), [("处理", "待处理"), ("验证码", "短信验证码"), ("手机号", "预留手机号"), ("存单", "大额存单")]
)
def test_a_part_is_found_in_the_whole(analyzer, short, long):  # row 6
    assert terms(analyzer, short) & (terms(analyzer, long) | pairs(analyzer, long))
    assert pairs(analyzer, short) <= pairs(analyzer, long)


def test_handling_is_in_pending_by_its_pair(analyzer):  # row 6
    assert "处理" in pairs(analyzer, "待处理")


def test_a_word_that_no_dictionary_knows_is_found_by_its_pairs(analyzer):  # row 6
    assert pairs(analyzer, "惠农e贷丰收贷") >= {"惠农", "丰收", "收贷"}


def test_pairs_do_not_reach_over_signs_numbers_or_letters(analyzer):  # row 6
    assert pairs(analyzer, "挂，失") == set()
    assert pairs(analyzer, "存3年期") == set()
    assert pairs(analyzer, "用VISA卡") == set()


@pytest.mark.parametrize(("one", "other"), [("挂失", "失败"), ("处理", "理财"), ("景点", "经典"), ("银行", "行程")])
def test_words_do_not_meet_in_a_single_character(analyzer, one, other):  # meilisearch 2390, 4075
    assert not terms(analyzer, one) & terms(analyzer, other)
    assert not pairs(analyzer, one) & pairs(analyzer, other)


# -- the same answer however it is typed


@pytest.mark.parametrize(
    ("plain", "disguise"),
    [
        ("修改手机号", "修改手機號"),
        ("银行卡挂失", "銀行卡掛失"),
        ("账户", "帳戶"),
        ("账单", "帐单"),
        ("VISA信用卡", "ｖｉｓａ信用卡"),
        ("T+0", "Ｔ＋０"),
        ("U盾", "Ｕ盾"),
        ("验证码", "验\u200b证\u200d码"),
        ("café", "cafe\u0301"),
        ("4.5%", "４．５％"),
        ("理财R2", "理财ｒ２"),
        ("柜台", "柜臺"),
    ],
)
def test_a_disguise_changes_nothing(analyzer, plain, disguise):  # row 10
    assert terms(analyzer, disguise) == terms(analyzer, plain)
    assert pairs(analyzer, disguise) == pairs(analyzer, plain)


def test_the_mark_covers_the_whole_word(analyzer):  # row 13, whoosh 532
    assert marked(analyzer, "修改手机号", "手机号") == ["手机号"]


@pytest.mark.parametrize(
    ("text", "mark"), [("請問手機號碼", "手機號"), ("我的手\u200b机号", "手\u200b机号"), ("①手机号②", "手机号")]
)
def test_the_mark_survives_normalisation(analyzer, text, mark):  # row 13
    assert mark in [text[t.start : t.end] for t in analyzer.analyse(text).tokens]


def test_a_whole_sentence_yields_its_words(analyzer):  # row 11
    assert terms(analyzer, "手机没了收不到验证码怎么办") >= {"手机", "验证码"}


def test_synonyms_share_a_concept(analyzer):  # row 1
    for one, other in (("登录", "登陆"), ("怎么", "如何"), ("打印", "列印")):
        concepts = {t for t in terms(analyzer, one) & terms(analyzer, other) if t.startswith(CONCEPT)}
        assert concepts, (one, other)


def test_a_concept_is_not_read_out_of_two_words_halves(greedy):  # row 1
    assert CONCEPT + "行卡" in terms(greedy, "卡片")
    assert CONCEPT + "行卡" not in terms(greedy, "银行，卡")


def test_the_dictionary_cache_is_nobody_elses(bare, cache):  # row 80
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert {path.name for path in cache.iterdir()} == {"lexicon-words", "words"}
