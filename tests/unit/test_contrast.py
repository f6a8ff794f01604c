"""What is compared of candidates beside one another, beside plain Python that does the same in the obvious way. Row 27."""

import math
from itertools import accumulate, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import contrast
from indexer.columns import ARTICLE, FOUND_COLUMNS, SEGMENT
from indexer.wording import CHARACTERS

# few characters, so that texts share some and repeat themselves
LETTERS = "网银盾换卡"
TEXT = st.text(st.sampled_from(LETTERS), max_size=6)
WEIGHTS = dict(zip(LETTERS, (0.4, 0.9, 2.5, 1.1, 1.7), strict=True))
ARTICLE_TEXTS = st.tuples(
    st.lists(TEXT, min_size=1, max_size=3),
    st.lists(TEXT, max_size=2),
    st.lists(TEXT.map(lambda text: "".join(dict.fromkeys(text))), max_size=3),
)


def packed(articles, kind):
    """Texts of one kind, 0 title and phrasings, 1 keywords, 2 sentences, as segments hold them: characters, ends, owners."""
    texts = [text for article in articles for text in article[kind]]
    ends = np.cumsum([0, *map(len, texts)])
    owners = np.cumsum([0, *(len(article[kind]) for article in articles)])
    return as_codes("".join(texts)), ends, owners


def as_codes(text):
    return np.array([ord(c) for c in text], np.uint16)


def contrasted(question, segments):
    """The columns of all articles, which are the candidates, [segments, articles, WIDTH]."""
    found = np.zeros((sum(map(len, segments)), FOUND_COLUMNS), np.int64)
    places = [(s, a) for s, articles in enumerate(segments) for a in range(len(articles))]
    found[:, [SEGMENT, ARTICLE]] = np.array(places, np.int64).reshape(-1, 2)
    weights = np.zeros(CHARACTERS, np.float32)
    weights[[ord(c) for c in WEIGHTS]] = list(WEIGHTS.values())
    marks, counts = np.zeros(CHARACTERS, np.uint8), np.zeros(CHARACTERS, np.uint8)
    made = np.full((len(found), contrast.WIDTH + 1), 9, np.float32)
    texts = [[packed(articles, kind) for kind in range(3)] for articles in segments]
    for number, (phrases, _, _) in enumerate(texts):
        contrast.count(*phrases, number, found, marks, counts)
    for number, (phrases, keywords, sentences) in enumerate(texts):
        contrast.contrast(
            as_codes(question), weights, *phrases, *keywords, *sentences, number, found, counts, marks, made[:, 1:]
        )
    for number, (phrases, _, _) in enumerate(texts):
        contrast.forget(*phrases, number, found, counts)
    # the next question finds the space clean, and nothing is written beside the columns
    assert not marks.any()
    assert not counts.any()
    assert (made[:, 0] == 9).all()
    return made[:, 1:].tolist()


def contrasted_plainly(question, article, titles):
    (title, *_), keywords, sentences = article
    squares = {c: rarity(sum(c in t for t in titles), len(titles)) ** 2 for t in titles for c in t}
    asked = sum(squares.get(c, 0) for c in set(question))
    own = sum(squares[c] for c in set(title))
    common = sum(squares[c] for c in set(title) & set(question))
    whole = sum(WEIGHTS[c] for c in set(question))
    texts = [text for text in article[0] if text]
    return [
        max((sum(c in question for c in k) / len(k) for k in keywords if k), default=0.0),
        common / math.sqrt(own * asked) if own and asked else 0.0,
        max((2 * in_order(question, text) / (len(question) + len(text)) for text in texts), default=0.0),
        max((sum(WEIGHTS[c] for c in s if c in question) / whole for s in sentences if whole), default=0.0),
    ]


def rarity(held, titles):
    return math.log(1 + (titles - held + 0.5) / (held + 0.5))


def in_order(one, other):
    """Length of the longest text that is left of both when characters are taken away."""
    left = {"".join(part) for size in range(len(other) + 1) for part in combinations(other, size)}
    return max(len(part) for size in range(len(one) + 1) for part in combinations(one, size) if "".join(part) in left)


@settings(max_examples=150, deadline=None)
@given(question=TEXT, articles=st.lists(ARTICLE_TEXTS, max_size=4), cut=st.integers(0, 4))
def test_candidates_are_contrasted_as_plainly_as_by_hand_in_whichever_segment_they_are(
    question, articles, cut
):  # row 70
    made = contrasted(question, [articles[:cut], articles[cut:]])
    titles = [article[0][0] for article in articles]
    for row, article in zip(made, articles, strict=True):
        assert row == pytest.approx(contrasted_plainly(question, article, titles), rel=1e-5, abs=1e-6)


def test_what_tells_the_titles_apart_counts_most():
    titles = ["网银盾换卡", "网银卡", "网银盾"]
    articles = [([title], [], []) for title in titles]
    by_title = dict(zip(titles, (row[1] for row in contrasted("网银换", [articles])), strict=True))
    assert by_title["网银盾换卡"] > by_title["网银卡"]
    assert by_title["网银盾换卡"] > by_title["网银盾"]


def test_characters_in_their_order_count_with_others_between_them():
    rows = contrasted("换网银盾", [[(["换卡网卡银卡盾"], [], []), (["盾银网换"], [], [])]])
    assert rows[0][2] == pytest.approx(8 / 11)
    assert rows[1][2] == pytest.approx(2 / 8)


def test_many_candidates_are_counted_apart():
    articles = [(["网" * (1 + n % 3)], [], []) for n in range(30)]
    ends = list(accumulate(len(a[0][0]) for a in articles))
    assert ends[-1] == 60
    assert all(row[1] == pytest.approx(1.0) for row in contrasted("网", [articles]))
