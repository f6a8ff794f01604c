"""A hook for a language model, off unless an operator names one: it may say an article's own sentences in other words, nothing more.

What it says is shown only if all its numbers, dates and amounts and all its negations stand in those sentences, and no negation
of theirs is lost; otherwise, or where it takes too long or fails, the article's own words stand alone.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from importlib import import_module
from typing import NamedTuple, Protocol

from kb.errors import SettingError
from kb.normalize import normalize
from kb.quantities import find_quantities

# seconds that anybody waits for it
PATIENCE = 2.0
MOST_CHARACTERS = 200
# calls that may be under way; a model that hangs is not asked again until one of them ends
_AT_ONCE = 2
# share of its pairs of characters that must stand in the sentences
_OWN_WORDS = 0.5
_LOG = logging.getLogger("kb.rephrasing")
_SENTENCE = re.compile(r"[。！？；!?;\n]+")
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*%?")
_COUNTED = re.compile(
    r"[零〇一二两三四五六七八九十百千万亿半]+(?=[个名位张笔次天日年月元块角分成倍折级类条岁周]|小时|工作日)"
)
_MEASURE = re.compile("个?(?:工作日|月|小时|分钟|名|位|张|笔|次|倍|折|级|类|条|岁|周|天|年|日|%)|个")
_LATIN = re.compile(r"[a-z]+")
_NOT = "不没无未非别勿"
_NEGATED = re.compile(rf"[{_NOT}](?=(.{{1,2}}))")
# 不能代办 denies 代办
_MODAL = "(?:能|可以|可|得|会|要|用|准|许|需|必)?"
_DENIED = re.compile(f"[{_NOT}]{_MODAL}(.{{2}})")
_BEFORE = re.compile(f"[{_NOT}]{_MODAL}$")


class Rephraser(Protocol):
    """Says sentences in other words, for somebody who asked a question; may raise anything and take any time."""

    def __call__(self, question: str, sentences: Sequence[str]) -> str:
        """The sentences in words that answer the question."""


class Rephrased(NamedTuple):
    """What a model made of an article, the key of the version, and its title."""

    text: str
    key: str
    title: str


def load_rephraser(name: str) -> Rephraser:
    """The function that a setting `module:function` names. Raises SettingError if there is none."""
    module, colon, function = name.partition(":")
    try:
        if not colon:
            raise ValueError("no colon")
        found: Rephraser = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise SettingError("KB_REPHRASER", name, "要写成 模块:函数，且能导入") from error
    if not callable(found):
        raise SettingError("KB_REPHRASER", name, "不是函数")
    return found


class Rephrasing:
    """Asks a rephraser in time and believes it nothing. Safe for threads."""

    def __init__(self, rephraser: Rephraser, patience: float = PATIENCE) -> None:
        self._rephraser = rephraser
        self._patience = patience
        self._waiting: list[Future[str]] = []

    def rephrase(self, question: str, sentences: Sequence[str]) -> str | None:
        """The sentences in other words; None where there are none that can be trusted, or none in time."""
        self._waiting = [call for call in self._waiting if not call.done()]
        if len(self._waiting) >= _AT_ONCE:
            return None
        call = self._begin(question, tuple(sentences))
        try:
            text = call.result(self._patience)
        except Exception as error:
            # a foreign function may raise anything, and no answer depends on it
            _LOG.warning("rephraser failed: %s", type(error).__name__)
            return None
        if not isinstance(text, str) or (objection := objection_to(text, sentences)):
            _LOG.warning("rephraser not believed: %s", objection if isinstance(text, str) else "no text")
            return None
        return text.strip()

    def _begin(self, question: str, sentences: Sequence[str]) -> Future[str]:
        """A call on a thread that the end of the service does not wait for."""
        call: Future[str] = Future()

        def run() -> None:
            try:
                call.set_result(self._rephraser(question, sentences))
            except Exception as error:
                call.set_exception(error)

        self._waiting.append(call)
        threading.Thread(target=run, name="rephrasing", daemon=True).start()
        return call


def objection_to(text: str, sentences: Iterable[str]) -> str:
    """Why a text is not just these sentences in other words; empty if nothing speaks against it."""
    said = normalize(text).text.strip()
    sources = [normalize(sentence).text for sentence in sentences]
    everything = "\n".join(sources)
    if not said or len(said) > MOST_CHARACTERS:
        return "empty or too long"
    if any(not any(_numbers(part) <= _numbers(source) for source in sources) for part in _SENTENCE.split(said)):
        return "a number that no sentence has"
    if set(_LATIN.findall(said)) - set(_LATIN.findall(everything)):
        return "letters that no sentence has"
    if any(negation not in everything for negation in _negations(said)):
        return "a negation that no sentence has"
    if any(_affirmed(word, said) and not _affirmed(word, everything) for word in _denied(everything)):
        return "a negation was lost"
    pairs = {said[i : i + 2] for i in range(len(said) - 1)}
    if sum(pair in everything for pair in pairs) < _OWN_WORDS * len(pairs):
        return "words of its own"
    return ""


def _numbers(text: str) -> set[str]:
    """Numbers of a normalised text, each in one form: 5万 is 50000."""
    found = list(find_quantities(text))
    rest = "".join(char if not any(q.start <= at < q.end for q in found) else " " for at, char in enumerate(text))
    # 5个工作日 is no 5元
    counted = [(q.term, q.end) for q in found] + [(m[0], m.end()) for m in _DIGITS.finditer(rest)]
    measured = {term + (unit[0] if (unit := _MEASURE.match(text, end)) else "") for term, end in counted}
    return measured | set(_COUNTED.findall(rest))


def _negations(text: str) -> Iterator[str]:
    return (match[0] + match[1] for match in _NEGATED.finditer(text))


def _denied(text: str) -> set[str]:
    return {match[1] for match in _DENIED.finditer(text)}


def _affirmed(word: str, text: str) -> bool:
    """Whether a word stands somewhere without a negation before it."""
    return any(not _BEFORE.search(text[: match.start()]) for match in re.finditer(re.escape(word), text))
