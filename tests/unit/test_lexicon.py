"""The bank's words: how many relations there are, and that each does what its sign says, in questions as in articles."""

from itertools import combinations

import pytest
from builders import words_lookup

from kb.lookup import Lookup
from kb.query import Understanding
from kb.text import CONCEPT

EQUAL, NARROWER, MISSPELT = 250, 200, 200


@pytest.fixture(scope="module")
def lexicon(analyzer):
    return analyzer.lexicon


@pytest.fixture(scope="module")
def understanding(analyzer):
    return Understanding(analyzer, Lookup([words_lookup({"存款": 3})]))


def groups(lexicon):
    return [members for members in lexicon.members.values() if len(members) > 1]


def test_there_are_hundreds_of_relations_of_every_kind(lexicon):  # row 1
    equal = len(groups(lexicon))
    narrower = sum(map(len, lexicon.wider.values()))
    misspelt = len(lexicon.misspelt)
    assert equal >= EQUAL
    assert narrower >= NARROWER
    assert misspelt >= MISSPELT
    assert equal + narrower + misspelt >= 400


def test_every_pair_of_equals_meets_in_one_term(lexicon, analyzer):  # rows 1, 2
    terms = {word: {t.term for t in analyzer.analyse(word).tokens} for word in lexicon.concepts}
    pairs = [pair for members in groups(lexicon) for pair in combinations(members, 2)]
    apart = [(a, b) for a, b in pairs if not any(t.startswith(CONCEPT) for t in terms[a] & terms[b])]
    assert len(pairs) >= 200
    assert apart == []


def test_every_narrower_word_also_asks_for_the_wider_one(lexicon, understanding):  # row 1
    missed = []
    for word, targets in lexicon.wider.items():
        asked = {t.text for t in understanding.understand(word, lambda term: True).terms}
        missed += [
            (word, wider)
            for wider in targets
            if not asked & {wider, CONCEPT + lexicon.concepts.get(wider, wider)}
        ]  # fmt: skip
    assert missed == []


def test_every_misspelt_word_is_read_as_the_right_one(lexicon, understanding):  # row 8
    misread = []
    for wrong, right in lexicon.misspelt.items():
        readings = understanding.understand(f"我要问{wrong}", lambda term: False).readings
        if (right, wrong) not in [(r.read, r.typed.lower()) for r in readings]:
            misread.append((wrong, right, readings))
    assert misread == []


def test_no_misspelling_is_a_word_or_stands_in_an_article(lexicon, sample_articles):  # row 8
    texts = [
        text
        for a in sample_articles
        for text in (a.title, a.answer, a.body, *a.questions, *a.test_queries, *a.keywords)
    ]
    assert [wrong for wrong in lexicon.misspelt if wrong in lexicon.concepts or wrong in lexicon.terms] == []
    assert [wrong for wrong in lexicon.misspelt if any(wrong in text for text in texts)] == []


@pytest.mark.parametrize(
    ("foreign", "chinese"),
    [
        ("Visa", "维萨"), ("VISA卡", "维萨"),
        ("Mastercard", "万事达"), ("UnionPay", "银联"), ("PayPal", "贝宝"), ("Apple Pay", "苹果支付"),
        ("WeChat", "微信"), ("Alipay", "支付宝"), ("AmEx", "运通"), ("JCB", "JCB卡"), ("Samsung Pay", "三星支付"),
        ("Diners Club", "大来卡"),
        ("Western Union", "西联汇款"), ("Face ID", "面容ID"), ("ATM", "取款机"), ("OTP", "验证码"), ("ICBC", "工行"), ("NFC", "近场支付"),
    ],
)  # fmt: skip
def test_a_foreign_name_means_its_chinese_one(analyzer, foreign, chinese):  # rows 1, 10
    one, other = ({t.term for t in analyzer.analyse(word).tokens if t.kind == "concept"} for word in (foreign, chinese))
    assert one & other


@pytest.mark.parametrize(
    ("said", "called"),
    [
        ("刷脸", "人脸识别"),
        ("盗刷", "非本人交易"),
        ("短信提醒", "动账通知"),
        ("U盾", "K宝"),
        ("改绑手机号", "修改预留手机号"),
    ],
)
def test_what_customers_say_asks_for_what_the_bank_calls_it(analyzer, understanding, said, called):  # rows 1, 2
    asked = {t.text for t in understanding.understand(said, lambda term: True).terms}
    assert asked & {t.term for t in analyzer.analyse(called).tokens if t.kind == "concept"}
