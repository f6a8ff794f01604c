"""The workbench's pages: what one types is kept, what is wrong is said at its place, and nothing of anybody is overwritten."""

import re

import pytest
from builders import article_text
from web_people import csrf, make_app, sign_in

from kb.editing.forms import to_form
from kb.errors import DatabaseProblem
from web.app import SERVICES

PATH = "processes/replace-card.md"


@pytest.fixture
def app(settings):
    return make_app(settings)


@pytest.fixture
def workbench(app):
    return app.extensions[SERVICES].workbench


class Person:
    """Somebody at the workbench."""

    def __init__(self, app, role, **more):
        self.client = sign_in(app, role, **more)
        self.token = csrf(self.client)

    def get(self, path):
        return self.client.get(path)

    def post(self, path, /, **fields):
        return self.client.post(path, data={"csrf_token": self.token, **fields})

    def fetch(self, path, /, **fields):
        """As the script does it."""
        headers = {"Accept": "application/json", "X-CSRFToken": self.token}
        return self.client.post(path, data=fields, headers=headers, content_type="multipart/form-data")

    def begin(self, path=PATH):
        return number_of(self.post("/edit/begin", path=path))

    def steps(self, path, /, **fields):
        """Take a step and read the page it leads to."""
        return self.client.get(self.post(path, **fields).location).text


@pytest.fixture
def editor(app):
    return Person(app, "editor")


@pytest.fixture
def approver(app):
    return Person(app, "approver")


def number_of(answer):
    assert answer.status_code == 302, answer.text
    return int(re.search(r"/edit/drafts/(\d+)", answer.location)[1])


def shown(page):
    """The inputs of the form, as a browser would send them."""
    from html import unescape

    inputs = dict(re.findall(r'<input type="(?:text|hidden)" [^>]*?name="([^"]+)" value="([^"]*)"', page))
    inputs |= dict(re.findall(r'<textarea [^>]*?name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL))
    for name, body in re.findall(r'<select [^>]*?name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        inputs[name] = re.search(r'value="([^"]*)" selected', body)[1]
    # rows to be cloned are no inputs
    return {
        unescape(name): unescape(value) for name, value in inputs.items() if "~" not in name and name != "csrf_token"
    }


def test_the_list_shows_drafts_and_articles(editor):
    draft_id = editor.begin()
    page = editor.get("/edit/?show=all").text
    assert f'href="/edit/drafts/{draft_id}"' in page
    assert 'href="/edit/articles/usb-key"' in page
    assert 'href="/edit/articles/usb-key"' not in editor.get("/edit/?show=all&q=换卡").text
    assert "没有符合条件的" in editor.get("/edit/?show=all&q=火星").text
    assert "没有等待生效的版本" in editor.get("/edit/?show=scheduled").text


def test_an_agent_may_not_enter(app):  # row 42
    agent = Person(app, "agent")
    assert agent.get("/edit/").status_code == 403
    assert agent.post("/edit/new", type="process", title="新的").status_code == 403


def test_a_new_article_begins_with_its_template(editor, workbench):  # row 58
    draft = workbench.draft(number_of(editor.post("/edit/new", type="alert", title="假短信")))
    assert draft.article_id == "jia-duan-xin"
    form = to_form(draft.text)
    assert form.type == "alert"
    assert form.get("title") == "假短信"
    assert "#" not in draft.text.partition("\n---\n")[0]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"type": "process", "title": ""}, "请写标题"),
        ({"type": "news", "title": "新的"}, "请先选一种类型"),
        ({"type": "process", "title": "新的", "slug": "Ü b"}, "只能用小写英文"),
        ({"type": "process", "title": "新的", "slug": "replace-card"}, "已经有了"),
    ],
)
def test_what_was_typed_stays_where_a_beginning_is_refused(editor, fields, said):
    answer = editor.post("/edit/new", **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert f'value="{fields["title"]}"' in answer.text


def test_the_title_suggests_an_id(editor):
    assert editor.get("/edit/slug?title=银行卡挂失").json == {"slug": "yin-hang-ka-gua-shi"}


def test_saving_the_untouched_form_changes_nothing(editor, workbench):  # row 65
    draft_id = editor.begin()
    before = workbench.draft(draft_id).text
    page = editor.get(f"/edit/drafts/{draft_id}/write").text
    answer = editor.fetch(f"/edit/drafts/{draft_id}/save", **shown(page))
    assert answer.status_code == 200
    assert workbench.draft(draft_id).text == before


def test_a_changed_field_is_kept(editor, workbench):
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text)
    answer = editor.fetch(
        f"/edit/drafts/{draft_id}/save", **inputs | {"title": "换卡：新说法", "channels.0.fee": "5元"}
    )
    assert answer.json["number"] == int(inputs["number"]) + 1
    assert re.fullmatch(r"\d\d:\d\d", answer.json["at"])
    text = workbench.draft(draft_id).text
    assert text == answer.json["text"]
    assert to_form(text).get("title") == "换卡：新说法"
    assert to_form(text).get("channels")[0]["fee"] == "5元"


def test_it_works_without_javascript(editor, workbench):  # row 38
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text)
    answer = editor.post(f"/edit/drafts/{draft_id}/save", **inputs | {"title": "无脚本", "then": "source"})
    assert answer.location.endswith(f"/edit/drafts/{draft_id}/write?view=source")
    assert "title: 无脚本" in editor.get(answer.location).text
    assert workbench.draft(draft_id).title == "无脚本"


def test_two_savers_lose_nothing(app, editor, workbench):  # row 64
    draft_id, other = editor.begin(), Person(app, "editor")
    mine, theirs = (shown(person.get(f"/edit/drafts/{draft_id}/write").text) for person in (editor, other))
    save = f"/edit/drafts/{draft_id}/save"
    assert other.fetch(save, **theirs | {"title": "对方的标题"}).status_code == 200
    refused = editor.fetch(save, **mine | {"category": "我的类目"})
    assert refused.status_code == 409
    assert refused.json["conflict"]
    page = editor.post(f"/edit/drafts/{draft_id}/compare", **mine | {"category": "我的类目"}).text
    merged = editor.post(f"/edit/drafts/{draft_id}/merge", **shown(page))
    assert merged.status_code == 302
    form = to_form(workbench.draft(draft_id).text)
    assert (form.get("title"), form.get("category")) == ("对方的标题", "我的类目")


def test_one_line_changed_by_two_waits_for_a_decision(app, editor, workbench):  # row 64
    draft_id, other = editor.begin(), Person(app, "editor")
    mine, theirs = (shown(person.get(f"/edit/drafts/{draft_id}/write").text) for person in (editor, other))
    save = f"/edit/drafts/{draft_id}/save"
    other.fetch(save, **theirs | {"title": "对方的标题"})
    page = editor.post(save, **mine | {"title": "我的标题"})
    assert page.status_code == 409
    assert "我的标题" in page.text
    assert "对方的标题" in page.text
    fields = shown(page.text)
    undecided = editor.post(f"/edit/drafts/{draft_id}/merge", **fields)
    assert undecided.status_code == 400
    assert workbench.draft(draft_id).title == "对方的标题"
    (pick,) = set(re.findall(r'name="(pick\.\d+)"', page.text))
    assert editor.post(f"/edit/drafts/{draft_id}/merge", **fields, **{pick: "mine"}).status_code == 302
    assert workbench.draft(draft_id).title == "我的标题"


def test_an_answer_that_got_lost_is_no_conflict(editor, workbench):
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text) | {"title": "换卡"}
    first, again = (editor.fetch(f"/edit/drafts/{draft_id}/save", **inputs) for _ in range(2))
    assert first.json["number"] == again.json["number"]


def busy(*_args, **_more):
    raise DatabaseProblem("数据库现在太忙，请稍后再试。")


def test_a_busy_database_is_something_to_try_again(editor, workbench, monkeypatch):
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text)
    monkeypatch.setattr(workbench, "save", busy)
    assert editor.fetch(f"/edit/drafts/{draft_id}/save", **inputs).status_code == 503


@pytest.mark.parametrize("view", ["form", "source"])
def test_without_javascript_what_was_not_saved_stands_there_again(editor, workbench, monkeypatch, view):  # row 64
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write?view={view}").text)
    typed = (
        {"title": "写了很久"}
        if view == "form"
        else {"text": inputs["text"].replace("category: 测试", "category: 写了很久")}
    )
    with monkeypatch.context() as patched:
        patched.setattr(workbench, "save", busy)
        answer = editor.post(f"/edit/drafts/{draft_id}/save", **inputs | typed)
    assert answer.status_code == 503
    assert "没有保存：数据库现在太忙" in answer.text
    again = shown(answer.text)
    assert editor.post(f"/edit/drafts/{draft_id}/save", **again).status_code == 302
    assert "写了很久" in workbench.draft(draft_id).text


def test_what_cannot_be_saved_any_more_stands_there_again(editor, workbench):
    draft_id = ready(editor, workbench)
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text)
    send(editor, workbench, draft_id)
    answer = editor.post(f"/edit/drafts/{draft_id}/save", **inputs | {"title": "写了很久"})
    assert answer.status_code == 422
    assert shown(answer.text)["title"] == "写了很久"


def test_what_was_put_together_is_not_lost_to_a_busy_database(app, editor, workbench, monkeypatch):  # row 64
    draft_id = editor.begin()
    mine = shown(editor.get(f"/edit/drafts/{draft_id}/write").text) | {"category": "我的类目"}
    Person(app, "editor").fetch(f"/edit/drafts/{draft_id}/save", **mine | {"category": "测试", "title": "对方的标题"})
    page = editor.post(f"/edit/drafts/{draft_id}/save", **mine).text
    with monkeypatch.context() as patched:
        patched.setattr(workbench, "save", busy)
        answer = editor.post(f"/edit/drafts/{draft_id}/merge", **shown(page))
    assert answer.status_code == 503
    assert editor.post(f"/edit/drafts/{draft_id}/merge", **shown(answer.text)).status_code == 302
    assert "我的类目" in workbench.draft(draft_id).text


def test_problems_stand_at_their_fields(editor):  # row 41
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text)
    seen = editor.fetch(f"/edit/drafts/{draft_id}/look", **inputs | {"channels.0.fee": "", "answer": "长" * 81}).json
    found = {problem["field"]: problem for problem in seen["problems"] if problem["level"] == "error"}
    assert set(found) == {"answer", "channels.0.fee"}
    assert found["channels.0.fee"]["where"] == "办理渠道 1 · 费用"
    assert found["channels.0.fee"]["line"] > 1
    assert "费用" in found["channels.0.fee"]["text"]
    assert "fee" in found["channels.0.fee"]["raw"]


def test_the_preview_is_what_the_agent_sees(editor):
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text)
    seen = editor.fetch(
        f"/edit/drafts/{draft_id}/look", **inputs | {"answer": "每张收{{fact:fee.card}}。", "by_phone": "no"}
    ).json
    card = re.search(r"<article class=\"card.*</article>", seen["preview"], re.DOTALL)[0]
    assert "每张收每张5元。" in card
    assert "电话里不能办" in card
    agent = editor.get("/articles/replace-card").text
    same = re.search(r"<article class=\"card.*</article>", agent, re.DOTALL)[0]
    kept = re.search(
        r"<article class=\"card.*</article>", editor.get(f"/edit/drafts/{draft_id}/preview").text, re.DOTALL
    )[0]
    # but for the number that the next version has
    assert kept.split() == same.replace("replace-card@1", "replace-card@2").replace("第 1 版", "第 2 版").split()


def test_looking_keeps_nothing(editor, workbench):
    draft_id = editor.begin()
    before = workbench.draft(draft_id)
    editor.fetch(
        f"/edit/drafts/{draft_id}/look",
        **shown(editor.get(f"/edit/drafts/{draft_id}/write").text) | {"title": "没保存"},
    )
    assert workbench.draft(draft_id) == before


def test_a_text_that_no_form_holds_is_mended_in_the_source(editor, workbench):  # row 64
    draft_id = editor.begin()
    number = workbench.draft(draft_id).number
    broken = article_text("replace-card").replace("title: ", "title: [x\n")
    assert editor.fetch(f"/edit/drafts/{draft_id}/save", view="source", number=number, text=broken).status_code == 200
    page = editor.get(f"/edit/drafts/{draft_id}/write").text
    assert "现在只能改源文件" in page
    assert "title: [x" in page
    seen = editor.fetch(f"/edit/drafts/{draft_id}/look", view="source", text=broken).json
    assert seen["preview"] == ""
    assert seen["problems"][0]["line"] > 1


def test_a_long_article_can_be_saved(editor, workbench):
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text)
    body = "## 说明\n" + "很长的一段。\n\n" * 12_000
    assert editor.fetch(f"/edit/drafts/{draft_id}/save", **inputs | {"body": body}).status_code == 200
    assert workbench.draft(draft_id).text.count("很长的一段") == 12_000


def test_typed_markup_is_text(editor):  # row 64
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text)
    bad = "</textarea><script>x</script>"
    assert (
        editor.fetch(f"/edit/drafts/{draft_id}/save", **inputs | {"title": bad, "answer": bad, "body": bad}).status_code
        == 200
    )
    for path in ("/write", "/write?view=source", "", "?check=1", "/preview"):
        assert "<script>x" not in editor.get(f"/edit/drafts/{draft_id}{path}").text


def test_only_our_page_may_frame_the_preview(editor):
    draft_id = editor.begin()
    headers = editor.get(f"/edit/drafts/{draft_id}/preview").headers
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in editor.get(f"/edit/drafts/{draft_id}/write").headers["Content-Security-Policy"]


def test_a_draft_that_is_not_there_is_a_chinese_page(editor):
    answer = editor.get("/edit/drafts/999")
    assert answer.status_code in (400, 404)
    assert "没有" in answer.text
    assert editor.get("/edit/articles/nothing").status_code == 404


def test_errors_are_in_the_way_of_a_review(editor, workbench):  # row 41
    draft_id = number_of(editor.post("/edit/new", type="process", title="零钞兑换"))
    page = editor.steps(f"/edit/drafts/{draft_id}/submit", number=1)
    assert "还不能送审" in page
    assert "办理渠道 1 · 路径" in page
    assert workbench.draft(draft_id).state == "draft"


def ready(editor, workbench, **overrides):
    """A draft without errors."""
    draft_id = editor.begin()
    draft = workbench.draft(draft_id)
    text = draft.text
    for old, new in overrides.items():
        text = text.replace(old, new)
    editor.fetch(f"/edit/drafts/{draft_id}/save", view="source", number=draft.number, text=text)
    return draft_id


def send(editor, workbench, draft_id):
    return editor.post(f"/edit/drafts/{draft_id}/submit", number=workbench.draft(draft_id).number, checked="yes")


def test_a_draft_goes_its_way(editor, approver, workbench):  # row 46
    draft_id = ready(editor, workbench, 当场就能换="十分钟就能换")
    send(editor, workbench, draft_id)
    assert workbench.draft(draft_id).state == "review"
    page = editor.get(f"/edit/drafts/{draft_id}").text
    assert "通过并发布" not in page.replace("不能通过并发布", "").replace("“通过并发布”", "")
    page = approver.get(f"/edit/drafts/{draft_id}").text
    assert "<ins>" in page
    page = approver.steps(f"/edit/drafts/{draft_id}/send-back", text="请写明材料")
    assert "请写明材料" in page
    assert workbench.draft(draft_id).state == "draft"
    send(editor, workbench, draft_id)
    page = approver.steps(f"/edit/drafts/{draft_id}/approve", number=workbench.draft(draft_id).number)
    assert "已通过并发布" in page
    assert "十分钟就能换" in approver.get("/articles/replace-card").text


def test_nobody_approves_what_he_wrote(app, workbench):  # row 46
    both = Person(app, "editor approver")
    draft_id = ready(both, workbench, 当场就能换="十分钟就能换")
    send(both, workbench, draft_id)
    page = both.steps(f"/edit/drafts/{draft_id}/approve", number=workbench.draft(draft_id).number)
    assert "不能自己审核" in page
    assert workbench.draft(draft_id).state == "review"


def test_an_editor_may_not_approve(editor, workbench):  # row 42
    draft_id = ready(editor, workbench)
    send(editor, workbench, draft_id)
    assert editor.post(f"/edit/drafts/{draft_id}/approve", number=2).status_code == 403


def test_a_second_click_does_no_harm(editor, workbench):
    draft_id = ready(editor, workbench)
    send(editor, workbench, draft_id)
    answer = send(editor, workbench, draft_id)
    assert answer.status_code == 302
    assert workbench.draft(draft_id).state == "review"


def test_what_is_sent_is_what_was_seen(app, editor, workbench):  # row 64
    draft_id = ready(editor, workbench)
    seen = workbench.draft(draft_id)
    Person(app, "editor").fetch(
        f"/edit/drafts/{draft_id}/save", view="source", number=seen.number, text=seen.text + "\n补一句。\n"
    )
    page = editor.steps(f"/edit/drafts/{draft_id}/submit", number=seen.number, checked="yes")
    assert "刚刚又改过" in page
    assert workbench.draft(draft_id).state == "draft"


def test_what_is_in_review_cannot_be_written(editor, workbench):
    draft_id = ready(editor, workbench)
    send(editor, workbench, draft_id)
    answer = editor.get(f"/edit/drafts/{draft_id}/write")
    assert answer.location.endswith(f"/edit/drafts/{draft_id}")
    assert "要改请先取回" in editor.get(answer.location).text
    assert "已取回" in editor.steps(f"/edit/drafts/{draft_id}/recall")
    assert editor.get(f"/edit/drafts/{draft_id}/write").status_code == 200


def test_a_draft_can_be_dropped_and_read_on(editor, workbench):
    draft_id = ready(editor, workbench)
    assert "已作废" in editor.steps(f"/edit/drafts/{draft_id}/withdraw")
    assert workbench.draft(draft_id).state == "withdrawn"
    assert "接着写" not in editor.get(f"/edit/drafts/{draft_id}").text


def test_comments_are_kept_and_must_say_something(editor, workbench):
    draft_id = ready(editor, workbench)
    assert "留言还没有写" in editor.steps(f"/edit/drafts/{draft_id}/comment", text="  ")
    assert "最多 2000 个字" in editor.steps(f"/edit/drafts/{draft_id}/comment", text="长" * 2001)
    assert "请看<b>第三步" not in (page := editor.steps(f"/edit/drafts/{draft_id}/comment", text="请看<b>第三步"))
    assert "请看&lt;b&gt;第三步" in page


def test_urgent_is_marked_and_taken_back(editor, workbench):  # row 61
    draft_id = ready(editor, workbench)
    assert "30 天" in editor.steps(f"/edit/drafts/{draft_id}/urgent", urgent="yes")
    assert workbench.draft(draft_id).urgent
    editor.post(f"/edit/drafts/{draft_id}/urgent", urgent="")
    assert not workbench.draft(draft_id).urgent


def published(editor, approver, workbench, **overrides):
    draft_id = ready(editor, workbench, **overrides)
    send(editor, workbench, draft_id)
    approver.post(f"/edit/drafts/{draft_id}/approve", number=workbench.draft(draft_id).number)


def test_history_shows_what_changed_and_leads_back(app, editor, approver, workbench):  # row 47
    published(editor, approver, workbench, 当场就能换="十分钟就能换")
    published(editor, approver, workbench, 十分钟就能换="二十分钟就能换")
    revisions = workbench.history("replace-card")
    page = editor.get(f"/edit/articles/replace-card/diff?old={revisions[1].id}&new={revisions[0].id}").text
    assert re.search(r"<ins>二</ins>|<ins>二十</ins>", page)
    third = Person(app, "approver")
    assert "已回退" in third.steps("/edit/articles/replace-card/rollback", revision=revisions[1].id)
    assert "十分钟就能换" in (page := editor.get("/articles/replace-card").text)
    assert "二十分钟就能换" not in page


def test_a_version_for_tomorrow_waits(editor, approver, workbench):  # row 43
    published(
        editor,
        approver,
        workbench,
        **{"effective: '2026-01-01'": "effective: 2099-12-01", "当场就能换": "十分钟就能换"},
    )
    page = editor.get("/edit/articles/replace-card").text
    assert page.count('<li class="version') == 2
    assert "待生效" in page
    assert "十分钟就能换" not in editor.get("/articles/replace-card").text
    (link,) = re.findall(r'href="(/articles/replace-card\?at=[^"]+)"', page)
    assert "十分钟就能换" in editor.get(link.replace("&amp;", "&")).text
    path = next(v.path for v in workbench.timeline("replace-card", parse("2026-11-24")) if v.phase == "scheduled")
    assert "请写明为什么撤下" in approver.steps("/edit/articles/replace-card/expire", path=path, reason=" ")
    assert "已撤下" in approver.steps("/edit/articles/replace-card/expire", path=path, reason="政策推迟")
    assert editor.get("/edit/articles/replace-card").text.count('<li class="version') == 1


def test_a_correction_that_a_waiting_version_would_take_back_is_said(editor, approver, workbench):  # row 43
    said = "2099年12月5日起第 2 版会代替它，里面没有这次的修改；请把那一版也改了。"
    published(editor, approver, workbench, **{"effective: '2026-01-01'": "effective: 2099-12-05"})
    draft_id = ready(editor, workbench, 当场就能换="十分钟就能换")
    number = workbench.draft(draft_id).number
    assert said in editor.get(f"/edit/drafts/{draft_id}").text
    assert "没有发现问题" not in editor.get(f"/edit/drafts/{draft_id}/findings").text
    page = editor.steps(f"/edit/drafts/{draft_id}/submit", number=number)
    assert "有几处提醒" in page
    assert said in page
    send(editor, workbench, draft_id)
    assert said in approver.get(f"/edit/drafts/{draft_id}").text
    waiting = re.search(r'name="path" value="([^"]+)"><button class="button">改第 2 版', page)[1]
    # the waiting version is changed, too
    other_id = editor.begin(waiting)
    other = workbench.draft(other_id)
    text = other.text.replace("当场就能换", "十分钟就能换")
    editor.fetch(f"/edit/drafts/{other_id}/save", view="source", number=other.number, text=text)
    send(editor, workbench, other_id)
    approver.post(f"/edit/drafts/{other_id}/approve", number=workbench.draft(other_id).number)
    assert "会代替它" not in approver.get(f"/edit/drafts/{draft_id}?check=1").text


def parse(text):
    from kb.clock import parse_moment

    return parse_moment(text)


def test_a_file_with_a_mistake_is_seen_and_taken_away(settings, approver):
    file = settings.articles / "processes/replace-card.md"
    file.write_text(file.read_text("utf-8").replace("type: process", "type: proces"), encoding="utf-8")
    page = approver.get("/edit/articles/replace-card").text
    assert "文件有错，坐席看到的是上一个好的版本" in page
    assert "type 写的是“proces”" in page
    said = approver.steps("/edit/articles/replace-card/expire", path="processes/replace-card.md", reason="误导客户")
    assert "已撤下" in said
    assert approver.get("/articles/replace-card").status_code == 404


def test_only_versions_of_the_article_can_be_taken_away(approver):  # row 42
    page = approver.steps("/edit/articles/replace-card/expire", path="products/usb-key.md", reason="x")
    assert "没有这一版" in page


def test_what_waits_for_me_is_counted(editor, approver, workbench):
    assert 'class="count" title="待处理"' not in approver.get("/edit/").text
    draft_id = ready(editor, workbench, 当场就能换="十分钟就能换")
    send(editor, workbench, draft_id)
    assert re.search(r'工作台 <b class="count"[^>]*>1</b>', approver.get("/edit/").text)
    assert 'class="count" title="待处理"' not in editor.get("/edit/").text


def test_a_file_changed_by_hand_is_put_together_first(editor, settings, workbench):  # row 64
    draft_id = ready(editor, workbench, 当场就能换="十分钟就能换")
    path = settings.articles / PATH
    path.write_text(path.read_text("utf-8").replace("category: 测试", "category: 手工改的"), "utf-8")
    assert "文件在起草以后被改过" in editor.get(f"/edit/drafts/{draft_id}").text
    page = editor.get(f"/edit/drafts/{draft_id}/conflict").text
    assert "已经自动合好，看过就可以保存" in page
    assert editor.post(f"/edit/drafts/{draft_id}/merge", **shown(page)).status_code == 302
    text = workbench.draft(draft_id).text
    assert "手工改的" in text
    assert "十分钟就能换" in text
    assert workbench.conflict(draft_id) is None


def test_a_file_deleted_meanwhile_is_said_and_may_be_agreed_to(editor, settings, workbench):  # row 64
    draft_id = ready(editor, workbench, 当场就能换="十分钟就能换")
    (settings.articles / PATH).unlink()
    page = editor.get(f"/edit/drafts/{draft_id}/conflict").text
    assert "已经被删掉" in page
    answer = editor.post(f"/edit/drafts/{draft_id}/merge", **shown(page), whole="theirs")
    assert answer.status_code == 302
    assert workbench.draft(draft_id).text.strip() == ""
    assert "文件已经被删掉，这一稿现在是空的" in editor.get(answer.location).text
    assert "已作废" in editor.steps(f"/edit/drafts/{draft_id}/withdraw")


def test_undecided_between_two_savers_stays_between_them(app, editor, workbench):  # row 64
    draft_id = editor.begin()
    inputs = shown(editor.get(f"/edit/drafts/{draft_id}/write").text)
    Person(app, "editor").fetch(f"/edit/drafts/{draft_id}/save", **inputs | {"title": "对方的标题"})
    fields = shown(editor.post(f"/edit/drafts/{draft_id}/save", **inputs | {"title": "我的标题"}).text)
    again = shown(editor.post(f"/edit/drafts/{draft_id}/merge", **fields).text)
    assert again["of"] == "draft"
    assert editor.post(f"/edit/drafts/{draft_id}/merge", **again, whole="mine").status_code == 302
    assert workbench.draft(draft_id).title == "我的标题"


def test_what_is_urgent_has_to_expire(editor, workbench):  # row 61
    draft_id = ready(editor, workbench, 当场就能换="十分钟就能换")
    editor.post(f"/edit/drafts/{draft_id}/urgent", urgent="yes")
    page = editor.steps(f"/edit/drafts/{draft_id}/submit", number=workbench.draft(draft_id).number)
    assert "还不能送审" in page
    assert "失效时间" in page
    assert workbench.draft(draft_id).state == "draft"


def test_a_test_query_that_does_not_find_its_article_is_in_the_way(editor, workbench):  # row 49
    draft_id = ready(editor, workbench, **{"test_queries:\n": "test_queries:\n- 网银盾坏了\n"})
    findings = editor.get(f"/edit/drafts/{draft_id}/findings").text
    assert "还不能发布" in findings or "可以发布" in findings
    draft_id = ready(editor, workbench, **{"test_queries:\n": "test_queries:\n- 火星移民\n"})
    findings = editor.get(f"/edit/drafts/{draft_id}/findings").text
    assert "检验问法“火星移民”" in findings
    assert "还不能送审" in editor.steps(f"/edit/drafts/{draft_id}/submit", number=workbench.draft(draft_id).number)


def test_what_is_won_and_lost_is_said_before_publishing(editor, workbench):  # row 50
    draft_id = ready(editor, workbench, 补一张卡要钱吗="磁条读不出来")
    page = editor.get(f"/edit/drafts/{draft_id}?check=1").text
    assert "变好 1 个" in page
    assert "磁条读不出来" in page


def test_a_forbidden_word_is_in_the_way(editor, settings, workbench):  # row 56
    (settings.articles / "_lexicon" / "forbidden.txt").write_text("稳赚: 收益会波动\n", "utf-8")
    draft_id = ready(editor, workbench, 当场就能换="稳赚不赔")
    assert "稳赚" in editor.get(f"/edit/drafts/{draft_id}?check=1").text.partition("写法")[2]
    assert "还不能送审" in editor.steps(f"/edit/drafts/{draft_id}/submit", number=workbench.draft(draft_id).number)


def test_a_file_of_the_lexicon_goes_the_same_way(editor, approver, workbench):  # row 54
    draft_id = editor.begin("_lexicon/synonyms.txt")
    draft = workbench.draft(draft_id)
    assert 'name="text"' in editor.get(f"/edit/drafts/{draft_id}/write").text
    editor.fetch(f"/edit/drafts/{draft_id}/save", view="source", number=draft.number, text=draft.text + "坏卡 < 消磁\n")
    assert editor.get(f"/edit/drafts/{draft_id}?check=1").status_code == 200
    send(editor, workbench, draft_id)
    page = approver.steps(f"/edit/drafts/{draft_id}/approve", number=workbench.draft(draft_id).number)
    assert "已通过" in page


def test_quality_is_listed(app, editor):  # row 48
    editor.get("/edit/?show=all")
    for _ in range(100):
        page = editor.get("/edit/?show=low").text
        if "正在算分" not in page:
            break
    scores = re.findall(r'data-label="质量"><span[^>]*>(\d+)<', editor.get("/edit/?show=all").text)
    assert len(scores) == 5
    assert all(0 <= int(score) <= 100 for score in scores)
