"""From a policy change to the right answer, as editors do it: in a real browser, on real files, with a real index."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from web_people import sign_in

from kb.clock import now
from kb.db import audit
from kb.errors import DatabaseProblem, Refused
from kb.signing_in import setup_link
from web.app import IDENTITY, SERVICES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def workbench(app):
    return app.extensions[SERVICES].workbench


class Desk:
    """What somebody does at the workbench."""

    def __init__(self, page, address):
        self.page = page
        self.address = address
        self.saved = page.locator("#save-state")

    def open(self, path):
        self.page.goto(self.address + path)
        return self

    def press(self, name, exact=True):
        self.page.get_by_role("button", name=name, exact=exact).click()
        return self

    def fill(self, field, text):
        self.page.locator(f'[name="{field}"]').fill(text)
        return self

    def choose(self, field, value):
        self.page.locator(f'select[name="{field}"]').select_option(value)
        return self

    def is_saved(self):
        expect(self.saved).to_have_text(re.compile(r"已保存 \d\d:\d\d"), timeout=15_000)
        return self

    def told(self, text):
        expect(self.page.locator(".flash").first).to_contain_text(text, timeout=15_000)
        return self

    def wrong(self, field):
        return self.page.locator(f'[data-errors="{field}"] .error-text')

    @property
    def preview(self):
        return self.page.frame_locator("#frame").locator("#results")

    def begin(self, article_id):
        """Begin the next version of an article."""
        self.open(f"/edit/articles/{article_id}").press("改这一篇")
        self.page.wait_for_url("**/write")
        return self

    @property
    def draft(self):
        return re.search(r"/edit/drafts/(\d+)", self.page.url)[1]

    def send(self):
        """Check, look at what the checks say, send to review."""
        self.press("检查并送审")
        self.page.wait_for_url("**check=1")
        self.press("送审")
        return self.told("已送审")

    def approve(self, draft):
        self.page.on("dialog", lambda dialog: dialog.accept())
        return self.open(f"/edit/drafts/{draft}").press("通过并发布")


@pytest.fixture
def open_as(app, address, chromium):
    """Pages in which somebody with a role is signed in, nobody for no role; nothing may go wrong in their consoles."""
    contexts, troubles = [], []

    def opened(role, **options):
        context = chromium.new_context(viewport=options.pop("viewport", {"width": 1280, "height": 900}), **options)
        if role:
            name = app.extensions[IDENTITY].cookie
            value = sign_in(app, role).get_cookie(name).value
            context.add_cookies([{"name": name, "value": value, "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
        page.on("console", lambda m: troubles.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None)
        page.on("request", lambda r: None if r.url.startswith(address) else troubles.append(f"foreign: {r.url}"))
        return Desk(page, address)

    opened.troubles = troubles
    yield opened
    for context in contexts:
        context.close()
    assert not troubles


def expected(open_as, *words):
    """Forget the troubles that a test made on purpose."""
    open_as.troubles[:] = [t for t in open_as.troubles if not any(word in t for word in words)]


def answers(page, address, text):
    """Wait until the agent's page answers with a text."""
    page.goto(f"{address}/?q=银行卡补卡换卡")
    for _ in range(50):
        if text in page.locator("#results").inner_text():
            return True
        page.wait_for_timeout(200)
        page.reload()
    return False


def join(open_as, address, admin, name, display):
    """A new editor and approver: added by the administrator, lets himself in with the link."""
    admin.open("/people/new").fill("name", name).fill("display", display)
    admin.page.locator("[name=roles][value=editor]").check()
    admin.page.locator("[name=roles][value=approver]").check()
    admin.press("添加")
    link = admin.page.locator("#secret").input_value()
    person = open_as("")
    person.page.goto(link if link.startswith(address) else address + "/" + link.split("/", 3)[3])
    person.fill("new", "账单日改到每月五号以后再说").fill("again", "账单日改到每月五号以后再说").press("设置密码并登录")
    expect(person.page.locator(".who")).to_have_text(display)
    return person


def test_the_first_day_of_a_workbench(app, address, open_as, workbench):  # rows 42 46 47 61
    admin = open_as("")
    admin.open(f"/setup/{setup_link(app.extensions[SERVICES].database, now())}")
    admin.fill("name", "root").fill("display", "管理员").fill("new", "月底之前要把年费都改好了").fill(
        "again", "月底之前要把年费都改好了"
    )
    admin.press("建立管理员并登录").told("管理员已建好")
    one, two = (join(open_as, address, admin, *who) for who in (("linyue", "林悦"), ("zhou", "周明远")))
    one.begin("replace-card").fill("answer", "稳" * 90)
    expect(one.wrong("answer")).to_contain_text("超过 80 个字")
    one.fill("answer", "本人带身份证到网点，一刻钟就能换，每张收{{fact:fee.card}}。")
    expect(one.wrong("answer")).to_have_count(0)
    one.is_saved().send()
    draft = one.draft
    expect(one.page.locator(".why")).to_contain_text("不能自己审核")
    two.approve(draft).told("已通过并发布")
    assert answers(two.page, address, "一刻钟就能换")
    story = [(event.actor, event.action) for event in happened(app, draft)]
    assert story[0] == ("linyue", "draft.begin")
    assert ("zhou", "draft.approve") in story


def happened(app, draft):
    with app.extensions[SERVICES].database.reading() as connection:
        return list(reversed(audit.latest(connection, 50, f"draft:{draft}")))


def test_a_new_article_from_its_title_to_the_agents_page(open_as, workbench):  # rows 46 58
    editor, approver = open_as("editor"), open_as("approver")
    editor.open("/edit/new").fill("title", "零钞和硬币兑换")
    expect(editor.page.locator("#slug")).to_have_value("ling-chao-he-ying-bi-dui-huan")
    editor.press("开始写")
    editor.page.wait_for_url("**/write")
    expect(editor.wrong("answer")).to_contain_text("答案")
    editor.fill(
        "questions", "\n".join(["换零钱", "我要换硬币", "一块的硬币有吗", "换点五块的", "新钱怎么换", "零钱去哪换"])
    )
    editor.fill("answer", "长" * 81)
    expect(editor.wrong("answer")).to_contain_text("超过 80 个字")
    editor.fill("answer", "带现金到任一网点就能换，不收费，一次换得多请提前一天预约。")
    expect(editor.wrong("answer")).to_have_count(0)
    expect(editor.preview).to_contain_text("带现金到任一网点就能换")
    editor.choose("by_phone", "no").fill("by_phone_why", "要当面清点现金。").choose("identity", "L0")
    editor.choose("channels.0.channel", "网点柜台").fill("channels.0.path", "持现金到任一网点")
    editor.fill("channels.0.materials", "要换的现金").fill("channels.0.duration", "约10分钟")
    editor.fill("channels.0.fee", "免费").fill("channels.0.hours", "营业时间")
    editor.fill("steps.0.do", "请客户带现金到网点。").fill("steps.0.if_fails", "零钱不够时先登记，到了再通知。")
    editor.fill("sources.0.document", "示例银行现金业务规程（示例）")
    editor.fill("body", "## 一次能换多少\n每人每天最多换五千元零钞。")
    queries = ["哪里能换硬币", "换零钞要钱吗", "整钱破零在哪办", "想兑换一些小面额纸币"]
    editor.fill("test_queries", "\n".join(queries)).fill("category", "现金").fill("owner", "运营管理部")
    expect(editor.page.locator("#problems .is-error")).to_have_count(0)
    editor.is_saved().send()
    draft = editor.draft
    expect(editor.page.get_by_role("button", name="通过并发布")).to_have_count(0)
    approver.approve(draft).told("已通过并发布")
    agent = open_as("agent")
    agent.open("/?q=换硬币")
    expect(agent.page.locator(".card .title").first).to_have_text("零钞和硬币兑换")


def test_a_change_is_refused_to_its_author_and_published_by_another(open_as, address, workbench):  # rows 46 47
    author, other = open_as("editor approver"), open_as("approver")
    author.begin("replace-card").fill(
        "answer", "本人带身份证到网点，三十分钟就能换，每张收{{fact:fee.card}}。"
    ).is_saved()
    author.send()
    draft = author.draft
    expect(author.page.locator(".why")).to_contain_text("不能自己审核")
    other.open(f"/edit/drafts/{draft}")
    expect(other.page.locator(".diff ins").first).to_contain_text("三十分钟")
    other.approve(draft).told("已通过并发布")
    assert answers(other.page, address, "三十分钟就能换")
    # and back, by somebody who did not write the older text
    author.page.on("dialog", lambda dialog: dialog.accept())
    author.open("/edit/articles/replace-card")
    author.page.get_by_role("button", name="回退到这一版").first.click()
    author.told("已回退")
    assert answers(author.page, address, "当场就能换")


def test_a_change_for_tomorrow_can_be_seen_today(open_as, address):  # rows 43 44
    editor, approver = open_as("editor"), open_as("approver")
    tomorrow = f"{now() + timedelta(days=1):%Y-%m-%d}"
    editor.begin("replace-card")
    editor.page.locator("#f-effective ~ .quick").get_by_role("button", name="明天").click()
    expect(editor.page.locator("#f-effective")).to_have_value(tomorrow)
    editor.fill("answer", "明天起补卡换卡不收费。").is_saved().send()
    approver.approve(editor.draft).told("已通过并发布")
    approver.open("/edit/articles/replace-card")
    expect(approver.page.locator(".version")).to_have_count(2)
    approver.open("/?q=银行卡补卡换卡")
    expect(approver.page.locator(".say").first).to_contain_text("当场就能换")
    approver.open(f"/?q=银行卡补卡换卡&at={tomorrow}")
    expect(approver.page.locator(".say").first).to_contain_text("明天起补卡换卡不收费")


def test_two_people_at_one_article_lose_nothing(open_as, workbench):  # row 64
    one, two = open_as("editor"), open_as("editor")
    one.begin("replace-card")
    draft = one.draft
    two.open(f"/edit/drafts/{draft}/write").fill("title", "补卡和换卡").is_saved()
    one.fill("category", "银行卡")
    expect(one.page.locator("#pending")).to_contain_text("没有丢")
    one.press("看两边的差别")
    one.page.wait_for_url("**/compare")
    one.press("用合好的").told("已经合在一起")
    found = workbench.draft(int(draft)).text
    assert "title: 补卡和换卡" in found
    assert "category: 银行卡" in found
    expected(open_as, "409")


def test_without_a_connection_the_text_stays_here_and_is_sent_later(open_as, workbench):
    editor = open_as("editor").begin("replace-card")
    draft = int(editor.draft)
    editor.page.context.set_offline(True)
    editor.fill("category", "断网时写的")
    expect(editor.saved).to_contain_text("连不上服务", timeout=10_000)
    # the window is closed before the connection is back
    editor.page.close(run_before_unload=False)
    editor.page.context.set_offline(False)
    again = Desk(editor.page.context.new_page(), editor.address).open(f"/edit/drafts/{draft}/write")
    expect(again.page.locator("#f-category")).to_have_value("断网时写的", timeout=10_000)
    assert "category: 断网时写的" in workbench.draft(draft).text
    assert again.page.evaluate("localStorage.length") == 0
    expected(open_as, "ERR_INTERNET_DISCONNECTED")


def test_what_is_typed_after_the_notice_of_a_conflict_is_not_lost(open_as, workbench):  # row 64
    one, two = open_as("editor"), open_as("editor")
    one.begin("replace-card")
    draft = int(one.draft)
    two.open(f"/edit/drafts/{draft}/write").fill("title", "补卡和换卡").is_saved()
    one.fill("category", "银行卡")
    expect(one.page.locator("#pending")).to_contain_text("没有丢")
    one.fill("category", "银行卡和存折")
    assert "银行卡和存折" in one.page.evaluate("localStorage.getItem(localStorage.key(0))")
    one.press("看两边的差别")
    one.page.wait_for_url("**/compare")
    one.press("用合好的").told("已经合在一起")
    assert "category: 银行卡和存折" in workbench.draft(draft).text
    expected(open_as, "409")


def test_a_busy_database_is_waited_for(open_as, workbench, monkeypatch):  # row 64
    editor = open_as("editor").begin("replace-card")
    with monkeypatch.context() as patched:
        patched.setattr(workbench, "save", busy)
        editor.fill("category", "等数据库")
        expect(editor.saved).to_contain_text("恢复后自动保存", timeout=10_000)
        editor.fill("category", "等数据库的时候写的")
    editor.is_saved()
    assert "category: 等数据库的时候写的" in workbench.draft(int(editor.draft)).text
    expected(open_as, "503")


def busy(*_args, **_more):
    raise DatabaseProblem("数据库现在太忙，请稍后再试。")


def refused(*_args, **_more):
    raise Refused("全文太长，请拆成几篇。")


def test_what_was_refused_is_tried_again_with_the_next_key(open_as, workbench, monkeypatch):  # row 64
    editor = open_as("editor").begin("replace-card")
    pending = editor.page.locator("#pending")
    with monkeypatch.context() as patched:
        patched.setattr(workbench, "save", refused)
        editor.fill("category", "太长")
        expect(pending).to_contain_text("全文太长")
    editor.fill("category", "短一些").is_saved()
    expect(pending).to_be_hidden()
    assert "category: 短一些" in workbench.draft(int(editor.draft)).text
    expected(open_as, "422")


def test_what_was_refused_can_be_compared(open_as, workbench, monkeypatch):  # row 64
    editor = open_as("editor").begin("replace-card")
    with monkeypatch.context() as patched:
        patched.setattr(workbench, "save", refused)
        editor.fill("category", "太长")
        expect(editor.page.locator("#pending")).to_contain_text("全文太长")
        editor.press("看两边的差别")
        editor.page.wait_for_url("**/compare")
    editor.press("用合好的").told("已经合在一起")
    assert "category: 太长" in workbench.draft(int(editor.draft)).text
    expected(open_as, "422")


def test_what_an_earlier_visit_could_not_send_is_not_written_over(open_as, workbench, monkeypatch):  # row 64
    editor = open_as("editor").begin("replace-card")
    draft = int(editor.draft)
    editor.page.context.set_offline(True)
    editor.fill("category", "断网时写的")
    expect(editor.saved).to_contain_text("连不上服务", timeout=10_000)
    editor.page.close(run_before_unload=False)
    editor.page.context.set_offline(False)
    with monkeypatch.context() as patched:
        patched.setattr(workbench, "save", refused)
        again = Desk(editor.page.context.new_page(), editor.address).open(f"/edit/drafts/{draft}/write")
        expect(again.page.locator("#pending")).to_contain_text("没有保存上去：全文太长")
        expect(again.saved).to_have_text("没有保存")
        # nothing else is typed until it is decided
        expect(again.page.locator("#writing")).to_have_attribute("inert", "")
        again.page.keyboard.press("Control+s")
        again.page.reload()
        expect(again.page.locator("#pending")).to_contain_text("没有保存上去：全文太长")
        again.press("看两边的差别")
        again.page.wait_for_url("**/compare")
    again.press("用合好的").told("已经合在一起")
    assert "category: 断网时写的" in workbench.draft(draft).text
    assert again.page.evaluate("localStorage.length") == 0
    expected(open_as, "ERR_INTERNET_DISCONNECTED")


def test_leaving_with_unsaved_text_asks(open_as):
    editor = open_as("editor").begin("replace-card")
    asked = []
    editor.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    editor.page.route("**/save", lambda route: None)
    editor.page.locator("#f-category").press_sequentially("x")
    editor.page.goto(editor.address + "/edit/")
    assert asked == ["beforeunload"]


def test_rows_are_added_moved_deleted_and_brought_back(open_as, workbench):
    editor = open_as("editor").begin("replace-card")
    draft = int(editor.draft)
    steps = editor.page.locator("#f-steps")
    editor.press("加一条步骤")
    editor.page.keyboard.insert_text("先请客户坐下。")
    steps.get_by_role("button", name="上移").last.click()
    editor.is_saved()
    assert [step["do"] for step in form(workbench, draft).get("steps")] == ["先请客户坐下。", "请客户带身份证。"]
    steps.get_by_role("button", name="删除").first.click()
    expect(steps.locator(".dropped")).to_have_count(1)
    editor.page.wait_for_timeout(1200)
    editor.is_saved()
    assert [step["do"] for step in form(workbench, draft).get("steps")] == ["请客户带身份证。"]
    steps.get_by_role("button", name="撤销").click()
    editor.page.wait_for_timeout(1200)
    editor.is_saved()
    assert len(form(workbench, draft).get("steps")) == 2


def form(workbench, draft):
    from kb.editing.forms import to_form

    return to_form(workbench.draft(draft).text)


def test_markdown_facts_and_links_without_knowing_how(open_as):
    editor = open_as("editor").begin("replace-card")
    body = editor.page.locator("#f-body")
    body.fill("要多久")
    editor.press("小标题")
    expect(body).to_have_value("## 要多久")
    body.press("End")
    body.press("Enter")
    editor.press("共用数字")
    editor.page.locator("#facts [data-filters]").fill("每张")
    editor.page.locator("#facts").get_by_role("button", name="每张5元").click()
    expect(body).to_have_value("## 要多久\n{{fact:fee.card}}")
    editor.press("链接文章")
    editor.page.locator("#links").get_by_role("button", name="网银盾的领取和更换").click()
    expect(body).to_have_value("## 要多久\n{{fact:fee.card}}[网银盾的领取和更换](usb-key)")
    expect(editor.preview).to_contain_text("每张5元")
    # and the fact goes where the cursor was
    editor.page.locator('[name="channels.0.fee"]').fill("")
    editor.page.keyboard.press("F4")
    editor.page.locator("#facts [data-insert]").first.click()
    expect(editor.page.locator('[name="channels.0.fee"]')).to_have_value("{{fact:fee.card}}")


def test_a_problem_leads_to_its_field(open_as):  # row 41
    editor = open_as("editor").begin("replace-card")
    editor.fill("channels.1.materials", "")
    link = editor.page.locator("#problems a", has_text="办理渠道 2 · 材料")
    expect(link).to_have_count(1)
    link.click()
    expect(editor.page.locator('[name="channels.1.materials"]')).to_be_focused()
    expect(editor.page.locator('[name="channels.1.materials"]')).to_have_attribute("aria-invalid", "true")


def test_the_source_says_line_and_column(open_as):  # row 41
    editor = open_as("editor").begin("replace-card")
    editor.press("源文件")
    editor.page.wait_for_url("**view=source")
    source = editor.page.locator("#source")
    source.fill(source.input_value().replace("category: 测试", "category: 是: 的"))
    first = editor.page.locator("#problems a").first
    expect(first).to_have_text(re.compile(r"第 \d+ 行"))
    expect(editor.page.locator("#stale")).to_be_visible()
    first.click()
    expect(editor.page.locator("#cursor")).to_contain_text(first.inner_text())


def test_every_field_has_a_name_for_those_who_cannot_see(open_as):  # row 38
    editor = open_as("editor").begin("replace-card")
    nameless = editor.page.locator("#writing :is(input:not([type=hidden]), select, textarea)").evaluate_all(
        "fields => fields.filter(f => !f.labels?.length && !f.ariaLabel).map(f => f.name)"
    )
    assert nameless == []


@pytest.mark.parametrize("width", [360, 400, 1280])
def test_no_page_is_wider_than_its_window(open_as, width):  # row 38
    editor = open_as("editor", viewport={"width": width, "height": 800}).begin("replace-card")
    draft = editor.draft
    paths = ["/edit/", "/edit/new", "/edit/articles/replace-card"]
    for path in [*paths, *(f"/edit/drafts/{draft}{more}" for more in ("", "?check=1", "/write", "/write?view=source"))]:
        editor.open(path)
        assert (
            editor.page.evaluate("document.documentElement.clientWidth - document.documentElement.scrollWidth") >= 0
        ), path


def test_on_a_narrow_screen_the_preview_is_one_button_away(open_as):  # row 38
    editor = open_as("editor", viewport={"width": 400, "height": 800}).begin("replace-card")
    expect(editor.page.locator("#frame")).to_be_hidden()
    editor.press("预览")
    expect(editor.preview).to_contain_text("银行卡补卡换卡")
    editor.press("预览")
    expect(editor.page.locator("#frame")).to_be_hidden()
