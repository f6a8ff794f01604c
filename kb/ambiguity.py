"""An ambiguous question → what it may be about: 挂失 is asked of 借记卡, 信用卡 and 存折, and each has an article of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kb.backend import Hit
from kb.kinds import Kind, Kinds
from kb.query import MAX_QUESTION, Query
from kb.text import CONCEPT

# A hit counts as an answer too if its score is at least this share of the best one's; measured in docs/decisions/0010-chips.md.
NEAR = 0.65
# … and if it holds about as much of the question: one that lacks a word of it answers something else
AS_COMPLETE = 0.95
# one character while somebody types says too little to choose from: chips that come and go with every key are no help
SHORTEST = 2
# as many as there are letters for them under the right hand, and as many as one takes in at a glance
MOST = 5


class Chip(NamedTuple):
    """One thing that the question may be about."""

    word: str
    # the question with the word added
    question: str
    # the article that it leads to
    id: str


class Offer(NamedTuple):
    """What may become a chip, if its question leads where it says."""

    word: str
    question: str
    # version keys of the near hits about this kind, best first
    keys: tuple[str, ...]


def chips(
    query: Query, found: Sequence[tuple[Hit, bytes]], kinds: Kinds, first: Callable[[str], str | None]
) -> tuple[Chip, ...]:
    """The chips of a question, those of better hits first: none, or two to MOST.

    `found`: the hits, best first, each with the JSON of its article's title; `first`: version key of what comes first for a
    question. A chip's question leads to one of the near hits about its kind, or there is no such chip: whoever presses one
    must not land elsewhere.
    """
    led = ((offer, first(offer.question)) for offer in offers(query, found, kinds))
    made = [Chip(o.word, o.question, key.rpartition("@")[0]) for o, key in led if key in o.keys]
    return tuple(made) if len(made) > 1 else ()


def offers(query: Query, found: Sequence[tuple[Hit, bytes]], kinds: Kinds) -> tuple[Offer, ...]:
    """What may become chips: none where one hit is by far the best, where the near ones are about the same kind of thing,
    or where the question already says which it means; else two to MOST.
    """
    near = _near(found, kinds) if len(query.text.strip()) >= SHORTEST else []
    # nearly every question ends here
    if len({kind for _, about in near for kind in about}) < 2:
        return ()
    said = _groups_named(query, kinds)
    keys: dict[Kind, list[str]] = {}
    for key, about in near:
        kind = next((kind for kind in about if kind.group not in said), None)
        if kind:
            keys.setdefault(kind, []).append(key)
    made = [Offer(kind.word, _with(query.raw, kind.word), tuple(of)) for kind, of in keys.items()][:MOST]
    return tuple(made) if len(made) > 1 and all(len(offer.question) <= MAX_QUESTION for offer in made) else ()


def _near(found: Sequence[tuple[Hit, bytes]], kinds: Kinds) -> list[tuple[str, tuple[Kind, ...]]]:
    """Key and kinds of the hits that are about as good as the best."""
    if not found:
        return []
    best = max(hit.by_terms for hit, _ in found)
    coverage = AS_COMPLETE * found[0][0].coverage
    return [(h.key, kinds.of(title)) for h, title in found if h.by_terms >= NEAR * best and h.coverage >= coverage]


def _groups_named(query: Query, kinds: Kinds) -> set[int]:
    """Groups of which the question names a kind: as typed, as read, by an equal or by a narrower word."""
    texts = (query.text, *(reading.read for reading in query.readings))
    named = [kind for text in texts for kind in kinds.named(text)]
    named += filter(None, (kinds.spelt(term.text.removeprefix(CONCEPT)) for term in query.terms))
    return {kind.group for kind in named}


def _with(question: str, word: str) -> str:
    """The question with the word behind it, where the caret stands and Backspace takes it away again."""
    return f"{question.strip()} {word}"
