"""A question, in six hops: understand → search → match → answer. The house's front door for pages, API and commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from kb.ambiguity import Chip
from kb.answer_json import answer_json, with_moment
from kb.answers import Card, compose
from kb.backend import Hit, Searcher, SearcherSource, StoredArticle
from kb.findings import Findings, find, search
from kb.listening import Heard, listen
from kb.matches import asked, match
from kb.query import Query
from kb.questions_log import note
from kb.rephrasing import Rephrased, Rephrasing
from kb.results import Key, Result, ResultCache, good_until
from kb.visibility import Viewer

# phrases tried before giving up on finding enough that the viewer may see
_MOST_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question led to, with cards for people."""

    query: Query
    generation: str
    at: datetime
    # fraud cards that the question set off, to be shown first
    alerts: tuple[Card, ...]
    cards: tuple[Card, ...]
    # False: nothing fits well; the cards are the nearest ones
    confident: bool
    # a Chinese sentence where something has to be said, else empty
    message: str
    # what an ambiguous question may be about
    chips: tuple[Chip, ...]
    # the first card's own sentences, as a language model says them
    rephrased: Rephrased | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A phrase that begins with what was typed, and the article behind it."""

    text: str
    id: str
    title: str


class KnowledgeBase:
    """Answers questions from the current generation."""

    def __init__(
        self, source: SearcherSource, results: ResultCache | None = None, rephrasing: Rephrasing | None = None
    ) -> None:
        """`results` keeps the JSON of answers; without it every question is searched. `rephrasing` is for transcripts."""
        self._source = source
        self._results = results
        self._rephrasing = rephrasing

    def ask(self, text: str, viewer: Viewer, at: datetime, limit: int = 10, *, call: str = "") -> Answer:
        """The answer to a question at a moment. Raises QuestionError (too long) or IndexProblem; never an empty page.

        `call`: the id of the call in which it is asked, for the log.
        """
        searcher = self._source.searcher()
        found = _find(searcher, text, viewer, at, limit)
        note(text, found.query.facet, found.hits, found.confident, found.best, found.generation, call)
        alerts, cards = (
            tuple(compose(searcher.article(m.hit.key), m, found.query) for m in matches)
            for matches in (found.alerts, found.cards)
        )
        return Answer(found.query, found.generation, at, alerts, cards, found.confident, found.message, found.chips)

    def ask_json(self, text: str, viewer: Viewer, at: datetime, limit: int = 10, *, as_of: bool = False) -> bytes:
        """The same as the JSON of `kb.views.AnswerView`. `as_of`: the moment was named, it is not the moment of asking."""
        searcher = self._source.searcher()
        key = Key(searcher.generation, text, viewer, limit, at if as_of else None)
        result = self._results.get(key, at) if self._results else None
        if result is None:
            found = _find(searcher, text, viewer, at, limit)
            until = good_until(at, searcher.valid_until(at)) if self._results else at
            result = Result(
                answer_json(found), found.query.facet, found.hits, found.confident, found.best, since=at, until=until
            )
            if self._results and found.whole:
                self._results.put(key, result)
        note(text, result.facet, result.hits, result.confident, result.best, searcher.generation)
        return with_moment(result.json, at)

    def transcript(self, text: str, viewer: Viewer, at: datetime) -> tuple[Answer, tuple[str, ...]]:
        """The three best cards for a piece of a call, fraud cards first, and what was asked for it.

        Raises QuestionError (too long, nothing said) or IndexProblem.
        """
        searcher = self._source.searcher()
        heard = self._listen(searcher, text, viewer, at)
        found = heard.findings
        alerts, cards = (tuple(heard.card(m, searcher) for m in matches) for matches in (found.alerts, found.cards))
        return (
            Answer(
                found.query, found.generation, at, alerts, cards, found.confident, found.message, found.chips,
                self._rephrased(heard, alerts, cards),
            ),
            heard.questions,
        )  # fmt: skip

    def transcript_json(self, text: str, viewer: Viewer, at: datetime) -> tuple[bytes, tuple[str, ...]]:
        """The same as the JSON of `kb.views.AnswerView`, and what was asked."""
        heard = self._listen(self._source.searcher(), text, viewer, at)
        return with_moment(answer_json(heard.findings), at), heard.questions

    def _rephrased(self, heard: Heard, alerts: tuple[Card, ...], cards: tuple[Card, ...]) -> Rephrased | None:
        """The first card in other words; not where a fraud is told, or nothing is sure."""
        if not self._rephrasing or alerts or not cards or not heard.findings.confident:
            return None
        first = cards[0]
        sentences = [first.answer.text, *(line.text.text for line in first.lines)]
        text = self._rephrasing.rephrase(heard.queries[first.key].raw, sentences)
        return Rephrased(text, first.key, first.title.text) if text else None

    def _listen(self, searcher: Searcher, text: str, viewer: Viewer, at: datetime) -> Heard:
        heard = listen(searcher, text, viewer, at)
        found = heard.findings
        # only the question that counts most: a transcript holds more than what was asked
        note(found.query.raw, found.query.facet, found.hits, found.confident, found.best, found.generation)
        return heard

    def hits(self, text: str, viewer: Viewer, at: datetime, limit: int) -> list[Hit]:
        """Only what was found, without cards; for batches and measurements."""
        searcher = self._source.searcher()
        query = searcher.understanding.understand(text, searcher.knows)
        return search(searcher, query, viewer, at, limit)[0]

    def article(self, article_id: str, viewer: Viewer, at: datetime) -> tuple[StoredArticle, Card] | None:
        """The version of an article in force, with its card, or None if there is none for this viewer."""
        searcher = self._source.searcher()
        stored = searcher.current(article_id, at, viewer)
        if stored is None:
            return None
        query = searcher.understanding.understand("", searcher.knows)
        key = stored.article.key
        found = match(searcher.prepared(key), Hit(key, None, 0.0, 0.0), asked(query, at))
        return stored, compose(stored, found, query)

    def suggest(self, text: str, viewer: Viewer, at: datetime, limit: int = 8) -> list[Suggestion]:
        """Titles and phrasings that begin with what was typed (characters, pinyin or initials), one for each article."""
        searcher = self._source.searcher()
        found: dict[str, Suggestion] = {}
        for phrase in islice(searcher.lookup.starting_with(text), _MOST_LOOKED_AT):
            if phrase.id not in found and searcher.visible(phrase.key, at, viewer):
                found[phrase.id] = Suggestion(phrase.text, phrase.id, phrase.title)
            if len(found) == limit:
                break
        return list(found.values())


def _find(searcher: Searcher, text: str, viewer: Viewer, at: datetime, limit: int) -> Findings:
    return find(searcher, searcher.understanding.understand(text, searcher.knows), viewer, at, limit)
