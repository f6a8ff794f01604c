"""Feedback: an agent says what is wrong with an article, somebody answers, and the agent is told."""

from datetime import datetime, timedelta

import pytest
from web_people import csrf, make_app, sign_in

from kb.clock import SHANGHAI
from kb.db import audit, feedback
from kb.db.engine import Database
from kb.db.schema import USERS
from kb.errors import Refused
from kb.feedback import due, weekdays_after
from kb.people import Actor

CARD, IDENTITY, PHONE = "6222021234567890128", "11010519491231002X", "13812345678"


@pytest.fixture
def app(settings):
    return make_app(settings)


@pytest.fixture
def database(settings, app):
    database = Database(settings.database)
    yield database
    database.close()


def post(client, address, **fields):
    """Send a form as the pages do."""
    return client.post(address, data=fields, headers={"X-CSRFToken": csrf(client)})


def report(client, kind="wrong", **fields):
    """Send a feedback about the article on the network key; where it can be taken back."""
    answer = post(client, "/report/feedback", **{"kind": kind, "article": "usb-key@1", "q": "U盾坏了", **fields})
    assert answer.status_code == 200, answer.text
    return answer.json["data"]["undo"]


def waiting(client):
    return client.get("/report/state").json["data"]


def somebody(database):
    """The first person there is."""
    with database.reading() as connection:
        row = connection.execute(USERS.select().order_by(USERS.c.id)).first()
    return Actor(row.id, row.name, row.display, frozenset(row.roles))


def events(database, action):
    with database.reading() as connection:
        return [event for event in audit.events(connection) if event.action == action]


def test_the_reporter_is_told_what_became_of_it(app):  # rows 39 59
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, text="首个也要收钱了")
    listed = editor.get("/inbox/feedback").text
    assert "内容有误" in listed
    assert "首个也要收钱了" in listed
    assert "网银盾的领取和更换" in listed
    assert waiting(agent)["answers"] == 0
    assert post(editor, "/inbox/feedback/1", state="done", answer="收费写反了，已改。").status_code == 302
    assert waiting(agent)["answers"] == 1
    assert "条反馈有了答复" in agent.get("/").text
    mine = agent.get("/report/mine").text
    assert "收费写反了，已改。" in mine
    assert "新答复" in mine
    # read is read
    assert waiting(agent)["answers"] == 0
    assert "新答复" not in agent.get("/report/mine").text
    assert "报告人已看" in editor.get("/inbox/feedback/1").text


def test_an_editor_mends_the_article(app, database):  # row 59
    agent, editor, lead = (sign_in(app, role) for role in ("agent", "editor", "lead"))
    report(agent)
    assert post(lead, "/inbox/feedback/1/draft").status_code == 403
    begun = post(editor, "/inbox/feedback/1/draft")
    assert begun.status_code == 302
    assert "/edit/drafts/1" in begun.headers["Location"]
    # pressed twice, or by somebody else meanwhile: the same draft
    assert post(sign_in(app, "editor"), "/inbox/feedback/1/draft").headers["Location"] == begun.headers["Location"]
    assert "打开正在改的稿子" in editor.get("/inbox/feedback/1").text
    assert "文章正在改" in agent.get("/report/mine").text
    assert len(events(database, "feedback.draft")) == 1


def test_an_article_that_is_gone_cannot_be_mended(app):
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, article="gone-article@1")
    answer = post(editor, "/inbox/feedback/1/draft")
    assert answer.status_code == 400
    assert "没有编号为 gone-article 的文章" in answer.text
    # it can still be answered
    assert post(editor, "/inbox/feedback/1", state="done", answer="这一篇已经撤下。").status_code == 302


def test_two_people_cannot_answer_the_same_one(app, database):  # row 59
    agent, editor, lead = (sign_in(app, role) for role in ("agent", "editor", "lead"))
    report(agent)
    post(editor, "/inbox/feedback/1", state="done", answer="已改。")
    second = post(lead, "/inbox/feedback/1", state="declined", answer="我看没有错。")
    assert second.status_code == 409
    assert "已经答复了这条反馈" in second.text
    # what the second one wrote is still in the form
    assert "我看没有错。" in second.text
    assert "已改。" in agent.get("/report/mine").text
    assert len(events(database, "feedback.answer")) == 1


def test_undo_takes_it_back_for_a_moment(app, database):  # row 39
    agent, other = sign_in(app, "agent"), sign_in(app, "agent")
    undo = report(agent)
    assert post(other, undo).status_code == 403
    assert post(agent, undo).json["data"]["said"] == "已撤销"
    # pressed twice
    assert post(agent, undo).status_code == 200
    with database.reading() as connection:
        assert feedback.find(connection, 1) is None
    assert [e.action for e in (*events(database, "feedback.send"), *events(database, "feedback.undo"))] == [
        "feedback.send",
        "feedback.undo",
    ]


def test_what_is_being_handled_cannot_be_taken_back(app):
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    undo = report(agent)
    post(editor, "/inbox/feedback/1", state="done", answer="已改。")
    late = post(agent, undo)
    assert late.status_code == 400
    assert "已经过了可以撤销的时间" in late.json["error"]["message"]


def test_after_a_minute_it_stays(app, database):
    report(sign_in(app, "agent"))
    reporter = somebody(database)
    with database.writing() as connection:
        sent = feedback.find(connection, 1).at
        with pytest.raises(Refused, match="已经过了可以撤销的时间"):
            feedback.undo(connection, reporter, 1, sent + timedelta(seconds=61))
        feedback.undo(connection, reporter, 1, sent + timedelta(seconds=60))


def test_praise_waits_for_nobody(app):  # row 39
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, kind="praise")
    assert "没有等着答复的反馈" in editor.get("/inbox/feedback").text
    assert "网银盾的领取和更换" in editor.get("/inbox/feedback?show=praise").text
    assert waiting(agent)["answers"] == 0
    assert "不用答复" in post(editor, "/inbox/feedback/1", state="done", answer="谢谢").text


def test_no_number_of_a_customer_reaches_the_disk(app, database, settings):  # row 78
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, q=f"卡号 {CARD} 的U盾坏了", text=f"客户身份证 {IDENTITY}，\n手机 {PHONE}")
    report(agent, q="６２２２ ０２１２ ３４５６ ７８９０ １２８ 打 138-1234-5678")
    post(editor, "/inbox/feedback/1", state="done", answer=f"已打给 {PHONE}。")
    database.close()
    kept = b"".join(path.read_bytes() for path in settings.var.rglob("*") if path.is_file())
    assert "［卡号］".encode() in kept
    assert "［证件号］".encode() in kept
    for number in (CARD, IDENTITY, PHONE, "138-1234-5678", "６２２２ ０２１２ ３４５６"):
        assert number.encode() not in kept


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "长" * 501}, "补充说明有 501 个字，最多 500 个字，请删短 1 个字。"),
        ({"q": "问" * 201}, "问题有 201 个字"),
        ({"kind": "nonsense"}, "不知道反馈的是哪一条"),
        ({"article": "../../etc/passwd"}, "不知道反馈的是哪一条"),
        ({"article": ""}, "不知道反馈的是哪一条"),
    ],
)
def test_what_cannot_be_kept_is_said(app, database, fields, said):
    agent = sign_in(app, "agent")
    answer = post(agent, "/report/feedback", **{"kind": "wrong", "article": "usb-key@1", **fields})
    assert answer.status_code == 400
    assert said in answer.json["error"]["message"]
    with database.reading() as connection:
        assert feedback.counts(connection, datetime.now(SHANGHAI))["all"] == 0


def test_odd_characters_break_nothing(app):  # row 64
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, text="坏\0了\x1b[31m <script>alert(1)</script>")
    shown = editor.get("/inbox/feedback/1").text
    assert "坏了[31m &lt;script&gt;" in shown


def test_an_answer_needs_words(app):
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent)
    assert "答复还没有写。" in post(editor, "/inbox/feedback/1", state="done", answer="  ").text
    long = post(editor, "/inbox/feedback/1", state="done", answer="长" * 501)
    assert long.status_code == 400
    assert "长" * 501 in long.text
    assert "请选" in post(editor, "/inbox/feedback/1", state="open", answer="好").text
    assert editor.get("/inbox/feedback/99").status_code == 404


def test_who_is_not_signed_in_or_may_not(app, database):  # row 42
    nobody, agent = app.test_client(), sign_in(app, "agent")
    assert nobody.get("/report/state").json["data"]["may"] is False
    answer = nobody.post("/report/feedback", data={"kind": "wrong", "article": "usb-key@1"})
    assert answer.status_code in (400, 401, 403)
    assert agent.post("/report/feedback", data={"kind": "wrong", "article": "usb-key@1"}).status_code in (400, 403)
    for address in ("/inbox/feedback", "/inbox/feedback/1"):
        assert agent.get(address).status_code == 403
    assert post(agent, "/inbox/feedback/1", state="done", answer="好").status_code == 403
    assert not events(database, "feedback.send")


def test_the_late_ones_are_counted_and_come_first(app, database, at):  # row 59
    editor = sign_in(app, "editor")
    actor = somebody(database)
    with database.writing() as connection:
        for kind, days in (("unclear", 1), ("wrong", 5), ("wrong", 2)):
            sent = at - timedelta(days=days)
            feedback.send(connection, actor, kind, f"a{days}@1", "", "", sent, due(kind, sent, weekdays_after))
        counts = feedback.counts(connection, at)
        late = feedback.listed(connection, "late", at, 10)
    assert (counts["open"], counts["late"], counts["all"]) == (3, 2, 3)
    assert [item.article_id for item in late] == ["a5", "a2"]
    assert "超期" in editor.get("/inbox/feedback?show=late").text


@pytest.mark.parametrize(
    ("kind", "sent", "day"),
    [
        ("wrong", "2026-11-24 10:00", "2026-11-25"),
        ("outdated", "2026-11-27 23:59", "2026-11-30"),
        ("unclear", "2026-11-26 10:00", "2026-12-01"),
        ("wrong", "2026-11-28 10:00", "2026-11-30"),
        ("praise", "2026-11-28 10:00", "2026-11-28"),
    ],
)  # rows 28 59
def test_an_answer_is_due_on_a_working_day(kind, sent, day):
    moment = due(kind, datetime.fromisoformat(sent).replace(tzinfo=SHANGHAI), weekdays_after)
    assert moment.isoformat() == f"{day}T23:59:59+08:00"
