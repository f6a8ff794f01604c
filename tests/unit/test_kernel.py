"""The compiled loops of ranking beside plain Python that does the same in the obvious way."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import kernel, likeness
from indexer.fields import CLAUSE_ARTICLE, CLAUSE_OWN, COVERAGE, SECTION_COVERAGE, SECTION_NAMED
from indexer.wording import CHARACTERS

SEEDS = range(12)
# few characters, so that texts share some and repeat themselves
TEXT = st.text(st.sampled_from("网银盾换卡"), max_size=9)
WEIGHTS = dict(zip("网银盾换卡", (0.4, 0.9, 2.5, 1.1, 1.7), strict=True))


@pytest.fixture(params=SEEDS)
def chance(request):
    """A seeded source of numbers."""
    return np.random.default_rng(request.param)


def test_terms_are_looked_up_and_absent_ones_are_nowhere(chance):
    hashes = np.unique(np.append(chance.integers(0, 60, 25, np.uint64), np.uint64(2**64 - 1)))
    places = chance.integers(1, 1000, (len(hashes), 4))
    wanted = np.append(chance.integers(0, 70, 40, np.uint64), np.uint64(2**64 - 1))
    found = np.full((len(wanted), 4), -7)
    kernel.look_up(hashes, places, wanted, found)
    known = dict(zip(hashes.tolist(), places.tolist(), strict=True))
    assert found.tolist() == [known.get(hash_, [0] * 4) for hash_ in wanted.tolist()]


def test_nothing_is_found_where_there_are_no_terms():
    found = np.full((2, 4), -7)
    kernel.look_up(np.empty(0, np.uint64), np.empty((0, 4), np.int64), np.array([0, 5], np.uint64), found)
    assert not found.any()


def idf(total, having):
    return math.log(1 + (total - having + 0.5) / (having + 0.5))


def random_groups(chance):
    """Numbers of places of the question, ascending, some of several terms; terms without a place at the end."""
    sizes = chance.integers(1, 4, chance.integers(0, 6)).tolist()
    return [number for number, size in enumerate(sizes) for _ in range(size)] + [-1] * int(chance.integers(0, 4))


def test_terms_weigh_by_how_rare_they_are_and_a_place_counts_once(chance):
    groups = random_groups(chance)
    weights = chance.uniform(0.1, 2, len(groups))
    having = chance.integers(0, 50, (2, len(groups)))
    totals = (int(chance.integers(50, 200)), int(chance.integers(50, 400)))
    made = np.zeros((4, len(groups)))
    kernel.weigh(having[0], having[1], *totals, np.array(groups, np.int64), weights, made)
    for of_sections, share in enumerate((COVERAGE, SECTION_COVERAGE)):
        rare = [idf(totals[of_sections], n) for n in having[of_sections].tolist()]
        counted = max if of_sections else min
        counts = {g: counted(r for r, o in zip(rare, groups, strict=True) if o == g) for g in groups if g >= 0}
        whole = sum(counts.values())
        assert made[of_sections].tolist() == pytest.approx([w * r for w, r in zip(weights.tolist(), rare, strict=True)])
        assert made[2 + of_sections].tolist() == pytest.approx(
            [share * counts[g] / whole if g >= 0 else 0 for g in groups]
        )
        assert sum({g: s for g, s in zip(groups, made[2 + of_sections].tolist(), strict=True) if g >= 0}.values()) == (
            pytest.approx(share if counts else 0)
        )


def test_postings_are_added_up_and_a_place_covers_a_document_once(chance):
    articles, documents = 6, 20
    groups = random_groups(chance)
    posted, places = [], []
    for _ in groups:
        held = np.flatnonzero(chance.random(documents) < 0.4).tolist()
        split = len(posted) + sum(d < articles for d in held)
        places.append([len(posted), len(posted) + len(held), split, 1])
        posted += held
    impacts = chance.uniform(0.1, 2, len(posted)).astype(np.float32)
    weighed = chance.uniform(0.1, 2, (4, len(groups)))
    for term, group in enumerate(groups):  # terms of one place share what they cover
        weighed[2:, term] = weighed[2:, groups.index(group)] if group >= 0 else 0
    sums = np.full((documents, 2), 9, np.float32)
    kernel.add_up(
        np.array(posted, np.uint32), impacts, np.array(places, np.int64).reshape(-1, 4), np.array(groups, np.int64), weighed,
        sums, np.empty(documents, np.int32),
    )  # fmt: skip
    scores, covered = [0.0] * documents, [{} for _ in range(documents)]
    for term, (group, (start, end, _, _)) in enumerate(zip(groups, places, strict=True)):
        for at in range(start, end):
            document = posted[at]
            of_sections = int(document >= articles)
            scores[document] += weighed[of_sections, term] * float(impacts[at])
            if group >= 0:
                covered[document][group] = weighed[2 + of_sections, term]
    assert sums[:, 0].tolist() == pytest.approx(scores, rel=1e-5)
    assert sums[:, 1].tolist() == pytest.approx([sum(c.values()) for c in covered], rel=1e-5)


def random_sums(chance, documents):
    """Sums of few values, so that many scores are equal."""
    scores = chance.integers(0, 4, documents).astype(np.float32)
    covered = chance.integers(0, 3, documents).astype(np.float32) / 2
    return scores, covered


def picked(found, scores, numbers):
    return list(zip(scores[:found].tolist(), numbers[:found].tolist(), strict=True))


def best(scores, limit):
    """(score, number) of everything above zero, best first, equal ones in the order of number."""
    ranked = sorted((-score, number) for number, score in enumerate(scores) if score > 0)
    return [(-score, number) for score, number in ranked[:limit]]


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_the_best_articles_are_picked_and_equal_ones_are_in_the_order_of_number(chance, limit):
    scores, covered = random_sums(chance, 40)
    admitted = chance.choice(np.array([0, 0.15, 1, 1], np.float32), 40)
    sums = np.column_stack([scores, covered * np.float32(COVERAGE)]).astype(np.float32)
    kept, numbers = np.empty(limit, np.float32), np.empty(limit, np.int64)
    held = kernel.pick_articles(sums, admitted, kept, numbers)
    expected = scores * (np.float32(1 - COVERAGE) + sums[:, 1]) * admitted
    assert picked(held, kept, numbers) == best(expected.tolist(), limit)


@pytest.mark.parametrize("limit", [1, 4, 90])
def test_the_best_clauses_are_picked_with_a_share_of_their_articles(chance, limit):
    owners = np.repeat(np.arange(8), chance.integers(0, 9, 8))
    documents = 8 + len(owners)
    scores, covered = random_sums(chance, documents)
    of_articles = np.arange(documents) < 8
    share = np.where(of_articles, COVERAGE, SECTION_COVERAGE).astype(np.float32)
    sums = np.column_stack([scores, covered * share]).astype(np.float32)
    clauses, admitted = chance.random(len(owners)) < 0.7, chance.choice(np.array([0, 1], np.float32), 8)
    kept, numbers = np.empty(limit, np.float32), np.empty(limit, np.int64)
    held = kernel.pick_clauses(sums, admitted, owners, clauses, kept, numbers)
    whole = scores * (np.float32(1) - share + sums[:, 1])
    own, of_owner = whole[8:], whole[:8][owners]
    made = np.float32(CLAUSE_ARTICLE) * of_owner + np.float32(CLAUSE_OWN) * own
    shown = clauses & (admitted[owners] > 0) & (own > 0)
    assert picked(held, kept, numbers) == best(np.where(shown, made, 0).tolist(), limit)


def test_a_section_is_named_only_if_it_covers_enough(chance):
    scores, covered = random_sums(chance, 30)
    sums = np.column_stack([scores, covered * np.float32(SECTION_COVERAGE)]).astype(np.float32)
    articles, start = 10, int(chance.integers(0, 10))
    end = start + int(chance.integers(0, 10))
    enough = {
        section: float(scores[articles + section] * covered[articles + section])
        for section in range(start, end)
        if covered[articles + section] >= SECTION_NAMED and scores[articles + section] > 0
    }
    expected = max(enough, key=lambda section: (enough[section], -section)) if enough else -1
    assert kernel.pick_section(sums, articles, start, end) == expected


def as_codes(text):
    return np.array([ord(character) for character in text], np.uint16)


def weight(characters):
    return sum(WEIGHTS[character] for character in characters)


def squares(characters):
    return sum(WEIGHTS[character] ** 2 for character in characters)


def cosine(one, other):
    norms = squares(set(one)) * squares(set(other))
    return squares(set(one) & set(other)) / math.sqrt(norms) if norms else 0.0


def dice(question, text):
    """Over the pairs as often as they stand there."""
    asked, own = list(pairwise(question)), list(pairwise(text))
    whole = sum(map(weight, asked + own))
    return 2 * sum(weight(pair) for pair in own if pair in asked) / whole if whole else 0.0


def common_run(question, text):
    """The longest run of at least two characters that both have, as a share of the longer text."""
    runs = [text[a:b] for a in range(len(text)) for b in range(a + 2, len(text) + 1)]
    return max((len(run) for run in runs if run in question), default=0) / max(len(question), len(text), 1)


def compared_plainly(question, texts):
    """What `compare` makes of one article: its title, then its phrasings."""
    title, said = texts[0], [text for text in texts if text]
    in_title = set(title)
    return [
        weight(in_title & set(question)) / weight(in_title) if title else 0.0,
        max((cosine(question, text) for text in said), default=0.0),
        max((dice(question, text) for text in said), default=0.0),
        max((common_run(question, text) for text in said), default=0.0),
        abs(len(title) - len(question)) if title else 0.0,
    ]


@settings(max_examples=200, deadline=None)
@given(question=TEXT, library=st.lists(st.lists(TEXT, min_size=1, max_size=4), min_size=1, max_size=4), data=st.data())
def test_texts_are_compared_as_plainly_as_by_hand(question, library, data):
    texts = [text for article in library for text in article]
    weights = np.zeros(CHARACTERS, np.float32)
    for character, value in WEIGHTS.items():
        weights[ord(character)] = value
    numbers = data.draw(st.lists(st.integers(0, len(library) - 1), max_size=5))
    made, marks = np.full((len(numbers), 5), 9, np.float32), np.zeros(CHARACTERS, np.uint8)
    likeness.compare(
        as_codes(question), as_codes("".join(texts)), np.cumsum([0, *map(len, texts)]),
        np.cumsum([0, *map(len, library)]), weights, np.array(numbers, np.int64), marks, made,
    )  # fmt: skip
    for row, number in zip(made.tolist(), numbers, strict=True):
        assert row == pytest.approx(compared_plainly(question, library[number]), rel=1e-5, abs=1e-6)
    # the next question finds the space clean
    assert not marks.any()


@given(
    intents=st.integers(0, 15), channels=st.integers(0, 7), titles=st.lists(st.tuples(st.integers(0, 15), st.integers(0, 7)), min_size=1)
)  # fmt: skip
def test_what_question_and_titles_ask_for_is_counted(intents, channels, titles):
    articles = np.arange(len(titles))[::-1].copy()
    made = np.full((len(titles), 6), 9, np.float32)
    of_titles = np.array(titles, np.int64).T.copy()
    likeness.agree(intents, channels, of_titles[0], of_titles[1], articles, made)
    for row, (asked, named) in zip(made.tolist(), reversed(titles), strict=True):
        assert row == [
            bool(named & ~channels),
            bool(named and channels and not named & channels),
            bool(named & channels),
            *(bits.bit_count() for bits in (asked & intents, asked & ~intents, intents & ~asked)),
        ]


def test_decisions_are_the_intercepts_and_what_each_feature_of_a_text_adds(chance):
    weights = chance.normal(size=(5, 7)) * (chance.random((5, 7)) < 0.5)
    known = np.sort(chance.choice(np.arange(20, dtype=np.uint64), 7, replace=False))
    rare = chance.uniform(1, 3, 7).astype(np.float32)
    held = [np.flatnonzero(weights[:, feature]) for feature in range(7)]
    text = np.sort(chance.integers(0, 20, 15, np.uint64))
    intercepts = chance.normal(size=5).astype(np.float32)
    made = intercepts.copy()
    likeness.decide(
        text, known, np.cumsum([0, *map(len, held)]), rare, np.concatenate(held).astype(np.uint32),
        np.concatenate([weights[h, feature] for feature, h in enumerate(held)]).astype(np.float32), made,
    )  # fmt: skip
    often = [np.count_nonzero(text == feature) for feature in known]
    vector = [idf * (1 + math.log(n)) if n else 0.0 for idf, n in zip(rare.tolist(), often, strict=True)]
    expected = intercepts + weights @ vector / math.hypot(*vector)
    assert made.tolist() == pytest.approx(expected.tolist(), rel=1e-4, abs=1e-5)


def test_a_text_without_known_features_is_decided_by_the_intercepts():
    for text in ([], [3, 3, 9]):
        made = np.array([-1, 0.5], np.float32)
        known, one = np.array([4, 8], np.uint64), np.ones(2, np.float32)
        likeness.decide(
            np.array(text, np.uint64), known, np.array([0, 1, 2]), one, np.array([0, 1], np.uint32), one, made
        )
        assert made.tolist() == [-1, 0.5]
