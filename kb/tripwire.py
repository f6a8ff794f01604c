"""The tripwire: which fraud cards a text sets off. Compiled once for all alerts of a generation; owns no words.

A word is found as it is written; one of four characters or more also by its sound, so that homophones (平目共享), pinyin
(gongxiangpingmu) and both mixed (共享pingmu) are found; a phrase that trips an alert alone also by its initials (gxpm).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import NamedTuple

from kb.fraud import ANY, ENOUGH, Phrase
from kb.normalize import normalize
from kb.pinyin import full, initials, syllables
from kb.types import AlertDetail, Article

# tripwires kept: of the generations that serve, are tried or are about to
_KEPT = 4
# what speaks for any alert counts so much at most
MOST_ANYWHERE = 6
_NOTHING: Mapping[str, int] = MappingProxyType({})
_NOWHERE: Mapping[str, list[int]] = MappingProxyType({})
# what is shorter sounds like too much else
_LEAST_CHARACTERS = 4
LEAST_INITIALS = 4
# letters that a sound is looked up by
_HEAD = 4
_CHINESE = re.compile("[\u4e00-\u9fff]")
_LETTERS = re.compile("[a-z]+")


class Tripped(NamedTuple):
    """An alert version that a text sets off, and what of it did."""

    key: str
    said: str


class _Word(NamedTuple):
    text: str
    # in letters, as it may be heard or typed; empty where the word must stand as it is written
    sounds: tuple[str, ...]


class _Rule(NamedTuple):
    words: tuple[_Word, ...]
    points: int
    # numbers of the alerts that it speaks for; empty where it speaks for any
    alerts: tuple[int, ...]
    said: str


class Tripwire:
    """The phrases of some alerts, ready to be held against texts. Immutable; safe for threads."""

    def __init__(self, alerts: Sequence[Article], phrases: Iterable[Phrase]) -> None:
        """`alerts`: every version that may be set off, those of other types are left out; `phrases`: of the lexicon."""
        # alerts that warn of fraud come before those that tell of maintenance
        self._alerts = [(a.key, d.severity == "high") for a in alerts if isinstance(d := a.detail, AlertDetail)]
        self._numbers = {key: number for number, (key, _) in enumerate(self._alerts)}
        self._rules = _rules(alerts, phrases)
        # first characters → words that begin with them → numbers of the rules that they may lead to
        self._written: dict[str, dict[str, list[int]]] = {}
        self._heard: dict[str, dict[str, list[int]]] = {}
        self._initials: dict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(self._rules):
            self._enter(number, rule)

    def _enter(self, number: int, rule: _Rule) -> None:
        """Make a rule known by its longest word."""
        longest = max(rule.words, key=lambda word: len(word.text))
        for sound in longest.sounds:
            self._heard.setdefault(sound[:_HEAD], {}).setdefault(sound, []).append(number)
        if not longest.sounds:
            self._written.setdefault(longest.text[:2], {}).setdefault(longest.text, []).append(number)
        if len(rule.words) == 1 and rule.points == ENOUGH:
            short = initials(longest.text)
            if len(short) == len(longest.text) >= LEAST_INITIALS:
                self._initials[short].append(number)

    def tripped(self, text: str, leaning: Mapping[str, int] = _NOTHING) -> list[Tripped]:
        """The alerts that a normalised text sets off: fraud first, then by their points.

        `leaning`: points of versions for other reasons than words, such as that the search finds them first. They count beside
        what speaks for any alert only: who asks for train tickets finds their fraud first, too.
        """
        rules = [self._rules[number] for number in sorted(self._found(text.replace(" ", "")))]
        anywhere = [rule for rule in rules if not rule.alerts]
        beside = min(sum(rule.points for rule in anywhere), MOST_ANYWHERE)
        points = self._leaning(leaning) if beside else {}
        said: dict[int, list[_Rule]] = defaultdict(list)
        for rule in rules:
            for alert in rule.alerts:
                points[alert] = points.get(alert, 0) + rule.points
                said[alert].append(rule)
        tripped = [alert for alert, own in points.items() if own + beside >= ENOUGH]
        tripped.sort(key=lambda a: (not self._alerts[a][1], -points[a], -len(_told(said[a])), self._alerts[a][0]))
        return [Tripped(self._alerts[a][0], _told(said[a] or anywhere)) for a in tripped]

    def _leaning(self, given: Mapping[str, int]) -> dict[int, int]:
        """Points of alerts that warn of fraud, by number."""
        numbers = ((self._numbers.get(key), points) for key, points in given.items())
        return {alert: points for alert, points in numbers if alert is not None and self._alerts[alert][1]}

    def _found(self, text: str) -> set[int]:
        """The numbers of the rules all of whose words occur."""
        heard = _Heard(text)
        candidates = set(self._as_written(text)) | set(self._as_heard(heard))
        found = {n for n in candidates if all(_occurs(word, text, heard) for word in self._rules[n].words)}
        return found.union(*(self._initials.get(letters, ()) for letters in _LETTERS.findall(text)))

    def _as_written(self, text: str) -> Iterator[int]:
        for at, char in enumerate(text):
            for head in (text[at : at + 2], char) if char in self._written else (text[at : at + 2],):
                for word, numbers in self._written.get(head, _NOWHERE).items():
                    if text.startswith(word, at):
                        yield from numbers

    def _as_heard(self, heard: _Heard) -> Iterator[int]:
        letters, borders = heard.letters, heard.borders
        for at in borders:
            for sound, numbers in self._heard.get(letters[at : at + _HEAD], _NOWHERE).items():
                if letters.startswith(sound, at) and at + len(sound) in borders:
                    yield from numbers


_TRIPWIRES: list[tuple[Sequence[Article], tuple[Phrase, ...], Tripwire]] = []


def shared_tripwire(alerts: Sequence[Article], phrases: tuple[Phrase, ...]) -> Tripwire:
    """One for all generations with the same alerts and the same phrases: most publications leave both as they are."""
    found = next((wire for known, said, wire in list(_TRIPWIRES) if known == alerts and said == phrases), None)
    if found is None:
        found = Tripwire(alerts, phrases)
        _TRIPWIRES[:] = [*_TRIPWIRES, (alerts, phrases, found)][-_KEPT:]
    return found


class _Heard:
    """A text in letters, each Chinese character by its own reading, and where characters begin and end."""

    __slots__ = ("borders", "letters")

    def __init__(self, text: str) -> None:
        parts = [_SOUNDS[char] for char in text]
        self.letters = "".join(parts)
        self.borders = {0, *accumulate(map(len, parts))}

    def has(self, sound: str) -> bool:
        """Whether a sound occurs, beginning and ending where characters do."""
        at = self.letters.find(sound)
        while at >= 0:
            if at in self.borders and at + len(sound) in self.borders:
                return True
            at = self.letters.find(sound, at + 1)
        return False


class _Sounds(dict[str, str]):
    """Character → its reading, itself where it has none; filled as characters are met."""

    def __missing__(self, char: str) -> str:
        found = self[char] = "".join(syllables(char)) or char
        return found


_SOUNDS = _Sounds()


def _told(rules: Iterable[_Rule]) -> str:
    """What weighs most, in words."""
    heaviest = sorted(rules, key=lambda rule: (-rule.points, -len(rule.said)))[:3]
    return "、".join(rule.said for rule in heaviest)


def _occurs(word: _Word, text: str, heard: _Heard) -> bool:
    return word.text in text or any(heard.has(sound) for sound in word.sounds)


def _rules(alerts: Sequence[Article], phrases: Iterable[Phrase]) -> list[_Rule]:
    numbers: dict[str, list[int]] = defaultdict(list)
    rules: list[_Rule] = []
    own: list[tuple[str, int]] = []
    for article in alerts:
        if isinstance(article.detail, AlertDetail):
            number = sum(map(len, numbers.values()))
            numbers[article.id].append(number)
            own += [(trigger, number) for trigger in article.detail.triggers]
    for trigger, number in own:
        words = normalize(trigger).text.split()
        if words:
            rules.append(_rule(words, ENOUGH, (number,)))
    rules += [
        _rule(p.words, p.points, tuple(numbers.get(p.alert, ())))
        for p in phrases
        if p.alert in numbers or p.alert == ANY
    ]
    return rules


def _rule(words: Sequence[str], points: int, alerts: tuple[int, ...]) -> _Rule:
    return _Rule(tuple(_Word(word, sounds_of(word)) for word in words), points, alerts, " ".join(words))


def sounds_of(word: str) -> tuple[str, ...]:
    """How a word may be heard or typed: characters by their own readings, and by those that the word gives them."""
    by_character = "".join(_SOUNDS[char] for char in word)
    if len(_CHINESE.findall(word)) < _LEAST_CHARACTERS:
        return ()
    whole = full(word) if all(map(_CHINESE.match, word)) else by_character
    return tuple(dict.fromkeys((by_character, whole)))
