"""Must-read notices: written by a lead, read and acknowledged by agents, never in the way of a call."""

from datetime import timedelta

import pytest
from web_people import csrf, make_app, sign_in

from kb.clock import now
from web.sheets import neutral


@pytest.fixture
def app(settings):
    return make_app(settings)


def post(client, address, **fields):
    return client.post(address, data={"csrf_token": csrf(client), **fields})


def publish(lead, **fields):
    """A notice that runs for a week; the address of its progress."""
    expires = (now() + timedelta(days=7)).date().isoformat()
    answer = post(
        lead, "/notices/new", **{"title": "明天起换卡收费", "text": "换卡每张5元。", "expires": expires, **fields}
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def unread(client):
    return client.get("/report/state").json["data"]["notices"]


def test_it_waits_until_it_is_acknowledged(app):  # row 35
    lead, agent, other = sign_in(app, "lead"), sign_in(app, "agent"), sign_in(app, "agent")
    progress = publish(lead, article="replace-card")
    assert [unread(client) for client in (lead, agent, other)] == [0, 1, 1]
    assert "条必读通知" in agent.get("/").text
    shown = agent.get("/notices/").text
    assert "换卡每张5元。" in shown
    assert "银行卡补卡换卡" in shown
    # reading alone is no acknowledgement
    assert unread(agent) == 1
    assert post(agent, "/notices/1/acknowledge").status_code == 302
    assert [unread(client) for client in (agent, other)] == [0, 1]
    assert "1 / 2 人已知晓" in lead.get(progress).text
    # pressed twice
    assert post(agent, "/notices/1/acknowledge").status_code == 302
    assert "1 / 2 人已知晓" in lead.get(progress).text


def test_only_the_roles_it_is_meant_for(app):  # row 35
    lead, agent, editor = (sign_in(app, role) for role in ("lead", "agent", "editor"))
    progress = publish(lead, roles=["editor"])
    assert [unread(client) for client in (agent, editor)] == [0, 1]
    assert "明天起换卡收费" not in agent.get("/notices/").text
    assert post(agent, "/notices/1/acknowledge").status_code == 400
    assert "0 / 1 人已知晓" in lead.get(progress).text


def test_it_ends_by_itself_or_at_once(app):  # row 35
    lead, agent = sign_in(app, "lead"), sign_in(app, "agent")
    progress = publish(lead)
    assert unread(agent) == 1
    assert post(lead, f"{progress}/end").status_code == 302
    assert unread(agent) == 0
    assert "已结束" in agent.get("/notices/").text
    assert post(lead, f"{progress}/end").status_code == 400


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": " "}, "标题还没有写。"),
        ({"title": "长" * 61}, "标题有 61 个字"),
        ({"text": "长" * 501}, "内容有 501 个字"),
        ({"article": "no-such-article"}, "没有编号为 no-such-article 的文章"),
        ({"expires": "2020-01-01"}, "截止日期已经过了"),
        ({"expires": "2099-01-01"}, "截止日期最远 90 天以后"),
        ({"expires": "9999-12-31"}, "截止日期最远 90 天以后"),
        ({"expires": "明天"}, "截止日期要写成"),
    ],
)
def test_a_notice_that_cannot_be_published_stays_in_the_form(app, fields, said):
    lead = sign_in(app, "lead")
    expires = (now() + timedelta(days=7)).date().isoformat()
    answer = post(
        lead, "/notices/new", **{"title": "标题在", "text": "内容在", "expires": expires, "roles": ["agent"], **fields}
    )
    assert answer.status_code == 400
    assert said in answer.text
    assert ("内容在" in answer.text) == ("text" not in fields)
    assert 'value="agent" checked' in answer.text


def test_the_list_of_readers_as_a_table(app):  # row 35
    lead, agent = sign_in(app, "lead"), sign_in(app, "agent")
    progress = publish(lead)
    post(agent, "/notices/1/acknowledge")
    answer = lead.get(f"{progress}.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = answer.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert rows[0] == "登录名,姓名,角色,知晓时间"
    assert len(rows) == 2
    assert now().strftime(",%Y-%m-%d ") in rows[1]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])  # W9
def test_no_cell_is_run_as_a_formula(cell):
    assert neutral(cell) == f"'{cell}"
    assert neutral("王小明") == "王小明"


def test_numbers_are_masked_and_markup_is_text(app):  # rows 64 78
    lead, agent = sign_in(app, "lead"), sign_in(app, "agent")
    publish(lead, text="有事打 13812345678 <script>alert(1)</script>\n第二行")
    shown = agent.get("/notices/").text
    assert "13812345678" not in shown
    assert "［手机号］ &lt;script&gt;" in shown


def test_who_may_not(app):  # row 42
    nobody, agent, lead = app.test_client(), sign_in(app, "agent"), sign_in(app, "lead")
    publish(lead)
    assert nobody.get("/notices/").status_code in (302, 401)
    for address in ("/notices/new", "/notices/1", "/notices/1.csv"):
        assert agent.get(address).status_code == 403
    assert post(agent, "/notices/1/end").status_code == 403
    # without the token of the form
    assert agent.post("/notices/1/acknowledge").status_code in (400, 403)
    assert unread(agent) == 1
    assert lead.get("/notices/99").status_code == 404
    assert post(agent, "/notices/99/acknowledge").status_code == 400
