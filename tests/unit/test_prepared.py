"""What answers need of an article is written once and read back as it was; its marks are those of a fresh analysis."""

from datetime import date

import pytest
from builders import article_text, channel
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.documents import store
from kb.articles import parse_article
from kb.highlight import merged
from kb.lexicon import Lexicon
from kb.prepared import code, from_bytes, group_name, make_marks
from kb.preparing import prepare
from kb.registry import Registry
from kb.text import Analyzer


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory):
    lexicon = Lexicon(
        terms=frozenset({"u盾", "网银盾"}),
        concepts={"u盾": "u盾", "网银盾": "u盾"},
        members={"u盾": ("u盾", "网银盾")},
    )
    return Analyzer(lexicon, tmp_path_factory.mktemp("jieba"))


def stored(**overrides):
    parsed = parse_article(article_text("x", **overrides).encode(), "x.md", Registry())
    assert parsed.article, parsed.problems
    return store(parsed.article)


ODD = {
    "ordinary": {},
    "channels": {"channels": [channel(fee="免费"), channel("手机银行", fee="每笔1元")]},
    "marks of our own format": {"title": "甲\x1e乙", "supersedes_terms": ["旧\t词", "旧\n词"]},
    "quotes": {"title": '他说“"是的"”\\', "owner": '"'},
    "beyond the basic plane": {"title": "𠮷野家的账户", "answer": "𠮷野家可以开户。"},
    "a section with an odd name": {"body": '## "a"\t\\ 要带什么\n带证件。\n\n## 空的\n'},
    "no body": {"body": ""},
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("as_view", [False, True])
def test_what_is_written_is_read_back(analyzer, name, as_view):
    made = prepare(stored(**ODD[name]), analyzer)
    data = made.to_bytes()
    read = from_bytes(memoryview(data) if as_view else data)
    assert read == made
    assert read.to_bytes() == data


def test_groups_are_found_by_their_names_only(analyzer):
    found = stored(body="## 要带\n带证件。\n\n## 要带什么\n带身份证原件。到网点办。")
    made = prepare(found, analyzer)
    assert made.group(group_name("section.要带什么")).statements[1].text == '"到网点办。"'.encode()
    assert made.group(group_name("section.要带")).statements[0].text == '"带证件。"'.encode()
    for name in ("section.要", "section.要带什么呢", "section.", "带什么", ""):
        assert made.group(group_name(name)) is None


def test_words_of_a_concept_stand_in_the_order_of_the_article(analyzer):
    made = prepare(stored(title="网银盾的领取", answer="U盾就是网银盾。"), analyzer)
    assert made.words_for(code("=u盾")) == ("网银盾", "U盾")
    assert made.words_for(code("=别的")) == ()


def test_the_day_after_its_review_an_article_is_due(analyzer):
    made = prepare(stored(verified="2026-01-01", review_days=30), analyzer)
    assert date.fromordinal(made.due) == date(2026, 1, 31)


def test_sections_keep_their_own_offsets(analyzer):
    made = prepare(stored(body="## 办理\n 先核身。 再带身份证来。\n最后签字。"), analyzer)
    group = made.group(group_name("section.办理"))
    ranges = group.marks.ranges([code("身份证"), code("签字")], len(group.statements))
    texts = [s.text.decode().strip('"') for s in group.statements]
    assert texts == ["先核身。", "再带身份证来。", "最后签字。"]
    assert [[t[a:b] for a, b in r] for t, r in zip(texts, ranges, strict=True)] == [[], ["身份证"], ["签字"]]


TEXT = st.text(alphabet="网银盾U盾手续费挂失信用卡5万元 ，。ab1", max_size=40)


@given(TEXT, TEXT, TEXT)
@settings(max_examples=100, deadline=None)
def test_marks_are_those_of_a_fresh_analysis(analyzer, first, second, question):
    texts = [analyzer.analyse(text).tokens for text in (first, second)]
    marks = make_marks((t.term, n, t.start, t.end) for n, tokens in enumerate(texts) for t in tokens)
    terms = {t.term for t in analyzer.analyse(question).tokens}
    fresh = [merged((t.start, t.end) for t in tokens if t.term in terms) for tokens in texts]
    assert marks.ranges([code(t) for t in terms], 2) == fresh


def test_a_code_that_seems_to_stand_between_two_others_is_not_found():
    marks = make_marks([("甲", 0, 0, 1), ("乙", 0, 1, 2)])
    between = marks.codes[3:9]
    assert between in marks.codes
    assert marks.ranges([between], 1) == [()]
    assert marks.ranges([code("乙"), code("甲")], 1) == [((0, 2),)]


def test_places_too_far_out_are_left_out_and_break_nothing():
    marks = make_marks([("甲", 0, 65534, 65535), ("乙", 0, 65535, 65536), ("丙", 70000, 0, 1)])
    assert marks.ranges([code("甲"), code("乙"), code("丙")], 1) == [((65534, 65535),)]
