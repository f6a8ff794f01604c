"""The report of a night as a page, on disk, in the browser and from `kb report`."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from web_people import make_app, sign_in

from kb.cli import cli, register_commands
from kb.clock import SHANGHAI
from kb.evaluating.evaluation import Figures
from kb.reporting import plots
from kb.reporting.agenda import Agenda, Due
from kb.reporting.delivery import deliver
from kb.reporting.history import Past, days, past
from kb.reporting.night import Asked, Golden, Night, Step, Waiting
from kb.reporting.page import as_page
from kb.types import Problem

register_commands()
AT = datetime(2026, 12, 1, 2, 0, tzinfo=SHANGHAI)
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def figures(hit1, hit3):
    return Figures(840, hit1, hit3, hit3, 0.93, 0.004, 0.021, 200, 0.9)


def a_night(at=AT, **more):
    due = Due("gold", "黄金积存", 3, "李四", "2026-12-03T00:00:00+08:00")
    values = {
        "began": at.isoformat(), "ended": (at + timedelta(seconds=94)).isoformat(), "outcome": "done", "reasons": (),
        "steps": (Step("rebuild", "重建索引", 61.2, "新增或更新 14 篇"), Step("gate", "检验新索引", 20.0)),
        "generation": "gen-b", "previous": "gen-a", "articles": 1210, "documents": 5402, "added": 14, "removed": 2,
        "unchanged": 1196, "golden": Golden(figures(0.92, 0.975), figures(0.91, 0.97), ("“年费”：降到第 2 位",), 5),
        "asked": Asked("2026-11-30", 120, 0.1, 0.05, (("数字遗产", 3),), tuple(range(24))),
        "agenda": Agenda((due,), (replace(due, title="四季度活动"),), (replace(due, when="2026-11-01"),), ()),
        "waiting": Waiting(7, (("手表支付", ""),), 12, 2, 3), "purged": {"questions": 1},
    }  # fmt: skip
    return Night(**(values | more))


class Parts(HTMLParser):
    """What a page consists of."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def test_the_page_says_what_the_night_was(settings):  # row 75
    said = Parts(as_page(a_night(troubles=("离线包没有做完：磁盘满了",), quarantined=("products/a.md",)))).text
    for words in (
        "已换上新索引", "离线包没有做完：磁盘满了", "products/a.md", "黄金积存", "四季度活动", "2026-11-01", "“年费”：降到第 2 位",
        "数字遗产", "手表支付", "超期 2 条", "91.0% −1.0", "1 分 1 秒", "提问记录 1",
    ):  # fmt: skip
        assert words in said, words


def test_what_matters_stands_before_what_does_not():
    said = Parts(as_page(a_night(outcome="refused", reasons=("文章少了 25%。",)))).text
    order = [
        said.index(w) for w in ("没有通过检查", "原因：文章少了 25%。", "检验问法", "7 天内", "最新的缺口", "重建索引")
    ]
    assert order == sorted(order)


def test_nothing_that_people_wrote_becomes_markup():
    evil = a_night(
        reasons=(EVIL,), troubles=(EVIL,), quarantined=(EVIL,), steps=(Step("x", EVIL, 1, EVIL), Step("y", "y", 1, "", EVIL)),
        golden=Golden(None, figures(1, 1), (EVIL,)), generation=EVIL, previous="x" + EVIL, purged={EVIL: 1},
        asked=Asked(EVIL, 1, 0, 0, ((EVIL, 1),), (1,) * 24), waiting=Waiting(1, ((EVIL, EVIL),), 0, 0, 0),
        agenda=Agenda((Due(EVIL, EVIL, 1, EVIL, "2026-12-03"),), (), (), (Problem(EVIL, 1, 1, EVIL),)),
    )  # fmt: skip
    parts = Parts(as_page(evil))
    assert {"script", "img"} & set(parts.tags) == set()
    assert [a for a in parts.attributes if a[1].startswith("on")] == []
    assert parts.text.count("<script>alert(1)</script>") >= 14


def test_the_page_needs_nothing_from_anywhere():
    parts = Parts(as_page(a_night(), [night(n) for n in range(1, 30)]))
    assert {"link", "script", "img", "iframe", "form", "a"} & set(parts.tags) == set()
    assert [a for a in parts.attributes if a[1] in ("src", "href", "style", "action")] == []
    policy = next(value for tag, name, value in parts.attributes if tag == "meta" and "style-src" in (value or ""))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def night(ago, **more):
    values = {"outcome": "done", "articles": 1200, "hit1": 0.9, "hit3": 0.96, "seconds": 90.0, "troubles": 0}
    return Past(AT.date() - timedelta(days=ago), **(values | more))


def test_a_night_without_figures_parts_the_line():
    page = as_page(a_night(), [night(3), night(2, hit1=None, hit3=None), night(1)])
    assert page.count("<polyline") == 2 * 2 + 1
    # four nights of articles, three with figures
    assert page.count("<circle") == 2 * 3 + 4


def test_the_first_night_has_nothing_to_compare_with():
    page = as_page(a_night(golden=Golden(None, figures(0.9, 0.95)), asked=None, waiting=None, agenda=None, steps=()))
    assert "<polyline" not in page
    said = Parts(page).text
    assert "检验：第 1 条就对90.0%" in said
    assert "第 1 条就对—90.0%" in said


@pytest.mark.parametrize(
    ("values", "low", "high"), [([0.91, 0.97], 0.9, 1), ([1.0, 1.0], 0.9, 1), ([0.5], 0.4, 0.6), ([0.0, 0.0], 0, 0.1)]
)
def test_shares_stay_within_their_plot(values, low, high):
    span = plots.around(values, 0.1, 1)
    assert (span.low, span.high) == (pytest.approx(low), pytest.approx(high))
    assert all(0 <= span.height(v) <= 100.001 for v in values)


@pytest.mark.parametrize(("values", "high"), [([0, 0], 1), ([3, 7], 10), ([1601], 2000), ([4.2], 5)])
def test_counts_begin_at_nothing(values, high):
    span = plots.upwards(values)
    assert (span.low, span.high) == (0, high)
    marks = plots.bars(values, span)
    assert all(m.x >= 0 and m.x + m.width <= 100 and m.y + m.height == pytest.approx(100, abs=0.02) for m in marks)


def test_all_forms_are_written_and_earlier_nights_are_plotted(settings):  # row 75
    for ago in (2, 1, 0):
        deliver(settings, a_night(AT - timedelta(days=ago)))
    (settings.reports / "night-2026-11-28.json").write_text("broken", "utf-8")
    assert days(settings.reports)[0] == date(2026, 12, 1)
    assert [one.day.day for one in past(settings.reports, AT.date(), 30)] == [29, 30]
    page = (settings.reports / "night-2026-12-01.html").read_text("utf-8")
    assert "近 3 夜" in page
    assert (settings.reports / "night-2026-12-01.txt").exists()


def test_a_report_that_cannot_be_written_is_a_trouble(settings):
    settings.var.mkdir(exist_ok=True)
    settings.reports.write_text("in the way", "utf-8")
    told = deliver(settings, a_night())
    assert told.outcome == "done"
    assert "报告没有写成" in told.troubles[0]


def shown(settings, *options):
    env = {"KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var)}
    return CliRunner().invoke(cli, ["report", *options], env=env)


def test_kb_report_shows_the_last_night_or_a_named_one(settings):
    deliver(settings, a_night(AT - timedelta(days=1), articles=1199))
    deliver(settings, a_night())
    assert "夜间报告  2026-12-01 02:00" in shown(settings).stdout
    assert json.loads(shown(settings, "--day", "2026-11-30", "--format", "json").stdout)["articles"] == 1199
    assert shown(settings, "--format", "html").stdout.startswith("<!doctype html>")


def test_kb_report_says_clearly_what_is_not_there(settings):
    nothing = shown(settings)
    assert (nothing.exit_code, "还没有报告" in str(nothing.exception)) == (1, True)
    deliver(settings, a_night())
    other = shown(settings, "--day", "2026-11-01")
    assert "没有 2026-11-01 的报告。最近的一份是 2026-12-01 的" in str(other.exception)
    wrong = shown(settings, "--day", "gestern")
    assert wrong.exit_code == 2
    assert "“gestern”不是有效的日期" in wrong.output
    (settings.reports / "night-2026-12-01.html").unlink()
    assert "没有写成这种格式" in str(shown(settings, "--format", "html").exception)


def test_leads_and_operators_read_it_in_the_browser(settings):
    deliver(settings, a_night(AT - timedelta(days=1), outcome="refused", golden=None))
    deliver(settings, a_night())
    app = make_app(settings)
    for role in ("lead", "operator", "admin"):
        client = sign_in(app, role)
        listed = client.get("/reports/").text
        assert "新索引没有通过检查" in listed
        assert listed.index("2026-12-01") < listed.index("2026-11-30")
        answer = client.get("/reports/2026-12-01")
        assert answer.data == (settings.reports / "night-2026-12-01.html").read_bytes()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
        assert answer.headers["Cache-Control"] == "no-store"
    for role in ("agent", "editor", "approver"):
        assert sign_in(app, role).get("/reports/2026-12-01").status_code == 403


def test_no_other_file_is_served(settings):
    deliver(settings, a_night())
    client = sign_in(make_app(settings), "lead")
    for day in ("2026-11-01", "2026-12-01.json", "..%2Fsecret.key", "x"):
        assert client.get(f"/reports/{day}").status_code == 404


def test_before_the_first_night_the_list_says_so(settings):
    assert "还没有报告" in sign_in(make_app(settings), "lead").get("/reports/").text
