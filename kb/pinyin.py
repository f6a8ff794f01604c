"""Pinyin of words, polyphones by their context: 银行 → yin hang."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from zlib import crc32

from kb.copies import kept

_FILE = "pinyin"
# so short a text is looked through for phrases in less time than it is cut
_SHORT = 5
# changes with what the copy holds
_LAYOUT = "phrases, characters, lengths"
# readings that banks use and pypinyin's dictionary has otherwise
READINGS = {
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


class Readings:
    """Toneless readings of phrases and of characters, syllables apart by a space."""

    def __init__(
        self, chinese: str, phrases: dict[str, str], characters: dict[str, str], longest: dict[str, str]
    ) -> None:
        """`chinese`: the pattern of one character that has a reading; `phrases`: in the order of their characters; `longest`: length
        of the longest phrase that begins with a character."""
        self.chinese = re.compile(f"{chinese}+")
        self.phrases = phrases
        self._characters = characters
        self._ordered = list(phrases)
        self._longest = {char: int(length) for char, length in longest.items()}

    def of(self, part: str) -> list[str]:
        """The syllables of a phrase, or of characters one by one."""
        phrase = self.phrases.get(part)
        if phrase is not None:
            return phrase.split(" ")
        return [found for c in part if (found := self._characters.get(c)) is not None]

    def cut(self, text: str) -> Iterator[str]:
        """The longest phrase that begins a text, or its first character, and so on; as `pypinyin.seg.mmseg` cuts."""
        start = 0
        while start < len(text):
            part = self._phrase(text, start)
            if not part and self._begins_a_phrase(text, start):
                # an unfinished phrase is read character by character, whatever phrases are in it
                yield from text[start:]
                return
            yield part or text[start]
            start += len(part) or 1

    def _phrase(self, text: str, start: int) -> str:
        for end in range(min(len(text), start + self._longest.get(text[start], 0)), start, -1):
            if text[start:end] in self.phrases:
                return text[start:end]
        return ""

    def _begins_a_phrase(self, text: str, start: int) -> bool:
        """Whether a longer phrase begins with all that is left of a text."""
        if len(text) - start >= self._longest.get(text[start], 0):
            return False
        rest = text[start:]
        place = bisect_left(self._ordered, rest)
        return place < len(self._ordered) and self._ordered[place].startswith(rest)


_LOADED: list[Readings] = []


def load(cache: Path) -> None:
    """Have the readings ready, from a copy in a folder of this service: a tenth of the time and half the memory of pypinyin."""
    if not _LOADED:
        made_with = f"pypinyin {version('pypinyin')} {crc32(repr(READINGS).encode())} {_LAYOUT}"
        _LOADED.append(_unpacked(kept(cache / _FILE, made_with, _packed)))


def _packed() -> list[bytes]:
    chinese, *tables = _from_pypinyin()
    return [chinese.encode(), *("\n".join(column).encode() for table in tables for column in (table, table.values()))]


def _unpacked(parts: Sequence[memoryview]) -> Readings:
    chinese, *columns = (str(part, "utf-8") for part in parts)
    split = [column.split("\n") for column in columns]
    return Readings(chinese, *(dict(zip(*pair, strict=True)) for pair in zip(split[::2], split[1::2], strict=True)))


def _readings() -> Readings:
    if not _LOADED:
        _LOADED.append(Readings(*_from_pypinyin()))
    return _LOADED[0]


def _from_pypinyin() -> tuple[str, dict[str, str], dict[str, str], dict[str, str]]:
    """What `Readings` is made of."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT, RE_HANS

    phrases = {phrase: " ".join(_toneless(choices[0]) for choices in PHRASES_DICT[phrase]) for phrase in PHRASES_DICT}
    phrases.update(READINGS)
    characters = {chr(code): _toneless(choices.partition(",")[0]) for code, choices in PINYIN_DICT.items()}
    chinese = RE_HANS.pattern.removeprefix("^(?:").removesuffix(")+$")
    return chinese, dict(sorted(phrases.items())), characters, longest_of_each(phrases)


def longest_of_each(phrases: Iterable[str]) -> dict[str, str]:
    """First character → length of the longest phrase that begins with it."""
    return {phrase[0]: str(len(phrase)) for phrase in sorted(phrases, key=len)}


@lru_cache(maxsize=4096)
def _toneless(syllable: str) -> str:
    from pypinyin import Style
    from pypinyin.style import convert

    return str(convert(syllable, Style.NORMAL, strict=True))


@lru_cache(maxsize=65536)
def syllables(word: str) -> tuple[str, ...]:
    """Toneless syllables of a Chinese word, polyphones by the word's context (银行 → yin, hang)."""
    readings = _readings()
    return tuple(s for run in readings.chinese.findall(word) for part in readings.cut(run) for s in readings.of(part))


def full(word: str) -> str:
    """`xiugai` for 修改; empty if there is no Chinese in it."""
    return "".join(syllables(word))


def initials(word: str) -> str:
    """`xg` for 修改."""
    return "".join(s[0] for s in syllables(word) if s)


def sounds_like(text: str) -> str:
    """A key that is equal for homophones, with the sounds that southern speakers confuse made one (see `_folded`)."""
    if len(text) <= _SHORT and not _holds_a_phrase(text):
        return " ".join(filter(None, map(_sound_of, text)))
    return " ".join(map(_folded, syllables(text)))


def _holds_a_phrase(text: str) -> bool:
    """Whether some of it is not simply read character by character."""
    phrases, size = _readings().phrases, len(text)
    return any(text[start:end] in phrases for start in range(size - 1) for end in range(start + 2, size + 1))


@lru_cache(maxsize=1 << 14)
def _sound_of(char: str) -> str:
    """`sounds_like` of one character."""
    return " ".join(map(_folded, syllables(char)))


def blurred(letters: str) -> str:
    """Full pinyin with the sounds that southern speakers confuse made one, syllables not apart (zuanzang = zhuanzhang)."""
    flat = letters.replace("zh", "z").replace("ch", "c").replace("sh", "s").replace("ng", "n")
    return _F.sub(_f_as_h, flat).replace("hun", "hon").replace("l", "n")


def slips(typed: str, meant: str) -> int:
    """In how many of the confusable sounds two syllables of the same `sounds_like` differ: 0 if they are the same."""
    if typed == meant:
        return 0
    initial = _FLAT.get(typed[:2], typed[:1]) != _FLAT.get(meant[:2], meant[:1])
    flat = initial or (typed[1:2] == "h") != (meant[1:2] == "h")
    return max(1, flat + (typed.endswith("ng") != meant.endswith("ng")))


_FLAT = {"zh": "z", "ch": "c", "sh": "s"}
# fei, fen and feng of those who say hui, hun and hong (both hon here); before a and o, and alone, u comes between
_F = re.compile("f(ei|en|ou|[aou])")
_H = {"ei": "hui", "en": "hon", "ou": "hou", "u": "hu", "o": "huo", "a": "hua"}


def _f_as_h(match: re.Match[str]) -> str:
    return _H[match[1]]


@lru_cache(maxsize=2048)
def _folded(syllable: str) -> str:
    """zh = z, ch = c, sh = s; ang = an, eng = en, ing = in; n = l; f = h (fei = hui, fan = huan, feng = hong)."""
    folded = syllable.removesuffix("g") if syllable.endswith("ng") else syllable
    if folded[:2] in _FLAT:
        folded = folded[0] + folded[2:]
    if folded.startswith("n") and folded != "n":
        return "l" + folded[1:]
    return "hon" if folded == "hun" else _F.sub(_f_as_h, folded)
