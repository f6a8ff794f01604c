"""Questions with typing errors of our own (typed_errors.tsv): wrong characters, southern sounds, pinyin, initials, half and half.

And the reverse: questions without an error, in which nothing may be corrected.
"""

from collections import Counter
from pathlib import Path

import pytest

from kb.visibility import ANYBODY

FILE = Path(__file__).with_name("typed_errors.tsv")
AT_LEAST = {"homophone": 0.95, "fuzzy": 0.85, "shape": 0.85, "pinyin": 0.9, "initials": 0.9, "mixed": 0.9}
SUCCESS = 0.95
# corrections in questions that have no error
FALSE_GOLDEN = 0.001
FALSE_PHRASINGS = 0.005


@pytest.fixture(scope="module")
def typed():
    """(kind of error, as typed, as meant, id of the article) of each line."""
    lines = FILE.read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def first(sample, question, at):
    answer = sample.ask(question, ANYBODY, at, 1)
    return next((card.id for card in (*answer.alerts, *answer.cards)), None)


def corrected(sample, questions, at):
    """The questions in which something was read otherwise than typed."""
    asked = ((q, sample.ask(q, ANYBODY, at, 1).query.readings) for q in questions)
    return [(q, [(r.typed, r.read) for r in readings]) for q, readings in asked if readings]


def test_the_set_is_fair(typed, sample, at):
    """Every kind is there, and next to every question finds its article when it is typed without the error."""
    kinds = Counter(kind for kind, *_ in typed)
    assert set(kinds) == set(AT_LEAST)
    assert min(kinds.values()) >= 8
    assert len({wrong for _, wrong, _, _ in typed}) == len(typed) >= 100
    missed = [(meant, id) for _, _, meant, id in typed if first(sample, meant, at) != id]
    assert len(missed) / len(typed) <= 0.05, missed


def test_a_question_with_an_error_finds_what_it_finds_without(typed, sample, at):  # rows 8, 9
    wanted = [(kind, wrong, id) for kind, wrong, meant, id in typed if first(sample, meant, at) == id]
    missed = [(kind, wrong, id) for kind, wrong, id in wanted if first(sample, wrong, at) != id]
    assert 1 - len(missed) / len(wanted) >= SUCCESS, missed
    kinds, misses = Counter(kind for kind, *_ in wanted), Counter(kind for kind, *_ in missed)
    assert [kind for kind, least in AT_LEAST.items() if 1 - misses[kind] / kinds[kind] < least] == [], missed


def test_what_is_read_otherwise_is_said(typed, sample, at):  # rows 8, 9
    silent = [wrong for _, wrong, _, _ in typed if not sample.ask(wrong, ANYBODY, at, 1).query.readings]
    assert len(silent) / len(typed) <= 0.06, silent


def test_nothing_is_corrected_in_the_golden_questions(sample, sample_articles, at):  # row 8
    questions = [q for a in sample_articles for q in a.test_queries]
    wrong = corrected(sample, questions, at)
    assert len(questions) >= 900
    assert len(wrong) / len(questions) <= FALSE_GOLDEN, wrong


def test_next_to_nothing_is_corrected_in_customers_phrasings(sample, sample_articles, at):  # row 8
    questions = [q for a in sample_articles for q in a.questions]
    wrong = corrected(sample, questions, at)
    assert len(wrong) / len(questions) <= FALSE_PHRASINGS, wrong
