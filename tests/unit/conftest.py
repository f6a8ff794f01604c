"""What the unit tests share: the analyser with the bank's own words, one good page, and a way to check a broken one."""

from pathlib import Path

import pytest

from kb.articles import parse_article
from kb.lexicon import load_lexicon
from kb.registry import Registry
from kb.text import Analyzer

ARTICLES = Path(__file__).resolve().parents[2] / "articles"

PAGE = """---
id: replace-card
type: process
title: 银行卡补卡换卡
questions:
  - 卡坏了怎么换
  - 补一张卡要钱吗
  - 换卡要多久
  - 卡消磁了
  - 补卡带什么
  - 旧卡换新卡
answer: 本人带身份证到网点，当场就能换。
category: 银行卡
status: published
version: 7
effective: 2026-01-01
owner: 运营管理部
author: 甲某
approver: 乙某
verified: 2026-11-01
review_days: 90
sources:
  - document: 示例银行卡操作规程（示例）
    number: 示例银规〔2026〕8号
identity: L1
by_phone: partly
by_phone_why: 新卡要本人签收。
channels:
  - channel: 手机银行
    path: 我的 › 银行卡 › 补卡换卡
    materials: 能刷脸
    duration: 7个工作日寄到
    fee: 免费
    hours: 全天
steps:
  - do: 请客户点“我的”。
    if_fails: 请客户先登录。
test_queries:
  - 换卡多少钱
  - 磁条坏了
  - 银行卡折断了
  - 卡片重新制作
---
## 要带什么
带身份证原件。

## 多久办好
当场办好。
"""


@pytest.fixture(scope="session")
def analyzer(tmp_path_factory):
    """The analyser with the repository's own lexicon, its dictionary cache in a private folder."""
    lexicon, problems = load_lexicon(ARTICLES)
    assert problems == []
    return Analyzer(lexicon, tmp_path_factory.mktemp("jieba"))


@pytest.fixture(scope="session")
def registry():
    """A small bank: one app menu, one fact, one department."""
    return Registry(
        menus={"手机银行": {"我的": {"银行卡": {"补卡换卡": {}, "挂失": {}}}}},
        facts={"fee.card": "每张5元"},
        departments={"运营管理部": "运营"},
    )


@pytest.fixture(scope="session")
def page():
    """A page without a mistake; tests spoil one thing of it."""
    return PAGE


@pytest.fixture(scope="session")
def check(registry):
    """Everything that is wrong with a file, given as text or bytes."""

    def problems(data, name="processes/replace-card.md"):
        parsed = parse_article(data.encode() if isinstance(data, str) else data, name, registry)
        assert (parsed.article is None) == bool(parsed.errors)
        return list(parsed.problems)

    return problems


@pytest.fixture
def spoilt(page):
    """The page with one thing replaced."""

    def replace(old, new):
        assert page.count(old) == 1, f"{old!r} must stand in the page exactly once"
        return page.replace(old, new)

    return replace
