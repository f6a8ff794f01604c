"""The tones that an article leaves out, made of its own answer: shorter, for elderly callers, soothing.

Nothing is added to what the answer says but a sentence to begin or end with that states no fact and promises nothing. Where
a tone would have to leave out a condition, or would sound silly, there is none. `Tones` of an article are never changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kb.spoken import read_aloud, remarkable_readings
from kb.types import Article, Step, Tones

SHORT_LENGTH = 40
# what an article may say in a tone is limited to 80 characters; what is put before and between is not counted there
_ELDER_LENGTH = 120
# shorter sentences decide nothing by themselves: “能。”, “可以申请。”
_DECISIVE = 8
_MOST_STEPS = 3

_SENTENCE = re.compile(r"[^。！？]+[。！？]+[”’」』）)]*|[^。！？]+$")
# what is left out must not limit what is said
_LIMITS = re.compile(
    "但|不过|除外|只限|仅限|只能|不能|不得|不可|不含|不保|否则|除非|例外|须|必须|要先|先|超过|超出|如果|要是|不满|不足|以上|以下|以内|可能|没有|还要|另收|不算|不要|别"
)
_COMFORTED = re.compile("别急|不急|别慌|别担心|抱歉|对不起|不好意思|理解|着急|节哀|放心|辛苦|不着急")
_HURRIED = re.compile("诈骗|骗子|骗局|报警|别转|不要转")

# the first that fits the title or the category; `complaint` fits by type
_OPENINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), opening)
    for pattern, opening in (
        ("继承|遗产|去世|亡故", "请您节哀，要办的事我慢慢跟您说。"),
        ("盗刷|不是我|非本人|争议|被骗|陌生扣款", "您先别慌，我陪您一件一件核对。"),
        ("挂失|丢失|丢了|遗失|被盗|吞卡", "您先别急，我们一步一步来。"),
        ("没到账|未到账|进度|等待|迟迟|多久到", "让您等着急了，我把情况跟您说清楚。"),
        ("失败|打不开|收不到|被锁|锁定|限制|冻结|异常|止付|不了|出错|报错", "碰上这种事谁都着急，我们一步一步来。"),
    )
)
_COMPLAINT_OPENING = "让您不愉快了，很抱歉，您说的我认真听。"


@dataclass(frozen=True, slots=True)
class Voice:
    """The tones in which an answer can be read, and which of them (`short`, `elder`, `soothe`) were made here."""

    tones: Tones
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What of an article the tones rest on."""

    type: str
    title: str
    category: str
    # empty where the article has none of its own; nothing is made then
    answer: str
    tones: Tones
    steps: Sequence[Step] = ()
    # moved in from elsewhere and not reviewed yet: nothing is made of that
    imported: bool = False


def said_of(article: Article) -> Said:
    """What the tones of an article rest on."""
    imported = article.status == "imported"
    return Said(article.type, article.title, article.category, article.answer, article.tones, article.steps, imported)


def voice_of(said: Said) -> Voice:
    """The tones of an article, those it leaves out made where that is honest; an answer that speaks to agents is left alone."""
    if not said.answer or said.imported or said.type == "alert" or "坐席" in said.answer:
        return Voice(said.tones)
    given = said.tones
    short = given.short or _short(said.answer)
    regulation = said.type == "regulation"
    elder = given.elder or ("" if regulation else _elder(said))
    soothe = given.soothe or ("" if regulation else _soothe(said))
    tones = Tones(short, elder, soothe)
    made = tuple(t for t in ("short", "elder", "soothe") if getattr(tones, t) and not getattr(given, t))
    return Voice(tones, made)


def spoken_members(said: Said) -> dict[str, Any]:
    """What a card's JSON says of how its answer is read aloud: members of `kb.views.CardView`."""
    voice = voice_of(said)
    return {
        "tones": {"short": voice.tones.short, "elder": voice.tones.elder, "soothe": voice.tones.soothe},
        "tones_made": list(voice.made),
        "readings": [{"written": written, "read": read} for written, read in remarkable_readings(said.answer)],
    }


def _short(answer: str) -> str:
    """The first sentences, where what follows does not limit them; empty where nothing can be cut off."""
    sentences = _sentences(answer)
    kept = ""
    for number, sentence in enumerate(sentences[:-1], 1):
        if len(kept) + len(sentence) > SHORT_LENGTH:
            break
        kept += sentence
        if len(kept) >= _DECISIVE and _stands_alone(kept, "".join(sentences[number:])):
            return kept
    return ""


def _stands_alone(kept: str, left_out: str) -> bool:
    return not _LIMITS.search(left_out) and not kept.endswith(("？", "?")) and "：" not in kept


def _elder(said: Said) -> str:
    """Sentence by sentence, numbers as they are said; steps where the first ones are asked of the customer."""
    steps = _asked_steps(said.steps)
    if len(steps) > 1:
        return "\n好了告诉我，我再说下一步。\n".join(read_aloud(step) for step in steps) + "\n好了告诉我。"
    sentences = _sentences(said.answer)
    if len(sentences) < 2 or _HURRIED.search(said.answer):
        return ""
    slow = "\n".join(["您别着急，我慢慢说。", *map(read_aloud, sentences), "我说清楚了吗？"])
    return slow if len(slow) <= _ELDER_LENGTH else ""


def _asked_steps(steps: Sequence[Step]) -> list[str]:
    """The first steps, as far as they ask something of the customer and say nothing to the agent."""
    asked: list[str] = []
    for step in steps[:_MOST_STEPS]:
        rest = step.do.removeprefix("请客户")
        if rest == step.do or re.search("客户|坐席|念|核实|登记|当通|他", rest):
            break
        asked.append(f"请您{rest}")
    return asked if len("".join(asked)) <= _ELDER_LENGTH else []


def _soothe(said: Said) -> str:
    """A sentence that fits the trouble, then the answer; empty where there is no trouble, or the answer comforts itself."""
    if said.type == "product" or _COMFORTED.search(said.answer):
        return ""
    if said.type == "complaint":
        return _COMPLAINT_OPENING + said.answer
    fits = (opening for pattern, opening in _OPENINGS if pattern.search(said.title) or pattern.search(said.category))
    opening = next(fits, "")
    return opening + said.answer if opening else ""


def _sentences(text: str) -> list[str]:
    return [m[0].strip() for m in _SENTENCE.finditer(text) if m[0].strip()]
