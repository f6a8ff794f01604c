"""axe finds nothing serious on any page: light and dark, beside a CRM and on a whole screen (row 38)."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from desk import Desk
from libraries import copied
from live import live
from playwright.sync_api import expect
from web_people import make_app, sign_in

from kb.accounts import password_link
from kb.clock import now
from kb.db import feedback, gaps, notices
from kb.evaluating.evaluation import Figures
from kb.people import ROLES, SYSTEM
from kb.reporting.agenda import Agenda, Due
from kb.reporting.delivery import deliver
from kb.reporting.night import Asked, Golden, Night, Step, Waiting
from kb.types import Problem
from web.app import IDENTITY, SERVICES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WIDTHS = {400: 800, 1280: 900}
# what a person who may do everything opens; `{draft}` and the like are made below
PAGES = (
    "/",
    "/?q=换号了收不到验证码",
    "/?q=今天股市为什么大跌",
    "/?q=挂失&at=2026-11-20",
    "/account",
    "/articles/change-reserved-phone",
    "/articles/complaint-fee-dispute",
    "/audit",
    "/compare?id=wealth-r2-fixed-income&id=wealth-t0-cash",
    "/compare?id=wealth-r2-fixed-income",
    "/edit/",
    "/edit/articles/transfer-fees",
    "/edit/articles/transfer-fees/diff",
    "/edit/drafts/{draft}",
    "/edit/drafts/{draft}/write",
    "/edit/drafts/{draft}/write?view=source",
    "/edit/drafts/{draft}/preview",
    "/edit/drafts/{draft}/conflict",
    "/edit/new",
    "/explain",
    "/explain?q=挂失",
    "/inbox/feedback",
    "/inbox/feedback/{feedback}",
    "/inbox/gaps",
    "/inbox/gaps/{gap}",
    "/notices/",
    "/notices/{notice}",
    "/notices/new",
    "/people",
    "/people/1",
    "/people/new",
    "/reading/differences/transfer-fees?since=1",
    "/report/mine",
    "/reports/",
    "/reports/{night}",
    "/shared/",
    "/shared/facts",
    "/no-such-page",
)
FIGURES = Figures(840, 0.9, 0.96, 0.98, 0.93, 0.004, 0.021, 200, 0.9)
STRANGERS = ("/sign-in", "/password/{secret}", "/setup/used-or-old")
# what answers programs, and what another page above shows
NOT_PAGES = {
    "/audit/export.<any(csv, jsonl):form>", "/edit/drafts/<int:draft_id>/findings", "/edit/slug", "/livez", "/metrics",
    "/notices/<int:number>.csv", "/readyz", "/report/state", "/call/handover/<made>", "/reading/",
    "/reading/changes/<article_id>",
}  # fmt: skip


@pytest.fixture(scope="module")
def app(sample_settings, tmp_path_factory):
    """The repository's own articles in a service of their own, with people in it."""
    return make_app(copied(sample_settings, tmp_path_factory.mktemp("axe")))


@pytest.fixture(scope="module")
def address(app):
    with live(app) as address:
        yield address


@pytest.fixture(scope="module")
def everything(app):
    """Somebody who may do everything, and what has been done: a feedback, a gap, a notice, a draft."""
    client = sign_in(app, " ".join(ROLES), "chief")
    services = app.extensions[SERVICES]
    person, at = client.person.actor, now()
    with services.database.writing() as connection:
        made = {
            "feedback": feedback.send(connection, person, "wrong", "transfer-fees@1", "手续费", "数字旧了", at, at),
            "gap": gaps.send(connection, person, "数字遗产怎么办", "any", "inheritance-deposit@1", False, at),
            "notice": notices.publish(
                connection,
                person,
                "利率有变",
                "12月10日起用新利率。",
                "time-deposit-3y",
                ["agent"],
                at + timedelta(1),
                at,
            ),
        }
    made["secret"] = password_link(services.database, SYSTEM, client.person.id, at)
    made["night"] = _reported(services.settings)
    made["draft"] = services.workbench.begin_from(person, "products/transfer-fees.md", at).id
    made["client"] = client
    return made


def _reported(settings):
    """The day of a report of a night in which much was to be said."""
    at = now()
    article = Due("gold", "黄金积存", 3, "李四", (at + timedelta(3)).isoformat())
    problem = Problem("products/gold.md", 3, 1, "fees 的写法不对")
    night = Night(
        at.isoformat(), at.isoformat(), "refused", ("文章少了 25%。",),
        (Step("rebuild", "重建索引", 61.2, "好了"), Step("pack", "离线包", 3.0, "", "磁盘满了")),
        golden=Golden(FIGURES, FIGURES, ("“年费”：降到第 2 位",), 5, 1), quarantined=("products/gold.md",),
        asked=Asked("2026-11-30", 120, 0.1, 0.05, (("数字遗产", 3),) * 12, tuple(range(24))),
        agenda=Agenda((article,), (article,), (article,) * 12, (problem,)), waiting=Waiting(1, (("手表", ""),), 1, 1, 1),
    )  # fmt: skip
    deliver(settings, replace(night, began=(at - timedelta(1)).isoformat()))
    deliver(settings, night)
    return at.date().isoformat()


@pytest.fixture(params=WIDTHS)
def look(request, chromium, app, address, everything):
    """Opens a page in a width, signed in or not, and returns what axe finds there of weight in either shade."""
    viewport = {"width": request.param, "height": WIDTHS[request.param]}
    context = chromium.new_context(viewport=viewport, reduced_motion="reduce")

    def looked(path, *, signed_in=True, does=None):
        cookie = app.extensions[IDENTITY].cookie
        context.clear_cookies()
        if signed_in:
            value = everything["client"].get_cookie(cookie).value
            context.add_cookies([{"name": cookie, "value": value, "url": address}])
        desk = Desk(context.new_page(), address).open(path.format_map(everything))
        if does:
            does(desk)
        desk.page.wait_for_load_state("networkidle")
        found = heavy(desk.page, {})
        desk.page.emulate_media(color_scheme="dark")
        # the other shade differs in its colours only
        found += heavy(desk.page, {"runOnly": ["color-contrast"]})
        desk.page.close()
        return found

    yield looked
    context.close()


def heavy(page, options):
    """What axe calls serious or critical, with the first places."""
    found = Axe().run(page, options={"resultTypes": ["violations"]} | options).response["violations"]
    found = [v for v in found if v["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {v['help']} — {[n['html'][:160] for n in v['nodes'][:3]]}" for v in found]


def test_every_page_of_people_at_work(look):  # row 38
    found = {path: look(path) for path in PAGES}
    assert {path: troubles for path, troubles in found.items() if troubles} == {}


def test_every_page_before_signing_in(look):  # row 38
    found = {path: look(path, signed_in=False) for path in STRANGERS}
    assert {path: troubles for path, troubles in found.items() if troubles} == {}


def opened(*keys):
    """A question, and keys pressed on its answer."""
    return lambda desk: desk.ask("转错账了怎么办").press("Enter", *keys)


def tripped(desk):
    """The red card."""
    desk.ask("有人让我转到安全账户").press("Enter")
    expect(desk.cards.first).to_have_class(re.compile("is-red"))


WAYS = {
    "an open card": opened(),
    "steps and questions": opened("v", "n", "q"),
    "the key map": opened("?"),
    "feedback": opened("f"),
    "a gap": opened("g"),
    "marked to compare": opened("x"),
    "a call": opened("b", "a", "c"),
    "the note of a call": opened("b", "w"),
    "the end of a call": opened("b", "b"),
    "articles at hand": opened("a", "r"),
    "a red card": tripped,
}


def test_every_state_of_the_desk(look):  # rows 18 27 38
    found = {name: look("/", does=does) for name, does in WAYS.items()}
    assert {name: troubles for name, troubles in found.items() if troubles} == {}


def test_no_page_is_forgotten(app):  # row 38
    rules = {str(r) for r in app.url_map.iter_rules() if "GET" in r.methods}
    rules = {r for r in rules if not r.startswith(("/api/", "/static/"))} - NOT_PAGES
    looked_at = {path.split("?")[0] for path in (*PAGES, *STRANGERS)}
    as_patterns = {rule: re.compile(re.sub(r"<[^>]+>", "[^/]+", rule)) for rule in rules}
    assert {rule for rule, p in as_patterns.items() if not any(p.fullmatch(path) for path in looked_at)} == set()
