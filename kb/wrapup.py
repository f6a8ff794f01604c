"""The note that an agent keeps of a call: made from its trail alone, the same trail always gives the same text. Pure.

The trail comes from a browser and is believed in nothing: sizes are bounded, and card, ID and phone numbers are masked here
again, whatever was masked before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from kb.calls import LONGEST
from kb.clock import SHANGHAI, from_seconds
from kb.errors import Refused
from kb.feedback import KINDS, line
from kb.query import MAX_QUESTION
from kb.types import VERSION_KEY

MOST_ENTRIES = 90
# characters that the note has at most; the end of a longer one is cut
MOST = 2000
# milliseconds since 1970, up to the year 2100
_Moment = Annotated[int, Field(ge=0, le=4_102_444_800_000)]
_Key = Annotated[str, StringConstraints(pattern=f"^{VERSION_KEY}$")]
_Short = Annotated[str, StringConstraints(max_length=80)]


class _Given(BaseModel):
    """What a browser sends; what it says beyond that is of no interest."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Asked(_Given):
    """A question."""

    did: Literal["ask"]
    at: _Moment
    text: Annotated[str, StringConstraints(max_length=MAX_QUESTION)]


class Gap(_Given):
    """A question reported as a gap."""

    did: Literal["gap"]
    at: _Moment
    text: Annotated[str, StringConstraints(max_length=MAX_QUESTION)]


class _OnCard(_Given):
    at: _Moment
    key: _Key
    title: _Short

    @property
    def version(self) -> str:
        """The number behind the id."""
        return self.key.rpartition("@")[2]


class Opened(_OnCard):
    """A card, open for long enough to be read."""

    did: Literal["open"]


class Copied(_OnCard):
    """A script, in a tone."""

    did: Literal["copy"]
    tone: _Short


class Ticked(_OnCard):
    """The caller is identified. Never a value."""

    did: Literal["tick"]


class Walked(_OnCard):
    """Steps, as far as they were walked."""

    did: Literal["step"]
    step: Annotated[int, Field(ge=1, le=99)]
    of: Annotated[int, Field(ge=1, le=99)]


class Chosen(_OnCard):
    """The customer's answer to a question of a card."""

    did: Literal["choose"]
    ask: _Short
    chosen: _Short


class Reported(_OnCard):
    """Feedback about a card."""

    did: Literal["feedback"]
    kind: Literal["wrong", "unclear", "outdated", "praise"]


Entry = Annotated[Asked | Gap | Opened | Copied | Ticked | Walked | Chosen | Reported, Field(discriminator="did")]


class Trail(_Given):
    """What was done in a call, oldest first."""

    id: Annotated[str, StringConstraints(max_length=LONGEST, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    began: _Moment
    # None: the call goes on
    ended: _Moment | None = None
    entries: Annotated[tuple[Entry, ...], Field(max_length=MOST_ENTRIES)] = ()


@dataclass(frozen=True, slots=True)
class _Card:
    """Everything that was done with one version of an article."""

    title: str
    version: str
    said: tuple[str, ...]
    chosen: tuple[str, ...]


def read_trail(data: bytes) -> Trail:
    """The trail in a JSON text. Raises Refused with what is wrong in it."""
    try:
        return Trail.model_validate_json(data)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "全文"
        raise Refused(f"通话经过的记录写得不对（{place[:80]}），没有做成小结。") from error


def wrap_up(trail: Trail, at: datetime) -> str:
    """The note of a call, in Chinese; `at` is the end of one that goes on."""
    lines = [_heading(trail, at), *_questions(trail.entries), *_identified(trail.entries)]
    lines += [said for card in _cards(trail.entries) for said in _about(card)]
    lines += _sent(trail.entries)
    if len(lines) == 1:
        lines.append("没有查过内容。")
    text = "\n".join(lines)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"


def _heading(trail: Trail, at: datetime) -> str:
    began = from_seconds(trail.began // 1000)
    ended = at.astimezone(SHANGHAI) if trail.ended is None else from_seconds(trail.ended // 1000)
    seconds = max(int((ended - began).total_seconds()), 0)
    minutes = f"{seconds // 60}分{seconds % 60:02}秒" if seconds >= 60 else f"{seconds}秒"
    return f"通话小结 {began:%Y-%m-%d %H:%M}–{ended:%H:%M}（{minutes}）"


def _questions(entries: Iterable[Entry]) -> list[str]:
    asked = _once(masked(entry.text) for entry in entries if isinstance(entry, Asked))
    if len(asked) == 1:
        return [f"客户问：{asked[0]}"]
    return ["客户问：", *(f"{number}. {text}" for number, text in enumerate(asked, 1))] if asked else []


def _identified(entries: Iterable[Entry]) -> list[str]:
    ticks = [entry for entry in entries if isinstance(entry, Ticked)]
    return [f"已核身：{from_seconds(ticks[0].at // 1000):%H:%M}"] if ticks else []


def _cards(entries: Iterable[Entry]) -> list[_Card]:
    by_key: dict[str, list[_OnCard]] = {}
    for entry in entries:
        if isinstance(entry, _OnCard) and not isinstance(entry, Reported):
            by_key.setdefault(entry.key, []).append(entry)
    return [
        _Card(masked(done[0].title), done[0].version, tuple(_done(done)), tuple(_choices(done)))
        for done in by_key.values()
    ]


def _done(entries: list[_OnCard]) -> Iterator[str]:
    tones = _once(masked(entry.tone) for entry in entries if isinstance(entry, Copied))
    if tones:
        yield f"用了话术（{'、'.join(tones)}）"
    walked = [entry for entry in entries if isinstance(entry, Walked)]
    if walked:
        furthest = max(walked, key=lambda entry: entry.step)
        yield "步骤走完" if furthest.step >= furthest.of else f"步骤走到第{furthest.step}步（共{furthest.of}步）"
    if not tones and not walked:
        yield "看过"


def _choices(entries: list[_OnCard]) -> Iterator[str]:
    """The last answer to each question: an earlier one was taken back."""
    latest = {entry.ask: entry.chosen for entry in entries if isinstance(entry, Chosen)}
    for ask, chosen in latest.items():
        yield f"{masked(ask)} {masked(chosen)}"


def _about(card: _Card) -> Iterator[str]:
    yield f"· {card.title}（第{card.version}版）：{'，'.join(card.said)}"
    yield from (f"  – {choice}" for choice in card.chosen)


def _sent(entries: Iterable[Entry]) -> Iterator[str]:
    entries = tuple(entries)
    gaps = _once(masked(entry.text) for entry in entries if isinstance(entry, Gap))
    if gaps:
        yield f"没有答案，已报告缺口：{'；'.join(gaps)}"
    reported = _once(f"{masked(e.title)}（{KINDS[e.kind]}）" for e in entries if isinstance(e, Reported))
    if reported:
        yield f"已反馈：{'；'.join(reported)}"


def masked(text: str) -> str:
    """One line of the note without card, ID and phone numbers."""
    return line(text, MAX_QUESTION * 2, "通话小结")


def _once(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]
