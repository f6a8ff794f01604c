"""What two products say about the same thing stands in one row."""

from dataclasses import replace

import pytest

from kb.comparing import Row, compare
from kb.types import Channel, NamedValue, ProductDetail


@pytest.fixture
def deposits(sample_articles):
    """The fixed deposits of three and of five years, each in its first version here."""
    found = {a.id: a for a in reversed(sample_articles)}
    return found["time-deposit-3y"], found["time-deposit-5y"]


def test_a_number_of_one_name_is_one_row_in_the_order_of_the_articles(deposits):  # row 37
    rows = {row.label: row for row in compare(deposits)}
    three, five = ({n.name: n.value for n in article.detail.key_numbers} for article in deposits)
    shared = set(three) & set(five)
    assert shared
    for name in shared:
        assert rows[name].values == (three[name], five[name])


def test_what_only_one_says_leaves_the_other_empty_and_counts_as_different(deposits):  # row 37
    three, five = deposits
    detail = replace(three.detail, key_numbers=(*three.detail.key_numbers, NamedValue("随存随取", "不能")))
    (row,) = [r for r in compare([replace(three, detail=detail), five]) if r.label == "随存随取"]
    assert row == Row("随存随取", ("不能", ""))
    assert row.differs


def test_slots_of_the_same_channel_meet_and_nothing_empty_is_shown(deposits):  # rows 23 37
    one, other = (
        replace(article, channels=(Channel("手机银行", "首页 › 存款", "无", duration, "免费", "全天"),))
        for article, duration in zip(deposits, ("一分钟", "三分钟"), strict=True)
    )
    rows = {row.label: row for row in compare([one, other])}
    assert rows["手机银行 时长"].values == ("一分钟", "三分钟")
    assert not rows["手机银行 费用"].differs
    bare = [replace(article, detail=ProductDetail(), channels=()) for article in deposits]
    assert {row.label for row in compare(bare)} == {"核身", "电话里"}
