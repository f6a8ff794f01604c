"""A body falls into parts that can be found by themselves; each has an anchor of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.sections import is_clause, split_sections

LINES = st.sampled_from(
    [
        "## 甲",
        "## 甲-2",
        "### 乙",
        "第一条 客户",
        "第一条之一 银行",
        "**第二条** 银行",
        "第一章 总则",
        "```",
        "字",
        "",
        "#### 丙",
        "## 第三条",
        "## ",
    ]
)


def anchors(body):
    return [section.anchor for section in split_sections(body)]


def test_headings_make_sections():  # row 81
    first, second = split_sections("## 要带什么\n带身份证。\n\n## 多久办好\n当场办好。")
    assert (first.anchor, first.heading, first.markdown) == ("要带什么", "要带什么", "带身份证。")
    assert (second.anchor, second.heading, second.markdown) == ("多久办好", "多久办好", "当场办好。")


def test_a_subheading_knows_its_heading():  # row 81
    sections = split_sections("## 换卡\n甲\n### 要带什么\n乙\n### 多久\n丙\n## 挂失\n丁")
    assert [(s.anchor, s.above) for s in sections] == [
        ("换卡", ()),
        ("要带什么", ("换卡",)),
        ("多久", ("换卡",)),
        ("挂失", ()),
    ]


def test_text_before_the_first_heading_is_a_section_without_one():  # row 81
    lead, _ = split_sections("先说两句。\n## 甲\n乙")
    assert (lead.anchor, lead.heading, lead.markdown) == ("", "", "先说两句。")


def test_clauses_make_sections_and_keep_their_own_words():  # row 62
    sections = split_sections("第一条 客户凭身份证。\n\n第二条 银行核对。\n补一句。")
    assert [(s.anchor, s.markdown) for s in sections] == [
        ("第一条", "第一条 客户凭身份证。"),
        ("第二条", "第二条 银行核对。\n补一句。"),
    ]


@pytest.mark.parametrize(
    ("line", "anchor"),
    [
        ("第七条 银行", "第七条"),
        ("第7条 银行", "第7条"),
        ("第七条　银行", "第七条"),
        ("第七条：银行", "第七条"),
        ("第二十八条", "第二十八条"),
        ("第一百零三条 银行", "第一百零三条"),
        ("第十七条之一 银行", "第十七条之一"),
        ("**第七条** 银行", "第七条"),
        ("## 第七条 银行的义务", "第七条"),
    ],
)
def test_a_clause_is_known_however_it_is_set(line, anchor):  # row 62
    assert anchors(line) == [anchor]
    assert is_clause(anchor)


@pytest.mark.parametrize("line", ["依照第七条 办理", "第七条规定的情形", "第七 条 银行", "第条 银行", "第七次 来电"])
def test_a_mention_of_a_clause_is_not_a_clause(line):  # row 62
    assert anchors(line) == [""]


def test_a_chapter_stands_above_its_clauses():  # row 62
    sections = split_sections("第一章 总则\n第一条 甲\n第二条 乙\n第二章 附则\n第三条 丙")
    assert [(s.anchor, s.above) for s in sections if s.anchor] == [
        ("第一条", ("第一章 总则",)),
        ("第二条", ("第一章 总则",)),
        ("第三条", ("第二章 附则",)),
    ]


def test_repeated_headings_are_numbered():  # row 81
    assert anchors("## 甲\n一\n## 甲\n二\n## 甲\n三") == ["甲", "甲-2", "甲-3"]


def test_a_number_never_takes_the_anchor_of_another_heading():  # row 81
    assert anchors("## 甲\n一\n## 甲\n二\n## 甲-2\n三\n## 甲\n四") == ["甲", "甲-2", "甲-2-2", "甲-3"]


def test_a_repeated_clause_is_still_a_clause():  # row 62
    assert anchors("第一条 甲\n第一条 乙") == ["第一条", "第一条-2"]
    assert is_clause("第一条-2")
    assert not is_clause("要带什么-2")
    assert not is_clause("")


@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_code_has_no_headings(fence):  # row 81
    assert anchors(f"## 甲\n{fence}\n## 不是标题\n第一条 不是\n{fence}\n## 乙\n字") == ["甲", "乙"]


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("## 要带什么 ##", "要带什么"),
        ("##\t要带什么", "要带什么"),
        ("##   要带什么   ", "要带什么"),
        ("## C# 账户", "C# 账户"),
        ("## #", "#"),
    ],
)
def test_a_heading_is_read_without_its_ornaments(line, heading):  # row 81
    (section,) = split_sections(line)
    assert section.heading == heading


@pytest.mark.parametrize("line", ["# 一级", "#### 四级", "##没有空格", " ## 缩进", "##"])
def test_other_hashes_are_text(line):  # row 81
    assert anchors(line) == [""]


def test_spaces_in_an_anchor_become_dashes():  # row 81
    assert anchors("## 要带  什么 东西") == ["要带-什么-东西"]


@pytest.mark.parametrize("body", ["", "\n\n", "\n \n"])
def test_an_empty_body_has_at_most_an_empty_section(body):  # row 81
    assert all(not s.anchor and not s.markdown.strip() for s in split_sections(body))


def test_a_heading_without_text_is_still_found():  # row 81
    assert anchors("## 只有标题") == ["只有标题"]


@given(st.lists(LINES, max_size=25).map("\n".join))
def test_anchors_are_unique_and_no_text_is_lost(body):  # row 81
    sections = split_sections(body)
    named = [s.anchor for s in sections if s.anchor]
    assert len(named) == len(set(named))
    kept = "".join(s.heading + s.markdown for s in sections)
    for word in ("字", "客户", "银行", "丙"):
        assert kept.count(word) >= body.count(word)


@given(st.text(st.characters(), max_size=200))
def test_any_body_falls_into_sections(body):  # row 64
    assert isinstance(split_sections(body), tuple)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("body", ["## a" + " #" * 9000 + "x", "## 甲\n" * 20_000, "第" + "一" * 50_000, "*" * 50_000])
def test_hostile_lines_come_to_an_end(body):  # row 64
    assert split_sections(body)
