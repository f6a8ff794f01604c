"""The bank's words, owned by editors as plain files under `articles/_lexicon/`.

| file | a line |
|---|---|
| terms.txt | a word that must be cut as one |
| synonyms.txt | `甲 = 乙 = 丙` the same · `甲 < 乙` asking 甲 also finds 乙 · `错 -> 对` misspelt |
| stopwords.txt | a word without meaning in a question |
| jargon.txt, forbidden.txt | `word: explanation` |
| shapes.txt | characters that look alike |
| pins.txt | `问法 => 编号`: the article that comes first for a question |
| kinds.txt | `甲 / 乙 / 丙`: what a question may be about, see `kb/kinds.py` |
| fraud.txt | `说法 | 分数 | 警示编号`: what trips a fraud card, see `kb/fraud.py` |

All words but the names of kinds are kept in normalised form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from kb.fraud import Phrase, read_phrases
from kb.frontmatter import decode
from kb.kinds import Kinds, read_kinds
from kb.normalize import normalize
from kb.pins import Pin, read_pins
from kb.types import Problem

# path of the file, number of the line, and what it says
_Line = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words and their relations. A concept is named by the first member of its group of equals."""

    terms: frozenset[str] = frozenset()
    # member of a group of equals → concept
    concepts: dict[str, str] = field(default_factory=dict)
    # concept → its members, in the order of the file
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # narrower or colloquial word → words it also finds
    wider: dict[str, tuple[str, ...]] = field(default_factory=dict)
    misspelt: dict[str, str] = field(default_factory=dict)
    stopwords: frozenset[str] = frozenset()
    jargon: dict[str, str] = field(default_factory=dict)
    forbidden: dict[str, str] = field(default_factory=dict)
    # character → characters that look like it
    shapes: dict[str, frozenset[str]] = field(default_factory=dict)
    # question as `kb.pins.pin_key` compares it → the article that comes first
    pins: dict[str, Pin] = field(default_factory=dict)
    kinds: Kinds = field(default_factory=Kinds)
    # what callers and fraudsters say
    fraud: tuple[Phrase, ...] = ()
    # changes when anything does that the analyser reads
    fingerprint: str = "empty"

    def words(self) -> Iterator[str]:
        """Every word that the segmenter should know."""
        yield from self.terms
        yield from self.concepts
        yield from self.wider
        for targets in self.wider.values():
            yield from targets


def load_lexicon(articles: Path) -> tuple[Lexicon, list[Problem]]:
    """The lexicon under an articles folder, with every malformed line as a problem; missing files are empty."""
    # read once, so that the fingerprint is that of what was read
    files = _files(articles)
    lines = partial(_lines, articles / "_lexicon", files)
    problems: list[Problem] = []
    synonyms = _Synonyms()
    for path, number, line in lines("synonyms.txt", problems):
        if complaint := synonyms.add(line):
            problems.append(Problem(path, number, 1, complaint))
    terms = frozenset(line for _, _, line in lines("terms.txt", problems))
    stopwords = frozenset(line for _, _, line in lines("stopwords.txt", problems))
    kinds = read_kinds(lines("kinds.txt", problems, str), problems)
    lexicon = Lexicon(
        terms,
        synonyms.concepts,
        {k: tuple(v) for k, v in synonyms.members.items()},
        {k: tuple(v) for k, v in synonyms.wider.items()},
        synonyms.misspelt,
        stopwords,
        _glossary(lines("jargon.txt", problems), problems),
        _glossary(lines("forbidden.txt", problems), problems),
        _shapes(lines("shapes.txt", problems)),
        read_pins(lines("pins.txt", problems), problems),
        Kinds(kinds, synonyms.concepts, synonyms.members),
        read_phrases(lines("fraud.txt", problems), problems),
        _fingerprint(files),
    )
    return lexicon, problems


def fingerprint(articles: Path) -> str:
    """What tells the lexicon under an articles folder from any other, without reading what it says."""
    return _fingerprint(_files(articles))


def _files(articles: Path) -> dict[str, bytes]:
    """Name → bytes of each file of the lexicon, in the order of their names."""
    return {path.name: path.read_bytes() for path in sorted((articles / "_lexicon").glob("*.txt"))}


def _fingerprint(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(f"{name}:{len(data)}:".encode() + data)
    return digest.hexdigest()[:16]


class _Synonyms:
    """Collects the relations of synonyms.txt."""

    def __init__(self) -> None:
        self.concepts: dict[str, str] = {}
        self.members: dict[str, list[str]] = {}
        self.wider: dict[str, list[str]] = {}
        self.misspelt: dict[str, str] = {}

    def add(self, line: str) -> str | None:
        """Take a line up; what is wrong with it, or None."""
        for sign, take in (("->", self._misspelt), ("<", self._wider), ("=", self._equal)):
            if sign in line:
                words = [w.strip() for w in line.split(sign)]
                if len(words) < 2 or not all(words):
                    return "“=”“<”“->”两边都要有词。"
                return take(words)
        return "一行要写成“甲 = 乙”“甲 < 乙”或“错 -> 对”。"

    def _misspelt(self, words: list[str]) -> str | None:
        self.misspelt[words[0]] = words[1]
        return None

    def _wider(self, words: list[str]) -> str | None:
        self.wider.setdefault(words[0], []).append(words[1])
        return None

    def _equal(self, words: list[str]) -> str | None:
        twice = [w for w in words if w in self.concepts]
        if twice:
            return f"“{twice[0]}”已经在“{self.concepts[twice[0]]}”那一组里，请合并成一组。"
        self.members[words[0]] = words
        self.concepts.update(dict.fromkeys(words, words[0]))
        return None


def _plain(line: str) -> str:
    return normalize(line).text


def _lines(
    folder: Path,
    files: Mapping[str, bytes],
    name: str,
    problems: list[Problem],
    read: Callable[[str], str] = _plain,
) -> Iterator[_Line]:
    """Lines of one of the files, normalised by `read`, without blanks and comments; none of a file that is not there."""
    path = str(folder / name)
    text = decode(files.get(name, b""), path)
    if isinstance(text, Problem):
        problems.append(text)
        return
    for number, raw in enumerate(text.split("\n"), 1):
        line = read(raw.partition("#")[0]).strip()
        if line:
            yield path, number, line


def _glossary(lines: Iterable[_Line], problems: list[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, number, line in lines:
        word, colon, meaning = line.partition(":")
        if not colon or not meaning.strip():
            problems.append(Problem(name, number, 1, "一行要写成“词: 说明”。"))
        else:
            found[word.strip()] = meaning.strip()
    return found


def _shapes(lines: Iterable[_Line]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for _, _, line in lines:
        for char in line:
            found[char] = found.get(char, frozenset()) | (frozenset(line) - {char})
    return found
