"""What callers say of frauds (fraud_calls.tsv), and ordinary questions that sound alike: red where it must be, and only there.

The sentences are our own, and the words were extended by them: what is asserted here says that nothing got worse, not how many
unknown callers are recognised. Three times new sentences were held against the words once, before they were added: 9 of 57, 16
of 57 and 18 of 35 were red, the last with most words and with the help of the search (right card among the first three: 24 of
35); of ordinary questions written to sound alike 4 of 50 and 3 of 15. The rule for that help was made stricter afterwards.
"""

from pathlib import Path
from time import process_time

import pytest
from test_golden import moments

from kb.normalize import normalize
from kb.query import MAX_QUESTION
from kb.tripwire import Tripwire
from kb.visibility import ANYBODY

FILE = Path(__file__).with_name("fraud_calls.tsv")
RED = 0.97
# ordinary questions that were written to sound alike; questions of all other articles
FALSE_ALIKE, FALSE_GOLDEN, FALSE_PHRASINGS = 0.05, 0.002, 0.005
# more than this nobody should notice; seconds for a question
LONGEST = 0.0001


@pytest.fixture(scope="module")
def calls():
    """(ids of alerts that fit, none for an ordinary question; the sentence) of each line."""
    lines = [line.split("\t") for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [(set(ids.split(",")) - {"-"}, said) for ids, said in lines]


def alerts(sample, said, at):
    return [card.id for card in sample.ask(said[:MAX_QUESTION], ANYBODY, at, 3).alerts]


def test_the_set_covers_every_fraud(calls, sample_articles):
    frauds = {a.id for a in sample_articles if a.type == "alert" and a.detail.severity == "high"}
    assert {id for ids, _ in calls for id in ids} == frauds
    assert len({said for _, said in calls}) == len(calls) >= 400


def test_callers_of_a_fraud_get_the_red_card(calls, sample, at):  # row 27
    frauds = [(ids, said) for ids, said in calls if ids]
    missed = [said for ids, said in frauds if not ids & set(alerts(sample, said, at))]
    assert len(missed) <= (1 - RED) * len(frauds), missed


def test_ordinary_questions_that_sound_alike_stay_white(calls, sample, at):  # row 27
    ordinary = [said for ids, said in calls if not ids]
    red = [said for said in ordinary if alerts(sample, said, at)]
    assert len(red) <= FALSE_ALIKE * len(ordinary), red


def test_questions_of_other_articles_stay_white(sample, sample_articles, at):  # row 27
    others = [(a, when) for a, when in moments(sample_articles, at) if a.type != "alert"]
    for most, asked in (
        (FALSE_GOLDEN, [(q, when) for a, when in others for q in a.test_queries]),
        (FALSE_PHRASINGS, [(q, when) for a, when in others for q in a.questions]),
    ):
        red = [q for q, when in asked if alerts(sample, q, when)]
        assert len(red) <= most * len(asked), red


def test_titles_typed_as_initials_stay_white(sample, sample_articles, at):  # rows 9 27
    from kb.pinyin import initials

    typed = {initials(a.title) for a in sample_articles if a.type != "alert"}
    assert [letters for letters in typed if len(letters) >= 3 and alerts(sample, letters, at)] == []


def test_the_wire_costs_next_to_nothing(sample_articles, calls):  # rows 5 27
    from kb.lexicon import load_lexicon

    lexicon, _ = load_lexicon(Path(__file__).resolve().parents[2] / "articles")
    wire = Tripwire([a for a in sample_articles if a.type == "alert"], lexicon.fraud)
    texts = [normalize(said).text for _, said in calls]
    spent = []
    for _ in range(5):
        begun = process_time()
        for text in texts:
            wire.tripped(text)
        spent.append(process_time() - begun)
    assert min(spent) / len(texts) < LONGEST
