"""Everything that can be said of an article's text before it goes out, fast enough to be said while it is typed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from kb.articles import parse_article, sketch
from kb.crosscheck import Finding, between
from kb.editing.affected import Affected, by_document, by_registry
from kb.editing.contradictions import Contradiction
from kb.editing.known import KnownLibrary
from kb.editing.language import remarks
from kb.editing.places import placed
from kb.editing.quality import Quality, quality
from kb.editing.similar import Similar
from kb.editing.speech import reading_seconds
from kb.outline import outline
from kb.registry import Registry, with_file
from kb.types import Article, Problem

# what publishing fills in: a draft need not have it
FILLED_IN = frozenset({"approver", "author", "version", "verified"})


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say about a text."""

    # of every level, in the order of the text
    problems: tuple[Problem, ...]
    # what the text says; None while it has errors
    article: Article | None
    # tone (`standard`, `short`, `elder`, `soothe`) → seconds to read it aloud
    seconds: Mapping[str, float] = field(default_factory=dict)
    quality: Quality = field(default_factory=lambda: Quality(0, ()))
    similar: tuple[Similar, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    affected: tuple[Affected, ...] = ()

    @property
    def errors(self) -> list[Problem]:
        """The problems that block publishing."""
        return [p for p in self.problems if p.level == "error"]


def review(text: str, path: str, library: KnownLibrary, at: datetime) -> Report:
    """Review the text of an article that would be published at a moment as the file `path` of a library.

    What publishing fills in may be missing. Other articles are looked at as they will be when the text takes effect.
    """
    parsed = parse_article(text.encode("utf-8", "replace"), path, library.registry)
    problems = [p for p in parsed.problems if not (p.level == "error" and p.field in FILLED_IN)]
    article = parsed.article or sketch(text, path, library.registry)
    if article is None:
        return Report(tuple(problems), None)
    said = remarks(article, library.lexicon, library.everyday)
    problems += placed(said, text, path)
    problems += _beside(article, text, library)
    problems = sorted(dict.fromkeys(problems), key=lambda p: (p.line, p.column))
    sound = not any(p.level == "error" for p in problems)
    moment = max(at, article.effective)
    among = library.in_force(moment)
    literal = sketch(text, path, _without_facts(library.registry)) or article
    return Report(
        problems=tuple(problems),
        article=article if sound else None,
        seconds=reading_seconds(article),
        quality=quality(article, said, at),
        similar=library.similar.to(article, among),
        contradictions=library.claims.against(article, literal, among, moment),
        affected=by_document(article, _previous(article, among), library.standing(moment)),
    )


def touched(text: str, path: str, library: KnownLibrary, at: datetime) -> tuple[Affected, ...]:
    """The articles that a new text of a shared file (`_registry/facts.yml`, …) touches; none where it cannot be read."""
    after, problems = with_file(library.registry, path.rpartition("/")[2], text)
    if problems:
        return ()
    return by_registry(library.standing(at), library.library.with_facts, library.registry, after)


def _previous(article: Article, among: Mapping[str, Article]) -> Article | None:
    return next((other for other in among.values() if other.id == article.id), None)


def _without_facts(registry: Registry) -> Registry:
    """The registry with facts that say nothing: what is left of a text was written by hand."""
    return replace(registry, facts=dict.fromkeys(registry.facts, "…"))


def _beside(article: Article, text: str, library: KnownLibrary) -> Iterator[Problem]:
    """What only shows beside other articles: dead links, phrasings of others, versions that begin at the same moment."""
    me = outline(article)
    for finding in between([me], library.ids | {article.id}):
        yield _found(finding, text)
    for question in article.questions:
        owner = library.owners.get(question, article.id)
        if owner != article.id:
            said = f"相似问“{question}”在 {owner} 里也有，请只留一处。"
            yield _found(Finding(article.path, question, said, "warning"), text, "questions")
    for other in library.versions(article.id):
        if other.path != article.path and other.effective == article.effective:
            said = f"和 {other.path} 同时生效，请改 effective。"
            yield _found(Finding(article.path, "effective:", said), text, "effective")


def _found(finding: Finding, text: str, name: str = "") -> Problem:
    at = text.find(finding.needle)
    line = text.count("\n", 0, at) + 1 if at >= 0 else 1
    column = at - text.rfind("\n", 0, at) if at >= 0 else 1
    return Problem(finding.path, line, column, finding.message, finding.level, name)
