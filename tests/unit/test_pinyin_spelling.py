"""Letters for words and wrong characters for right ones: what an agent types in a hurry, and what was meant."""

import re
import subprocess
import sys
from functools import lru_cache
from itertools import pairwise

import pytest
from builders import words_lookup, write_small_library
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin.constants import PHRASES_DICT
from pypinyin.seg import mmseg

from kb.errors import QuestionError
from kb.letters import Speller
from kb.library import load_library
from kb.lookup import Lookup, write_table
from kb.naming import naming
from kb.pinyin import Readings, blurred, full, initials, longest_of_each, slips, sounds_like, syllables
from kb.query import MAX_QUESTION, Understanding
from kb.spelling import Corrector

WORDS = {
    "修改": 40, "手机": 60, "手机号": 30, "银行": 80, "银行卡": 50, "调整": 12, "挂失": 25, "还款": 20, "信用卡": 45, "额度": 15,
    "密码": 30, "重置": 9, "验证码": 10, "转账": 22, "经典": 30, "账单": 14, "长期": 3, "补办": 8, "理财": 26, "存款": 33, "预约": 6,
    "行李": 1,
}  # fmt: skip


@lru_cache
def phrase_readings():
    """pypinyin's own phrases, without the readings that banks use."""
    return Readings("[一-龥]", dict.fromkeys(sorted(PHRASES_DICT), ""), {}, longest_of_each(PHRASES_DICT))


def known_words(frequency):
    return Lookup([words_lookup(frequency)])


@pytest.fixture(scope="module")
def corrector(analyzer):
    return Corrector(known_words(WORDS), analyzer.lexicon.shapes, analyzer.words, {"登路": "登录"})


@pytest.fixture(scope="module")
def understanding(analyzer):
    return Understanding(analyzer, known_words(WORDS))


@pytest.fixture(scope="module")
def known(analyzer):
    terms = {t.term for word in WORDS for t in analyzer.analyse(word).tokens}
    return terms.__contains__


@pytest.fixture(scope="module")
def lookup(analyzer, tmp_path_factory):
    root = tmp_path_factory.mktemp("articles")
    write_small_library(root)
    return Lookup([write_table(naming(article, analyzer) for article in load_library(root).articles)])


# -- pinyin


def test_a_copy_of_the_readings_reads_as_pypinyin_does(tmp_path):
    program = (
        "import sys; from pathlib import Path; from kb.pinyin import load, syllables;"
        f" load(Path({str(tmp_path)!r})); print(syllables('我的银行卡还款，重庆长沙'), 'pypinyin' in sys.modules)"
    )

    def said():
        return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    made, kept = said(), said()
    assert made.removesuffix("True\n") == kept.removesuffix("False\n")
    assert made.startswith("('wo', 'de', 'yin', 'hang', 'ka', 'huan', 'kuan', 'chong', 'qing', 'chang', 'sha')")
    copy = tmp_path / "pinyin"
    good = copy.read_bytes()
    copy.write_bytes(good[:1000] + b"\0" + good[1001:])
    assert said() == made
    assert copy.read_bytes() == good


@given(st.text(alphabet="一不重庆银行长沙还款了得着地的都市里程\ue820a，〇", max_size=14))
def test_phrases_are_cut_as_by_pypinyin(text):
    stock = [part for run in re.findall(r"[^a，]+", text) for part in mmseg.seg.cut(run)]
    assert [part for run in re.findall(r"[^a，]+", text) for part in phrase_readings().cut(run)] == stock


@pytest.mark.parametrize(
    ("word", "letters", "short"),
    [
        ("银行", "yinhang", "yh"),
        ("调整", "tiaozheng", "tz"),
        ("修改", "xiugai", "xg"),
        ("手机号", "shoujihao", "sjh"),
        ("重置", "chongzhi", "cz"),
        ("重新", "chongxin", "cx"),
        ("还款", "huankuan", "hk"),
        ("提前还款", "tiqianhuankuan", "tqhk"),
        ("转账", "zhuanzhang", "zz"),
        ("行李", "xingli", "xl"),
        ("长期", "changqi", "cq"),
        ("旅游", "lvyou", "ly"),
        ("U盾", "dun", "d"),
        ("VISA", "", ""),
        ("", "", ""),
    ],
)
def test_a_word_has_its_letters_and_polyphones_are_right(word, letters, short):  # row 9
    assert full(word) == letters
    assert initials(word) == short


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("xgsjh", ["修改", "手机号"]),
        ("xiugaishoujihao", ["修改", "手机号"]),
        ("xiugaishouji", ["修改", "手机"]),
        ("yh", ["银行"]),
        ("yhk", ["银行卡"]),
        ("yinhangka", ["银行卡"]),
        ("tz", ["调整"]),
        ("tiaozheng", ["调整"]),
        ("gs", ["挂失"]),
        ("guashi", ["挂失"]),
        ("gsxyk", ["挂失", "信用卡"]),
        ("czmm", ["重置", "密码"]),
        ("huankuan", ["还款"]),
        ("xgshouji", ["修改", "手机"]),
    ],
)
def test_letters_are_read_as_words(letters, words):  # row 9
    assert [choices[0] for choices in Speller(known_words(WORDS)).words(letters)] == words


def test_the_more_frequent_word_comes_first():  # row 9
    assert Speller(known_words({"账单": 5, "早点": 2, "正大": 9})).words("zd") == [("正大", "账单", "早点")]


def test_a_choice_is_of_three_words_at_most():  # row 9
    (choices,) = Speller(known_words(dict.fromkeys(["账单", "早点", "转达", "正大"], 1))).words("zd")
    assert len(choices) == 3


@pytest.mark.parametrize(
    "letters", ["", "x", "qqqq", "xgq", "xg1", "修改", "xg sjh", "XGSJH", "é", "x" * 41, "gs" * 21]
)
def test_letters_that_stand_for_nothing_are_left_alone(letters):  # row 9
    assert Speller(known_words(WORDS)).words(letters) == []


def test_a_speller_without_words_knows_nothing():  # row 9
    assert Speller(known_words({})).words("xgsjh") == []


@given(st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=3))
def test_the_letters_of_known_words_always_have_a_reading(words):  # row 9
    speller = Speller(known_words(WORDS))
    letters = "".join(map(full, words))
    if len(letters) <= 40:
        assert "".join(full(choices[0]) for choices in speller.words(letters)) == letters
    assert speller.words("".join(map(initials, words)))


@given(st.text(st.characters(), max_size=20))
def test_any_text_has_a_sound(text):  # row 7
    assert isinstance(full(text), str)
    assert isinstance(sounds_like(text), str)
    assert all(syllables(text))


@pytest.mark.parametrize(
    ("one", "other"), [("挂事", "挂失"), ("帐单", "账单"), ("转帐", "转账"), ("银航", "银行"), ("民生", "名声")]
)
def test_homophones_and_their_dialects_sound_alike(one, other):  # row 8
    assert sounds_like(one) == sounds_like(other)


@pytest.mark.parametrize(("one", "other"), [("挂失", "挂号"), ("还款", "贷款"), ("银行", "行李")])
def test_other_words_sound_different(one, other):  # row 8
    assert sounds_like(one) != sounds_like(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("挂失", "挂四"), ("转账", "赚赞"), ("充值", "从自"), ("零存", "凝存"), ("利率", "腻率"), ("征信", "珍兴"), ("明星", "民心"),
        ("分期", "风期"), ("房贷", "黄贷"), ("费用", "会用"), ("还款", "反款"), ("复印", "户印"), ("冷静", "能尽"), ("能力", "冷力"),
    ],
)  # fmt: skip
def test_what_southern_speakers_confuse_sounds_alike(one, other):  # row 8
    assert sounds_like(one) == sounds_like(other)
    assert blurred(full(one)) == blurred(full(other))


@pytest.mark.parametrize(
    ("typed", "meant", "count"),
    [
        ("shi", "shi", 0), ("si", "shi", 1), ("zang", "zhang", 1), ("zan", "zhang", 2), ("ning", "ling", 1), ("lin", "ning", 2),
        ("hui", "fei", 1), ("huan", "fang", 2), ("xin", "xing", 1), ("chen", "ceng", 2),
    ],
)  # fmt: skip
def test_each_confused_sound_counts(typed, meant, count):  # row 8
    assert slips(typed, meant) == slips(meant, typed) == count


@pytest.mark.parametrize(
    ("letters", "words"),
    [("guasi", ["挂失"]), ("zuanzang", ["转账"]), ("congzhimima", ["重置", "密码"]), ("huangkuang", ["还款"])],
)  # fmt: skip
def test_pinyin_of_southern_speakers_is_read(letters, words):  # rows 8, 9
    found = Speller(known_words(WORDS)).words(letters)
    assert [choices[0] for choices in found] == words


@pytest.mark.parametrize("letters", ["guashi", "zhuanzhang", "xgsjh"])
def test_what_has_a_reading_as_it_stands_is_not_read_otherwise(letters):  # row 9
    words = dict.fromkeys(["挂失", "转账", "修改", "手机号"], 1) | {"花丝": 99, "赚脏": 99}
    assert "".join(full(c[0]) for c in Speller(known_words(words)).words(letters)) in (letters, "xiugaishoujihao")


@pytest.mark.parametrize(
    ("question", "typed", "read"),
    [
        ("挂shi", "挂shi", "挂失"), ("gua失", "gua失", "挂失"), ("信用ka挂失", "信用ka", "信用卡"), ("信yong卡", "信yong卡", "信用卡"),
        ("掛SHI", "挂shi", "挂失"), ("改手机hao", "手机hao", "手机号"), ("信用卡guashi", "guashi", "挂失"),
        ("验zm收不到", "验zm", "验证码"),
    ],
)  # fmt: skip
def test_a_word_half_in_letters_is_read_whole(understanding, known, question, typed, read):  # row 9
    query = understanding.understand(question, known)
    assert (typed, read) in [(r.typed, r.read) for r in query.readings]
    assert read in {t.text for t in query.terms}


def test_what_is_read_joins_what_stands_beside_it(understanding, known):  # rows 1, 9
    """修改 yuliu shoujihao in three pieces asks for the same concept as in one."""
    words = {"修改": 4, "预留": 3, "手机号": 9, "手机": 2}
    read = Understanding(understanding.analyzer, known_words(words)).understand("修改 yuliu shoujihao", known)
    meant = understanding.understand("修改预留手机号", known)
    concepts = {t.text for t in meant.terms if t.text.startswith("=")}
    assert concepts
    assert concepts <= {t.text for t in read.terms}


# -- wrong characters


def corrections(corrector, text, covered=None):
    found = corrector.correct(text, covered or [False] * len(text))
    assert all(text[c.start : c.end] == c.wrong for c in found)
    return [(c.wrong, c.right) for c in found]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("挂事", [("挂事", "挂失")]),
        ("卡丢了要挂事吗", [("挂事", "挂失")]),
        ("挂矢", [("挂矢", "挂失")]),
        ("信用咔", [("信用咔", "信用卡")]),
        ("密蚂", [("密蚂", "密码")]),
        ("换款登路", [("换款", "还款"), ("登路", "登录")]),
        ("登路", [("登路", "登录")]),
    ],
)
def test_a_wrong_character_is_corrected(corrector, typed, meant):  # row 8
    assert corrections(corrector, typed) == meant


@pytest.mark.parametrize("word", ["景点", "经典", "挂失", "失败", "行程", "存款", "账单"])
def test_a_word_of_the_language_is_never_corrected(corrector, word):  # row 8
    assert corrections(corrector, word) == []


@pytest.mark.parametrize("sentence", ["附近有什么景点", "去景点要带什么", "景点门票能用信用卡吗", "这个景点"])
def test_a_sight_never_becomes_a_classic(corrector, sentence):  # row 8
    assert "经典" not in [right for _, right in corrections(corrector, sentence)]


def test_a_known_word_is_left_alone_even_if_it_sounds_like_another(corrector):  # row 8
    assert corrections(corrector, "挂事", [True, True]) == []
    assert corrections(corrector, "挂事", [True, False]) == [("挂事", "挂失")]


@pytest.mark.parametrize("text", ["", "a", "abc", "12", "，。", "事", "挂s", "\ud800挂", "🙂🙂"])
def test_what_is_no_chinese_word_is_left_alone(corrector, text):  # row 8
    assert corrections(corrector, text) == []


@settings(deadline=None)
@given(text=st.text(st.one_of(st.characters(), st.sampled_from("挂失事市银行航卡咔密码马修改该账帐单")), max_size=20))
def test_corrections_never_overlap(corrector, text):  # row 8
    found = corrector.correct(text, [False] * len(text))
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(0 <= c.start < c.end <= len(text) and c.right != c.wrong for c in found)


def test_the_likelier_slip_wins():  # row 8
    """The same sound is likelier than a confused one, and that than two, whatever is asked for more often by a little."""
    words = {"还款": 20, "房款": 25}
    corrector = Corrector(known_words(words), {}, {"环": 50, "款": 50, "的": 10**7}, {})
    assert corrections(corrector, "环款") == [("环款", "还款")]


def test_what_is_asked_for_far_more_often_wins():  # row 8
    corrector = Corrector(known_words({"还款": 1, "房款": 2000}), {}, {"环": 50, "款": 50, "的": 10**7}, {})
    assert corrections(corrector, "环款") == [("环款", "房款")]


def test_two_common_words_side_by_side_are_no_error(analyzer):  # row 8
    words = dict.fromkeys(["十多", "补发", "回来", "代扣"], 3) | WORDS
    corrector = Corrector(known_words(words), analyzer.lexicon.shapes, analyzer.words, {})
    for text in ("限额是多少", "为什么不发短信", "还款的卡怎么换"):
        assert corrections(corrector, text) == [], text


def test_a_listed_misspelling_is_none_on_the_seam_of_known_words(analyzer):  # row 8
    corrector = Corrector(known_words(WORDS), {}, analyzer.words, {"密吗": "密码", "码修": "马修"})
    assert corrections(corrector, "密吗忘了") == [("密吗", "密码")]
    assert corrections(corrector, "小额免密吗", [True] * 4 + [False]) == []


def test_every_place_of_a_listed_misspelling_is_corrected(corrector):  # row 8
    assert corrections(corrector, "登路后再登路") == [("登路", "登录"), ("登路", "登录")]


def test_an_amount_is_no_part_of_a_correction(analyzer):  # rows 5, 8
    corrector = Corrector(known_words({"死亡证": 30}), {}, analyzer.words, {})
    text = "四十万怎"
    assert corrector.correct(text, [False] * len(text), fixed={0, 1, 2}) == []


@pytest.mark.parametrize(
    "rubbish",
    [
        "挂" * 200,
        "未末折拆柜拒贷货失矢卡咔密蜜码玛" * 12 + "挂事市银行航咔",
        "挂事" * 100,
        "是时使事市式试师十实失" * 18,
    ],
)
def test_a_stretch_has_one_candidate_at_most_and_few_words_are_weighed(analyzer, rubbish):  # rows 7, 16
    """However a question of 200 characters is made: at most four stretches begin at a place, and 48 words are weighed for each."""
    asked = []

    class Counting(Lookup):
        def frequency(self, word):
            asked.append(word)
            return super().frequency(word)

    # 60 words that sound the same
    alike = {a + b: 3 for a in "是时使事市式试师" for b in "卡咔咖佧喀胩十实"} | WORDS
    corrector = Corrector(Counting([words_lookup(alike)]), analyzer.lexicon.shapes, analyzer.words, {})
    found = [c for c, _ in corrector.candidates(rubbish, [False] * len(rubbish))]
    assert len({(c.start, c.end) for c in found}) == len(found) <= 4 * len(rubbish)
    assert all(2 <= c.end - c.start <= 5 for c in found)
    assert len(asked) <= 4 * len(rubbish) * 48


@pytest.mark.parametrize(
    "rubbish", ["挂shi" * 40, "gs mm zz " * 22, "x" * 200, "银hang" * 33, "a挂b失" * 50, "guashi " * 28]
)
def test_letters_are_looked_up_a_bounded_number_of_times(analyzer, rubbish):  # rows 7, 16
    """30 readings with the characters beside them for each token of letters, and every stretch of it twice."""
    asked = []

    class Counting(Lookup):
        def words_spelt(self, letters, most=3, blur=False):
            asked.append(letters)
            return super().words_spelt(letters, most, blur)

    understanding = Understanding(analyzer, Counting([words_lookup(WORDS)]))
    query = understanding.understand(rubbish, lambda term: False)
    tokens = [t for t in analyzer.analyse(rubbish).tokens if t.kind == "latin"]
    assert len(asked) <= sum(30 + 3 * min(len(t.term), 40) ** 2 for t in tokens)
    assert all(0 <= t.start < t.end <= len(rubbish) for t in query.terms)


# -- questions as they are understood


def test_initials_in_a_question_are_read_and_shown(understanding, known):  # row 9
    query = understanding.understand("xgsjh", known)
    assert [(r.kind, r.typed, r.read) for r in query.readings] == [("pinyin", "xgsjh", "修改手机号")]
    assert {"修改", "手机号"} <= {t.text for t in query.terms}


def test_full_pinyin_beside_chinese_is_read_in_place(understanding, known):  # row 9
    query = understanding.understand("信用卡 guashi 怎么办", known)
    places = {(query.raw[t.start : t.end], t.text) for t in query.terms}
    assert ("guashi", "挂失") in places
    assert ("信用卡", "信用卡") in places


def test_letters_that_stand_in_an_article_are_no_pinyin(understanding):  # row 9
    assert understanding.understand("gs", {"gs"}.__contains__).readings == ()


def test_a_correction_is_shown_and_weighs_less(understanding, known):  # row 8
    wrong = understanding.understand("挂事", known)
    assert [(r.kind, r.typed, r.read) for r in wrong.readings] == [("spelling", "挂事", "挂失")]
    right = understanding.understand("挂失", known)
    weights = [{t.text: t.weight for t in q.terms}["挂失"] for q in (wrong, right)]
    assert weights[0] < weights[1]
    assert right.readings == ()


@pytest.mark.parametrize("question", ["景点", "附近的景点", "景点怎么走"])
def test_a_question_about_a_sight_is_not_one_about_a_classic(understanding, known, question):  # row 8
    query = understanding.understand(question, known)
    assert query.readings == ()
    assert "经典" not in {t.text for t in query.terms}


def test_a_question_is_capped_before_it_is_read(understanding, known):  # row 7
    assert understanding.understand("挂" * MAX_QUESTION, known).terms
    with pytest.raises(QuestionError, match="最多 200 个字"):
        understanding.understand("挂" * (MAX_QUESTION + 1), known)


def test_quoted_words_are_phrases(understanding, known):  # row 12
    for question in ("“修改手机号”", '"修改手機號"', "「修改手机号」怎么办"):
        assert understanding.understand(question, known).phrases == ("修改手机号",)
    assert understanding.understand("“”“ ”", known).phrases == ()


@settings(deadline=None)
@given(
    question=st.lists(
        st.one_of(st.characters(), st.sampled_from(["挂事", "xgsjh", "3年", "“", "”", "Ⅱ类户", "怎么"])), max_size=25
    ).map("".join)
)
def test_any_question_is_understood_without_an_error(understanding, known, question):  # row 7
    query = understanding.understand(question, known)
    for term in query.terms:
        assert 0 <= term.start < term.end <= len(question)
        assert term.weight > 0


# -- suggestions


@pytest.mark.parametrize("typed", ["银行卡补", "yinhangka", "yhk", "YHK", "ｙｈｋ", "銀行卡補", "银行卡 补", "yhkbkhk"])
def test_a_phrase_is_suggested_as_written_in_pinyin_or_by_initials(lookup, typed):  # rows 9, 16
    assert lookup.suggest(typed)[0].text == "银行卡补卡换卡"


def test_titles_come_before_phrasings_and_short_before_long(lookup):  # row 16
    found = lookup.suggest("网银盾")
    assert found[0].is_title
    lengths = [len(phrase.text) for phrase in found if not phrase.is_title]
    assert lengths == sorted(lengths)
    assert len(lengths) == 3


@pytest.mark.parametrize("typed", ["", " ", "\u200b", "火星", "qqq", "x" * 5000, "\ud800"])
def test_nothing_is_suggested_for_nothing(lookup, typed):  # row 14
    assert lookup.suggest(typed) == []
