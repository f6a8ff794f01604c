"""What a change does to the answers: the same questions asked before and after, each with the rank of the article expected.

`before` and `after` are searchers, the second a trial (`kb.backend.Engine.trial`). A golden question is a `test_query`: its
article must be among the first three; `not_queries` must not find theirs there. Nothing is read or written but by the searchers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest

from kb.backend import Searcher
from kb.editing.asking import DEPTH, TOP, Asking, Kind, Question, Ranked, questions_to
from kb.editing.similar import pairs
from kb.query import MAX_QUESTION
from kb.types import Article

# test queries of other articles that are asked: a thousand take about a second
GOLDEN = 3000


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a question. Ranks count from 1; None: not among the first ten."""

    question: str
    kind: Kind
    # what was expected; empty where nothing was
    article_id: str
    title: str
    before: int | None
    after: int | None
    first_before: tuple[Ranked, ...]
    first_after: tuple[Ranked, ...]

    @property
    def winner(self) -> Ranked | None:
        """What stands first now."""
        return self.first_after[0] if self.first_after else None

    @property
    def won(self) -> bool:
        """Whether the expected article came into the first three, or moved up in them."""
        return _in_top(self.after) and (not _in_top(self.before) or _place(self.after) < _place(self.before))

    @property
    def lost(self) -> bool:
        """Whether the expected article left the first three, or moved down in them."""
        return _in_top(self.before) and (not _in_top(self.after) or _place(self.after) > _place(self.before))

    @property
    def moved(self) -> bool:
        """Whether something else changed: further down, or, where nothing is expected, among the first three."""
        if self.article_id:
            return not self.won and not self.lost and self.before != self.after
        return [r.id for r in self.first_before] != [r.id for r in self.first_after]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to all questions that were asked."""

    asked: int
    won: tuple[Change, ...] = ()
    lost: tuple[Change, ...] = ()
    moved: tuple[Change, ...] = ()
    # test queries of the changed articles that do not find them among the first three
    missed: tuple[Change, ...] = ()
    # their `not_queries` that do find them there
    violated: tuple[Change, ...] = ()

    @property
    def blocking(self) -> list[str]:
        """Why this must not go out, in Chinese; empty where it may."""
        return [_missed(c) for c in self.missed] + [_violated(c) for c in self.violated]

    @property
    def warnings(self) -> list[str]:
        """Golden questions that are answered worse, in Chinese."""
        return [_lost(c) for c in self.lost if c.kind == "golden"]

    @property
    def nothing(self) -> bool:
        """Whether every question is answered as before, and nothing is wrong."""
        return not (self.won or self.lost or self.moved or self.missed or self.violated)


def questions_of(
    articles: Iterable[Article], changed: Iterable[Article] = (), given: Iterable[str] = ()
) -> list[Question]:
    """What to ask: everything that the changed articles are asked for, given questions, and test queries of all articles.

    `articles`: the versions in force at the moment that is asked about; of a changed article only its new version counts.
    Where there are more than GOLDEN test queries of others, those that have most in common with the changed articles are asked.
    """
    changed = list(changed)
    own = {article.id for article in changed}
    found: list[Question] = []
    for article in changed:
        found += questions_to(article, "golden", "phrasing", "not")
    found += [Question(text) for text in given]
    golden = [q for a in articles if a.id not in own for q in questions_to(a, "golden")]
    if len(golden) > GOLDEN:
        said = pairs("\n".join((*(q.text for q in found), *(a.answer for a in changed))))
        golden = nlargest(GOLDEN, golden, key=lambda q: len(said & pairs(q.text)))
    return list(dict.fromkeys((*found, *golden)))


def effect(
    before: Searcher, after: Searcher, questions: Iterable[Question], at: datetime, changed: Iterable[str] = ()
) -> Effect:
    """What became of each question at a moment; `changed`: ids of the articles whose own test queries have to be met.

    Questions that are too long to be asked are left out.
    """
    return effect_between(Asking(before, at), Asking(after, at), questions, changed)


def effect_between(was: Asking, now: Asking, questions: Iterable[Question], changed: Iterable[str] = ()) -> Effect:
    """The same of two searchers that may have been asked already."""
    own = set(changed)
    made = [_change(was, now, q) for q in questions if len(q.text) <= MAX_QUESTION]
    missed = tuple(c for c in made if c.kind == "golden" and c.article_id in own and not _in_top(c.after))
    judged = [c for c in made if c.kind != "not" and c not in missed]
    return Effect(
        asked=len(made),
        won=tuple(c for c in judged if c.won),
        lost=tuple(c for c in judged if c.lost),
        moved=tuple(c for c in judged if c.moved),
        missed=missed,
        violated=tuple(c for c in made if c.kind == "not" and _in_top(c.after)),
    )


def _change(before: Asking, after: Asking, question: Question) -> Change:
    was, now = before.ids(question), after.ids(question)
    target, viewer = question.article_id, question.viewer
    return Change(
        question.text, question.kind, target,
        (after.title(target, viewer) or before.title(target, viewer)) if target else "",
        before.rank(question),
        after.rank(question),
        before.ranked(was[:TOP], viewer),
        after.ranked(now[:TOP], viewer),
    )  # fmt: skip


def _in_top(rank: int | None) -> bool:
    return rank is not None and rank <= TOP


def _place(rank: int | None) -> int:
    return DEPTH + 1 if rank is None else rank


def _at(rank: int | None) -> str:
    return f"第 {rank} 位" if rank else f"{DEPTH} 名以外"


def _instead(change: Change) -> str:
    winner = change.winner
    if winner is None:
        return "，现在什么也搜不到"
    return f"，现在第一条是《{winner.title}》" if winner.id != change.article_id else ""


def _missed(change: Change) -> str:
    said = f"检验问法“{change.question}”应当在前 {TOP} 条找到本文，试搜在{_at(change.after)}{_instead(change)}。"
    return said + "请把这个说法写进相似问或关键词，或者改检验问法。"


def _violated(change: Change) -> str:
    return f"“{change.question}”不该找到本文，试搜却在{_at(change.after)}。请去掉相似问或关键词里容易混淆的说法。"


def _lost(change: Change) -> str:
    return f"“{change.question}”原来在{_at(change.before)}找到《{change.title}》，改后在{_at(change.after)}{_instead(change)}。"
