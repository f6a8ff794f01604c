"""Single fields of the front matter are set, and not another byte of the file changes."""

import re

import pytest
from builders import article_text
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import ArticleError
from kb.publishing.stamp import scalars, stamp

PATH = "processes/a.md"


def file(front, body="正文\n"):
    return f"---\n{front}---\n{body}"


@pytest.mark.parametrize(
    ("front", "changed"),
    [
        ("version: 3\n", "version: 4\n"),
        ("version:   3  # 每次加一\n", "version:   4  # 每次加一\n"),
        ("version: '3' # x\n", "version: 4 # x\n"),
        ('version: "3 # 4" # x\n', "version: 4 # x\n"),
        ("version:\n", "version: 4\n"),
        ("version: # 还没写\n", "version: 4 # 还没写\n"),
        ("version:\ntitle: 甲\n", "version: 4\ntitle: 甲\n"),
        ("version: >\n  3\n  4\n\n# 标题\ntitle: 甲\n", "version: 4\n\n# 标题\ntitle: 甲\n"),
        ("version: [1, 2]\n", "version: 4\n"),
        ("version:\n  - 1\n  - 2\ntitle: 甲\n", "version: 4\ntitle: 甲\n"),
        ("id: a\nstatus: published\nowner: 乙\n", "id: a\nstatus: published\nversion: 4\nowner: 乙\n"),
        ("id: a\n\n# 部门\nowner: 乙\n", "id: a\nversion: 4\n\n# 部门\nowner: 乙\n"),
        ("owner: 乙\n", "owner: 乙\nversion: 4\n"),
        ("'version': 3\n", "'version': 4\n"),
    ],
)
def test_one_field_is_set(front, changed):
    assert stamp(file(front), PATH, {"version": "4"}) == file(changed)


def test_a_value_is_quoted_where_it_has_to_be():
    text = stamp(file("author: 甲\n"), PATH, {"author": "乙: “丙” # 1", "change_note": "'丁'", "approver": "是\n"})
    assert scalars(text, PATH) == {"author": "乙: “丙” # 1", "change_note": "'丁'", "approver": "是"}


def test_the_body_is_not_front_matter():
    body = "version: 3\n---\nversion: 3\n---\n"
    assert stamp(file("version: 3\n", body), PATH, {"version": "4"}) == file("version: 4\n", body)


@pytest.mark.parametrize(
    "text",
    [
        "没有字段\n", "---\ntitle: 甲\n", file("title: [甲\n"), file("{version: 3}\n"), file("  version: 3\n"),
        file("{\nversion: 3\n}\n"), file("? version\n: 3\n"), "", file("version: 3\nversion: 3\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_said(text):  # row 41
    with pytest.raises(ArticleError):
        stamp(text, PATH, {"version": "4"})


def test_other_line_breaks_have_to_be_made_one_before():
    with pytest.raises(ValueError, match="carriage"):
        stamp("---\r\nversion: 3\r\n---\r\n", PATH, {"version": "4"})


_words = st.text(st.characters(codec="utf-8", exclude_characters="\r\0", exclude_categories=("Cs", "Cc")), max_size=20)


@given(title=_words, note=_words, body=st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=60))
def test_everything_else_stays_byte_for_byte(title, note, body):  # row 65
    text = article_text("a", title=f"甲{title}", change_note=f"乙{note}", body=body)
    changed = stamp(text, PATH, {"version": "12", "approver": "丁", "verified": "2026-11-25"})
    kept = [re.sub(r"^(version|approver|verified): .*", r"\1", line) for line in text.split("\n")]
    assert [re.sub(r"^(version|approver|verified): .*", r"\1", line) for line in changed.split("\n")] == kept
    read = scalars(changed, PATH)
    assert (read["version"], read["approver"], read["verified"]) == ("12", "丁", "2026-11-25")


@given(value=_words.filter(str.strip))
def test_any_value_comes_back(value):
    text = stamp(file("id: a\nversion: 1\n"), PATH, {"change_note": value})
    assert scalars(text, PATH)["change_note"] == value.strip()
