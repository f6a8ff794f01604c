"""A version that waits for its day and was written without a correction would take it back."""

from datetime import datetime

import pytest
from builders import article_text

from kb.articles import parse_article
from kb.clock import SHANGHAI
from kb.publishing.undone import undoing
from kb.registry import Registry

AT = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
OLD, NEW = "当场就能换", "十分钟就能换"
BASE = article_text("replace-card", answer=f"本人带身份证到网点，{OLD}。", effective="2026-01-01")
WAITS = "processes/replace-card@2026-12-05.md"


def article(text, path="processes/replace-card.md"):
    parsed = parse_article(text.encode(), path, Registry())
    assert parsed.article, parsed.errors
    return parsed.article


def version(effective="2026-12-05", old="", new="", number=2):
    text = BASE.replace("effective: '2026-01-01'", f"effective: '{effective}'").replace(
        "version: 1", f"version: {number}"
    )
    return text.replace(old, new)


def undone(draft, *waiting, path="processes/replace-card.md"):
    others = [article(text, WAITS.replace("05", f"{5 + n:02}")) for n, text in enumerate(waiting)]
    texts = {other.path: text for other, text in zip(others, waiting, strict=True)}
    return [other.version for other in undoing(article(draft, path), BASE, draft, others, texts, AT)]


CORRECTED = version("2026-01-01", OLD, NEW, number=3)


def test_a_version_from_before_a_correction_takes_it_back():  # row 43
    assert undone(CORRECTED, version()) == [2]
    assert undone(CORRECTED, version(), version("2026-12-20", number=4)) == [2, 4]


def test_a_version_that_says_the_same_takes_nothing_back():
    assert undone(CORRECTED, version(old=OLD, new=NEW)) == []
    both = version(old=OLD, new=NEW).replace("category: 测试", "category: 新类目")
    assert undone(CORRECTED, both) == []


@pytest.mark.parametrize("same", [BASE, version("2026-01-01", number=3)])
def test_where_nothing_was_changed_nothing_is_taken_back(same):
    assert undone(same, version()) == []


def test_a_version_that_begins_earlier_is_replaced_itself():
    assert undone(version("2026-12-10", OLD, NEW, number=3), version()) == []


def test_what_has_ended_by_then_is_not_taken_back():
    ends = CORRECTED.replace("effective:", "expires: '2026-12-01'\neffective:")
    assert undone(ends, version()) == []
    assert undone(ends.replace("2026-12-01", "2026-12-31"), version()) == [2]


def test_a_waiting_version_is_changed_in_its_own_file():
    assert undone(version("2026-12-01", OLD, NEW, number=3), version(), path=WAITS) == []
