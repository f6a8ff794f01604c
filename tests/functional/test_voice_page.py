"""What is read aloud, on the page and in the API: readings, made tones, dates of deadlines, the complaint card."""

import os
import re
from datetime import datetime

import pytest
from builders import channel, write_article

from indexer import build as building
from kb.clock import SHANGHAI, now
from kb.settings import Settings
from web.almanac import Almanac
from web.app import create_app

HOLIDAYS = '"2026": {off: [2026-10-01..2026-10-07], work: [2026-10-10]}\n'
DEPARTMENTS = "消费者权益保护部: {duty: 投诉, phone: 内线 6290, queue: 投诉二线}\n运营管理部: 账户\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("voice")
    settings = Settings(articles=folder / "articles", var=folder / "var")
    root = settings.articles
    write_article(
        root, "slow-fee", type="complaint", title="投诉收费不合理",
        questions=["投诉收费不合理", "乱收费要投诉", "收费投诉多久答复", "投诉收费找谁", "投诉多收了钱", "收费不对我要投诉"],
        answer="我马上登记。", internal_deadline="1个工作日内联系客户", legal_deadline="15日内答复",
    )  # fmt: skip
    write_article(
        root, "certificate", title="开存款证明", answer="年利率1.85%的定期也能开，带身份证来网点。开好当场给您。", tones=None,
        channels=[channel(duration="约10分钟；邮寄3至5个工作日")],
    )  # fmt: skip
    (root / "_registry").mkdir(exist_ok=True)
    (root / "_registry" / "holidays.yml").write_text(HOLIDAYS, "utf-8")
    (root / "_registry" / "departments.yml").write_text(DEPARTMENTS, "utf-8")
    building.build(settings, now())
    return settings


@pytest.fixture(scope="module")
def client(library):
    return create_app(library).test_client()


def ask(client, question, at=""):
    return client.post("/ask", data={"q": question, "at": at}).get_data(as_text=True)


def dates(page):
    return re.findall(r'class="until" data-copy="([^"]+)"', page)


def test_deadlines_stand_beside_what_states_them_as_dates(client):  # rows 28 29
    page = ask(client, "投诉收费不合理", at="2026-09-30")
    assert dates(page) == ["最晚10月8日（周四）前联系您", "最晚10月15日（周四）前答复您"]


def test_a_remembered_card_has_the_dates_of_the_day_it_is_shown(client):  # row 28
    for day, first in (("2026-11-26", "最晚11月27日（周五）前联系您"), ("2026-11-27", "最晚11月30日（周一）前联系您")):
        assert dates(ask(client, "投诉收费不合理", at=day))[0] == first
    assert dates(ask(client, "投诉收费不合理", at="2026-11-26"))[0] == "最晚11月27日（周五）前联系您"


def test_a_line_that_answers_how_long_brings_its_date(client):  # row 28
    page = ask(client, "开存款证明要多久", at="2026-11-26")
    assert "网点柜台：邮寄预计12月1日（周二）至12月3日（周四）" in dates(page)
    assert page.index("约10分钟；") < page.index("邮寄预计12月1日")


def test_the_complaint_card_says_how_the_department_is_reached(client):  # row 29
    page = ask(client, "投诉收费不合理")
    for part in ("消费者权益保护部", "转 投诉二线", "内线 6290", "管投诉", "记录并回电", "赔偿金额", "转值班主管"):
        assert part in page
    order = [page.index(title) for title in ("归口部门", "行内时限", "法定时限", "可以承诺", "绝不能承诺", "何时升级")]
    assert order == sorted(order)


def test_a_deadline_that_was_asked_for_is_not_said_twice(client):  # row 29
    page = ask(client, "收费投诉多久答复", at="2026-11-26")
    assert page.count("15日内") == page.count("最晚12月11日（周五）前答复您") / 2 == 1


def test_hard_numbers_are_read_out_and_made_tones_are_marked(client):  # row 21
    page = client.get("/articles/certificate").get_data(as_text=True)
    assert "1.85% → 百分之一点八五" in page
    made = re.findall(r'data-tone="(\w+)" aria-pressed="false" class="is-made" title="自动', page)
    assert made == ["short", "elder"]
    assert "年利率百分之一点八五的定期也能开，带身份证来网点。\n开好当场给您。" in page


def test_the_api_says_the_same(client):  # rows 21 28
    data = client.get("/api/v1/articles/certificate?at=2026-11-26").json["data"]
    assert data["card"]["readings"] == [{"written": "1.85%", "read": "百分之一点八五"}]
    assert data["card"]["tones_made"] == ["short", "elder"]
    assert data["deadlines"] == [
        {
            "stated": "约10分钟；邮寄3至5个工作日",
            "text": "邮寄预计12月1日（周二）至12月3日（周四）",
            "day": "2026-12-03",
            "note": "",
        }
    ]
    card = client.post("/api/v1/search", json={"q": "开存款证明"}).json["data"]["cards"][0]
    assert (card["id"], card["tones"], card["readings"]) == (
        "certificate", data["card"]["tones"], data["card"]["readings"],
    )  # fmt: skip


def test_a_change_of_the_holidays_counts_at_once(tmp_path):  # row 28
    almanac, at = Almanac(tmp_path), datetime(2026, 11, 26, 9, tzinfo=SHANGHAI)
    assert not almanac.today(at).registry.calendar.knows_year(2026)
    file = tmp_path / "_registry" / "holidays.yml"
    file.parent.mkdir()
    file.write_text(HOLIDAYS, "utf-8")
    assert almanac.today(at).registry.calendar.knows_year(2026)
    file.write_text("没有: [", "utf-8")
    os.utime(file, ns=(1, 1))
    assert not almanac.today(at).registry.calendar.knows_year(2026)
