"""Two to four articles side by side: what each says about the same thing, in one row (row 37). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kb.types import IDENTITY, Article, ProductDetail

LEAST, MOST = 2, 4
_GUARANTEED = {"yes": "保本", "no": "不保本"}
_BY_PHONE = {"yes": "能办", "partly": "只能办一部分", "no": "不能办"}
# slot of a channel → how its row is called
_SLOTS = {"duration": "时长", "fee": "费用", "materials": "材料", "hours": "办理时间"}


@dataclass(frozen=True, slots=True)
class Row:
    """What the articles say about one thing, in their order; empty where one says nothing."""

    label: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the articles do not all say the same."""
        return len(set(self.values)) > 1


def compare(articles: Sequence[Article]) -> list[Row]:
    """The rows in which at least one of the articles says something, what matters most first."""
    rows = [
        *_rows(articles, {"风险等级": _risk, "保本": _guaranteed, "适合谁": _suits}),
        *_named(articles, _key_numbers),
        *_rows(articles, {"核身": _identity, "电话里": _by_phone}),
        *_named(articles, _channels),
        *_rows(articles, {"不能说": _do_not_say}),
    ]
    return [row for row in rows if any(row.values)]


def _rows(articles: Sequence[Article], columns: dict[str, Callable[[Article], str]]) -> Iterable[Row]:
    for label, value in columns.items():
        yield Row(label, tuple(value(article) for article in articles))


def _named(articles: Sequence[Article], pairs: Callable[[Article], Iterable[tuple[str, str]]]) -> Iterable[Row]:
    """A row for every name that occurs: what most of them speak of first, else in the order in which they do."""
    said = [dict(pairs(article)) for article in articles]
    counts = Counter(name for one in said for name in one)
    return [Row(name, tuple(one.get(name, "") for one in said)) for name, _ in counts.most_common()]


def _product(article: Article) -> ProductDetail:
    return article.detail if isinstance(article.detail, ProductDetail) else ProductDetail()


def _risk(article: Article) -> str:
    level = _product(article).risk_level
    return "" if level == "无" else level


def _guaranteed(article: Article) -> str:
    return _GUARANTEED.get(_product(article).principal_guaranteed, "")


def _suits(article: Article) -> str:
    return _product(article).suitable_for


def _key_numbers(article: Article) -> Iterable[tuple[str, str]]:
    return ((number.name, number.value) for number in _product(article).key_numbers)


def _identity(article: Article) -> str:
    return f"{article.identity} {IDENTITY[article.identity]}"


def _by_phone(article: Article) -> str:
    return "，".join(part for part in (_BY_PHONE[article.by_phone], article.by_phone_why) if part)


def _channels(article: Article) -> Iterable[tuple[str, str]]:
    """Every slot of every channel, so that the fee of one stands beside the fee of the other."""
    for channel in article.channels:
        yield f"{channel.channel} 路径", channel.path
        for slot, label in _SLOTS.items():
            yield f"{channel.channel} {label}", getattr(channel, slot)


def _do_not_say(article: Article) -> str:
    return "；".join(_product(article).do_not_say)
