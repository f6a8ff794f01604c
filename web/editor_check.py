"""The thorough check of a draft before it goes out: what is wrong with the text, and what it would do to the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kb.articles import read_bytes, sketch
from kb.editing.affected import Affected, by_registry, files_with_facts
from kb.editing.effect import Effect, effect, questions_of
from kb.editing.review import Report
from kb.errors import ArticleError, KBError
from kb.frontmatter import decode
from kb.publishing import shared, undone
from kb.publishing.planning import Decision, publish
from kb.publishing.versions import surroundings
from kb.publishing.workbench import Draft
from kb.registry import with_file
from kb.types import Article, Problem
from web.editor_look import Shown, look, placed
from web.editor_shelf import Shelf
from web.services import Services

# stands where nobody has approved yet
_NOBODY = "（试发布）"


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks say about a draft."""

    problems: list[Shown]
    # how long the script takes, a sentence
    read: str = ""
    # None for files that are no articles
    report: Report | None = None
    # None where the text has errors, or could not be tried out
    effect: Effect | None = None
    # a Chinese sentence why there is no effect
    no_effect: str = ""
    # articles that a changed fact, menu entry or department touches
    affected: tuple[Affected, ...] = ()
    # versions that wait, and would take back what this one changes
    undoing: tuple[Article, ...] = ()

    @property
    def blocking(self) -> list[str]:
        """What has to be mended before it may go out."""
        errors = [problem.text for problem in self.problems if problem.level == "error"]
        return errors + (self.effect.blocking if self.effect else [])

    @property
    def warnings(self) -> int:
        """How many things there are to think about before it goes out."""
        found = sum(problem.level != "error" for problem in self.problems)
        found += len(self.affected) + len(self.undoing)
        if self.report:
            found += len(self.report.similar) + len(self.report.contradictions) + len(self.report.affected)
        return found + (len(self.effect.warnings) if self.effect else 0)


def check(services: Services, shelf: Shelf, draft: Draft, at: datetime) -> Checked:
    """Check a draft's text; without errors, search as if it were published."""
    if draft.kind != "article":
        return _check_file(services, shelf, draft, at)
    seen, later = look(services, shelf, draft, None, at), undoing(services, shelf, draft, at)
    article = seen.report.article if seen.report else None
    if article is None:
        return Checked(seen.problems, seen.read, seen.report, no_effect="改好错误以后再试搜。", undoing=later)
    try:
        texts = _as_published(services, shelf, draft, at)
    except ArticleError as error:
        problems = [*placed(draft.text, error.problems), *seen.problems]
        return Checked(problems, seen.read, seen.report, no_effect="改好错误以后再试搜。", undoing=later)
    found, why = _tried(services, shelf, texts, max(at, article.effective), at, article)
    return Checked(seen.problems, seen.read, seen.report, found, why, undoing=later)


def undoing(services: Services, shelf: Shelf, draft: Draft, at: datetime) -> tuple[Article, ...]:
    """The versions that take a draft's place later on, without what it changes."""
    root, known = services.settings.articles, shelf.known()
    article = sketch(draft.text, draft.path, known.registry) if draft.kind == "article" else None
    if article is None:
        return ()
    others = [one for one in known.versions(draft.article_id) if one.effective > at]
    texts = {}
    for other in others:
        data = read_bytes(root / other.path, other.path)
        text = data if isinstance(data, Problem) else decode(data, other.path)
        # a version that was taken away meanwhile takes nobody's place
        if isinstance(text, str):
            texts[other.path] = text
    return undone.undoing(article, draft.base, draft.text, [o for o in others if o.path in texts], texts, at)


def _as_published(services: Services, shelf: Shelf, draft: Draft, at: datetime) -> dict[str, str | None]:
    """The files as publishing would leave them."""
    decision = Decision(draft.author.display, _NOBODY, at)
    around = surroundings(services.settings.articles, draft.article_id, shelf.registry())
    changes = publish(draft.path, draft.text, decision, around, urgent=draft.urgent)
    return {change.path: change.text if change.action == "write" else None for change in changes}


def _tried(
    services: Services, shelf: Shelf, texts: Mapping[str, str | None], moment: datetime, at: datetime,
    article: Article | None = None,
) -> tuple[Effect | None, str]:  # fmt: skip
    """What these files do to the answers at a moment, or why that cannot be said."""
    changed = [article] if article else []
    questions = questions_of(shelf.known().in_force(moment).values(), changed)
    try:
        with services.engine.trial(texts, at) as after:
            before = services.source.searcher()
            return effect(before, after, questions, moment, {one.id for one in changed}), ""
    except KBError as error:
        return None, f"这一次没有试搜成：{error}"


def _check_file(services: Services, shelf: Shelf, draft: Draft, at: datetime) -> Checked:
    """Check a file of the lexicon or the registry."""
    touched = _touched(services, shelf, draft, at)
    try:
        shared.check(services.settings.articles, draft.path, draft.text)
    except ArticleError as error:
        found = [Shown("", p.path if p.path != draft.path else "", p.level, p.message, p.message, p.line, p.column)
                 for p in error.problems]  # fmt: skip
        return Checked(found, no_effect="改好错误以后再试搜。", affected=touched)
    tried, why = _tried(services, shelf, {draft.path: draft.text}, at, at)
    return Checked([], effect=tried, no_effect=why, affected=touched)


def _touched(services: Services, shelf: Shelf, draft: Draft, at: datetime) -> tuple[Affected, ...]:
    """The articles that say something else, or whose path breaks, once the registry says so."""
    if not draft.path.startswith("_registry/"):
        return ()
    root, articles = services.settings.articles, shelf.known().standing(at)
    before = shelf.registry()
    after, _ = with_file(before, draft.path.removeprefix("_registry/"), draft.text)
    return by_registry(articles, files_with_facts(root, articles), before, after)
