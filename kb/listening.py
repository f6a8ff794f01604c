"""A transcript, answered by the path of questions: several are asked, their answers are made one list, the tripwire hears everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kb.answers import Card, compose
from kb.backend import Hit, Searcher, StoredArticle
from kb.errors import QuestionError
from kb.findings import ALARMED, MOST_ALERTS, PARTIAL, Findings, Ranking, rank
from kb.matches import Match, asked, match
from kb.normalize import normalize
from kb.query import Query
from kb.transcript import merged, to_ask, told_by_caller, turns, windows
from kb.visibility import Viewer

MOST_CARDS = 3
# answers of each question that are looked at
_DEPTH = 5
_NOTHING_SAID = "片段里没有客户的话，请粘贴客户最后说的几句。"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a transcript led to."""

    # as of a question: `query` is the one that counts most, alerts and cards are of all of them
    findings: Findings
    # what was asked, what counts most first
    questions: tuple[str, ...]
    # the question that each card answers best, by the key of its version
    queries: dict[str, Query]

    def card(self, found: Match, searcher: Searcher) -> Card:
        """One of the matches as a card."""
        return compose(searcher.article(found.hit.key), found, self.queries[found.hit.key])


@dataclass(frozen=True, slots=True)
class _Answered:
    """A question that was asked of the searcher."""

    weight: float
    query: Query
    ranking: Ranking


def listen(searcher: Searcher, text: str, viewer: Viewer, at: datetime) -> Heard:
    """The fraud cards and the best three cards for a transcript. Raises QuestionError if it is too long or says nothing."""
    told = told_by_caller(turns(text))
    answered = [_answered(searcher, question, weight, viewer, at) for question, weight in to_ask(told)]
    if not answered:
        raise QuestionError(_NOTHING_SAID)
    keys = merged([(a.weight, a.ranking.keys) for a in answered], MOST_CARDS + MOST_ALERTS)
    alerts = _alerts(searcher, told, answered, viewer, at)
    best = {key: _best(key, answered) for key in (*alerts, *keys)}
    matches = {key: match(searcher.prepared(key), hit, asked(query, at)) for key, (query, hit) in best.items()}
    cards = tuple(matches[key] for key in keys if key not in alerts)[:MOST_CARDS]
    confident = any(a.ranking.confident for a in answered)
    whole = all(a.ranking.whole for a in answered)
    findings = Findings(
        query=answered[0].query,
        generation=searcher.generation,
        at=at,
        alerts=tuple(matches[key] for key in alerts),
        cards=cards,
        hits=len(keys),
        best=keys[0] if keys else "",
        confident=confident,
        message=("" if whole else PARTIAL) + _message(answered[0].query, confident, bool(cards), bool(alerts)),
        chips=(),
        whole=whole,
    )
    return Heard(findings, tuple(a.query.raw for a in answered), {key: query for key, (query, _) in best.items()})


def _answered(searcher: Searcher, question: str, weight: float, viewer: Viewer, at: datetime) -> _Answered:
    query = searcher.understanding.understand(question, searcher.knows)
    return _Answered(weight, query, rank(searcher, query, viewer, at, _DEPTH))


def _alerts(
    searcher: Searcher, told: Sequence[str], answered: Sequence[_Answered], viewer: Viewer, at: datetime
) -> list[str]:
    """Keys of the fraud cards that the questions set off, then of those that only something said earlier does."""
    asked_for = [stored for a in answered for stored, _ in a.ranking.alerts]
    earlier: list[StoredArticle] = []
    for window in reversed(windows(told)):
        earlier += [stored for stored, _ in searcher.tripped(normalize(window).text, at, viewer, {})]
    return list(dict.fromkeys(stored.article.key for stored in (*asked_for, *earlier)))[:MOST_ALERTS]


def _best(key: str, answered: Sequence[_Answered]) -> tuple[Query, Hit]:
    """The question that a version answers best, and the hit; of a fraud card that no search found, the first."""
    found = [
        (a.weight / place, a.query, hit)
        for a in answered
        for place, hit in enumerate(a.ranking.hits, 1)
        if hit.key == key
    ]
    if not found:
        return answered[0].query, Hit(key, None, 0.0, 1.0)
    _, query, hit = max(found, key=lambda f: f[0])
    return query, hit


def _message(query: Query, confident: bool, found: bool, alarmed: bool) -> str:
    heard = f"听到客户问：“{query.raw}”。"
    if not found and not alarmed:
        return f"{heard}没有找到，请换几句，或直接输入要问的事。"
    if confident:
        return heard
    return heard + (ALARMED if alarmed else "没有把握，念之前请先核对。")
