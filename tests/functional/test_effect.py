"""What a change does to the answers, before it is published."""

import pytest
from builders import article_text, made_article, write_article

from indexer import build as building
from indexer.backends import CurrentSearcher
from indexer.trial import trial
from kb.clock import now
from kb.editing import effect as effects
from kb.editing.effect import Question, effect, questions_of
from kb.library import load_library

LOSS = {
    "title": "银行卡挂失", "questions": ["卡丢了怎么办", "卡被偷了", "挂失要多少钱", "怎么锁卡", "找不到卡", "捡到卡"],
    "test_queries": ["银行卡丢了", "卡不见了要挂失", "把卡锁住", "偷了我的卡"],
}  # fmt: skip


@pytest.fixture
def served(settings):
    """An index with one more article, about lost cards."""
    write_article(settings.articles, "card-loss", **LOSS)
    building.build(settings, now())
    return settings


def outcome(settings, article, at, given=(), path=None):
    """The effect of publishing an article on all golden questions."""
    text = article_text(article.id, **article.fields)
    articles = load_library(settings.articles).articles
    made = made_article(article.id, **article.fields)
    questions = questions_of(articles, [made], given)
    before = CurrentSearcher(settings).searcher()
    with trial(settings, {path or f"processes/{article.id}.md": text}, now()) as after:
        return effect(before, after, questions, at, {article.id})


class Draft:
    """An article that somebody writes."""

    def __init__(self, id, **fields):
        self.id, self.fields = id, fields


def test_an_unchanged_article_changes_nothing(served, at):  # row 50
    found = outcome(served, Draft("card-loss", **LOSS), at)
    assert found.nothing
    assert found.asked > 20
    assert (found.blocking, found.warnings) == ([], [])


def test_a_test_query_that_does_not_find_its_article_blocks(served, at):  # row 49
    lost = "存定期有什么利息"
    found = outcome(served, Draft("card-loss", **{**LOSS, "test_queries": [lost, *LOSS["test_queries"][1:]]}), at)
    assert [c.question for c in found.missed] == [lost]
    assert lost in found.blocking[0]
    assert "前 3 条" in found.blocking[0]


def test_a_not_query_that_finds_it_blocks(served, at):  # row 49
    found = outcome(served, Draft("card-loss", **LOSS, not_queries=["卡被偷了"]), at)
    assert [c.question for c in found.violated] == ["卡被偷了"]
    assert "不该找到" in found.blocking[0]
    assert outcome(served, Draft("card-loss", **LOSS, not_queries=["网银盾过期"]), at).violated == ()


def test_a_new_article_wins_its_questions(served, at):  # row 50
    fields = {
        "title": "外币兑换",
        "questions": [f"换美元说法{n}" for n in range(6)],
        "test_queries": [f"兑换外币{n}" for n in "甲乙丙丁"],
    }
    found = outcome(served, Draft("exchange", **fields), at)
    assert {c.question for c in found.won} >= set(fields["questions"])
    first = found.won[0]
    assert (first.before, first.after, first.title) == (None, 1, "外币兑换")


def test_an_article_that_takes_anothers_questions_shows_what_is_lost_and_who_wins(served, at):  # row 50
    greedy = {"title": "银行卡丢了", "questions": [*LOSS["test_queries"], "银行卡丢了卡不见了", "把卡锁住偷了我的卡"]}
    found = outcome(served, Draft("greedy", **greedy), at)
    lost = {c.question: c for c in found.lost if c.kind == "golden"}
    assert "银行卡丢了" in lost
    change = lost["银行卡丢了"]
    assert (change.article_id, change.before) == ("card-loss", 1)
    assert change.winner.id == "greedy"
    assert any("银行卡丢了" in w and "《银行卡挂失》" in w for w in found.warnings)
    assert found.blocking == []


def test_given_questions_show_what_stands_first_before_and_after(served, at):  # row 54
    before = CurrentSearcher(served).searcher()
    lexicon = served.articles / "_lexicon/synonyms.txt"
    text = lexicon.read_text("utf-8") + "塑料片 = 银行卡\n"
    with trial(served, {"_lexicon/synonyms.txt": text}, now()) as after:
        found = effect(before, after, [Question("塑料片丢了"), Question("网银盾")], at)
    (moved,) = found.moved
    assert moved.question == "塑料片丢了"
    assert "card-loss" in [r.id for r in moved.first_after]
    assert [r.title for r in moved.first_after if r.id == "card-loss"] == ["银行卡挂失"]


def test_a_future_version_is_asked_at_its_moment(served, at):  # row 43, 49
    later = {**LOSS, "version": 2, "effective": "2026-12-01", "title": "卡片冻结"}
    draft, path = Draft("card-loss", **later), "processes/card-loss@2026-12-01.md"
    moment = made_article("card-loss", **later).effective
    assert outcome(served, draft, at, path=path).nothing
    assert outcome(served, draft, moment, ["卡片冻结"], path=path).moved


def test_an_article_for_some_people_is_asked_for_by_them(served, at):  # row 63
    found = outcome(served, Draft("secret", title="内部流程", audience={"roles": ["班长"]}), at)
    assert found.missed == ()
    assert {c.article_id for c in found.won} == {"secret"}


def test_fraud_cards_stand_before_all_others(served, at):  # row 27, 49
    searcher = CurrentSearcher(served).searcher()
    found = effect(
        searcher, searcher, [Question("警察叫我转账到安全账户换卡", "safe-account", "golden")], at, {"safe-account"}
    )
    assert found.missed == ()


def test_questions_that_are_too_long_are_left_out_and_none_is_asked_twice(served, at):
    article = made_article("card-loss", **LOSS)
    questions = questions_of([article, made_article("other")], [article], ["卡丢了", "卡丢了", "长" * 300])
    assert len(questions) == len(set(questions))
    searcher = CurrentSearcher(served).searcher()
    assert effect(searcher, searcher, questions, at).asked == len(questions) - 1


def test_of_many_golden_questions_those_nearest_to_the_change_are_asked(monkeypatch):
    monkeypatch.setattr(effects, "GOLDEN", 4)
    near = made_article("near", test_queries=["银行卡丢了找谁", "卡不见了要怎样", "要挂失银行卡", "偷了我的卡吗"])
    far = [made_article(f"far-{n}", test_queries=[f"理财{n}赎回{m}" for m in "甲乙丙丁"]) for n in range(5)]
    questions = questions_of([*far, near], [made_article("card-loss", **LOSS)])
    assert {q.article_id for q in questions if q.article_id != "card-loss"} == {"near"}
