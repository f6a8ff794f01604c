"""An article → the documents of the index: one for the article, one for each section."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from kb.backend import StoredArticle, StoredSection
from kb.render import to_html, to_text
from kb.sections import split_sections
from kb.text import Analysis, Analyzer
from kb.types import Article, ProductDetail, RegulationDetail

Terms = dict[str, int]
# characters of a short text, and how many of them are kept
_SHORT, _MOST_SHORT = 16, 4096
Counting = Callable[[str], tuple[Terms, Terms]]


class Analyses:
    """Analyses of texts, each made once; short ones, which many articles have, are kept from article to article."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._short: dict[str, Analysed] = {}
        self._long: dict[str, Analysed] = {}

    def next_article(self) -> None:
        """Forget the long texts of the article before."""
        self._long.clear()
        if len(self._short) > _MOST_SHORT:
            self._short.clear()

    def analyse(self, raw: str) -> Analysis:
        """What the analyser finds in a text."""
        return self._analysed(raw).analysis

    def counts(self, raw: str) -> tuple[Terms, Terms]:
        """How often each term and each bigram occurs in a text. Do not change them: others get the same."""
        found = self._analysed(raw)
        if found.counts is None:
            found.counts = found.analysis.counts()
        return found.counts

    def _analysed(self, raw: str) -> Analysed:
        memory = self._short if len(raw) <= _SHORT else self._long
        found = memory.get(raw)
        if found is None:
            found = memory[raw] = Analysed(self._analyzer.analyse(raw))
        return found


@dataclass(slots=True)
class Analysed:
    """A text analysed; its terms are counted when somebody asks."""

    analysis: Analysis
    counts: tuple[Terms, Terms] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Terms of each field stream with their counts; `anchor` is empty for the article itself."""

    key: str
    anchor: str
    # `title_word`, `title_bigram`, … → term → count
    streams: dict[str, Terms]


def store(article: Article) -> StoredArticle:
    """The article as the index keeps it, its sections rendered; the Markdown stays in the file.

    Its period is as if it had no successor.
    """
    sections = tuple(
        StoredSection(replace(s, markdown=""), to_html(s.markdown), to_text(s.markdown))
        for s in split_sections(article.body)
    )
    return StoredArticle(replace(article, body=""), sections, article.effective, article.expires)


def documents(stored: StoredArticle, analyzer: Analyzer | Analyses) -> list[Document]:
    """All documents of an article version."""
    article = stored.article
    count = analyzer.counts
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
        counted = [count(part) for part in parts if part]
        streams[f"{field}_word"] = _summed([c[0] for c in counted])
        streams[f"{field}_bigram"] = _summed([c[1] for c in counted])
    return streams


def _summed(counts: list[Terms]) -> Terms:
    total = dict(counts[0]) if counts else {}
    for more in counts[1:]:
        for term, count in more.items():
            total[term] = total.get(term, 0) + count
    return total
