"""What sets fraud cards off in a page without the service: the rules of `kb/tripwire.py` as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kb.backend import StoredArticle
from kb.findings import LEANING, MOST_ALERTS
from kb.fraud import ANY, ENOUGH, Phrase
from kb.normalize import normalize
from kb.pinyin import initials, syllables
from kb.tripwire import LEAST_INITIALS, MOST_ANYWHERE, sounds_of
from kb.types import AlertDetail

_CHARACTERS = [chr(code) for code in range(0x4E00, 0x9FA6)]


class Rule(NamedTuple):
    """Words that must all occur in a question, and what that counts."""

    # of each word: as it is written, then how it sounds, in letters
    words: tuple[tuple[str, ...], ...]
    points: int
    # letters that stand for the only word; empty where none do
    initials: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """What sets an alert off; severe ones come first."""

    severe: bool
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Alarms:
    """The alarms of all alerts."""

    # points that set an alert off, and how many alerts are shown
    enough: int
    most: int
    # what speaks for any alert, and what that may count at most
    anywhere: tuple[Rule, ...]
    most_anywhere: int
    # points of the first hits of the search
    leaning: tuple[int, ...]
    # by the keys of alert versions
    of: Mapping[str, Alarm]
    # reading → the characters that are read so, as far as some rule has that reading
    readings: Mapping[str, str]


def alarms_for(versions: Iterable[StoredArticle], phrases: Sequence[Phrase]) -> Alarms:
    """The alarms of these versions, with the phrases of the lexicon."""
    found = {}
    for article in (stored.article for stored in versions):
        if isinstance(detail := article.detail, AlertDetail):
            own = [_rule(words, ENOUGH) for t in detail.triggers if (words := normalize(t).text.split())]
            said = [_rule(p.words, p.points) for p in phrases if p.alert == article.id]
            found[article.key] = Alarm(detail.severity == "high", (*own, *said))
    anywhere = tuple(_rule(p.words, p.points) for p in phrases if p.alert == ANY)
    rules = [*anywhere, *(rule for alarm in found.values() for rule in alarm.rules)]
    return Alarms(ENOUGH, MOST_ALERTS, anywhere, MOST_ANYWHERE, LEANING, found, _readings(rules))


def _rule(words: Sequence[str], points: int) -> Rule:
    short = initials(words[0]) if len(words) == 1 and points == ENOUGH else ""
    known = len(short) == len(words[0]) >= LEAST_INITIALS
    return Rule(tuple((word, *sounds_of(word)) for word in words), points, short if known else "")


def _readings(rules: Iterable[Rule]) -> dict[str, str]:
    wanted = set(_syllables(rules))
    found: dict[str, list[str]] = defaultdict(list)
    for char in _CHARACTERS:
        read = "".join(syllables(char))
        if read in wanted:
            found[read].append(char)
    return {read: "".join(characters) for read, characters in sorted(found.items())}


def _syllables(rules: Iterable[Rule]) -> Iterator[str]:
    """The readings of the words that are also found by their sound: each character's own, and in its word."""
    for rule in rules:
        for word, *sounds in rule.words:
            if sounds:
                yield from syllables(word)
                for char in word:
                    yield from syllables(char)
