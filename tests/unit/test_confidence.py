"""How likely a hit answers: what raises it, what decides by itself, and what a half-typed or corrected question is spared."""

import pytest

from kb.backend import Hit
from kb.confidence import CONFIDENT, likelihood
from kb.query import Query, Reading, Term

VERSIONS = 200


def asked(raw, words=(), **other):
    """A question whose words stand at these places."""
    terms = tuple(Term(raw[start:end], "word", 1.0, start, end) for start, end in words)
    return Query(raw, raw, terms, "any", (), (), other.pop("readings", ()), (), **other)


def hit(coverage, lexical):
    """A hit, its final score far from its score by terms."""
    return Hit("a@1", None, 0.001, coverage, lexical)


PLAIN = asked("挂失银行卡", [(0, 2), (2, 5)])


def test_whoever_holds_more_of_the_question_or_scores_higher_is_likelier():  # row 83
    values = [likelihood(PLAIN, hit(*h), VERSIONS) for h in ((0.1, 2), (0.5, 2), (0.5, 20), (1.0, 20), (1.0, 60))]
    assert values == sorted(values)
    assert 0 < values[0] < CONFIDENT < values[-1] < 1


def test_the_same_score_means_less_in_a_larger_index():  # row 83
    small, large = (likelihood(PLAIN, hit(0.6, 15), versions) for versions in (200, 50_000))
    assert large < small


@pytest.mark.parametrize("versions", [0, 1, 2])
def test_an_index_of_next_to_nothing_has_a_probability_too(versions):
    assert 0 < likelihood(PLAIN, hit(1.0, 0.3), versions) < 1


def test_an_engine_without_a_score_by_terms_is_judged_by_its_score():
    assert likelihood(PLAIN, Hit("a@1", None, 30.0, 0.9), VERSIONS) == likelihood(PLAIN, hit(0.9, 30.0), VERSIONS)


def test_an_error_code_decides_by_itself():  # row 83
    known, unknown = asked("EB1024", codes=("EB1024",)), asked("EB9999", unknown_codes=("EB9999",))
    assert likelihood(known, hit(0.0, 0.1), VERSIONS) == 1
    assert likelihood(unknown, hit(1.0, 90), VERSIONS) == 0
    assert likelihood(asked("两个码", codes=("A100",), unknown_codes=("B200",)), hit(1.0, 90), VERSIONS) == 0


def test_a_slip_that_no_article_holds_as_typed_costs_less():  # rows 8, 83
    corrected = asked("睡棉副", [(0, 3)], readings=(Reading("spelling", "睡棉副", "睡眠户"),))
    as_typed = asked("睡棉副", [(0, 3)])
    assert likelihood(as_typed, hit(0.1, 15), VERSIONS) < likelihood(corrected, hit(0.1, 15), VERSIONS)
    assert likelihood(as_typed, hit(0.9, 15), VERSIONS) == likelihood(corrected, hit(0.9, 15), VERSIONS)


def test_a_last_character_may_be_half_a_word():  # row 83
    half, whole = asked("贷款先交保", [(0, 2), (4, 5)]), asked("贷款先交保", [(0, 2), (3, 5)])
    assert likelihood(half, hit(0.2, 15), VERSIONS) > likelihood(whole, hit(0.2, 15), VERSIONS)
    assert likelihood(half, hit(0.9, 15), VERSIONS) == likelihood(whole, hit(0.9, 15), VERSIONS)


def test_a_question_of_one_character_is_taken_as_it_is():
    assert likelihood(asked("龘", [(0, 1)]), hit(0.0, 0.1), VERSIONS) < CONFIDENT
