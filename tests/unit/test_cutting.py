"""Our own cut and our own copy of the dictionary against jieba's, and a lexicon's words in any order."""

import os
import subprocess
import sys
import warnings
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import dictionary
from kb.cutting import Cutter
from kb.lexicon import Lexicon
from kb.lexicon_words import cutter_with
from kb.text import Analyzer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jieba

ADDED = ["大额存单", "网银盾", "取款密码", "密码重置", "重置密码", "〇号令", "信用卡还款"]
CHINESE = st.text(
    st.one_of(
        st.sampled_from("中国人民银行取款密码重置信用卡还款后大额存单结婚的和尚未"),
        st.sampled_from("〇㐀鿖豈"),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def stock():
    """jieba with the same words added."""
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word in ADDED:
        tokenizer.add_word(word)
    return tokenizer


@pytest.fixture(scope="module")
def cutter(tmp_path_factory):
    made = Cutter(*dictionary.load(tmp_path_factory.mktemp("cache")))
    for word in ADDED:
        made.add(word)
    return made


def test_added_words_count_as_with_jieba(stock, cutter):
    assert cutter.frequency == stock.FREQ


@settings(deadline=None, max_examples=300)
@given(run=CHINESE)
def test_every_cut_is_that_of_jieba(stock, cutter, run):
    assert cutter.cut(run) == list(stock.cut(run, HMM=False))


def test_articles_are_cut_as_by_jieba(stock, cutter, sample_articles):
    for article in sample_articles:
        for line in (article.title, *article.questions, article.answer, *article.body.splitlines()):
            run = "".join(c for c in line if "\u4e00" <= c <= "\u9fff")
            assert cutter.cut(run) == list(stock.cut(run, HMM=False))


def test_a_copy_of_the_dictionary_is_the_dictionary(tmp_path):
    first = dictionary.load(tmp_path)
    assert (tmp_path / "words").stat().st_size > 10**6
    assert dictionary.load(tmp_path) == first


def test_a_damaged_copy_is_made_anew(tmp_path):
    first = dictionary.load(tmp_path)
    copy = tmp_path / "words"
    good = copy.read_bytes()
    for bad in (b"", good[:-9], good[:1000] + b"\0" + good[1001:]):
        copy.write_bytes(bad)
        assert dictionary.load(tmp_path) == first
        assert copy.read_bytes() == good


def test_every_process_cuts_alike(tmp_path):
    """The order of a set changes with the seed; the count of an added word depends on those added before."""
    code = (
        "import sys; from pathlib import Path; from kb.lexicon import load_lexicon; from kb.text import Analyzer\n"
        "a = Analyzer(load_lexicon(Path('articles'))[0], Path(sys.argv[1])); print([a.words[w] for w in "
        "sorted(a.lexicon.words()) if w in a.words])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "5")
    }
    assert len(said) == 1


@settings(deadline=None)
@given(
    raw=st.lists(
        st.sampled_from(["信用卡还款", "u盾", "5万元", "AT&T", "，", "Ⅱ类户", "e\u0301", "挂失"]), max_size=12
    ).map("".join)
)
def test_counts_are_those_of_the_analysis(analyzer, raw):
    analysis = analyzer.analyse(raw)
    words, bigrams = analyzer.counts(raw)
    assert words == Counter(t.term for t in analysis.tokens)
    assert bigrams == Counter(b.term for b in analysis.bigrams)


def test_the_oldest_remembered_analysis_is_dropped_first(tmp_path, monkeypatch):
    monkeypatch.setattr("kb.text._REMEMBERED", 3)
    analyzer = Analyzer(Lexicon(), tmp_path)
    for text in ("甲", "乙", "丙", "丁", "乙"):
        assert analyzer.remembered(text) == analyzer.analyse(text)
    assert analyzer.remembered("丁") is analyzer.remembered("丁")
    assert list(analyzer._memory) == ["乙", "丙", "丁"]


@pytest.mark.parametrize(
    "words", [ADDED, [*ADDED, "大额存单"], ["〇号令"]], ids=["some", "one twice", "rare characters"]
)
def test_counts_of_added_words_are_the_same_worked_out_and_from_the_copy(tmp_path, words):
    made = Cutter(*dictionary.load(tmp_path))
    for word in sorted(words):
        made.add(word)
    for _ in ("worked out", "from the copy"):
        read = cutter_with(words, tmp_path)
        assert (read.total, read.frequency.total) == (made.total, made.frequency.total)
        assert read.cut("重置密码和大额存单〇号令") == made.cut("重置密码和大额存单〇号令")
        assert read.frequency == made.frequency
        assert read.frequency.total == sum(read.frequency.values())


def test_words_read_one_by_one_are_those_read_in_one_go(tmp_path):
    some, every = cutter_with(ADDED, tmp_path).frequency, cutter_with(ADDED, tmp_path).frequency
    assert some["网银盾"] == every.read_all()["网银盾"]
    assert "没有这个词" not in some
    assert len(some.known) < 10_000 < len(every.known)
    assert some.read_all() == every.known
