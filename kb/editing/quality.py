"""How good an article is, 0 to 100: computed from what it says, with a reason for every point that is missing. Pure.

| part | points | full marks for |
|---|---|---|
| phrasings | 20 | ten phrasings of customers, no two of them nearly the same |
| answer | 15 | read aloud within fifteen seconds, and nothing to remark in its language or in that of its tones |
| tones | 10 | two further tones |
| ways | 15 | process: what to do when it fails, for every step and channel |
| | | product: key numbers, and for whom it is |
| | | complaint, alert: what to say, what not, and when to pass it on |
| | | regulation: who issued it and when, and which articles it affects |
| body | 10 | three sections with headings |
| sources | 10 | a number and a date with every document |
| fresh | 10 | verified within its interval |
| tests | 5 | five test queries |
| links | 5 | a link to another article |

Below 60 an article is listed for improvement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kb.editing.language import Remark
from kb.editing.similar import PHRASING_ALIKE, alike, profile
from kb.editing.speech import reading_seconds
from kb.outline import outline
from kb.sections import split_sections
from kb.types import AlertDetail, Article, ComplaintDetail, ProductDetail, RegulationDetail

PHRASINGS, TONES, SECTIONS, TEST_QUERIES = 10, 2, 3, 5
# seconds within which an answer should be read
BRIEF = 15.0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why points are missing."""

    # what is missing and what to do, in Chinese
    text: str
    # points lost
    points: int


@dataclass(frozen=True, slots=True)
class Quality:
    """The score, and what it lacks, the costliest first."""

    score: int
    reasons: tuple[Reason, ...]


# share of the points that a part is worth, 0 to 1, and why it is not all of them
_Judged = tuple[float, str]


def quality(article: Article, remarks: Sequence[Remark], at: datetime) -> Quality:
    """How good an article is at a moment; `remarks` on its language, see kb/editing/language.py."""
    reasons: list[Reason] = []
    score = 0
    for points, judge in _PARTS:
        share, why = judge(article, remarks, at)
        reached = round(points * min(1.0, share))
        score += reached
        if reached < points:
            reasons.append(Reason(why, points - reached))
    return Quality(score, tuple(sorted(reasons, key=lambda r: -r.points)))


def _phrasings(article: Article, remarks: Sequence[Remark], at: datetime) -> _Judged:
    distinct: list[frozenset[str]] = []
    twins: list[str] = []
    for text, own in profile(article).phrasings[1:]:
        if any(alike(own, other) >= PHRASING_ALIKE for other in distinct):
            twins.append(text)
        else:
            distinct.append(own)
    if twins:
        why = f"有 {len(twins)} 条问法和别的几乎一样（例如“{twins[0]}”），请换成不同的说法。"
    else:
        why = f"问法有 {len(distinct)} 条，写到 {PHRASINGS} 条不同的说法更容易被搜到。"
    return len(distinct) / PHRASINGS, why


def _answer(article: Article, remarks: Sequence[Remark], at: datetime) -> _Judged:
    if not article.answer:
        return 0.0, "没有能念给客户的答案。"
    own = [r for r in remarks if r.place == "answer" or r.place.startswith("tones.")]
    took = reading_seconds(article)["standard"]
    if own:
        return max(0.0, 1 - 0.34 * len(own)), f"答案和语气里有 {len(own)} 处难懂或太长，请按提醒改。"
    return (BRIEF / took if took else 1.0), f"答案要念 {took:.0f} 秒，{BRIEF:.0f} 秒以内更好记。"


def _tones(article: Article, remarks: Sequence[Remark], at: datetime) -> _Judged:
    missing = [
        name
        for name, text in (("简短", article.tones.short), ("适老", article.tones.elder), ("安抚", article.tones.soothe))
        if not text
    ]
    return (3 - len(missing)) / TONES, f"没有{'、'.join(missing)}语气，至少要有两种。"


def _ways(article: Article, remarks: Sequence[Remark], at: datetime) -> _Judged:
    detail = article.detail
    if isinstance(detail, ProductDetail):
        given = {"关键数字": detail.key_numbers, "适合谁": detail.suitable_for}
    elif isinstance(detail, RegulationDetail):
        given = {"发布机关和日期": detail.issuer and detail.date, "影响哪些文章（affects）": detail.affects}
    elif isinstance(detail, ComplaintDetail):
        given = {
            "两条可以承诺的": detail.promise[1:], "两条绝不能承诺的": detail.never_promise[1:], "何时升级": detail.escalation,
        }  # fmt: skip
    elif isinstance(detail, AlertDetail):
        given = {
            "问客户什么": detail.ask,
            "不要做什么": detail.dont,
            "转给谁": detail.escalate,
            "触发词": detail.triggers,
        }
    else:
        return _ways_of_process(article)
    missing = [name for name, value in given.items() if not value]
    return 1 - len(missing) / len(given), f"没有写{'、'.join(missing)}。"


def _ways_of_process(article: Article) -> _Judged:
    places = [c.if_fails for c in article.channels] + [s.if_fails for s in article.steps]
    open_ends = sum(not text for text in places)
    if not places:
        return 0.0, "没有渠道和步骤。"
    # a last step may need no way out, and now and then one in between
    allowed = 1 + len(places) // 5
    return 1 - max(0, open_ends - allowed) / len(places), f"有 {open_ends} 个渠道或步骤没写失败时怎么办。"


def _body(article: Article, remarks: Sequence[Remark], at: datetime) -> _Judged:
    headed = sum(bool(section.heading) for section in split_sections(article.body))
    return headed / SECTIONS, f"正文有 {headed} 个小标题，写到 {SECTIONS} 个，客户会追问的事都能单独搜到。"


def _sources(article: Article, remarks: Sequence[Remark], at: datetime) -> _Judged:
    bare = [s.document for s in article.sources if not (s.number and s.date)]
    if not article.sources:
        return 0.0, "没有依据。"
    return 1 - len(bare) / len(article.sources), f"依据“{bare[0] if bare else ''}”没有文号或日期。"


def _fresh(article: Article, remarks: Sequence[Remark], at: datetime) -> _Judged:
    if article.verified is None:
        return 0.0, "没有核对日期。"
    late = (at.date() - article.verified - timedelta(days=article.review_days)).days
    return (0.0 if late > 30 else 0.5 if late > 0 else 1.0), f"过了核对日 {late} 天，请重新核对。"


def _tests(article: Article, remarks: Sequence[Remark], at: datetime) -> _Judged:
    count = len(article.test_queries)
    return count / TEST_QUERIES, f"检验问法有 {count} 条，写到 {TEST_QUERIES} 条。"


def _links(article: Article, remarks: Sequence[Remark], at: datetime) -> _Judged:
    linked = outline(article).links or (isinstance(article.detail, RegulationDetail) and article.detail.affects)
    return (1.0 if linked else 0.0), "正文没有链接到别的文章，客户接着问的事请链接过去。"


_PARTS: tuple[tuple[int, Callable[[Article, Sequence[Remark], datetime], _Judged]], ...] = (
    (20, _phrasings),
    (15, _answer),
    (10, _tones),
    (15, _ways),
    (10, _body),
    (10, _sources),
    (10, _fresh),
    (5, _tests),
    (5, _links),
)
