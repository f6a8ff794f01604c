"""Ids from titles."""

import pytest

from kb.articles import SLUG
from kb.editing.slugs import suggest_slug


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("修改预留手机号", "xiu-gai-yu-liu-shou-ji-hao"),
        ("U盾：T+0 到账", "u-dun-t-0-dao-zhang"),
        ("银行卡调整", "yin-hang-ka-tiao-zheng"),
        ("……", ""),
        ("", ""),
    ],
)
def test_the_pinyin_of_the_title_is_the_id(title, slug):  # row 58
    assert suggest_slug(title) == slug
    assert not slug or SLUG.fullmatch(slug)


def test_a_taken_id_gets_a_number():
    assert suggest_slug("换卡", {"huan-ka", "huan-ka-2"}) == "huan-ka-3"


def test_a_long_title_stays_a_short_id():
    slug = suggest_slug("客户" * 40)
    assert len(slug) <= 48
    assert SLUG.fullmatch(slug)


def test_one_endless_word_is_cut():
    assert SLUG.fullmatch(suggest_slug("A" * 100))
