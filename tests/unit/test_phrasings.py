"""Phrasings are added to an article's text; everything else in the file stays as it is."""

from pathlib import Path

import pytest
from builders import article_text
from hypothesis import given
from hypothesis import strategies as st

from kb.articles import parse_article
from kb.editing.phrasings import add_phrasings
from kb.errors import Refused
from kb.registry import load_registry
from kb.templates import make_template

ARTICLES = Path(__file__).resolve().parents[2] / "articles"
FRONT = "---\nid: a\ntitle: 补卡\n{questions}\nanswer: 能办。\n---\n## 要带什么\n身份证。\n"


def with_questions(written):
    return FRONT.format(questions=written)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("questions:\n  - 卡坏了", "questions:\n  - 卡坏了\n  - 卡折了"),
        ("questions:\n- 卡坏了", "questions:\n- 卡坏了\n- 卡折了"),
        ("questions: [卡坏了, 卡丢了]", "questions:\n  - 卡坏了\n  - 卡丢了\n  - 卡折了"),
        ("questions: []", "questions:\n  - 卡折了"),
        (
            "questions:  # 至少 6 条，例如：\n  # - 我换号了",
            "questions:  # 至少 6 条，例如：\n  # - 我换号了\n  - 卡折了",
        ),
        ("questions:  # 说法\n  - 卡坏了\n\n# 答案", "questions:  # 说法\n  - 卡坏了\n  - 卡折了\n\n# 答案"),
        ('questions:\n  - "卡坏了: 怎么办"', 'questions:\n  - "卡坏了: 怎么办"\n  - 卡折了'),
        ("questions:\n  - >-\n    卡坏了\n    怎么办", "questions:\n  - >-\n    卡坏了\n    怎么办\n  - 卡折了"),
        ("category: 卡", "questions:\n  - 卡折了\ncategory: 卡"),
    ],
)  # row 60
def test_however_the_list_is_written(before, after):
    assert add_phrasings(with_questions(before), "processes/a.md", ["卡折了"]) == with_questions(after)


def test_what_is_there_is_not_added_again():
    text = with_questions("questions:\n  - 卡坏了\ntest_queries:\n  - 卡被折断")
    added = add_phrasings(text, "a.md", ["卡坏了？", "卡被折断", "卡 进水", "卡进水", "  "])
    assert added == with_questions("questions:\n  - 卡坏了\n  - 卡 进水\ntest_queries:\n  - 卡被折断")
    with pytest.raises(Refused, match="已经有了"):
        add_phrasings(text, "a.md", ["卡坏了！"])


def test_a_file_that_cannot_be_read_is_said():
    with pytest.raises(Refused, match="读不出来"):
        add_phrasings("---\nquestions: [a\n", "a.md", ["卡折了"])


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=4))
def test_any_wording_is_read_back_as_it_was(wanted):
    text = with_questions("questions:\n  - 卡坏了")
    try:
        changed = add_phrasings(text, "a.md", wanted)
    except Refused:
        return
    assert changed.startswith(text[: text.index("answer")])
    assert changed.endswith(text[text.index("answer") :])


def test_every_article_of_the_repository_can_take_one(sample_articles):  # row 60
    registry = load_registry(ARTICLES)[0]
    for article in sample_articles:
        path = ARTICLES / article.path
        text = path.read_text("utf-8")
        changed = add_phrasings(text, article.path, ["这是一条新的问法：“带引号”，对吗"])
        parsed = parse_article(changed.encode(), article.path, registry)
        assert parsed.article.questions == (*article.questions, "这是一条新的问法：“带引号”，对吗")
        assert len(changed.splitlines()) == len(text.splitlines()) + 1


@pytest.mark.parametrize("kind", ["product", "process", "regulation", "complaint", "alert"])
def test_a_template_takes_the_questions_of_a_gap(kind):  # row 60
    text = add_phrasings(make_template(kind, "pet-insurance", "宠物保险"), "a.md", ["宠物险怎么买", "猫狗能保吗"])
    assert "\n  - 宠物险怎么买\n  - 猫狗能保吗\nanswer:" in text


def test_a_made_article_too():
    assert "我想补一张" in add_phrasings(article_text("a"), "a.md", ["我想补一张"])
