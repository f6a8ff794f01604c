"""How articles put it: titles and phrasings as characters, and what their titles ask, for comparing with a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.batch import ranges
from indexer.bundle import Arrays
from indexer.forward import Forward
from kb.intents import intents
from kb.normalize import normalize
from kb.quantities import find_quantities
from kb.text import CONCEPT
from kb.types import CHANNELS

Codes = NDArray[np.uint16]
# phrasings and keywords of an article and characters of each that are compared; more cost time and hardly find more
MOST_PHRASES, MOST_CHARACTERS, MOST_KEYWORDS = 24, 64, 24
CHARACTERS = 1 << 16
# share of all that is written that a character is taken to have besides, and the logarithm that counts as neither rare nor common
_UNKNOWN, _USUAL = 1e-6, 7.0
# says nothing about what is asked
_SIGNS = re.compile(r"[\s,.?!;:、。…·\"'“”‘’()《》〈〉\[\]【】「」~—_-]+")
# words whose characters stand in pairs as well; articles whose characters are collected at once
_IN_PAIRS = re.compile("w[\u4e00-\u9fff]{2,}")
_AT_ONCE = 1024


def codes(plain: str) -> Codes:
    """Characters of a normalised text, uint16: punctuation left out, quantities as they are indexed, however they are written;
    those beyond the basic plane are one."""
    plain = plain.replace(" ", "")
    kept, at = [], 0
    for quantity in find_quantities(plain):
        kept += [_SIGNS.sub("", plain[at : quantity.start]), quantity.term]
        at = quantity.end
    return _numbers("".join(kept) + _SIGNS.sub("", plain[at:]))[:MOST_CHARACTERS]


def _numbers(text: str) -> Codes:
    raw = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    return np.minimum(raw, CHARACTERS - 1).astype(np.uint16)


def channel_bits(plain: str) -> int:
    """The channels that a normalised text names, a bit for each."""
    return sum(1 << place for place, channel in enumerate(CHANNELS) if channel in plain)


def wording_arrays(namings: Sequence[Sequence[Any]]) -> Arrays:
    """The arrays of a segment, from rows of `kb.naming.Naming` in the order of articles.

    `phrases` uint16 [characters], `phrases_ends` int64 [phrases + 1], `phrases_owners` int64 [articles + 1]: where each
    article's phrases begin, the title first; `refused…`, `keywords…` and `sentences…`: the same of questions that it must not be
    found by, of its keywords, and of the characters of its sentences; `titles` and `titles_ends`: the characters of each title,
    each once; `title_intents` int64 and `title_channels` int64 [articles].
    """
    texts: list[Codes] = []
    refused: list[Codes] = []
    titles: list[Codes] = []
    keywords: list[Codes] = []
    sentences: list[Codes] = []
    owners, refusing, keeping, saying, asked, channels = [0], [0], [0], [0], [], []
    for _, _, title, _, phrases, not_asked, named, said in namings:
        plain = normalize(title).text
        texts.append(codes(plain))
        titles.append(np.unique(texts[-1]))
        texts += [codes(keys[0]) for _, keys in phrases[1:MOST_PHRASES] if keys]
        refused += map(codes, not_asked)
        keywords += map(codes, named[:MOST_KEYWORDS])
        sentences += map(_numbers, said)
        owners.append(len(texts))
        refusing.append(len(refused))
        keeping.append(len(keywords))
        saying.append(len(sentences))
        asked.append(intents(plain))
        channels.append(channel_bits(plain))
    return {
        **_texts("phrases", texts, owners),
        **_texts("refused", refused, refusing),
        **_texts("keywords", keywords, keeping),
        **_texts("sentences", sentences, saying),
        **_texts("titles", titles, range(len(titles) + 1)),
        "title_intents": np.array(asked, np.int64),
        "title_channels": np.array(channels, np.int64),
    }


def _texts(name: str, texts: Sequence[Codes], owners: Sequence[int]) -> Arrays:
    return {
        name: np.concatenate([*texts, np.empty(0, np.uint16)]),
        f"{name}_ends": np.cumsum([0, *map(len, texts)], dtype=np.int64),
        f"{name}_owners": np.array(owners, np.int64),
    }


def held_arrays(made: Forward) -> Arrays:
    """`held` uint16 and `held_ends` int64 [articles + 1]: the characters of each article in all its fields, each once, ascending.

    None for regulations that are found by clause, which are long and are not compared.
    """
    spelt = [_numbers("" if t.startswith("w" + CONCEPT) or _IN_PAIRS.fullmatch(t) else t[1:]) for t in made.vocabulary]
    sizes = np.array(list(map(len, spelt)), np.int64)
    starts = np.cumsum(sizes) - sizes
    characters = np.concatenate([*spelt, np.empty(0, np.uint16)]).astype(np.int64)
    compared = np.array([not e.by_clause for e in made.entries], bool)
    found = [np.empty(0, np.int64)]
    for first in range(0, len(compared), _AT_ONCE):
        chosen = np.arange(first, min(first + _AT_ONCE, len(compared)))
        bounds = made.bounds[chosen[0] : chosen[-1] + 2]
        rows = made.terms[bounds[0] : bounds[-1]]
        owners = np.repeat(chosen, np.diff(bounds))
        rows, owners = rows[compared[owners]], owners[compared[owners]]
        found.append(np.unique(np.repeat(owners, sizes[rows]) << 16 | characters[ranges(starts[rows], sizes[rows])]))
    held = np.concatenate(found)
    counts = np.bincount(held >> 16, minlength=len(compared))
    return {"held": (held & 0xFFFF).astype(np.uint16), "held_ends": np.cumsum([0, *counts.tolist()], dtype=np.int64)}


class Wording:
    """The wording of a segment."""

    def __init__(self, arrays: Arrays) -> None:
        self.phrases: Codes = arrays["phrases"]
        self.ends: NDArray[np.int64] = arrays["phrases_ends"]
        self.owners: NDArray[np.int64] = arrays["phrases_owners"]
        self.refusals: Codes = arrays["refused"]
        self.refusal_ends: NDArray[np.int64] = arrays["refused_ends"]
        self.refusal_owners: NDArray[np.int64] = arrays["refused_owners"]
        self.keywords: Codes = arrays["keywords"]
        self.keyword_ends: NDArray[np.int64] = arrays["keywords_ends"]
        self.keyword_owners: NDArray[np.int64] = arrays["keywords_owners"]
        self.sentences: Codes = arrays["sentences"]
        self.sentence_ends: NDArray[np.int64] = arrays["sentences_ends"]
        self.sentence_owners: NDArray[np.int64] = arrays["sentences_owners"]
        self.held: Codes = arrays["held"]
        self.held_ends: NDArray[np.int64] = arrays["held_ends"]
        self.intents: NDArray[np.int64] = arrays["title_intents"]
        self.channels: NDArray[np.int64] = arrays["title_channels"]

    @cached_property
    def has_phrasings(self) -> NDArray[np.bool_]:
        """Which articles have more than their title, bool [articles]."""
        return np.diff(self.owners) > 1

    @cached_property
    def has_refusals(self) -> NDArray[np.bool_]:
        """Which articles name questions that must not find them, bool [articles]."""
        return np.diff(self.refusal_owners) > 0

    def texts(self, article: int) -> list[Codes]:
        """Title and phrasings of an article, those that hold anything."""
        return _parts(self.phrases, self.ends, self.owners, article)

    def spoken(self, article: int) -> str:
        """Title and phrasings of an article as one text, as `codes` reads them."""
        first, last = self.ends[self.owners[article]], self.ends[self.owners[article + 1]]
        return as_text(self.phrases[first:last])

    def refused(self, article: int) -> list[Codes]:
        """Questions that an article must not be found by."""
        return _parts(self.refusals, self.refusal_ends, self.refusal_owners, article)


def as_text(characters: Codes) -> str:
    """The text that `codes` made numbers of."""
    return characters.tobytes().decode("utf-16-le", "replace")


def title_frequencies(titles: Codes, ends: NDArray[np.int64], live: NDArray[np.bool_]) -> NDArray[np.int64]:
    """In how many titles of live articles each character stands, int64 [CHARACTERS]; `titles`, `ends` of `wording_arrays`."""
    shown = titles if live.all() else titles[np.repeat(live, np.diff(ends))]
    return np.bincount(shown, minlength=CHARACTERS)


def _parts(characters: Codes, ends: NDArray[np.int64], owners: NDArray[np.int64], article: int) -> list[Codes]:
    first, last = owners[article : article + 2].tolist()
    bounds = ends[first : last + 1].tolist()
    return [characters[start:end] for start, end in pairwise(bounds) if end > start]


def character_weights(frequencies: NDArray[np.int64], articles: int) -> NDArray[np.float32]:
    """ln(1 + (N - n + 0.5) / (n + 0.5)) of each character by the titles it stands in, float32 [CHARACTERS]."""
    weights: NDArray[np.float32] = np.log(1 + (articles - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)
    return weights


def rarities(characters: str, counts: Sequence[int]) -> NDArray[np.float32]:
    """How rare each character is in all Chinese, float32 [CHARACTERS], from how often those of a dictionary are written: from half
    for the commonest to twice as much for those that it does not know."""
    written = np.zeros(CHARACTERS, np.float64)
    known = np.frombuffer(characters.encode("utf-32-le"), np.uint32)
    basic = known < CHARACTERS
    written[known[basic]] = np.asarray(counts, np.float64)[basic]
    total = max(float(written.sum()), 1.0)
    made: NDArray[np.float32] = (np.log(total / (written + total * _UNKNOWN)) / _USUAL).astype(np.float32)
    return made
