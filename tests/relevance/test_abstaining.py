"""“没有把握” over the repository's articles: seldom where an article answers, mostly where none does (offtopic.txt).

Figures and how the threshold was chosen: docs/decisions/0012-abstaining.md; `python -m benchmarks.calibrate` prints the table.
"""

from itertools import pairwise
from pathlib import Path

import pytest

from kb.visibility import ANYBODY

FILE = Path(__file__).with_name("offtopic.txt")
# of the questions that are answered, the right article first; with off-topic questions among them
PRECISION, PRECISION_ALL = 0.95, 0.86
# shares called unsure
MOST_GOLDEN, MOST_KEYWORDS, OFFTOPIC, NONSENSE = 0.03, 0.03, 0.74, 0.85
# questions that turn from sure to unsure while they are typed
FLICKER = 0.15
EVERYDAY = ("weather, calendar, small talk", "home, cooking, schools, leisure", "half words and nonsense")


@pytest.fixture(scope="module")
def offtopic():
    """Off-topic questions by section of the file."""
    found = {}
    for line in FILE.read_text("utf-8").splitlines():
        if line.startswith("# "):
            section = found.setdefault(line[2:], [])
        elif line:
            section.append(line)
    return {name: questions for name, questions in found.items() if questions}


@pytest.fixture(scope="module")
def sure(sample, at):
    """Whether a question gets an answer, and its first id; a fraud card is one."""

    def ask(question):
        answer = sample.ask(question, ANYBODY, at, 1)
        shown = (*answer.alerts, *answer.cards)
        return bool(answer.alerts) or answer.confident, next((card.id for card in shown), None)

    return ask


@pytest.fixture(scope="module")
def golden(sample, sample_articles, at, sure):
    """(question, whether it gets an answer, whether its article stands first) of every article in force."""
    current = {a.id: a for a in sample_articles if a.effective <= at and (a.expires is None or a.expires > at)}
    asked = [(a.id, q, *sure(q)) for a in current.values() for q in a.test_queries]
    return [(question, answered, first == article) for article, question, answered, first in asked]


def test_the_off_topic_questions_are_many_and_of_many_kinds(offtopic):
    questions = [q for section in offtopic.values() for q in section]
    assert len(questions) == len(set(questions)) >= 250
    assert len(offtopic) >= 10
    assert set(EVERYDAY) <= set(offtopic)


def test_golden_questions_are_seldom_held_back(golden):  # row 83
    unsure = [question for question, answered, _ in golden if not answered]
    assert len(golden) >= 850
    assert len(unsure) / len(golden) <= MOST_GOLDEN, unsure


def test_what_is_answered_is_answered_rightly(golden, offtopic, sure):  # row 83
    right = sum(first for _, answered, first in golden if answered)
    answered = sum(answered for _, answered, _ in golden)
    wrongly = [q for section in offtopic.values() for q in section if sure(q)[0]]
    assert right / answered >= PRECISION
    assert right / (answered + len(wrongly)) >= PRECISION_ALL, wrongly


def test_off_topic_questions_are_mostly_held_back(offtopic, sure):  # row 83
    unsure = {name: [not sure(q)[0] for q in questions] for name, questions in offtopic.items()}
    every = [held for section in unsure.values() for held in section]
    assert sum(every) / len(every) >= OFFTOPIC, {name: sum(held) / len(held) for name, held in unsure.items()}
    everyday = [held for name in EVERYDAY for held in unsure[name]]
    assert sum(everyday) / len(everyday) >= NONSENSE


def test_a_keyword_alone_is_no_off_topic_question(sample_articles, sure):  # row 83
    words = {word for a in sample_articles for word in a.keywords}
    unsure = sorted(word for word in words if not sure(word)[0])
    assert len(unsure) / len(words) <= MOST_KEYWORDS, unsure


def test_an_answer_seldom_turns_unsure_while_the_question_is_typed(sample_articles, sure):  # row 83
    questions = [q for a in sample_articles for q in a.test_queries][::3]
    typed = {q: [sure(q[:size])[0] for size in range(4, len(q) + 1)] for q in questions}
    turning = [q for q, steps in typed.items() if any(a and not b for a, b in pairwise(steps))]
    assert len(turning) / len(questions) <= FLICKER, turning
