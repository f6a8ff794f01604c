"""The navigation: one table of places, shown to those who may go there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Flask, request, url_for

from kb.people import Actor
from web.access import allowed, current_actor, rule_of

# endpoint → how it is called; shown in this order, where it exists and the person may go there
PLACES: dict[str, str] = {
    "edit.drafts": "工作台",
    "shared.files": "词库与登记",
    "inbox.feedback": "反馈",
    "inbox.gaps": "缺口",
    "notices.listed": "通知",
    "report.mine": "我的反馈",
    "explain.page": "为什么是这些",
    "reports.listed": "夜间报告",
    "people.listed": "用户",
    "people.audit": "审计",
    "auth.account": "我的账号",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    label: str
    url: str
    here: bool
    # what waits there, 0: nothing
    count: int = 0


# endpoint → how many things wait there for the person who asks
Counts = dict[str, Callable[[], int]]


def register_places(app: Flask, counts: Counts) -> None:
    """Let every template list the places, and know who asks and where that person works."""

    def open_to(actor: Actor) -> Iterator[str]:
        for endpoint in PLACES:
            rule = rule_of(app, endpoint) if endpoint in app.view_functions else None
            if rule is not None and allowed(rule, actor, anonymous_reading=False):
                yield endpoint

    def places() -> list[Place]:
        found = []
        for endpoint in open_to(current_actor()):
            waiting = counts[endpoint]() if endpoint in counts else 0
            found.append(Place(PLACES[endpoint], url_for(endpoint), request.endpoint == endpoint, waiting))
        return found

    def workplace() -> str:
        """Where the person goes from the agent's page: the first of the places."""
        return url_for(next(open_to(current_actor()), "agent.page"))

    app.context_processor(lambda: {"actor": current_actor(), "places": places, "workplace": workplace})
