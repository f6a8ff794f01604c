"""A question, searched: what was understood, what was found, and how sure that is. Cards and JSON are made of this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from kb import ambiguity
from kb.ambiguity import Chip
from kb.backend import Hit, PartialHits, Searcher, StoredArticle
from kb.confidence import CONFIDENT, likelihood
from kb.matches import Asked, Match, asked, match
from kb.pins import REASON, pin_key
from kb.query import Query
from kb.visibility import Viewer

NEAREST = 5
# a red card that is one of five is read by nobody
MOST_ALERTS = 3
# points of the first hits towards a fraud card, see `kb.fraud.ENOUGH`
LEANING = (6, 3, 3)
# versions tried before giving up on finding enough that the viewer may see
_MOST_LOOKED_AT = 1000


PARTIAL = "检索集群有一部分没有回答，结果可能不全，请再查一次。"
ALARMED = "请先念警示。其他几条没有把握，念之前请先核对。"


@dataclass(frozen=True, slots=True)
class Findings:
    """What a question led to."""

    query: Query
    generation: str
    at: datetime
    # fraud cards that the question set off, to be shown first
    alerts: tuple[Match, ...]
    cards: tuple[Match, ...]
    # number of hits, and key of the best, alerts included
    hits: int
    best: str
    # False: nothing fits well; the cards are the nearest ones
    confident: bool
    # a Chinese sentence where something has to be said, else empty
    message: str
    # what an ambiguous question may be about
    chips: tuple[Chip, ...]
    # False: a part of the index did not answer
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a question led to, in order, before anything of it is shown."""

    # fraud cards that the question set off, with the trigger of each
    alerts: tuple[tuple[StoredArticle, str], ...]
    hits: tuple[Hit, ...]
    # key of the version that an editor pinned to this question
    pinned: str | None
    # whether the hits hold the quoted words as they stand
    literal: bool
    # how likely the first hit answers, 0 to 1
    likelihood: float
    # False: a part of the index did not answer
    whole: bool = True

    @property
    def confident(self) -> bool:
        """False: nothing fits well."""
        return self.likelihood >= CONFIDENT

    @property
    def keys(self) -> list[str]:
        """The versions in the order an agent sees them: fraud cards stand before all others."""
        return list(dict.fromkeys((*(s.article.key for s, _ in self.alerts), *(h.key for h in self.hits))))


def rank(searcher: Searcher, query: Query, viewer: Viewer, at: datetime, limit: int) -> Ranking:
    """What a question leads to at a moment; nothing where nothing matches."""
    hits, literal = search(searcher, query, viewer, at, limit)
    pinned = _pinned(searcher, query, viewer, at)
    return Ranking(
        alerts=tuple(tripped(searcher, query, hits, viewer, at)),
        hits=tuple(hits),
        pinned=pinned,
        literal=literal,
        likelihood=_likelihood(searcher, query, hits, pinned) if literal else 0.0,
        whole=not isinstance(hits, PartialHits),
    )


def find(searcher: Searcher, query: Query, viewer: Viewer, at: datetime, limit: int) -> Findings:
    """What a question leads to at a moment; never nothing, unless there is nothing to show at all."""
    facts = asked(query, at)
    ranking = rank(searcher, query, viewer, at, limit)
    alerts = {s.article.key: Hit(s.article.key, None, 0.0, 1.0) for s, _ in ranking.alerts}
    hits = list(ranking.hits)
    message = ("" if ranking.whole else PARTIAL) + _message(query, ranking)
    if not hits:
        hits = _nearest(searcher, viewer, at)
    cards = tuple(_card(searcher, h, facts, h.key == ranking.pinned) for h in hits if h.key not in alerts)
    return Findings(
        query=query,
        generation=searcher.generation,
        at=at,
        alerts=tuple(match(searcher.prepared(h.key), h, facts) for h in alerts.values()),
        cards=cards,
        hits=len(hits),
        best=hits[0].key if hits else "",
        confident=ranking.confident,
        message=message,
        # a fraud card comes before everything else, and where nothing fits well there is nothing to choose from
        chips=_chips(searcher, query, cards, viewer, at) if ranking.confident and not alerts else (),
        whole=ranking.whole,
    )


def tripped(
    searcher: Searcher, query: Query, hits: Iterable[Hit], viewer: Viewer, at: datetime
) -> list[tuple[StoredArticle, str]]:
    """Fraud cards that a question sets off, with what did; as it was typed, or with its typing errors corrected.

    What the search finds first leans towards its alert: a word or two that any fraud has are enough then.
    """
    leaning = dict(zip((hit.key for hit in hits), LEANING, strict=False))
    found = searcher.tripped(query.text, at, viewer, leaning)
    corrected = [reading for reading in query.readings if reading.kind == "spelling"]
    if not found and corrected:
        text = query.text
        for reading in corrected:
            text = text.replace(reading.typed, reading.read)
        found = searcher.tripped(text, at, viewer, leaning)
    return found[:MOST_ALERTS]


def search(searcher: Searcher, query: Query, viewer: Viewer, at: datetime, limit: int) -> tuple[list[Hit], bool]:
    """Hits, and whether they hold the quoted words as they stand; where nothing does, the quotes are dropped."""
    hits = searcher.search(query, at, viewer, limit)
    pinned = _pinned(searcher, query, viewer, at)
    if pinned:
        return _with_first(hits, pinned, limit), True
    if hits or not query.phrases:
        return hits, True
    return searcher.search(replace(query, phrases=()), at, viewer, limit), False


def _pinned(searcher: Searcher, query: Query, viewer: Viewer, at: datetime) -> str | None:
    """Key of the version that an editor pinned to this question, if the viewer may see one now."""
    pins = searcher.understanding.lexicon.pins
    pin = pins.get(pin_key(query.raw)) if pins else None
    stored = searcher.current(pin.article_id, at, viewer) if pin else None
    return stored.article.key if stored else None


def _with_first(hits: list[Hit], key: str, limit: int) -> list[Hit]:
    """The hits with this one in front; it scores as the best does, and covers the whole question."""
    own = next((h for h in hits if h.key == key), None)
    best = max((h.score for h in hits), default=1.0)
    first = Hit(key, own.section if own else None, best, 1.0, max((h.lexical for h in hits), default=1.0))
    made = [first, *(h for h in hits if h.key != key)][:limit]
    return PartialHits(made) if isinstance(hits, PartialHits) else made


def _card(searcher: Searcher, hit: Hit, facts: Asked, pinned: bool) -> Match:
    found = match(searcher.prepared(hit.key), hit, facts)
    return found._replace(matched=(REASON, *found.matched)) if pinned else found


def _chips(
    searcher: Searcher, query: Query, cards: tuple[Match, ...], viewer: Viewer, at: datetime
) -> tuple[Chip, ...]:
    def first(question: str) -> str | None:
        narrowed = searcher.understanding.understand(question, searcher.knows)
        return next(iter(rank(searcher, narrowed, viewer, at, 1).keys), None)

    kinds = searcher.understanding.lexicon.kinds
    return ambiguity.chips(query, [(card.hit, card.prepared.title) for card in cards], kinds, first)


def _likelihood(searcher: Searcher, query: Query, hits: list[Hit], pinned: str | None) -> float:
    """How likely the first hit answers; what an editor pinned does."""
    if not hits:
        return 0.0
    return 1.0 if pinned else likelihood(query, hits[0], searcher.lookup.versions)


def _message(query: Query, ranking: Ranking) -> str:
    if query.empty:
        return "请输入要问的事，例如“换手机号”。下面是常用的几条。"
    unknown = f"没看懂“{'、'.join(query.unknown[:3])}”。" if query.unknown else ""
    if ranking.hits and not ranking.literal:
        return "没有文章一字不差地包含引号里的话，下面是去掉引号后最接近的几条。"
    if not ranking.hits:
        return f"没有找到。{unknown}换个说法试试，或看看下面常用的几条。"
    if ranking.confident:
        return ""
    # nobody may hesitate over a fraud card because the other articles do not fit
    return ALARMED if ranking.alerts else f"没有把握。{unknown}下面是最接近的几条，念之前请先核对。"


def _nearest(searcher: Searcher, viewer: Viewer, at: datetime) -> list[Hit]:
    """Where nothing matches at all: the articles with the most phrasings, the nearest thing to what is asked most."""
    keys = islice(searcher.lookup.popular(), _MOST_LOOKED_AT)
    visible = (key for key in keys if searcher.visible(key, at, viewer))
    return [Hit(key, None, 0.0, 0.0) for key in islice(visible, NEAREST)]
