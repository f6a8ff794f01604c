"""The list of the workbench: which draft and which version each filter shows."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from builders import article_text

from kb.articles import parse_article
from kb.clock import parse_moment
from kb.editing.catalogue import catalogue, chosen, counts, shown_by
from kb.people import Actor
from kb.publishing.workflow import Standing
from kb.registry import Registry

AT = parse_moment("2026-11-24 10:00")
EDITOR = Actor(1, "a", "甲", frozenset({"editor"}))
APPROVER = Actor(2, "b", "乙", frozenset({"approver"}))


@dataclass(frozen=True)
class Drafted:
    id: int
    state: str = "draft"
    author: int = 1
    editors: frozenset = frozenset()
    article_id: str = "card"
    path: str = "processes/card.md"
    title: str = "换卡"
    urgent: bool = False
    updated: object = field(default=AT)

    @property
    def standing(self):
        return Standing(self.state, self.author, self.editors)


def version(id="card", **overrides):
    name = f"processes/{id}.md"
    article = parse_article(article_text(id, **overrides).encode(), name, Registry()).article
    assert article
    return article


def names(entries, name):
    return [(entry.draft_id or f"{entry.article_id}@{entry.version}") for entry in shown_by(entries, name)]


def test_mine_is_what_i_wrote_or_changed():
    drafts = [
        Drafted(1),
        Drafted(2, author=9),
        Drafted(3, author=9, editors=frozenset({1})),
        Drafted(4, state="withdrawn"),
    ]
    assert names(catalogue([], drafts, EDITOR, AT, {}), "mine") == [1, 3]


def test_to_review_is_what_i_may_approve():  # row 46
    drafts = [
        Drafted(1, "review"),
        Drafted(2, "review", editors=frozenset({2})),
        Drafted(3, "review", author=2),
        Drafted(4),
    ]
    assert names(catalogue([], drafts, APPROVER, AT, {}), "review") == [1]
    assert names(catalogue([], drafts, EDITOR, AT, {}), "review") == []


def test_the_urgent_comes_first_then_the_newest():  # row 61
    drafts = [Drafted(1), Drafted(2, updated=AT + timedelta(1)), Drafted(3, urgent=True, updated=AT - timedelta(9))]
    assert names(catalogue([], drafts, EDITOR, AT, {}), "all") == [3, 2, 1]


def test_versions_stand_on_their_place_in_time():  # row 47
    articles = [
        version(version=1),
        version(version=2, effective="2026-11-01"),
        version(version=3, effective="2026-12-01"),
        version("gone", expires="2026-11-24 10:00"),
    ]
    found = catalogue(articles, [], EDITOR, AT, {})
    assert names(found, "expired") == ["card@1", "gone@1"]
    assert names(found, "scheduled") == ["card@3"]
    assert set(names(found, "all")) == {"card@2", "card@3"}


@pytest.mark.parametrize(
    ("verified", "due", "late"), [("2026-11-01", False, False), ("2026-09-05", True, False), ("2026-08-01", True, True)]
)
def test_due_is_what_has_to_be_verified_within_two_weeks(verified, due, late):  # row 45
    found = catalogue([version(verified=verified, review_days=90)], [], EDITOR, AT, {})
    assert names(found, "due") == (["card@1"] if due else [])
    assert found[0].late is late


def test_low_is_what_scores_low():  # row 48
    articles = [version("a"), version("b"), version("c")]
    found = catalogue(articles, [], EDITOR, AT, {"a@1": 59, "b@1": 12, "c@1": 60})
    assert names(found, "low") == ["b@1", "a@1"]


def test_words_type_and_department_narrow_the_list():
    articles = [version("card", title="银行卡换卡"), version("loss", title="银行卡挂失", owner="反诈中心")]
    found = catalogue(articles, [Drafted(1)], EDITOR, AT, {})
    assert [e.article_id for e in chosen(found, "银行卡 LOSS")] == ["loss"]
    assert [e.article_id for e in chosen(found, owner="反诈中心")] == ["loss"]
    assert chosen(found, kind="alert") == []
    assert counts(chosen(found, kind="process")) == {"mine": 1, "all": 3}
