"""Terms as numbers, for engines that would cut our terms once more, or that know only one field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from indexer.documents import Document


class Numbered:
    """Gives each (stream, term) a number; words and bigrams that are spelt alike stay apart."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def add(self, stream: str, term: str) -> int:
        """The term's number, a new one for a new term. `stream`: `word` or `title_word`, …"""
        return self.numbers.setdefault(_name(stream, term), len(self.numbers))

    def get(self, stream: str, term: str) -> int | None:
        """The term's number, or None if no document has it."""
        return self.numbers.get(_name(stream, term))


def _name(stream: str, term: str) -> str:
    return f"{stream.rpartition('_')[2]}:{term}"


def counted(document: Document, numbers: Numbered) -> Counter[int]:
    """The terms of all fields of a document together, with their counts."""
    found: Counter[int] = Counter()
    for name, terms in document.streams.items():
        for term, count in terms.items():
            found[numbers.add(name, term)] += count
    return found


def repeated(counts: Iterable[tuple[int, int]]) -> list[int]:
    """Each number as often as it counts."""
    return [number for number, count in counts for _ in range(count)]
