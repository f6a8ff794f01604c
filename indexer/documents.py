"""An article → the documents of the index: one for the article, one for each section."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from kb.backend import StoredArticle, StoredSection
from kb.render import to_html, to_text
from kb.sections import split_sections
from kb.text import Analyzer
from kb.types import Article, ProductDetail, RegulationDetail

Terms = dict[str, int]
Counting = Callable[[str], tuple[Counter[str], Counter[str]]]


@dataclass(frozen=True, slots=True)
class Document:
    """Terms of each field stream with their counts; `anchor` is empty for the article itself."""

    key: str
    anchor: str
    # `title_word`, `title_bigram`, … → term → count
    streams: dict[str, Terms]


def store(article: Article, period: tuple[datetime, datetime | None]) -> StoredArticle:
    """The article as the index keeps it, its sections rendered."""
    sections = tuple(StoredSection(s, to_html(s.markdown), to_text(s.markdown)) for s in split_sections(article.body))
    return StoredArticle(article, sections, *period)


def documents(stored: StoredArticle, analyzer: Analyzer) -> list[Document]:
    """All documents of an article version."""
    article = stored.article
    count = _counting(analyzer)
    made = [Document(article.key, "", _streams(_article_texts(stored), count))]
    for part in stored.sections:
        if part.section.anchor:
            texts = {"heading": [*part.section.above, part.section.heading], "section": [part.text]}
            made.append(Document(article.key, part.section.anchor, _streams(texts, count)))
    return made


def _article_texts(stored: StoredArticle) -> dict[str, list[str]]:
    article = stored.article
    return {
        "title": [article.title],
        "questions": list(article.questions),
        "keywords": [*article.keywords, *article.supersedes_terms, article.category, *_document(article)],
        "body": [article.answer, *_structured(article), *_body(stored.sections), *_sources(article)],
    }


def _document(article: Article) -> Iterable[str]:
    """What a regulation is called by those who quote it."""
    if isinstance(article.detail, RegulationDetail):
        yield from (article.detail.title, article.detail.number, article.detail.issuer)


def _sources(article: Article) -> Iterable[str]:
    for source in article.sources:
        yield from (source.document, source.number, source.clause)


def _structured(article: Article) -> Iterable[str]:
    """What the front matter says beyond title, phrasings and keywords."""
    yield article.by_phone_why
    for channel in article.channels:
        yield from (channel.channel, channel.path, channel.materials, channel.duration, channel.fee, channel.if_fails)
    for step in article.steps:
        yield from (step.do, step.if_fails)
    for branch in article.branches:
        yield branch.ask
        for option in branch.options:
            yield from (option.when, option.then)
    if isinstance(article.detail, ProductDetail):
        yield article.detail.suitable_for
        for number in article.detail.key_numbers:
            yield from (number.name, number.value)


def _body(sections: Iterable[StoredSection]) -> Iterable[str]:
    for part in sections:
        yield part.section.heading
        yield part.text


def _streams(texts: dict[str, list[str]], count: Counting) -> dict[str, Terms]:
    streams: dict[str, Terms] = {}
    for field, parts in texts.items():
        words: Counter[str] = Counter()
        bigrams: Counter[str] = Counter()
        for part in parts:
            counted = count(part)
            words.update(counted[0])
            bigrams.update(counted[1])
        streams[f"{field}_word"], streams[f"{field}_bigram"] = dict(words), dict(bigrams)
    return streams


def _counting(analyzer: Analyzer) -> Counting:
    """Counts words and bigrams of a text, each text once: an article's body is the texts of its sections."""

    @cache
    def count(text: str) -> tuple[Counter[str], Counter[str]]:
        analysis = analyzer.analyse(text)
        return Counter(t.term for t in analysis.tokens), Counter(b.term for b in analysis.bigrams)

    return count
