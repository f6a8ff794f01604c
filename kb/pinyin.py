"""Pinyin of words, polyphones by their context: 银行 → yin hang."""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import Style
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT, RE_HANS
from pypinyin.seg import mmseg
from pypinyin.style import convert

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
# as `load_phrases_dict` does, which trains with the whole dictionary again
PHRASES_DICT.update({word: [[s] for s in reading.split()] for word, reading in _READINGS.items()})
mmseg.seg.train(iter(_READINGS))
_CHINESE = re.compile(RE_HANS.pattern.removeprefix("^").removesuffix("$"))


@lru_cache(maxsize=65536)
def syllables(word: str) -> tuple[str, ...]:
    """Toneless syllables of a Chinese word, polyphones by the word's context (银行 → yin, hang)."""
    return tuple(s for run in _CHINESE.findall(word) for part in mmseg.seg.cut(run) for s in _reading(part))


def _reading(part: str) -> list[str]:
    """The syllables of a phrase of pypinyin's dictionary, or of a single character; as `pypinyin.pinyin`, several times as fast."""
    phrase = PHRASES_DICT.get(part)
    if phrase:
        return [_toneless(choices[0]) for choices in phrase]
    return [_toneless(PINYIN_DICT[ord(c)].partition(",")[0]) for c in part if ord(c) in PINYIN_DICT]


@lru_cache(maxsize=4096)
def _toneless(syllable: str) -> str:
    return str(convert(syllable, Style.NORMAL, strict=True))


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


class Sounds:
    """`sounds_like` of every short stretch of one text, most of them without looking each up as a phrase.

    A phrase matters only where it is not read as its characters are; all other stretches sound like their characters.
    """

    def __init__(self, text: str, longest: int) -> None:
        """`longest`: of the stretches that will be asked for."""
        self._text = text
        self._chars = [_sound_of_part(char) for char in text]
        self._phrases = [
            (start, end)
            for start in range(len(text))
            for end in range(start + 2, min(start + longest, len(text)) + 1)
            if text[start:end] in PHRASES_DICT and _sound_of_part(text[start:end]) != self._joined(start, end)
        ]

    def of(self, start: int, end: int) -> str:
        """`sounds_like(text[start:end])`."""
        if self._phrases and not self.plain(start, end):
            return sounds_like(self._text[start:end])
        return self._joined(start, end)

    def plain(self, start: int, end: int) -> bool:
        """Whether each character of a stretch has one sound, the same alone and in any part of it."""
        return all(self._chars[start:end]) and not any(start <= first and last <= end for first, last in self._phrases)

    def _joined(self, start: int, end: int) -> str:
        return " ".join(filter(None, self._chars[start:end]))


@lru_cache(maxsize=65536)
def _sound_of_part(part: str) -> str:
    return " ".join(map(_folded, _reading(part))) if _CHINESE.match(part) else ""
