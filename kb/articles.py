"""A file → a typed article, with every problem that can be seen in the file alone."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

from kb.body_rules import body_problems
from kb.clock import parse_moment
from kb.details import DETAILS, department
from kb.fields import Fields, fill_facts
from kb.frontmatter import Document, decode, split
from kb.registry import Registry
from kb.types import (
    CHANNELS,
    IDENTITY,
    TYPES,
    AlertDetail,
    Article,
    ArticleType,
    Audience,
    Branch,
    ByPhone,
    Channel,
    Identity,
    Option,
    Problem,
    Source,
    Status,
    Step,
    Tones,
)

_EPOCH = parse_moment("1970-01-01")
ANSWER_LENGTH = 80
TITLE_LENGTH = 40
MIN_QUESTIONS = 6
MIN_TEST_QUERIES = 4
MAX_BRANCHES = 4
ALERT_DAYS = 30
STANDING_REVIEW_DAYS = 90
SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: the article if it can be used, and every problem, warnings included."""

    article: Article | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        """The problems that block publishing."""
        return [p for p in self.problems if p.level == "error"]


def read_article(path: Path, name: str, registry: Registry) -> Parsed:
    """Parse one file; `name` is its path as shown to people (relative to the articles folder)."""
    data = read_bytes(path, name)
    return Parsed(None, (data,)) if isinstance(data, Problem) else parse_article(data, name, registry)


def read_bytes(path: Path, name: str) -> bytes | Problem:
    """A file's bytes, or why it cannot be an article."""
    if not _is_regular(path):
        return Problem(name, 0, 0, "不是普通文件（链接、管道等不收录）。")
    try:
        return path.read_bytes()
    except OSError as error:
        return Problem(name, 0, 0, f"文件读不出来：{error.strerror}。")


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def parse_article(data: bytes, name: str, registry: Registry) -> Parsed:
    """Parse a file's bytes. The article is None if there is any error."""
    text = decode(data, name)
    if isinstance(text, Problem):
        return Parsed(None, (text,))
    document = split(text, name)
    if not isinstance(document, Document):
        return Parsed(None, tuple(document))
    problems: list[Problem] = []
    fields = Fields(document.front, name, registry.facts, problems)
    article = _article(fields, document, registry, lambda answer: _digest(data, answer, _facts_used(text, registry)))
    fields.report_unknown()
    problems += body_problems(document, name, registry)
    problems = sorted(dict.fromkeys(problems), key=lambda p: (p.line, p.column))
    if any(p.level == "error" for p in problems):
        return Parsed(None, tuple(problems))
    return Parsed(article, tuple(problems))


def sketch(text: str, name: str, registry: Registry) -> Article | None:
    """What can be read of an article that still has errors, for a preview; None where its fields cannot be read at all."""
    document = split(text, name)
    if not isinstance(document, Document):
        return None
    fields = Fields(document.front, name, registry.facts, [])
    article = _article(fields, document, registry, lambda _: "")
    # a body that the validator refuses may be slow to render
    return replace(article, body="") if body_problems(document, name, registry) else article


def _digest(data: bytes, answer: str, facts: str) -> str:
    return hashlib.sha256(data + repr(answer).encode() + facts.encode()).hexdigest()


def _facts_used(text: str, registry: Registry) -> str:
    if "fact:" not in text:
        return ""
    lengths = {len(name) for name in registry.facts}
    places = [match.end() for match in re.finditer("fact:", text)]
    used = {text[place : place + length] for place in places for length in lengths} & registry.facts.keys()
    return "".join(f"{name}={registry.facts[name]};" for name in sorted(used))


def _article(fields: Fields, document: Document, registry: Registry, digest: Callable[[str], str]) -> Article:
    kind = cast(ArticleType, fields.choice("type", TYPES))
    status = cast(Status, fields.choice("status", ("published", "imported")))
    lenient = status == "imported"
    effective = fields.moment("effective", required=True)
    by_phone = cast(ByPhone, fields.choice("by_phone", ("yes", "no", "partly"), required=not lenient, default="yes"))
    title = fields.text("title", required=True, most=0 if lenient else TITLE_LENGTH)
    detail = DETAILS[kind](fields, registry, lenient)
    slug = _slug(fields)
    questions = fields.texts("questions", least=0 if lenient else MIN_QUESTIONS)
    answer = fields.text("answer", required=True, most=ANSWER_LENGTH, lenient=lenient)
    article = Article(
        id=slug,
        type=kind,
        title=title,
        questions=questions,
        answer=answer,
        tones=_tones(fields),
        keywords=fields.texts("keywords"),
        category=fields.text("category", required=not lenient),
        status=status,
        version=fields.number("version", required=True, default=1, least=1),
        effective=effective or _EPOCH,
        expires=fields.moment("expires"),
        supersedes_terms=fields.texts("supersedes_terms"),
        change_note=fields.text("change_note"),
        owner=department(fields, "owner", registry, lenient),
        author=fields.text("author", required=not lenient),
        approver=fields.text("approver", required=not lenient),
        verified=fields.date("verified", required=not lenient),
        review_days=fields.number("review_days", required=not lenient, default=365, least=1),
        sources=_sources(fields, lenient),
        audience=_audience(fields),
        identity=cast(Identity, fields.choice("identity", IDENTITY, required=not lenient)),
        by_phone=by_phone,
        by_phone_why=fields.text("by_phone_why", required=by_phone != "yes"),
        channels=_channels(fields, registry, required=kind == "process" and not lenient),
        steps=_steps(fields, required=kind == "process" and not lenient),
        branches=_branches(fields),
        test_queries=fields.texts("test_queries", least=0 if lenient else MIN_TEST_QUERIES),
        not_queries=fields.texts("not_queries"),
        detail=detail,
        body=fill_facts(document.body, registry.facts)[0],
        digest=digest(answer),
        path=fields.path,
    )
    _cross_checks(fields, article)
    return article


def _slug(fields: Fields) -> str:
    slug = fields.text("id", required=True, most=80)
    stem = os.path.splitext(os.path.basename(fields.path))[0]  # noqa: PTH119, PTH122 (50,000 Path objects are slow)
    if slug and not SLUG.fullmatch(slug):
        fields.fault("id", f"id 写的是“{slug}”，只能用小写英文、数字和连字符，例如 change-reserved-phone。")
    elif slug and stem.partition("@")[0] != slug:
        fields.fault("id", f"id 写的是“{slug}”，和文件名 {stem} 不一致。")
    return slug


def _tones(fields: Fields) -> Tones:
    child = fields.mapping("tones", ("short", "elder", "soothe"))
    if child is None:
        return Tones()
    return Tones(*(child.text(name, most=ANSWER_LENGTH) for name in ("short", "elder", "soothe")))


def _audience(fields: Fields) -> Audience:
    child = fields.mapping("audience", ("roles", "queues", "regions"))
    return Audience() if child is None else Audience(*(child.texts(n) for n in ("roles", "queues", "regions")))


def _sources(fields: Fields, lenient: bool) -> tuple[Source, ...]:
    known = ("document", "number", "clause", "date")
    rows = fields.mappings("sources", known)
    if not rows and not lenient:
        fields.fault("sources", "缺少 sources，请写明依据的文件。")
    return tuple(Source(r.text("document", required=True), *(r.text(n) for n in known[1:])) for r in rows)


def _channels(fields: Fields, registry: Registry, *, required: bool) -> tuple[Channel, ...]:
    rows = fields.mappings("channels", ("channel", "path", "materials", "duration", "fee", "hours", "if_fails"))
    if required and not rows:
        fields.fault("channels", "流程至少要写一个办理渠道 channels。")
    found = []
    for row in rows:
        channel = Channel(
            row.choice("channel", CHANNELS),
            row.text("path", required=True),
            row.text("materials", required=True),
            row.text("duration", required=True),
            row.text("fee", required=True),
            row.text("hours", required=True),
            row.text("if_fails"),
        )
        missing = registry.missing_entry(channel.channel, channel.steps) if channel.path else None
        if missing is not None and row.text("channel") == channel.channel:
            offers = "、".join(registry.entries(channel.channel, channel.steps)[:12]) or "没有下级菜单"
            row.fault("path", f"{channel.channel}的菜单里没有“{missing}”这一级；这里可用：{offers}。")
        found.append(channel)
    return tuple(found)


def _steps(fields: Fields, *, required: bool) -> tuple[Step, ...]:
    rows = fields.mappings("steps", ("do", "if_fails"))
    if required and not rows:
        fields.fault("steps", "流程要写 steps：坐席带客户做的每一步。")
    return tuple(Step(r.text("do", required=True), r.text("if_fails")) for r in rows)


def _branches(fields: Fields) -> tuple[Branch, ...]:
    rows = fields.mappings("branches", ("ask", "options"))
    if len(rows) > MAX_BRANCHES:
        fields.fault("branches", f"branches 最多 {MAX_BRANCHES} 个问题，现在有 {len(rows)} 个。")
    return tuple(
        Branch(
            r.text("ask", required=True),
            tuple(
                Option(o.text("when", required=True), o.text("then", required=True), _next(o, at, len(rows)))
                for o in r.mappings("options", ("when", "then", "next"))
            ),
        )
        for at, r in enumerate(rows, 1)
    )


def _next(option: Fields, at: int, questions: int) -> int | None:
    """Where an option of question `at` leads: only further down, so that no customer is led in a circle."""
    written = option.text("next")
    if not written or written == "end":
        return 0 if written else None
    if not re.fullmatch("[1-9]", written) or not at < int(written) <= questions:
        later = "、".join(str(number) for number in range(at + 1, questions + 1))
        further = f"，或后面问题的序号 {later}" if later else ""
        option.fault("next", f"next 写的是“{written}”，只能写 end（问到这里为止）{further}；空着就接着问下一个。")
        return None
    return int(written)


def _cross_checks(fields: Fields, article: Article) -> None:
    """Rules that look at two fields at once."""
    if article.author and article.author == article.approver:
        fields.fault("approver", "作者和审核人不能是同一个人。")
    if article.expires and article.expires <= article.effective:
        fields.fault("expires", "失效时间早于生效时间。")
    for query in article.test_queries:
        if query in article.questions:
            fields.fault("test_queries", f"“{query}”已经写在 questions 里，测试问法要另外写。")
    detail = article.detail
    if isinstance(detail, AlertDetail) and article.status == "published":
        if detail.standing and article.review_days > STANDING_REVIEW_DAYS:
            fields.fault("review_days", f"长期警示至少每 {STANDING_REVIEW_DAYS} 天核对一次。")
        too_long = article.expires is None or article.expires - article.effective > timedelta(days=ALERT_DAYS)
        if not detail.standing and too_long:
            fields.fault("expires", f"警示要写失效时间，不晚于生效后 {ALERT_DAYS} 天；长期反诈卡片写 standing: true。")
