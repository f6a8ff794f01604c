"""One question explained: how it was read, what it led to, and what each word added to one article and the one beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kb.backend import Contribution, Hit, Searcher, StoredArticle
from kb.confidence import CONFIDENT
from kb.explaining.order import OrderPart, order_parts
from kb.explaining.reading import Understood, understood
from kb.explaining.scoring import Scored, Table, table
from kb.findings import Ranking, rank
from kb.query import Query
from kb.types import TYPES
from kb.visibility import Viewer

# hits that are listed, and those among which an article's place is looked for
LISTED = 10
DEPTH = 100


@dataclass(frozen=True, slots=True)
class Result:
    """A hit, as it is listed."""

    place: int
    key: str
    id: str
    title: str
    type_name: str
    score: float
    # per cent of the best score
    share: float
    # score by its words alone, and its place by that; the final one may count more than words
    lexical: float
    lexical_place: int
    # share of the question that it contains, 0 to 1
    coverage: float
    # the best section, empty where none is named
    section: str
    # an editor put it first for this question: its score and coverage say nothing
    pinned: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """A fraud card that the question set off."""

    key: str
    id: str
    title: str
    trigger: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a question led to."""

    results: tuple[Result, ...]
    alerts: tuple[Alert, ...]
    confident: bool
    # how likely the first hit answers, 0 to 1, and from where on it is called an answer
    likelihood: float
    threshold: float
    # whether more than words decided: places by words alone are others
    reordered: bool
    # False: nothing holds the quoted words, they were dropped
    literal: bool
    # a Chinese sentence: sure or not, and why
    sentence: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One article of the answer."""

    key: str
    id: str
    title: str
    # among the first DEPTH hits; None: not among them
    place: int | None
    score: float
    # score and place by its words alone
    lexical: float
    lexical_place: int | None
    coverage: float
    # what the counted fields are multiplied with for covering only a part of the question; None where that cannot be said
    factor: float | None
    section: str
    # what puts it first whatever its score, else empty
    rule: str
    # imported from another system and not checked yet
    imported: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a question leads to what it leads to."""

    understood: Understood
    found: Found
    # the article that was asked about or the first; None where there is none to show
    article: Explained | None
    # the first article, or the second where the first is explained
    beside: Explained | None
    table: Table | None
    # what decided the order, empty where that were words alone
    order: tuple[OrderPart, ...]
    # as the engine told it, for programs
    contributions: tuple[Contribution, ...]
    query: Query


def explain(searcher: Searcher, text: str, chosen: StoredArticle | None, viewer: Viewer, at: datetime) -> Explanation:
    """A question explained with an article that the viewer may see, or with the first that is found.

    Raises QuestionError if the question is too long.
    """
    query = searcher.understanding.understand(text, searcher.knows)
    read = understood(searcher.understanding, query, searcher.knows)
    ranking = rank(searcher, query, viewer, at, DEPTH)
    keys = ranking.keys
    chosen = chosen or (searcher.article(keys[0]) if keys else None)
    found = _found(searcher, query, ranking)
    if chosen is None:
        return Explanation(read, found, None, None, None, (), (), query)
    other = next((key for key in keys if key != chosen.article.key), None)
    beside = searcher.article(other) if other else None
    own, others = _scored(searcher, query, chosen), _scored(searcher, query, beside) if beside else None
    first = own if others is None or keys[0] == chosen.article.key else others
    shown = table(query, read, own, others, first.sum, searcher.lookup.versions)
    order = order_parts(*(searcher.influences(query, s.article.key, at, viewer) if s else () for s in (chosen, beside)))
    return Explanation(
        read, found, _explained(chosen, own, ranking), _explained(beside, others, ranking) if beside and others else None,
        shown, order, own.contributions, query,
    )  # fmt: skip


def _scored(searcher: Searcher, query: Query, stored: StoredArticle) -> Scored:
    return Scored(tuple(searcher.explain(query, stored.article.key)), stored.article.by_clause)


def _found(searcher: Searcher, query: Query, ranking: Ranking) -> Found:
    results = tuple(_results(searcher, ranking))
    alerts = tuple(Alert(s.article.key, s.article.id, s.article.title, trigger) for s, trigger in ranking.alerts)
    reordered = any(r.place != r.lexical_place for r in results if not r.pinned)
    return Found(
        results,
        alerts,
        ranking.confident,
        ranking.likelihood,
        CONFIDENT,
        reordered,
        ranking.literal,
        _sentence(query, ranking.hits, ranking),
    )


def _results(searcher: Searcher, ranking: Ranking) -> list[Result]:
    best = max((hit.score for hit in ranking.hits), default=0.0)
    by_words = _by_words(ranking)
    found = []
    for place, hit in enumerate(ranking.hits[:LISTED], 1):
        article = searcher.article(hit.key).article
        share = 100 * hit.score / best if best > 0 else 0.0
        found.append(
            Result(
                place, hit.key, article.id, article.title, TYPES[article.type], hit.score, share, hit.by_terms,
                by_words.index(place - 1) + 1, hit.coverage, hit.section or "", hit.key == ranking.pinned,
            )
        )  # fmt: skip
    return found


def _sentence(query: Query, hits: Sequence[Hit], ranking: Ranking) -> str:
    """Whether the answer counts as sure, and why."""
    if query.empty:
        return "问题里没有可以找的词。"
    if not hits:
        return "什么也没有找到，坐席看到的是问法最多的几篇文章。"
    if not ranking.literal:
        return "没有把握：没有文章一字不差地包含引号里的话，列出的是去掉引号以后的结果。"
    if ranking.pinned:
        return "有把握：这句话由编辑指定了文章。"
    if query.unknown_codes:
        return "没有把握：问题里的错误码，没有文章写到。"
    if query.codes:
        return "有把握：问题里的错误码，第一条写到了。"
    sure = f"第一条答得上的可能是 {ranking.likelihood:.0%}，{'达到了' if ranking.confident else '不到'} {CONFIDENT:.0%}"
    slips = "，问题里有改过的错字" if any(r.kind == "spelling" for r in query.readings) else ""
    held = f"含有问题的 {hits[0].coverage:.0%}{slips}"
    return f"{'有把握' if ranking.confident else '没有把握'}：{sure}（{held}）。"


def _explained(stored: StoredArticle, scored: Scored, ranking: Ranking) -> Explained:
    article = stored.article
    place, hit = next(((n, h) for n, h in enumerate(ranking.hits, 1) if h.key == article.key), (None, None))
    pinned = article.key == ranking.pinned
    factor = None
    if hit and not pinned and not scored.by_clause and scored.sum > 0:
        factor = hit.by_terms / scored.sum
    return Explained(
        article.key, article.id, article.title, place, hit.score if hit else 0.0,
        hit.by_terms if hit else 0.0, _by_words(ranking).index(place - 1) + 1 if place else None,
        hit.coverage if hit else 0.0, factor,
        (hit.section if hit else None) or "", _rule(article.key, ranking), article.status == "imported",
    )  # fmt: skip


def _by_words(ranking: Ranking) -> list[int]:
    """Numbers of the hits in the order of their scores by words alone."""
    return sorted(range(len(ranking.hits)), key=lambda number: -ranking.hits[number].by_terms)


def _rule(key: str, ranking: Ranking) -> str:
    trigger = next((trigger for s, trigger in ranking.alerts if s.article.key == key), "")
    if trigger:
        return f"问题里有警示的触发词“{trigger}”，警示排在最前，不看得分。"
    return "编辑给这句话置顶的，不看得分。" if key == ranking.pinned else ""
