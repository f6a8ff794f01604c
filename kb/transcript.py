"""A piece of a call, as text: who said what, and what the caller asks. Pure; `kb/listening.py` asks it.

`客户：… 坐席：…` are read where they stand; a transcript without them is told apart by what only agents say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from kb.errors import QuestionError
from kb.query import MAX_QUESTION

MOST_CHARACTERS = 2000
# sub-questions that are asked; each takes as long as a question of an agent
MOST_ASKED = 9
# sentences that matter, from the end: who has told a long story asks at its end
_RECENT = 6
# what a sentence counts less than the one after it
_FADING = 0.8
# and what was said before a caller came to something else
_ANOTHER = 0.4
# clauses at the end of a long sentence that are asked alone, too
_CLAUSES = 2
_CLAUSE = re.compile(r"[,，、]+")
_OPENS = re.compile(
    r"还有一[个件]|第[二三][件个]|另外|另一[个件]|对了|再问|顺便|主要(?:是|想)|现在急的|我(?:就是)?想[问知]|就是想|就想|我就担心|所以我|但是我|不过我|我打来"
)
# words that ask or want something
_ASKS = re.compile(
    r"怎么|如何|咋|吗|呢|能不能|可不可以|可以不|行不行|要不要|会不会|是不是|有没有|多少|多久|几天|几点|哪里|哪儿|在哪|为什么|为啥|什么|啥|"
    r"[?？]|想|要|帮我|给我|麻烦|投诉|反映|取消|开通|办|查|退|改"
)
_ASKING, _TELLING = 1.0, 0.9
_SHORTEST = 3

Speaker = Literal["caller", "agent", "unknown"]
_CALLER = "客户|顾客|用户|客人|来电人|来电者|主叫|来话人|CUSTOMER|CALLER|USER"
_AGENT = "坐席|座席|客服|客服人员|接线员|话务员|工作人员|员工|经办|AGENT|OPERATOR"
_LABEL = re.compile(rf"(?:(?P<caller>{_CALLER})|(?P<agent>{_AGENT}))[0-9A-Z]{{0,6}}\s*[:：]", re.IGNORECASE)
_SAID_BY_AGENTS = re.compile(
    r"请问有什么(?:可以)?(?:帮|需要)|很高兴为您|为您服务|工号|请您?(?:讲|说|稍等|别急|放心|节哀|提供)|您(?:请讲|请说|别急|先别|慢慢)|"
    r"(?:这边)?(?:帮您|给您|为您)(?:查|看|登记|核实|转接|办理|反映)|感谢您的|祝您|还有(?:其他|什么)(?:可以|需要)|"
    r"请问您|您是(?:想|用|本人|要|哪)|您最后|您当时|您这边"
)
# the second kind begins other words, too (对方, 额度, 好像): they are fillers before a pause only
_FILLERS = re.compile(
    r"^(?:(?:嗯+|啊+|呃+|哦+|唉+|哎呀?|诶+|喂+|你好|您好|就是说|我跟你[说讲]|我想(?:问|咨询|了解)一下|我问一下|问一下|请问一下|请问|"
    r"是这样的?|不好意思|小姑娘|师傅|我就想(?:问|知道))[,，、\s]*(?=.)|"
    r"(?:额|那个|这个|就是|就|然后|所以|反正|那|对+|是的|好的?|行|可以|没事|谢谢|麻烦[你您]?|快+|急死了)[,，、\s]+)"
)
_EMPTY = re.compile(
    r"^(?:嗯|啊|呃|哦|对|是|是的|好|好的|行|可以|没有|有|谢谢|再见|不用了?|知道了|明白了?|你好|您好|喂|哎呀|急死了)*$"
)
_END = re.compile(r"[。！？!?；;\n\r]+")
_GAP = re.compile(r"(?<=[\u4e00-\u9fff])[ \t\u3000]+(?=[\u4e00-\u9fffA-Za-z0-9])")
_SILENT = re.compile(r"[\s,，、。.…]+")


class Turn(NamedTuple):
    """A sentence, and who said it."""

    speaker: Speaker
    text: str


class Asked(NamedTuple):
    """What is asked of the knowledge base for a transcript, and how much its answers count."""

    question: str
    weight: float


def turns(text: str) -> list[Turn]:
    """The sentences of a transcript in their order. Raises QuestionError if it is longer than MOST_CHARACTERS."""
    if len(text) > MOST_CHARACTERS:
        raise QuestionError(f"通话片段有 {len(text)} 个字，最多 {MOST_CHARACTERS} 个字，请只粘贴最后几句。")
    return [turn for speaker, said in _spoken(text) for turn in _sentences(speaker, said)]


def _spoken(text: str) -> Iterator[tuple[Speaker, str]]:
    """What stands between the names of the speakers."""
    speaker: Speaker = "unknown"
    at = 0
    for label in _LABEL.finditer(text):
        yield speaker, text[at : label.start()]
        speaker = "caller" if label["caller"] else "agent"
        at = label.end()
    yield speaker, text[at:]


def _sentences(speaker: Speaker, said: str) -> Iterator[Turn]:
    for sentence in _END.split(said):
        parts = _GAP.split(sentence) if speaker == "unknown" else [sentence]
        for part in filter(str.strip, parts):
            by_agent = speaker == "unknown" and _SAID_BY_AGENTS.search(part)
            yield Turn("agent" if by_agent else speaker, part.strip())


def told_by_caller(said: Iterable[Turn]) -> list[str]:
    """What the caller said, without fillers and mere assent."""
    found = (_without_fillers(turn.text) for turn in said if turn.speaker != "agent")
    return [
        text for text in found if len(_SILENT.sub("", text)) >= _SHORTEST and not _EMPTY.match(_SILENT.sub("", text))
    ]


def _without_fillers(text: str) -> str:
    shorter = _FILLERS.sub("", text)
    while shorter != text:
        text, shorter = shorter, _FILLERS.sub("", shorter)
    return text


def to_ask(told: Sequence[str]) -> list[Asked]:
    """The questions behind what a caller told, at most MOST_ASKED, what counts most first.

    The latest sentences, each alone and with the one before it; the end of a long one; and all that belongs to the same matter.
    """
    recent = list(told[-_RECENT:])
    asked: dict[str, float] = {}
    weight = 1.0
    for place in range(len(recent) - 1, -1, -1):
        sentence = recent[place]
        counts = weight * (_ASKING if _ASKS.search(sentence) else _TELLING)
        for question in _around(recent, place):
            asked[question] = max(asked.get(question, 0.0), counts)
        weight *= _ANOTHER if _OPENS.search(sentence) else _FADING
    matter = _latest_matter(recent)
    if len(matter) > 2:
        asked.setdefault("，".join(matter)[-MAX_QUESTION:], 1.0)
    return sorted((Asked(q, w) for q, w in asked.items()), key=lambda a: -a.weight)[:MOST_ASKED]


def _around(told: Sequence[str], place: int) -> Iterator[str]:
    """A sentence alone, its end if it is long, and together with what was said just before."""
    sentence = told[place]
    yield sentence[-MAX_QUESTION:]
    clauses = _CLAUSE.split(sentence)
    if len(clauses) > _CLAUSES:
        yield "，".join(clauses[-_CLAUSES:])[-MAX_QUESTION:]
    if place and place >= len(told) - _RECENT // 2 and not _OPENS.search(sentence):
        yield f"{told[place - 1]}，{sentence}"[-MAX_QUESTION:]


def _latest_matter(told: Sequence[str]) -> Sequence[str]:
    """The sentences since the caller came to something else."""
    begins = max((place for place, sentence in enumerate(told) if _OPENS.search(sentence)), default=0)
    return told[begins:]


def merged(rankings: Iterable[tuple[float, Sequence[str]]], most: int) -> list[str]:
    """The best of several rankings, each with what it counts: its first for all of that, its second for half, and so on."""
    scores: dict[str, float] = {}
    for weight, keys in rankings:
        for place, key in enumerate(keys, 1):
            scores[key] = scores.get(key, 0.0) + weight / place
    return sorted(scores, key=lambda key: (-scores[key], key))[:most]


def windows(told: Sequence[str], size: int = 3) -> list[str]:
    """What was said in a row: a few sentences in one breath may be a fraud, a few words here and there are none."""
    return ["，".join(told[max(0, end - size) : end]) for end in range(1, len(told) + 1)]
