"""Why another article stands before the one that was expected, in short Chinese, from what each word added to both scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb.backend import Contribution, Searcher, StoredArticle
from kb.editing.asking import Asking, Question, Ranked
from kb.evaluating.evaluation import Case
from kb.findings import Ranking
from kb.query import Query

_FIELDS = {
    "title": "标题",
    "questions": "相似问",
    "keywords": "关键词或类目",
    "body": "全文",
    "heading": "小标题",
    "section": "小节",
}
# a word or a field is named if it has this share of what is explained
_WORTH_NAMING = 0.15
_MOST_NAMED = 2
# scores and coverages nearer than this are said to be close
_CLOSE = 0.05
_COVERS_MORE = 0.1

# word as it was typed → field, in Chinese → what it added
Parts = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that does not lead where it should."""

    question: str
    # what was expected, or must not be found
    expected: Ranked
    rank: int | None
    # what stands first; None where nothing was found
    winner: Ranked | None
    # one or two Chinese sentences
    why: str


def failure(asking: Asking, case: Case) -> Failure:
    """A failed question with its reason; the question is asked once more."""
    question, searcher = case.question, asking.searcher
    query, ranking = asking.ranking(question)
    best = searcher.article(ranking.keys[0]) if ranking.keys else None
    own = _expected(asking, question)
    title = own.article.title if own else asking.title(question.article_id, question.viewer)
    return Failure(
        question=question.text,
        expected=Ranked(own.article.id if own else question.article_id, title),
        rank=case.rank,
        winner=Ranked(best.article.id, best.article.title) if best else None,
        why=_why(searcher, query, ranking, best, own, case),
    )


def _expected(asking: Asking, question: Question) -> StoredArticle | None:
    """Of the articles that answer the question the one that stands foremost, or the first that there is."""
    ids = asking.ids(question)
    order = sorted(question.expected, key=lambda i: ids.index(i) if i in ids else len(ids))
    found = (asking.searcher.current(i, asking.at, question.viewer) for i in order)
    return next((stored for stored in found if stored), None)


def _why(
    searcher: Searcher,
    query: Query,
    ranking: Ranking,
    best: StoredArticle | None,
    own: StoredArticle | None,
    case: Case,
) -> str:
    missing = "" if own else "索引里现在没有应得的这篇，请先运行 kb index update。"
    if best is None:
        unknown = f"，没有文章里有“{'、'.join(query.unknown[:3])}”" if query.unknown else ""
        return missing or f"什么也没有搜到{unknown}。"
    if case.question.kind == "not" and own:
        return _found_by(own, ranking) or f"本文的{_held(parts(query, searcher.explain(query, own.article.key)))}。"
    winning = parts(query, searcher.explain(query, best.article.key))
    special = _first_by_rule(best, ranking)
    if special or own is None:
        return f"{special or f'第一条的{_held(winning)}。'}{missing}"
    return _compared(winning, parts(query, searcher.explain(query, own.article.key)), best, own, ranking)


def _first_by_rule(best: StoredArticle, ranking: Ranking) -> str:
    """Why something stands first whatever its score; empty where it does not."""
    return f"第一条{found}" if (found := _rule(best, ranking)) else ""


def _found_by(own: StoredArticle, ranking: Ranking) -> str:
    return f"本文{found}" if (found := _rule(own, ranking)) else ""


def _rule(stored: StoredArticle, ranking: Ranking) -> str:
    triggers = {alert.article.key: trigger for alert, trigger in ranking.alerts}
    if trigger := triggers.get(stored.article.key):
        return f"是警示，问题里有它的触发词“{trigger}”，警示排在最前。"
    return "是编辑给这个问法置顶的。" if stored.article.key == ranking.pinned else ""


def parts(query: Query, contributions: Iterable[Contribution]) -> Parts:
    """What each word of a question, as it was typed, added in each field; character pairs count for the word they lie in."""
    spans: dict[tuple[str, str], tuple[int, int]] = {(t.stream, t.text): (t.start, t.end) for t in query.terms}
    words = _words(query)
    found: Parts = defaultdict(lambda: defaultdict(float))
    for made in contributions:
        name, _, stream = made.field.rpartition("_")
        start, end = spans.get((stream, made.term), (0, 0))
        within = max(words, key=lambda w: min(w[1], end) - max(w[0], start), default=(start, end))
        if min(within[1], end) <= max(within[0], start):
            within = (start, end)
        typed = query.raw[within[0] : within[1]].strip() or made.term
        found[typed][_FIELDS.get(name, name)] += made.score
    return {word: dict(fields) for word, fields in found.items()}


def _words(query: Query) -> list[tuple[int, int]]:
    """The longest words of a question that do not overlap, as spans."""
    spans = {(t.start, t.end) for t in query.terms if t.stream == "word"}
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
        if all(end <= other[0] or other[1] <= start for other in kept):
            kept.append((start, end))
    return kept


def _compared(winning: Parts, losing: Parts, best: StoredArticle, own: StoredArticle, ranking: Ranking) -> str:
    total = _total(winning)
    gains = {word: _sum(winning, word) - _sum(losing, word) for word in winning}
    named = [w for w, gain in sorted(gains.items(), key=lambda g: -g[1]) if gain > _WORTH_NAMING * total]
    covered = {h.key: h for h in ranking.hits}
    first, second = covered.get(best.article.key), covered.get(own.article.key)
    said = []
    if named:
        said.append(f"第一条的{_held(winning, named[:_MOST_NAMED])}；{_lacks(losing, named[:_MOST_NAMED])}。")
    if first and second and first.coverage - second.coverage > _COVERS_MORE:
        said.append(f"第一条含有问题的 {first.coverage:.0%}，应得的这篇 {second.coverage:.0%}。")
    if first and second and 0 <= first.score - second.score < _CLOSE * first.score:
        said.append(f"两篇得分很近，只差 {1 - second.score / first.score:.1%}。")
    return "".join(said) or f"第一条的{_held(winning)}；应得的这篇合起来略低。"


def _held(made: Parts, words: Sequence[str] = ()) -> str:
    """`标题、相似问里有“补卡”（占得分 40%）`, for the words given, or those that count most."""
    total = _total(made) or 1.0
    chosen = words or sorted(made, key=lambda w: -_sum(made, w))[:_MOST_NAMED]
    return "，".join(f"{_places(made[w])}里有“{w}”（占得分 {_sum(made, w) / total:.0%}）" for w in chosen)


def _lacks(losing: Parts, words: Sequence[str]) -> str:
    """How the expected article stands with these words."""
    absent = [w for w in words if w not in losing]
    said = [f"没匹配到{'、'.join(f'“{w}”' for w in absent)}"] if absent else []
    said += [f"“{w}”在{_places(losing[w])}里，分量小" for w in words if w in losing]
    return f"应得的这篇{'，'.join(said)}"


def _places(fields: Mapping[str, float]) -> str:
    """The fields where a word counts, the most important first."""
    total = sum(fields.values())
    order = sorted(fields, key=lambda f: -fields[f])
    return "、".join(f for f in order[:3] if f == order[0] or fields[f] >= _WORTH_NAMING * total)


def _sum(made: Parts, word: str) -> float:
    return sum(made.get(word, {}).values())


def _total(made: Parts) -> float:
    return sum(_sum(made, word) for word in made)
