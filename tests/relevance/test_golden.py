"""Golden questions: each article's own `test_queries` and `not_queries`, asked of the real index (row 49)."""

from kb.visibility import ANYBODY

SUCCESS_AT_1 = 0.95
SUCCESS_AT_3 = 0.99


def ranked(sample, at, question):
    """Ids in the order an agent sees them: fraud cards that were set off come first."""
    answer = sample.ask(question, ANYBODY, at, 10)
    return [card.id for card in (*answer.alerts, *answer.cards)]


def test_golden_questions_find_their_article(sample, sample_articles, at):  # row 49
    asked = [(article.id, query) for article in sample_articles for query in article.test_queries]
    ranks = {(i, q): ranked(sample, at, q) for i, q in asked}
    first = [pair for pair in asked if ranks[pair][:1] == [pair[0]]]
    third = [pair for pair in asked if pair[0] in ranks[pair][:3]]
    missed = [f"{q} → {ranks[(i, q)][:3]}, expected {i}" for i, q in asked if (i, q) not in first]
    assert len(asked) >= 320
    assert len(third) / len(asked) >= SUCCESS_AT_3, "\n".join(missed)
    assert len(first) / len(asked) >= SUCCESS_AT_1, "\n".join(missed)


def test_questions_that_must_not_find_an_article_do_not(sample, sample_articles, at):  # row 49
    for article in sample_articles:
        for query in article.not_queries:
            assert article.id not in ranked(sample, at, query)[:1], f"{query} → {article.id}"


def test_customers_phrasings_find_their_article(sample, sample_articles, at):
    asked = [(article.id, q) for article in sample_articles for q in article.questions]
    found = sum(i in ranked(sample, at, q)[:1] for i, q in asked)
    assert found / len(asked) >= 0.97
