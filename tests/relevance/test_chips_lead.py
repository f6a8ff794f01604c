"""Chips over the repository's articles: seldom where a question is specific, and always leading where they say."""

from itertools import chain

import pytest

from kb.visibility import ANYBODY

# share of the golden questions that may have chips; measured in docs/decisions/0010-chips.md
MOST_GOLDEN = 0.03
SHORT = 4


@pytest.fixture(scope="module")
def answers(sample, at):
    """Answers with chips, by question."""

    def ask(questions):
        found = {q: sample.ask(q, ANYBODY, at).chips for q in questions}
        return {q: chips for q, chips in found.items() if chips}

    return ask


def test_specific_questions_seldom_have_chips(answers, sample_articles):  # row 15
    golden = {q for a in sample_articles for q in a.test_queries}
    asked = answers(golden)
    assert len(golden) >= 900
    assert len(asked) / len(golden) <= MOST_GOLDEN, sorted(asked)


def test_every_chip_leads_to_its_article(answers, sample, sample_articles, at):  # row 15
    asked = answers({q for a in sample_articles for q in chain(a.test_queries, a.keywords)})
    assert sum(len(question) <= SHORT for question in asked) >= 30
    for chips in asked.values():
        assert 2 <= len(chips) <= 5
        assert len({chip.word for chip in chips}) == len(chips)
        for chip in chips:
            answer = sample.ask(chip.question, ANYBODY, at)
            first = next(iter((*answer.alerts, *answer.cards)))
            assert first.id == chip.id, chip
