"""What the page shows, and what it survives."""

import contextlib

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from kb.settings import Settings
from web.app import create_app

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

EXAMPLES = [
    ("改绑手机号", "修改银行预留手机号", "手机银行 我的 安全中心 修改预留手机号"),
    ("信用卡账单日怎么调整", "账单日", "手机银行"),
    ("跨行转账手续费", "转账手续费", ""),
    ("存款保险赔多少", "存款保险", ""),
    ("有人让我转到安全账户", "安全账户", ""),
]
SCRIPTS = [
    "<script>window.hurt=1</script>挂失",
    "<img src=x onerror=window.hurt=1>挂失",
    '"><svg onload=window.hurt=1>挂失',
    "'+alert(1)+'{{7*7}}挂失",
    "</textarea><iframe src=javascript:window.hurt=1>挂失",
]


def width_to_spare(page):
    return page.evaluate("document.documentElement.clientWidth - document.documentElement.scrollWidth")


@pytest.mark.parametrize(("question", "title", "path"), EXAMPLES)
def test_the_examples_are_answered(desk, question, title, path):  # rows 1 19 22
    with desk.page.expect_response("**/ask"):
        desk.page.get_by_role("button", name=question).click()
    first = desk.cards.first
    expect(first.locator(".title")).to_contain_text(title)
    expect(first.locator(".body")).to_be_visible()
    assert 0 < len(first.locator(".say").first.inner_text()) <= 80
    if path:
        assert " ".join(first.locator(".body .path").first.inner_text().split()).startswith(path)
    expect(desk.line).to_be_focused()


def test_the_fraud_card_comes_first(desk):  # row 27
    desk.ask("有人让我转到安全账户")
    first = desk.cards.first
    red = first.evaluate("card => getComputedStyle(card).borderTopColor")
    assert red != desk.cards.nth(1).evaluate("card => getComputedStyle(card).borderTopColor")
    told = first.inner_text()
    places = [told.index(word) for word in ("问客户", "立即做", "不要做", "转给谁")]
    assert places == sorted(places)


def test_every_channel_has_its_slots(desk):  # row 23
    desk.ask("改绑手机号")
    for channel in desk.cards.first.locator(".channel").all():
        assert channel.locator("dt").all_inner_texts() == ["材料", "时长", "费用", "办理时间"]
        expect(channel.locator(".fails")).to_contain_text("失败时")


def test_an_abolished_rule_is_named(desk):  # row 32
    desk.ask("大额取现登记")
    expect(desk.cards.first.locator(".ribbon")).to_contain_text("旧规失效")


def test_nothing_found_is_not_blank(desk):  # row 14
    desk.ask("火星移民")
    expect(desk.page.locator(".notice")).to_contain_text("没看懂“火星、移民”")
    assert desk.cards.count() >= 3


def test_a_late_answer_is_not_shown(desk):  # row 16
    held = []

    def hold_first(route):
        if held:
            return route.continue_()
        held.append(route)

    desk.page.route("**/ask", hold_first)
    desk.line.fill("挂失")
    desk.page.wait_for_timeout(250)
    assert len(held) == 1
    desk.ask("跨行转账手续费")
    newer = desk.titles()
    # the browser may have given the request up already, which is as good
    with contextlib.suppress(PlaywrightError):
        held[0].fulfill(status=200, body="<p class='card'>too late</p>", content_type="text/html")
    desk.page.wait_for_timeout(200)
    assert desk.titles() == newer
    assert "转账手续费" in newer[0]


@pytest.mark.parametrize("question", SCRIPTS)
def test_a_question_is_text_never_markup(open_desk, service, question):  # row 13
    desk = open_desk()
    desk.ask(question)
    assert desk.page.evaluate("window.hurt") is None
    desk.page.goto(f"{service}/?{desk.page.evaluate('q => new URLSearchParams({q}).toString()', question)}")
    expect(desk.line).to_have_value(question)
    assert desk.page.evaluate("window.hurt") is None
    assert desk.page.locator("main script, main iframe, main svg, main img").count() == 0


def test_a_lost_connection_is_said_and_healed(open_desk):
    desk = open_desk()
    desk.page.route("**/ask", lambda route: route.abort())
    desk.line.fill("挂失")
    expect(desk.status).to_have_text("连不上服务，正在重试")
    expect(desk.line).to_have_value("挂失")
    desk.page.unroute("**/ask")
    expect(desk.cards.first).to_contain_text("挂失", timeout=8000)
    troubles = open_desk.troubles
    troubles[:] = [t for t in troubles if "ERR_FAILED" not in t]


def test_too_long_a_question_is_refused_in_chinese(desk):
    answer = desk.page.request.post(f"{desk.address}/ask", form={"q": "问" * 201})
    assert answer.status == 400
    assert "最多 200 个字" in answer.text()
    with desk.page.expect_response("**/ask"):
        desk.line.click()
        desk.page.keyboard.insert_text("问" * 300)
    expect(desk.status).to_contain_text("最多 200 个字")


@pytest.mark.parametrize("width", [360, 400, 1280])
@pytest.mark.parametrize(
    "path", ["/", "/?q=改绑手机号", "/?q=有人让我转到安全账户", "/?q=火星移民", "/articles/time-deposit-rates"]
)
def test_nothing_is_wider_than_the_panel(open_desk, width, path):  # row 38
    desk = open_desk(path, viewport={"width": width, "height": 800})
    assert width_to_spare(desk.page) >= 0


def test_dark_is_another_set_of_colours(open_desk):  # row 38
    grounds = {
        scheme: open_desk(color_scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert grounds["light"] != grounds["dark"]


def test_it_works_without_javascript(open_desk):
    desk = open_desk(java_script_enabled=False)
    desk.line.fill("改绑手机号")
    desk.page.get_by_role("button", name="搜索").click()
    expect(desk.cards.first).to_contain_text("修改银行预留手机号")
    card = desk.cards.first
    expect(card.locator(".tools")).to_be_hidden()
    expect(card.locator(".steps")).to_be_hidden()
    card.get_by_label("已核身").check()
    expect(card.locator(".steps")).to_be_visible()
    card.get_by_role("link", name="看全文").click()
    expect(desk.page.locator("h1")).to_have_text("修改银行预留手机号")


def test_another_date_is_announced(desk):  # row 43
    desk.open("/?q=挂失&at=2026-11-24")
    expect(desk.page.locator(".as-of")).to_contain_text("按 2026-11-24 的版本")
    assert "at=2026-11-24" in desk.page.locator(".full").first.get_attribute("href")


def test_an_article_that_is_not_there_is_a_chinese_page(open_desk):
    desk = open_desk()
    assert desk.page.goto(f"{desk.address}/articles/no-such-article").status == 404
    expect(desk.page.locator("h1")).to_contain_text("没有编号为 no-such-article 的文章")
    open_desk.troubles[:] = [t for t in open_desk.troubles if "404" not in t]


def test_no_index_is_said_in_the_page(tmp_path):
    client = create_app(Settings(articles=tmp_path, var=tmp_path / "var")).test_client()
    for answer in (client.post("/ask", data={"q": "挂失"}), client.get("/?q=挂失")):
        assert answer.status_code == 503
        assert "kb index build" in answer.text
