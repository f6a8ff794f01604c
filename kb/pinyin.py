"""Pinyin of words, and back: letters an agent types (`xgsjh`, `xiugaishouji`) → the words they may stand for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pypinyin import Style, load_phrases_dict, pinyin

# readings that banks use and pypinyin's dictionary has otherwise
_READINGS = {
    "还款": "huan kuan",
    "还贷": "huan dai",
    "还清": "huan qing",
    "还钱": "huan qian",
    "应还": "ying huan",
    "重置": "chong zhi",
    "重设": "chong she",
    "重发": "chong fa",
    "重开": "chong kai",
    "重办": "chong ban",
    "支行": "zhi hang",
    "分行": "fen hang",
    "跨行": "kua hang",
    "他行": "ta hang",
    "本行": "ben hang",
    "人行": "ren hang",
    "收款行": "shou kuan hang",
    "付款行": "fu kuan hang",
    "调额": "tiao e",
    "调高": "tiao gao",
    "调低": "tiao di",
    "多长时间": "duo chang shi jian",
    "排长队": "pai chang dui",
    "晚还": "wan huan",
    "没收到": "mei shou dao",
}
load_phrases_dict({word: [[s] for s in reading.split()] for word, reading in _READINGS.items()})
_LONGEST_INPUT = 40
_CHOICES = 3


@lru_cache(maxsize=65536)
def syllables(word: str) -> tuple[str, ...]:
    """Toneless syllables of a Chinese word, polyphones by the word's context (银行 → yin, hang)."""
    return tuple(s[0] for s in pinyin(word, style=Style.NORMAL, errors="ignore", v_to_u=False))


def full(word: str) -> str:
    """`xiugai` for 修改; empty if there is no Chinese in it."""
    return "".join(syllables(word))


def initials(word: str) -> str:
    """`xg` for 修改."""
    return "".join(s[0] for s in syllables(word) if s)


def sounds_like(text: str) -> str:
    """A key that is equal for homophones, with the sounds that dialects confuse made one (zh/z, ang/an, n/l before vowels kept apart)."""
    return " ".join(_folded(s) for s in syllables(text))


def _folded(syllable: str) -> str:
    for retroflex, flat in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if syllable.startswith(retroflex):
            syllable = flat + syllable[2:]
    return syllable[:-1] if syllable.endswith("ng") else syllable


class Speller:
    """Finds the words behind Latin letters, by full pinyin or by initials, among the words of the knowledge base."""

    def __init__(self, frequency: Mapping[str, int]) -> None:
        """`frequency`: Chinese word of at least two characters → in how many articles it stands."""
        total = sum(frequency.values()) + 1
        self._words: dict[str, list[tuple[float, str]]] = {}
        for word, count in frequency.items():
            cost = -math.log(count / total)
            for key in {full(word), initials(word)}:
                if len(key) > 1:
                    self._words.setdefault(key, []).append((cost, word))
        for choices in self._words.values():
            choices.sort()
        self._longest = max(map(len, self._words), default=0)

    def words(self, letters: str) -> list[tuple[str, ...]]:
        """The cheapest reading of the letters as words: for each part its best few words; empty if there is none.

        Fewest and most frequent words win: each word costs -log of its share of all words (a unigram model).
        """
        if not 2 <= len(letters) <= _LONGEST_INPUT or not letters.isascii() or not letters.isalpha():
            return []
        best: list[tuple[float, int] | None] = [(0.0, 0)] + [None] * len(letters)
        for end in range(2, len(letters) + 1):
            for start in range(max(0, end - self._longest), end - 1):
                before = best[start]
                choices = self._words.get(letters[start:end])
                if before and choices:
                    cost = before[0] + choices[0][0]
                    now = best[end]
                    if now is None or cost < now[0]:
                        best[end] = (cost, start)
        return self._parts(letters, best)

    def _parts(self, letters: str, best: list[tuple[float, int] | None]) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        end = len(letters)
        while end > 0:
            step = best[end]
            if step is None:
                return []
            found.append(tuple(word for _, word in self._words[letters[step[1] : end]][:_CHOICES]))
            end = step[1]
        return found[::-1]


def sort_keys(phrases: Iterable[str]) -> list[tuple[str, str]]:
    """(full, initials) of each phrase."""
    return [(full(p), initials(p)) for p in phrases]
