"""Gaps: an agent reports a question without an answer; it becomes an article, a phrasing, or nothing."""

from html.parser import HTMLParser

import pytest
from web_people import csrf, make_app, sign_in

from kb.db import audit, gaps
from kb.db.engine import Database
from kb.db.schema import DRAFTS

PETS = ("宠物保险怎么买", "宠物保险在哪买", "宠物保险怎么买？")


@pytest.fixture
def app(settings):
    return make_app(settings)


@pytest.fixture
def database(settings, app):
    database = Database(settings.database)
    yield database
    database.close()


def post(client, address, **fields):
    return client.post(address, data={"csrf_token": csrf(client), **fields})


def report(client, *questions):
    for question in questions:
        answer = post(client, "/report/gap", q=question)
        assert answer.status_code == 200, answer.text
    return answer.json["data"]["undo"]


def kept(database):
    with database.reading() as connection:
        return gaps.open_ones(connection, 100)


def drafts(database):
    with database.reading() as connection:
        return list(connection.execute(DRAFTS.select()))


def chosen(client):
    """What is ticked on the page of the first gap."""
    found = []

    class Ticks(HTMLParser):
        def handle_starttag(self, tag, attributes):
            values = dict(attributes)
            if values.get("name") == "asked" and "checked" in values:
                found.append(values["value"])

    Ticks().feed(client.get("/inbox/gaps/1").text)
    return found


def test_it_is_kept_with_what_was_found(app, database):  # rows 14 60
    report(sign_in(app, "agent"), "换卡要多久", "火星移民")
    martian, card = kept(database)
    assert (card.facet, card.best, card.confident) == ("duration", "replace-card@1", True)
    assert (martian.facet, martian.confident) == ("any", False)


def test_without_an_index_it_is_kept_all_the_same(app, database, settings):
    agent = sign_in(app, "agent")
    (settings.index / "current").unlink()
    report(agent, "宠物保险怎么买")
    assert [gap.question for gap in kept(database)] == ["宠物保险怎么买"]


def test_those_that_ask_the_same_stand_together(app):  # row 60
    report(sign_in(app, "agent"), *PETS, "买无人机可以分期吗")
    editor = sign_in(app, "editor")
    listed = editor.get("/inbox/gaps").text
    assert listed.count("inbox-size") == 2
    assert listed.index("宠物保险怎么买") < listed.index("买无人机可以分期吗")
    assert len(chosen(editor)) == 2


def test_undo(app, database):
    agent = sign_in(app, "agent")
    undo = report(agent, "宠物保险怎么买")
    assert post(sign_in(app, "agent"), undo).status_code == 403
    assert post(agent, undo).json["data"]["said"] == "已撤销"
    assert not kept(database)


def test_a_new_article_is_begun_with_the_questions(app, database):  # row 60
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, *PETS)
    begun = post(
        editor, "/inbox/gaps/1/draft", asked=chosen(editor), type="product", title="宠物保险", slug="pet-insurance"
    )
    assert begun.status_code == 302
    assert "/edit/drafts/" in begun.headers["Location"]
    (draft,) = drafts(database)
    assert (draft.kind, draft.article_id, draft.path) == ("article", "pet-insurance", "products/pet-insurance.md")
    assert "\n  - 宠物保险怎么买\n  - 宠物保险在哪买\nanswer:" in draft.text
    assert "title: 宠物保险" in draft.text
    assert not kept(database)
    assert "起草了新文章" in editor.get("/inbox/gaps?show=decided").text
    assert "正在写" in agent.get("/report/mine").text


def test_a_draft_that_comes_to_nothing_opens_the_gap_again(app, database):  # row 60
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, "宠物保险怎么买")
    post(editor, "/inbox/gaps/1/draft", asked=chosen(editor), type="product", title="宠物保险", slug="pet-insurance")
    assert not kept(database)
    with database.writing() as connection:
        connection.execute(DRAFTS.update().values(state="withdrawn"))
    assert [gap.question for gap in kept(database)] == ["宠物保险怎么买"]


def test_the_questions_become_phrasings(app, database, settings):  # row 60
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, "盾牌坏了能换吗", "盾牌坏掉换一个", "盾牌坏了打 13812345678")
    before = (settings.articles / "products/usb-key.md").read_text("utf-8")
    begun = post(editor, "/inbox/gaps/1/alias", asked=["1", "2,3"], article="/articles/usb-key")
    assert begun.status_code == 302
    text = drafts(database)[0].text
    for question in ("盾牌坏了能换吗", "盾牌坏掉换一个"):
        assert f"\n- {question}\n" in text or f"\n  - {question}\n" in text
    assert "［手机号］" not in text
    # nothing is published by this
    assert (settings.articles / "products/usb-key.md").read_text("utf-8") == before
    assert not kept(database)


def test_a_phrasing_that_is_there_is_refused(app, database):  # row 60
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, "网银盾坏了")
    answer = post(editor, "/inbox/gaps/1/alias", asked=chosen(editor), article="usb-key")
    assert answer.status_code == 400
    assert "这些问法文章里已经有了" in answer.text
    assert len(kept(database)) == 1
    assert not drafts(database)
    missing = post(editor, "/inbox/gaps/1/alias", asked=chosen(editor), article="no-such-article")
    assert "没有编号为 no-such-article 的文章" in missing.text


def test_what_cannot_be_begun_stays_in_the_form(app, database):
    agent, editor = sign_in(app, "agent"), sign_in(app, "editor")
    report(agent, *PETS)
    some = chosen(editor)[:1]
    answer = post(editor, "/inbox/gaps/1/draft", asked=some, type="product", title="我的标题", slug="Bad Slug")
    assert answer.status_code == 400
    assert 'value="我的标题"' in answer.text
    assert 'value="Bad Slug"' in answer.text
    assert answer.text.count(" checked") == 1
    assert "请至少勾选一种问法" in post(editor, "/inbox/gaps/1/draft", type="product", slug="a").text
    assert len(kept(database)) == 3


def test_two_people_decide_once(app, database):  # row 60
    agent, editor, lead = (sign_in(app, role) for role in ("agent", "editor", "lead"))
    report(agent, *PETS)
    ticked = chosen(editor)
    assert post(lead, "/inbox/gaps/1/dismiss", asked=ticked).status_code == 302
    second = post(editor, "/inbox/gaps/1/dismiss", asked=ticked)
    assert second.status_code == 409
    assert "别人刚才已经处理了" in second.text
    with database.reading() as connection:
        assert [e.action for e in audit.events(connection)].count("gap.dismissed") == 1
    assert "不处理" in agent.get("/report/mine").text


def test_no_number_of_a_customer_reaches_the_disk(app, database, settings):  # row 78
    report(sign_in(app, "agent"), "6222021234567890128 这张卡能买宠物险吗", "１３８１２３４５６７８ 收不到宠物险短信")
    database.close()
    on_disk = b"".join(path.read_bytes() for path in settings.var.rglob("*") if path.is_file())
    assert "［卡号］".encode() in on_disk
    for number in ("6222021234567890128", "１３８１２３４５６７８", "13812345678"):
        assert number.encode() not in on_disk


@pytest.mark.parametrize(("question", "said"), [("  ", "问题还没有写"), ("问" * 201, "问题有 201 个字")])
def test_what_cannot_be_kept_is_said(app, database, question, said):
    answer = post(sign_in(app, "agent"), "/report/gap", q=question)
    assert answer.status_code == 400
    assert said in answer.json["error"]["message"]
    assert not kept(database)


def test_who_may_not(app, database):  # row 42
    nobody, agent, lead = app.test_client(), sign_in(app, "agent"), sign_in(app, "lead")
    assert nobody.post("/report/gap", data={"q": "宠物险"}).status_code in (400, 401, 403)
    assert agent.post("/report/gap", data={"q": "宠物险"}).status_code in (400, 403)
    assert not kept(database)
    report(agent, "宠物险")
    for address in ("/inbox/gaps", "/inbox/gaps/1"):
        assert agent.get(address).status_code == 403
    # a lead answers, but does not write
    assert lead.get("/inbox/gaps/1").status_code == 200
    assert post(lead, "/inbox/gaps/1/draft", asked="1", type="product", slug="a").status_code == 403
    assert lead.get("/inbox/gaps/99").status_code == 404
