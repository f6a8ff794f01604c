"""Golden questions: each version's own `test_queries` and `not_queries`, asked of the real index while it is in force (row 49)."""

from kb.library import periods
from kb.visibility import ANYBODY

SUCCESS_AT_1 = 0.95
SUCCESS_AT_3 = 0.99


def ranked(sample, at, question):
    """Ids in the order an agent sees them: fraud cards that were set off come first."""
    answer = sample.ask(question, ANYBODY, at, 10)
    return [card.id for card in (*answer.alerts, *answer.cards)]


def moments(articles, at):
    """Every version that is or will be in force, and a moment at which it answers: now, or when it begins."""
    bounds = periods(articles)
    for article in articles:
        begins, ends = bounds[article.key]
        if ends is None or ends > at:
            yield article, max(at, begins)


def test_golden_questions_find_their_article(sample, sample_articles, at):  # row 49
    asked = [(a, query, when) for a, when in moments(sample_articles, at) for query in a.test_queries]
    found = [(article, query, ranked(sample, when, query)) for article, query, when in asked]
    first = sum(ids[:1] == [article.id] for article, _, ids in found)
    third = sum(article.id in ids[:3] for article, _, ids in found)
    missed = "\n".join(f"{query} → {ids[:3]}, expected {a.key}" for a, query, ids in found if ids[:1] != [a.id])
    assert len(asked) >= 900
    assert third / len(asked) >= SUCCESS_AT_3, missed
    assert first / len(asked) >= SUCCESS_AT_1, missed


def test_questions_that_must_not_find_an_article_do_not(sample, sample_articles, at):  # row 49
    for article, when in moments(sample_articles, at):
        for query in article.not_queries:
            assert article.id not in ranked(sample, when, query)[:1], f"{query} → {article.key}"


def test_customers_phrasings_find_their_article(sample, sample_articles, at):
    asked = [(a.id, q, when) for a, when in moments(sample_articles, at) for q in a.questions]
    found = sum(i in ranked(sample, when, q)[:1] for i, q, when in asked)
    assert found / len(asked) >= 0.97
