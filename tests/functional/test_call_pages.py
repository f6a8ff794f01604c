"""Around a call: the CRM's id, the note, the log, what was read, what is kept at hand, and what goes to a colleague."""

import base64
import json
import logging
import time
from datetime import timedelta

import pytest
from builders import write_article
from web_people import csrf, make_app, sign_in

from indexer import build as building
from kb.clock import now
from kb.db import favourites, handovers, readings, users
from kb.db.engine import Database
from kb.db.readings import Reading
from kb.db.schema import HANDOVERS, READINGS
from web.app import SERVICES

CARD, PHONE = "6222021234567890128", "13812345678"
SECRET = {
    "draft": {"status": "draft"},
    "scheduled": {"effective": "2999-01-01"},
    "expired": {"effective": "2020-01-01", "expires": "2021-01-01"},
    "for others": {"audience": {"roles": ["班长"]}},
}


@pytest.fixture
def app(settings):
    return make_app(settings)


@pytest.fixture
def database(settings, app):
    database = Database(settings.database)
    yield database
    database.close()


@pytest.fixture
def agent(app):
    return sign_in(app, "agent")


def post(client, address, **fields):
    """Send a form as the page's scripts do."""
    return client.post(address, data=fields, headers={"X-CSRFToken": csrf(client)})


def read_of(database, client):
    """What a person read, once it is written."""
    with database.reading() as connection:
        return {r.article_id: r.version for r in readings.of(connection, client.person.id, 10)}


def until(found, wanted):
    """Wait for what is written beside the requests."""
    ends = time.monotonic() + 10
    while found() != wanted and time.monotonic() < ends:
        time.sleep(0.02)
    assert found() == wanted


def publish(settings, **fields):
    """Put the next version of an article into force."""
    write_article(settings.articles, "replace-card", title="银行卡补卡换卡", **fields)
    building.update(settings, now())


def test_the_crm_begins_a_call_by_the_address(app):
    page = app.test_client().get("/?call=CRM-20261126_ab12")
    assert page.status_code == 200
    assert 'data-begin="CRM-20261126_ab12"' in page.text


@pytest.mark.parametrize("call", ["a b", "<b>", "x" * 65, PHONE, CARD, "11010519491231002X", "138-1234-5678"])
def test_an_id_that_is_not_opaque_begins_nothing(app, call):  # row 78
    page = app.test_client().get("/", query_string={"call": call})
    assert page.status_code == 400
    assert 'data-begin=""' in page.text
    assert "通话编号" in page.text
    assert call not in page.text
    asked = app.test_client().post("/ask", data={"q": "补卡", "call": call})
    assert asked.status_code == 400
    assert "通话编号" in asked.text


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, "kb.questions")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "kb.questions"]


def test_questions_of_a_call_carry_its_id_to_the_log(app, log):  # row 87
    client = app.test_client()
    client.post("/ask", data={"q": f"补卡 {PHONE}", "call": "abc"})
    client.post("/ask", data={"q": "补卡"})
    with_call, without = log()
    assert with_call.endswith(" call=abc")
    assert "best=replace-card@1 generation=gen-" in with_call
    assert PHONE not in with_call
    assert without.endswith(" call=-")


def test_a_tick_is_logged_with_who_where_and_in_which_call(app, agent, log):  # rows 25 87
    tick = {"did": "tick", "article": "replace-card@1", "call": "abc", "value": "0028"}
    assert agent.post("/call/mark", data=tick).status_code == 200
    assert log() == [f"did=tick article=replace-card@1 person='{agent.person.name}' call=abc"]
    nobody = app.test_client()
    assert nobody.post("/call/mark", data={"did": "read", "article": "usb-key@1"}).status_code == 200
    assert log()[-1] == "did=read article=usb-key@1 person='匿名' call=-"


@pytest.mark.parametrize(
    "fields",
    [{"did": "fly"}, {"article": "x"}, {"article": "a@1\nquestion='x'"}, {"call": PHONE}, {"did": "tick\n"}],
)
def test_nothing_else_gets_into_the_log(app, log, fields):
    answer = app.test_client().post("/call/mark", data={"did": "tick", "article": "a@1", **fields})
    assert answer.status_code == 400
    assert answer.json["error"]["message"]
    assert log() == []


def test_the_note_of_a_trail(app):  # row 36
    began = int(now().timestamp() * 1000)
    trail = {"began": began, "entries": [{"at": began, "did": "ask", "text": f"卡{CARD}丢了"}]}
    answer = app.test_client().post("/call/note", json=trail)
    assert answer.status_code == 200
    assert "客户问：卡［卡号］丢了" in answer.json["data"]["text"]
    refused = app.test_client().post("/call/note", data=b"{")
    assert refused.status_code == 400
    assert "没有做成小结" in refused.json["error"]["message"]


def test_what_one_read_is_known_at_the_next_page(app, agent, database):  # row 34
    assert agent.get("/reading/").json["data"]["read"] == {}
    assert post(agent, "/reading/", article="replace-card@1").status_code == 200
    until(lambda: read_of(database, agent), {"replace-card": 1})
    (version, at) = agent.get("/reading/").json["data"]["read"]["replace-card"]
    assert version == 1
    assert abs(at - now().timestamp()) < 60
    # nobody else's
    assert sign_in(app, "agent").get("/reading/").json["data"]["read"] == {}


@pytest.mark.parametrize("key", ["", "x", "nothing@1", "../x@1", "replace-card@99999999999"])
def test_a_reading_of_nothing_is_not_kept(agent, database, key):
    assert post(agent, "/reading/", article=key).status_code in (200, 400)
    post(agent, "/reading/", article="usb-key@1")
    until(lambda: read_of(database, agent), {"usb-key": 1})


def test_what_changed_since(app, settings, agent):  # row 34
    publish(settings, version=2, change_note="改为每张6元", answer="每张收6元，带身份证到网点。")
    app.extensions[SERVICES].source.look_again()
    for client in (agent, app.test_client()):
        data = client.get("/reading/changes/replace-card?since=1").json["data"]
        assert data["version"] == 2
        assert [(n["version"], n["note"]) for n in data["notes"]] == [(2, "改为每张6元")]
        assert client.get(data["more"]).status_code == 200
    assert agent.get("/reading/changes/nothing?since=1").status_code == 404
    assert agent.get("/reading/changes/replace-card?since=x").status_code == 200


def test_where_two_versions_differ(app, settings):  # row 34
    workbench = app.extensions[SERVICES].workbench
    client = app.test_client()
    publish(settings, version=2, answer="每张收6元，带身份证到网点。", questions=[f"补一张卡{n}" for n in range(6)])
    assert "没有留下来" in client.get("/reading/differences/replace-card?since=1").text
    workbench.take_up_files(now())
    publish(settings, version=3, answer="每张收7元，带身份证到网点。", questions=[f"换一张卡{n}" for n in range(6)])
    workbench.take_up_files(now())
    # the pointer is looked at ten times a second
    app.extensions[SERVICES].source.look_again()
    page = client.get("/reading/differences/replace-card?since=2").text
    assert ("每张收<del>6</del>元" in page, "每张收<ins>7</ins>元" in page) == (True, True)
    # how it is found is no matter of agents
    assert "换一张卡1" not in page
    assert client.get("/reading/differences/nothing?since=1").status_code == 404


@pytest.mark.parametrize("state", SECRET)
@pytest.mark.parametrize("role", [None, "agent", "lead"])
def test_an_article_that_is_not_for_somebody_shows_on_no_list(settings, role, state):  # rows 42 43
    write_article(settings.articles, "blue-whale", title="蓝鲸结算", change_note="蓝鲸改了", **SECRET[state])
    app = make_app(settings)
    client = sign_in(app, role) if role else app.test_client()
    allowed = state == "for others" and role == "lead"
    listed = client.post("/reading/cards", data={"article": ["blue-whale", "usb-key"]})
    assert [card["id"] for card in listed.json["data"]] == (["blue-whale", "usb-key"] if allowed else ["usb-key"])
    changes = client.get("/reading/changes/blue-whale?since=0")
    differences = client.get("/reading/differences/blue-whale?since=0")
    assert (differences.status_code == 200, "蓝鲸" in differences.text) == (allowed, allowed)
    assert (changes.status_code == 200, "蓝鲸改了" in str(changes.json)) == (allowed, allowed)
    if role:
        assert (post(client, "/reading/favourites", article="blue-whale", kept="yes").status_code == 200) == allowed
        # kept or read before it went away
        with app.extensions[SERVICES].database.writing() as connection:
            made = handovers.make(connection, client.person.id, "问一问", ["blue-whale", "usb-key"], now())
        handed = client.get(f"/call/handover/{made}").json["data"]["cards"]
        assert [card["id"] for card in handed] == (["blue-whale", "usb-key"] if allowed else ["usb-key"])


def test_a_favourite_is_kept_and_let_go(agent, database):
    kept = post(agent, "/reading/favourites", article="usb-key", kept="yes")
    assert kept.json["data"]["favourites"] == ["usb-key"]
    assert post(agent, "/reading/favourites", article="usb-key", kept="yes").json == kept.json
    post(agent, "/reading/favourites", article="replace-card", kept="yes")
    assert agent.get("/reading/").json["data"]["favourites"] == ["usb-key", "replace-card"]
    gone = post(agent, "/reading/favourites", article="usb-key", kept="no")
    assert gone.json["data"]["favourites"] == ["replace-card"]
    assert post(agent, "/reading/favourites", article="nothing", kept="yes").status_code == 404
    with database.writing() as connection:
        for number in range(favourites.MOST - 1):
            favourites.add(connection, agent.person.id, f"a{number}", now())
    full = post(agent, "/reading/favourites", article="usb-key", kept="yes")
    assert (full.status_code, "最多收藏" in full.json["error"]["message"]) == (400, True)


def test_a_question_goes_to_a_colleague(app, agent, database):
    made = post(agent, "/call/handover", q=f"卡{CARD}丢了", article=["replace-card", "usb-key"])
    link = made.json["data"]["link"]
    assert link.startswith("/?handover=")
    assert "丢" not in link
    colleague = sign_in(app, "agent")
    data = colleague.get(f"/call/handover/{link.partition('=')[2]}").json["data"]
    assert data["author"] == agent.person.display
    assert data["question"] == "卡［卡号］丢了"
    assert [card["key"] for card in data["cards"]] == ["replace-card@1", "usb-key@1"]
    # neither the id nor the number stands in the database
    with database.reading() as connection:
        stored = str(connection.execute(HANDOVERS.select()).all())
    assert link.partition("=")[2] not in stored
    assert CARD not in stored
    assert colleague.get(link).status_code == 200


def test_after_a_day_a_handover_is_over(app, agent, database):
    with database.writing() as connection:
        made = handovers.make(connection, agent.person.id, "补卡", [], now() - timedelta(hours=24))
    for address in (f"/call/handover/{made}", "/call/handover/made-up"):
        answer = agent.get(address)
        assert answer.status_code == 404
        assert "24 小时" in answer.json["error"]["message"]


def test_nobody_in_particular_hands_over_behind_the_hash(app, database):
    nobody = app.test_client()
    link = nobody.post("/call/fragment", data={"q": f"打{PHONE}", "article": "usb-key"}).json["data"]["link"]
    address, _, packed = link.partition("#handover=")
    assert address == "/"
    said = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    assert said["question"] == "打［手机号］"
    assert said["articles"] == ["usb-key"]
    with database.reading() as connection:
        assert connection.execute(HANDOVERS.select()).all() == []
    # and cannot read what somebody else kept
    assert nobody.get("/call/handover/x").headers["Location"].startswith("/sign-in?to=")


@pytest.mark.parametrize("fields", [{}, {"q": " "}, {"q": "问" * 201}, {"q": "补卡", "article": "../x"}])
def test_a_handover_of_nothing_is_refused(agent, fields):
    for address in ("/call/handover", "/call/fragment"):
        answer = post(agent, address, **fields)
        assert answer.status_code == 400
        assert answer.json["error"]["message"]


def test_both_databases_keep_the_latest_reading_and_a_handover_for_a_day(any_database, at):
    with any_database.writing() as connection:
        who = users.add(connection, "agent", "", ["agent"], at)
        readings.note(connection, Reading(who.id, "card", 1, at))
        readings.note(connection, Reading(who.id, "card", 3, at + timedelta(days=1)))
        readings.note(connection, Reading(who.id, "account", 1, at))
        made = handovers.make(connection, who.id, "补卡", ["card"], at)
        found = handovers.find(connection, made, at + timedelta(hours=23))
        assert (found.question, found.articles, found.created) == ("补卡", ("card",), at)
        assert handovers.find(connection, made, at + timedelta(hours=24)) is None
        assert [(r.article_id, r.version) for r in readings.of(connection, who.id, 10)] == [("card", 3), ("account", 1)]
        assert len(connection.execute(READINGS.select()).all()) == 2


def test_without_a_database_asking_and_changes_go_on(app, settings, agent):  # D8
    app.extensions[SERVICES].database.close()
    for ending in ("", "-wal", "-shm"):
        path = settings.var / f"kb.db{ending}"
        if path.exists():
            path.write_bytes(b"this is no database at all" * 100)
    nobody = app.test_client()
    assert nobody.get("/reading/changes/replace-card?since=0").json["data"]["version"] == 1
    assert nobody.post("/call/mark", data={"did": "tick", "article": "replace-card@1"}).status_code == 200
    assert nobody.post("/call/fragment", data={"q": "补卡"}).status_code == 200
