"""What changed, as editors read it."""

from builders import article_text
from hypothesis import given
from hypothesis import strategies as st

from kb.editing.diffs import differences, line_diff, words

texts = st.lists(st.sampled_from(["一二三", "一二四", "甲乙", "", "5元", "15元"]), max_size=12)


def side(pieces):
    return "".join(text for text, _ in pieces)


def marked(pieces):
    return [text for text, changed in pieces if changed]


def test_the_changed_words_are_marked():  # row 47
    old, new = words("每张收5元，当场换。", "每张收15元，当天换。")
    assert marked(old) == ["5", "场"]
    assert marked(new) == ["15", "天"]


def test_a_change_is_named_as_the_form_names_it():  # row 47
    old = article_text("a", title="换卡")
    new = article_text(
        "a", title="补卡", steps=[{"do": "请客户带身份证。", "if_fails": "改天再来。"}], body="## 要带什么\n带护照。"
    )
    found = {change.label: change.rows for change in differences(old, new)}
    assert set(found) >= {"标题", "步骤", "正文"}
    assert "办理渠道" not in found
    assert [side(row.new) for row in found["步骤"] if row.kind == "changed"] == ["失败时怎么办：改天再来。"]


def test_a_new_article_is_all_new():
    rows = [row for change in differences("", article_text("a")) for row in change.rows]
    assert {row.kind for row in rows} == {"added"}


def test_equal_texts_have_no_differences():
    assert differences(article_text("a"), article_text("a")) == []
    assert differences("x", "x") == []


def test_what_is_no_article_is_compared_line_by_line():
    (change,) = differences("U盾 = K宝\n甲", "U盾 = K宝 = 网银盾\n甲")
    assert change.label == "全文"
    assert marked(change.rows[0].new) == [" = 网银盾"]


def test_long_unchanged_stretches_are_counted():
    lines = [str(n) for n in range(20)]
    rows = line_diff(lines, [*lines[:10], "x", *lines[11:]])
    assert [row.skipped for row in rows if row.kind == "skipped"] == [8, 7]


@given(texts, texts)
def test_nothing_is_left_out(old, new):
    rows = line_diff(old, new)
    if old == new:
        assert rows == ()
        return
    hidden = sum(row.skipped for row in rows)
    for name, lines in (("old", old), ("new", new)):
        shown = [side(getattr(row, name)) for row in rows if getattr(row, name) is not None]
        assert len(shown) + hidden == len(lines)
        rest = iter(lines)
        assert all(line in rest for line in shown)


def test_very_long_texts_are_compared_in_time():
    old = [f"第{n}行" for n in range(9000)]
    assert line_diff(old, [f"第{n}行改" for n in range(9000)])
