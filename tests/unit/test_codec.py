"""What the index stores of an article comes back as it was."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import FOLDERS, article_text, channel

from indexer.documents import store
from kb import codec
from kb.articles import parse_article
from kb.clock import parse_moment
from kb.registry import Registry

FULL = {
    "tones": {"short": "短", "elder": "慢", "soothe": "别急"},
    "keywords": ["词一", "词二"],
    "supersedes_terms": ["旧词"],
    "change_note": "改了一句",
    "expires": "2026-01-20 08:30",
    "audience": {"roles": ["班长"], "queues": ["信用卡"], "regions": ["深圳"]},
    "by_phone": "partly",
    "by_phone_why": "要本人到场。",
    "channels": [channel(), channel("手机银行", if_fails=None)],
    "steps": [{"do": "第一步", "if_fails": "换一步"}],
    "branches": [{"ask": "在吗？", "options": [{"when": "在", "then": "办"}, {"when": "不在", "then": "等"}]}],
    "not_queries": ["别的事"],
    "body": "开头。\n\n## 表 & <b>\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n\n### 链接\n[别的](other)  “引号”\u3000𠮷",
}


def parsed(kind, **fields):
    text = article_text("one", type=kind, title="一篇", **fields)
    found = parse_article(text.encode(), f"{FOLDERS[kind]}/one.md", Registry())
    assert found.errors == []
    return found.article


@pytest.mark.parametrize("end", [None, timedelta(days=3)], ids=["open end", "ended"])
@pytest.mark.parametrize("fields", [{}, FULL], ids=["smallest", "everything"])
@pytest.mark.parametrize("kind", FOLDERS)
def test_a_stored_article_comes_back_as_it_was(kind, fields, end):
    fields = dict(fields)
    if kind != "process" and fields:
        fields.pop("body")
    article = parsed(kind, **fields)
    start = article.effective
    stored = replace(store(article), start=start, end=start + end if end else None)
    back = codec.load(codec.dump(stored))
    assert back == stored
    assert type(back.article.detail) is type(article.detail)
    assert back.start.utcoffset() == timedelta(hours=8)


def test_moments_keep_their_instant():
    article = parsed("process", effective="2026-12-01")
    back = codec.load(codec.dump(store(article)))
    assert back.start.timestamp() == parse_moment("2026-12-01").timestamp()


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b'{"article": 1}'])
def test_anything_else_is_a_value_error(data):
    with pytest.raises(ValueError, match=r".*"):
        codec.load(data)
