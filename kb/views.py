"""The shapes that programs see: one typed view of an answer, for the API and for `kb search --format json`."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from kb.answers import FACETS, Card
from kb.ask import Answer, Suggestion
from kb.backend import Contribution, StoredArticle
from kb.deadlines import deadlines_of
from kb.highlight import Highlighted
from kb.tones import spoken_members
from kb.workdays import Calendar


class TextView(BaseModel):
    """Text with matched ranges."""

    text: str
    ranges: list[tuple[int, int]] = Field(default=[], description="matched [start, end) in characters of `text`")


class LineView(BaseModel):
    """One statement of the answer."""

    label: str
    text: TextView
    source: str = Field(description="where in the article it stands, e.g. `channels.手机银行.fee`, `section.要带什么`")


class ChannelView(BaseModel):
    """One way to get it done."""

    channel: str
    path: list[str] = Field(description="menu entries from the top")
    materials: str
    duration: str
    fee: str
    hours: str
    if_fails: str


class StepView(BaseModel):
    """One step to lead the customer through."""

    do: str
    if_fails: str


class ReadingView(BaseModel):
    """A number and how it is read aloud."""

    written: str
    read: str


class CardView(BaseModel):
    """What an agent sees of one article."""

    id: str
    version: int
    section: str | None = Field(description="anchor of the best section; the clause for regulations")
    type: str
    category: str
    title: TextView
    answer: TextView = Field(description="speakable, at most 80 characters")
    tones: dict[str, str] = Field(description="short, elder, soothe; empty where there is none")
    tones_made: list[str] = Field(description="the tones that no editor wrote: made of the answer")
    readings: list[ReadingView] = Field(description="numbers of the article's own answer that one may stumble over")
    facet: str = Field(description="what was asked for: path, amount, duration, materials, condition, definition, any")
    lines: list[LineView]
    identity: str
    identity_text: str
    by_phone: str
    by_phone_why: str
    channels: list[ChannelView]
    steps: list[StepView]
    risk_sentence: str
    matched: list[str]
    superseded: list[str]
    owner: str
    verified: date | None
    past_due: bool
    effective: datetime
    imported: bool
    score: float
    coverage: float


class ChipView(BaseModel):
    """One thing that an ambiguous question may be about."""

    word: str = Field(description="what to show, and what is added")
    question: str = Field(description="the question with the word added, to be asked next")
    id: str = Field(description="the article that then comes first")


class AnswerView(BaseModel):
    """The answer to a question."""

    question: str
    facet: str
    facet_name: str
    generation: str
    at: datetime
    confident: bool
    message: str
    unknown: list[str]
    chips: list[ChipView] = Field(description="none, or two to five; best first")
    alerts: list[CardView] = Field(description="fraud cards, to be shown first")
    cards: list[CardView]


class SectionView(BaseModel):
    """A rendered section."""

    anchor: str
    heading: str
    html: str
    text: str


class DeadlineView(BaseModel):
    """A deadline that the article states, as a date."""

    stated: str = Field(description="the text of the field that states it")
    text: str = Field(description="what to say, e.g. 最晚12月8日（周二）前答复您")
    day: date
    note: str = Field(description="what to know before saying it; mostly empty")


class ArticleView(BaseModel):
    """One article in force."""

    card: CardView
    deadlines: list[DeadlineView] = Field(description="counted from the day of asking")
    sections: list[SectionView]
    questions: list[str]
    sources: list[dict[str, str]]


class SuggestionView(BaseModel):
    """A phrase that begins with what was typed."""

    text: str
    id: str
    title: str


class ContributionView(BaseModel):
    """What one term added to a score in one field."""

    term: str
    field: str
    weight: float
    document_frequency: int
    score: float


def text_view(value: Highlighted) -> TextView:
    """The view of a highlighted text."""
    return TextView(text=value.text, ranges=list(value.ranges))


def card_view(card: Card) -> CardView:
    """The view of a card."""
    return CardView(
        id=card.id, version=card.version, section=card.section, type=card.type, category=card.category,
        title=text_view(card.title), answer=text_view(card.answer),
        **spoken_members(card.said),
        facet=card.facet,
        lines=[LineView(label=x.label, text=text_view(x.text), source=x.source) for x in card.lines],
        identity=card.identity, identity_text=card.identity_text,
        by_phone=card.by_phone, by_phone_why=card.by_phone_why,
        channels=[
            ChannelView(channel=c.channel, path=list(c.steps), materials=c.materials, duration=c.duration,
                        fee=c.fee, hours=c.hours, if_fails=c.if_fails)
            for c in card.channels
        ],
        steps=[StepView(do=s.do, if_fails=s.if_fails) for s in card.steps],
        risk_sentence=card.risk_sentence, matched=list(card.matched), superseded=list(card.superseded),
        owner=card.owner, verified=card.verified, past_due=card.past_due, effective=card.effective,
        imported=card.imported, score=round(card.score, 4), coverage=round(card.coverage, 4),
    )  # fmt: skip


def answer_view(answer: Answer) -> AnswerView:
    """The view of an answer."""
    return AnswerView(
        question=answer.query.raw, facet=answer.query.facet, facet_name=FACETS[answer.query.facet],
        generation=answer.generation, at=answer.at, confident=answer.confident, message=answer.message,
        unknown=list(answer.query.unknown),
        chips=[ChipView(word=chip.word, question=chip.question, id=chip.id) for chip in answer.chips],
        alerts=[card_view(c) for c in answer.alerts], cards=[card_view(c) for c in answer.cards],
    )  # fmt: skip


def article_view(stored: StoredArticle, card: Card, today: date, calendar: Calendar) -> ArticleView:
    """The view of an article, its deadlines counted from a day."""
    article = stored.article
    dates = deadlines_of(article.detail, article.channels, today, calendar)
    return ArticleView(
        card=card_view(card),
        deadlines=[
            DeadlineView(stated=stated, text=deadline.text, day=deadline.day, note=deadline.note)
            for stated, deadlines in dates.items()
            for deadline in deadlines
        ],
        sections=[
            SectionView(anchor=p.section.anchor, heading=p.section.heading, html=p.html, text=p.text)
            for p in stored.sections
        ],
        questions=list(article.questions),
        sources=[{"document": s.document, "number": s.number, "clause": s.clause} for s in article.sources],
    )


def suggestion_view(suggestion: Suggestion) -> SuggestionView:
    """The view of a suggestion."""
    return SuggestionView(text=suggestion.text, id=suggestion.id, title=suggestion.title)


def contribution_view(c: Contribution) -> ContributionView:
    """The view of a contribution."""
    return ContributionView(
        term=c.term, field=c.field, weight=c.weight, document_frequency=c.document_frequency, score=round(c.score, 4)
    )
