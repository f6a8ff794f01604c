"""Which articles a change touches: a shared fact, an entry of an app menu, a department, a document that is superseded.

Pure, but for `files_with_facts`.

Who asks hands in the versions that count: those in force and those to come, see `KnownLibrary.standing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kb.editing.contradictions import document_title, documents_of, plain_number
from kb.fields import fill_facts
from kb.registry import Registry
from kb.types import PATH_SEPARATOR, Article, ComplaintDetail, RegulationDetail

_USED = re.compile(r"\{\{\s*fact:([^}\s]*)\s*\}\}")
_LEAD = re.compile(r"^\s*(?:- )?(?:[a-z_]+: )?[\"']?|[\"']?\s*$")
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")
_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Affected:
    """An article that a change touches, and where."""

    kind: Literal["fact", "menu", "department", "document"]
    article_id: str
    title: str
    path: str
    # what the change does to it, a Chinese sentence
    what: str
    # the sentence, path or value as it is and as it would be; empty where nothing takes its place
    before: str = ""
    after: str = ""
    # the fact, menu entry, department or document itself
    about: str = ""


def by_registry(
    articles: Iterable[Article], with_facts: Mapping[str, str], before: Registry, after: Registry
) -> tuple[Affected, ...]:
    """What a change of the shared files does to articles. `with_facts`: texts of the files that use facts, by path."""
    articles = list(articles)
    return (
        *by_facts(articles, with_facts, before.facts, after.facts),
        *by_menus(articles, before, after),
        *by_departments(articles, before.departments, after.departments),
    )


def files_with_facts(root: Path, articles: Iterable[Article]) -> dict[str, str]:
    """Texts of the articles' files in which a fact is used, by path; files that are gone are left out."""
    found = {}
    for article in articles:
        try:
            text = (root / article.path).read_text("utf-8", "replace")
        except OSError:
            continue
        if "fact:" in text:
            found[article.path] = text
    return found


def users_of_facts(articles: Iterable[Article], with_facts: Mapping[str, str]) -> dict[str, list[Article]]:
    """Fact → the articles that say it, each article once."""
    found: dict[str, dict[str, Article]] = {}
    for article in articles:
        for name in _USED.findall(with_facts.get(article.path, "")):
            found.setdefault(name, {})[article.id] = article
    return {name: list(users.values()) for name, users in found.items()}


def by_facts(
    articles: Iterable[Article], with_facts: Mapping[str, str], before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Affected]:
    """Every sentence in which a changed or removed fact stands, as it is and as it would be."""
    changed = {name for name in before if before[name] != after.get(name)}
    for article in articles if changed else ():
        text = with_facts.get(article.path, "")
        if changed.isdisjoint(_USED.findall(text)):
            continue
        for sentence in dict.fromkeys(_sentences(text)):
            for name in sorted(changed & set(_USED.findall(sentence))):
                gone = name not in after
                yield Affected(
                    "fact", article.id, article.title, article.path,
                    f"用到的共用数字 {name} 没有了，这篇文章会报错。" if gone else f"共用数字 {name} 变了，这一句跟着变。",
                    fill_facts(sentence, dict(before))[0], "" if gone else fill_facts(sentence, dict(after))[0], name,
                )  # fmt: skip


def uses_of_fact(
    name: str, articles: Iterable[Article], with_facts: Mapping[str, str], facts: Mapping[str, str]
) -> tuple[Affected, ...]:
    """Every sentence in which a fact stands."""
    return tuple(
        Affected("fact", a.id, a.title, a.path, f"用到共用数字 {name}。", fill_facts(s, dict(facts))[0], about=name)
        for a in articles
        if name in _USED.findall(text := with_facts.get(a.path, ""))
        for s in dict.fromkeys(_sentences(text))
        if name in _USED.findall(s)
    )


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a file that hold facts, without what YAML puts around them."""
    for line in text.split("\n"):
        if "fact:" in line:
            yield from (s.strip()[:_LENGTH] for s in _SENTENCE.findall(_LEAD.sub("", line)) if "fact:" in s)


def by_menus(articles: Iterable[Article], before: Registry, after: Registry) -> Iterator[Affected]:
    """Every path that an app menu had and has no more, with the entry that is missing and what may have taken its place."""
    for article in articles:
        for channel in article.channels:
            missing = after.missing_entry(channel.channel, channel.steps)
            if missing is None or before.missing_entry(channel.channel, channel.steps) is not None:
                continue
            renamed = _renamed(channel.channel, channel.steps, before, after)
            hint = f"，可能改成了“{renamed[1]}”" if renamed else ""
            yield Affected(
                "menu", article.id, article.title, article.path,
                f"{channel.channel}的菜单里没有“{missing}”了，这条路径走不通{hint}。",
                channel.path, PATH_SEPARATOR.join(_with(channel.steps, renamed)) if renamed else "", missing,
            )  # fmt: skip


def _renamed(channel: str, steps: tuple[str, ...], before: Registry, after: Registry) -> tuple[int, str] | None:
    """(place, new name) of the entry that was renamed, where exactly one new entry stands in place of the old one."""
    for place, step in enumerate(steps):
        was, now = before.entries(channel, steps[:place]), after.entries(channel, steps[:place])
        if step in now:
            continue
        new = [entry for entry in now if entry not in was]
        gone = [entry for entry in was if entry not in now]
        if len(new) == 1 and gone == [step]:
            rest = (*steps[:place], new[0], *steps[place + 1 :])
            return (place, new[0]) if after.missing_entry(channel, rest) is None else None
        return None
    return None


def _with(steps: tuple[str, ...], renamed: tuple[int, str]) -> tuple[str, ...]:
    place, name = renamed
    return (*steps[:place], name, *steps[place + 1 :])


def by_departments(
    articles: Iterable[Article], before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Affected]:
    """Every article that belongs to a department that is there no more."""
    gone = before.keys() - after.keys() if after else set()
    for article in articles if gone else ():
        department = article.detail.department if isinstance(article.detail, ComplaintDetail) else ""
        for field, name in (("owner", article.owner), ("department", department)):
            if name in gone:
                what = f"{'负责' if field == 'owner' else '归口'}部门“{name}”没有了，请改成现在的部门。"
                yield Affected("department", article.id, article.title, article.path, what, name, about=name)


def by_document(article: Article, previous: Article | None, others: Iterable[Article]) -> tuple[Affected, ...]:
    """Articles that rest on a document that this article's documents take the place of: the same title by an older number, or
    the number that the previous version of a regulation had; and articles that a regulation says it affects."""
    now = {document_title(d.title): d for d in documents_of(article)}
    own = {d.place: d for d in documents_of(article)}.get("document.number")
    old = _number(previous) if previous and own else ""
    superseded = {old} if own and old and old != plain_number(own.number) else set()
    named = set(article.detail.affects) if isinstance(article.detail, RegulationDetail) else set()
    found: dict[tuple[str, str], Affected] = {}
    for other in others:
        if other.id == article.id:
            continue
        for cited in documents_of(other):
            newer = now.get(document_title(cited.title))
            number = plain_number(cited.number)
            later = newer and newer.number and plain_number(newer.number) != number and newer.date > cited.date > ""
            if number and (number in superseded or later):
                replacing = newer or own
                after = f"{replacing.title} {replacing.number}".strip() if replacing else ""
                found[(other.path, number)] = Affected(
                    "document", other.id, other.title, other.path,
                    f"引用的还是“{cited.title} {cited.number}”，请核对后改成新的文号。",
                    f"{cited.title} {cited.number}", after, cited.title,
                )  # fmt: skip
        if other.id in named and isinstance(article.detail, RegulationDetail) and _changed(article, previous):
            what = f"“{article.detail.title}”变了，请核对这篇文章。"
            found.setdefault(
                (other.path, ""),
                Affected("document", other.id, other.title, other.path, what, about=article.detail.title),
            )
    return tuple(found.values())


def depending_on(number: str, title: str, articles: Iterable[Article]) -> tuple[Affected, ...]:
    """Articles that rest on a document, by its number or its title; for the graph of documents."""
    wanted, name = plain_number(number), document_title(title)
    found: dict[str, Affected] = {}
    for article in articles:
        for cited in documents_of(article):
            by_number = bool(wanted) and plain_number(cited.number) == wanted
            if (by_number or (name and document_title(cited.title) == name)) and article.path not in found:
                shown = f"{cited.title} {cited.number}".strip()
                what = f"依据“{shown}”。"
                found[article.path] = Affected(
                    "document", article.id, article.title, article.path, what, shown, about=cited.title
                )
    return tuple(found.values())


def _number(article: Article) -> str:
    return plain_number(article.detail.number) if isinstance(article.detail, RegulationDetail) else ""


def _changed(article: Article, previous: Article | None) -> bool:
    """Whether a regulation says something else than before."""
    return previous is None or (article.body, article.detail, article.answer) != (
        previous.body,
        previous.detail,
        previous.answer,
    )
