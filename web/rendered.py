"""Remembered HTML: what Jinja made of a card, whatever was asked, for as long as nothing that it shows can have changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from markupsafe import Markup

from kb.answers import Card, Line
from kb.deadlines import Deadline, deadlines_of, may_have_deadlines
from kb.spoken import remarkable_readings
from kb.tones import voice_of
from kb.types import ComplaintDetail
from web.almanac import Today

# some 6 kB each
MOST_CARDS = 2048


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a card that no mark and no number stands in, rendered, and the dates of its deadlines."""

    badges: Markup
    cannot: Markup
    # the other tones, the risk sentence, the buttons
    tones: Markup
    brief: Markup
    # what folds
    body: Markup
    foot: Markup
    # text of a field that states deadlines → these; lines that say the same show them too
    dates: Mapping[str, tuple[Deadline, ...]] = field(default_factory=dict)


class Rendered:
    """The parts of the cards shown most recently, at most so many. Safe for threads."""

    def __init__(self, most: int = MOST_CARDS) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Parts] = OrderedDict()
        self._lock = threading.Lock()

    def parts(
        self,
        card: Card,
        told: list[Line],
        rest: list[Line],
        generation: str,
        as_of: str,
        today: Today | None = None,
    ) -> Parts:
        """A result's parts: `told` are all lines it shows, `rest` those that only its body shows.

        A version of an article in a generation always says the same; question and day move only what stands in the key.
        """
        channels = tuple(channel.channel for channel in card.channels)
        sources = tuple(line.source for line in told)
        # yesterday's dates are wrong today; most cards have none
        day = today.day if today and may_have_deadlines(card.detail, card.channels) else None
        key = (generation, card.key, card.section, channels, sources, tuple(rest), card.past_due, as_of, day)
        return self._get(key, lambda: render_parts(card, told, rest, as_of, today=today))

    def _get(self, key: Hashable, make: Callable[[], Parts]) -> Parts:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        # rendering holds nobody up
        made = make()
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._kept)


def render_parts(
    card: Card, told: list[Line], rest: list[Line], as_of: str, linked: bool = True, today: Today | None = None
) -> Parts:
    """A card's parts, rendered; `linked` where the body leads to the whole article.

    `today`: the day that deadlines count from; without it, for pages that are kept for days, they have no dates.
    """
    macros: Any = current_app.jinja_env.get_template("_parts.html").module
    dates = deadlines_of(card.detail, card.channels, today.day, today.registry.calendar) if today else {}
    department = card.detail.department if isinstance(card.detail, ComplaintDetail) else ""
    contact = today.registry.contacts.get(department) if today else None
    return Parts(
        badges=macros.badges(card),
        cannot=macros.cannot(card),
        tones=macros.tones(card, voice_of(card.said), remarkable_readings),
        brief=macros.brief(card),
        body=macros.body(card, told, rest, as_of, linked, dates, contact),
        foot=macros.foot(card),
        dates=dates,
    )
