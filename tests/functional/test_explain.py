"""The page and the JSON that say why: who is told what of which article, and what odd input comes to."""

import pytest
from builders import write_article, write_lexicon, write_small_library
from web_people import make_app, sign_in

from kb.clock import now
from kb.db.schema import METADATA
from kb.settings import Settings
from web.app import SERVICES, create_app

Q = "蓝鲸结算手续费"
QUESTIONS = [f"蓝鲸结算{end}" for end in ("怎么办", "要多久", "收费吗", "谁能办", "去哪办", "带什么")]
TITLE = "只在标题里的话"
HIDDEN = {
    "scheduled": {"effective": "2999-01-01"},
    "expired": {"effective": "2020-01-01", "expires": "2021-01-01"},
    "for-others": {"audience": {"roles": ["班长"]}},
    "broken": {"answer": "字" * 200},
}
SAID = {
    "scheduled": "还没有生效，从 2999-01-01 00:00 起看得到",
    "expired": "2021-01-01 00:00 起不再显示",
    "for-others": "本文不对你的岗位开放，只给：岗位 班长",
    "broken": "文件有错误",
}
NOTHING = "没有这篇文章"


def made(settings):
    """An application over the small library and an article in every state that keeps it from being shown."""
    write_lexicon(
        settings.articles,
        synonyms=["U盾 = K宝 = 网银盾", "卡坏 -> 卡消磁"],
        stopwords=["请问"],
        pins=["怎么换 => replace-card"],
    )
    for state, fields in HIDDEN.items():
        write_article(settings.articles, state, title=TITLE, questions=QUESTIONS, **fields)
    return make_app(settings)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """For tests that change nothing."""
    folder = tmp_path_factory.mktemp("explain")
    write_small_library(folder / "articles")
    return made(Settings(articles=folder / "articles", var=folder / "var"))


@pytest.fixture
def nobody(app):
    return app.test_client()


@pytest.fixture
def editor(app):
    return sign_in(app, "editor")


def page(client, q="", **more):
    return client.post("/explain", data={"q": q, **more})


# ── the page ──


def test_it_says_how_a_question_was_read_and_what_was_found(nobody):  # row 84
    text = page(nobody, "请问Ｋ宝坏了要5万块吗").text
    for said in (
        "请问k宝坏了要5万块吗",
        "归入<b>“u盾”</b>",
        "网银盾",
        "= <b>50000</b>",
        "不算数的词",
        "找到了什么",
        "有把握",
    ):
        assert said in text, said
    assert "“网银盾的领取和更换”的得分" in text
    for field in ("标题", "常见问法", "关键词", "正文", "小标题", "小节", "各栏合计", "多少篇有"):
        assert f">{field}</th>" in text, field
    assert "时效" in text
    assert "没有截止" in text


def test_another_article_is_put_beside_the_first(nobody):  # row 84
    text = page(nobody, "补卡要带什么", pick="usb-key").text
    assert "“网银盾的领取和更换”的得分" in text
    assert "比较的是" in text
    assert "银行卡补卡换卡" in text


def test_it_opens_by_address_and_by_form(nobody):  # row 84
    by_address = nobody.get("/explain", query_string={"q": "补卡", "id": "usb-key"})
    assert "“网银盾的领取和更换”的得分" in by_address.text
    assert by_address.text == page(nobody, "补卡", id="usb-key").text


def test_an_article_is_named_by_its_title(nobody):  # row 84
    assert "“网银盾的领取和更换”的得分" in page(nobody, "补卡", id="网银盾的领取和更换").text
    assert "“网银盾的领取和更换”的得分" in page(nobody, "补卡", id="网银盾的领").text


def test_a_name_that_fits_several_articles_asks_which(settings):
    write_article(settings.articles, "usb-key-two", title="网银盾的挂失")
    text = page(make_app(settings).test_client(), id="网银盾的").text
    assert "不止一篇" in text
    for offered in ("usb-key", "usb-key-two"):
        assert f'name="pick" value="{offered}"' in text


def test_pins_and_fraud_cards_are_marked(nobody):  # row 84
    assert "编辑置顶" in page(nobody, "怎么换？").text
    assert "问题里有触发词“安全账户”" in page(nobody, "转到安全账户").text


def test_no_confidence_is_said(nobody):  # row 84
    text = page(nobody, "余额宝蘑菇种植技术培训班报名补卡").text
    assert "没有把握" in text
    assert "蘑菇" in text


# ── what is not shown ──


@pytest.mark.parametrize("state", HIDDEN)
def test_an_editor_is_told_why_it_is_not_shown(editor, state):  # row 84
    for text in (page(editor, Q, id=state).text, page(editor, id=state).text):
        assert "为什么看不到" in text
        assert SAID[state] in text
        assert (TITLE in text) == (state in ("scheduled", "expired"))
        assert "的得分" not in text
    if state == "broken":
        assert "answer" in page(editor, id=state).text


@pytest.mark.parametrize("state", HIDDEN)
@pytest.mark.parametrize("role", [None, "agent", "operator", "admin"])
def test_others_are_not_told_what_is_not_for_them(app, role, state):  # rows 42 84
    client = sign_in(app, role) if role else app.test_client()
    text = page(client, Q, id=state).text
    assert TITLE not in text
    assert (SAID[state] in text) == (state in ("scheduled", "expired"))
    assert (NOTHING in text) == (state in ("for-others", "broken"))
    # the same words as for an article that there never was
    if NOTHING in text:
        never = page(client, Q, id="nev-er-was").text
        assert text.replace(state, "X") == never.replace("nev-er-was", "X")


def test_whom_it_is_for_sees_it_explained(app):  # row 42
    text = page(sign_in(app, "lead"), Q, id="for-others").text
    assert f"“{TITLE}”的得分" in text


def test_a_hidden_article_is_not_found_by_its_title(app, nobody, editor):  # row 42
    for client in (nobody, editor, sign_in(app, "agent")):
        assert NOTHING in page(client, Q, id=TITLE).text


def test_drafts_and_what_was_withdrawn_are_known_to_editors(settings):  # row 84
    app = made(settings)
    nobody, editor, approver = app.test_client(), sign_in(app, "editor"), sign_in(app, "approver")
    workbench = app.extensions[SERVICES].workbench
    workbench.begin_new(editor.person.actor, "process", "brand-new", now())
    workbench.expire(approver.person.actor, "processes/scheduled.md", now(), "不办了")
    for article, said in (("brand-new", "只有草稿（草稿）"), ("scheduled", "已经撤下")):
        assert said in page(editor, id=article).text
        assert NOTHING in page(nobody, id=article).text


def test_a_file_that_the_index_has_not_taken_up_is_said_so(settings):  # row 84
    app = made(settings)
    write_article(settings.articles, "too-new", title="刚刚写好的一篇")
    assert "索引还没有收进来" in page(sign_in(app, "editor"), id="too-new").text
    assert NOTHING in page(app.test_client(), id="too-new").text


def test_a_future_day_shows_what_will_be(editor):  # row 43
    assert f"“{TITLE}”的得分" in page(editor, Q, id="scheduled", at="2999-01-02").text


# ── odd input ──


def test_nothing_asked_is_an_invitation(nobody):
    answer = nobody.get("/explain")
    assert (answer.status_code, "请输入要问的事" in answer.text) == (200, True)
    assert "请输入要问的事" in page(nobody, "  ").text
    assert "时效" in page(nobody, id="usb-key").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"q": "长" * 201}, "最多 200 个字"),
        ({"q": "补卡", "id": "x" * 81}, "最多 80 个字"),
        ({"q": "补卡", "at": "明天"}, "日期“明天”看不懂"),
    ],
)
def test_bad_input_gets_a_sentence(nobody, fields, said):
    answer = page(nobody, **fields)
    assert answer.status_code == 400
    assert said in answer.text


@pytest.mark.parametrize("wanted", ["nothing-here", "没有的标题", "../etc/passwd", "usb-key@1", "%ff", "\x00", "😀"])
def test_an_unknown_article_is_said_so(editor, wanted):
    answer = page(editor, "补卡", id=wanted)
    assert answer.status_code == 200
    assert NOTHING in answer.text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{7*7}}补卡",
        "“<b>”补卡",
        "</textarea><svg onload=x>",
    ],
)
def test_what_is_typed_never_becomes_markup(editor, text):
    for answer in (page(editor, text, id=text), editor.get("/explain", query_string={"q": text, "id": text})):
        assert answer.status_code == 200
        for tag in ("<script>alert", "<img src=x", "<svg onload", "“<b>”"):
            assert tag not in answer.text
        assert "49补卡" not in answer.text


def test_without_an_index_the_page_says_so(settings):
    answer = page(create_app(settings).test_client(), "补卡")
    assert answer.status_code == 503
    assert "还没有索引" in answer.text


def test_it_works_while_the_database_cannot_be_asked(settings):
    app = make_app(settings)
    app.extensions[SERVICES].database.close()
    (settings.var / "kb.db").write_bytes(b"no database at all" * 500)
    assert "的得分" in page(app.test_client(), "补卡").text


def test_asking_why_writes_nothing(app, editor):
    def rows():
        with app.extensions[SERVICES].database.reading() as connection:
            return {
                t.name: connection.execute(t.select()).all() for t in METADATA.sorted_tables if t.name != "sessions"
            }

    before = rows()
    page(editor, "补卡", id="scheduled")
    assert rows() == before


# ── ways to the page ──


def test_results_and_the_workbench_lead_here(editor, nobody):  # row 84
    found = nobody.post("/ask", data={"q": "补卡"}).text
    assert 'formaction="/explain"' in found
    assert "为什么是这些？" in found
    assert 'href="/explain?id=usb-key"' in editor.get("/edit/articles/usb-key").text
    assert 'href="/explain"' in editor.get("/edit/").text


# ── JSON ──


def ask(client, q, **more):
    return client.post("/api/v1/explain", json={"q": q, **more})


def test_the_json_says_the_same(nobody):  # row 84
    data = ask(nobody, "请问K宝坏了").json["data"]
    assert data["article"] == "usb-key@1"
    (group,) = [g for g in data["understood"]["groups"] if g["typed"] == "K宝"]
    assert group["members"] == ["u盾", "k宝", "网银盾"]
    assert data["understood"]["silent"] == ["请问"]
    assert (data["found"]["confident"], data["found"]["results"][0]["id"]) == (True, "usb-key")
    assert data["explained"]["place"] == 1
    scores = [c["score"] for c in data["contributions"]]
    assert scores == sorted(scores, reverse=True)
    assert {c["term"] for c in data["contributions"]} <= {token.rpartition("/")[0] for token in data["tokens"]}
    assert data["table"]["total"] == pytest.approx(100)
    assert {c["field"]: c["name"] for c in data["table"]["columns"]}["questions"] == "常见问法"
    assert (data["standing"]["reason"], data["standing"]["version"]) == ("shown", 1)


def test_what_decided_the_order_is_told_for_both(nobody):  # row 84
    data = ask(nobody, "K宝坏了怎么办").json["data"]
    assert data["found"]["results"][0]["id"] == data["explained"]["id"]
    parts = {part["name"]: part for part in data["order"]}
    assert {"词的得分", "从客户问法学到的", "渠道对不对"} < set(parts)
    assert sum(p["points"] for p in parts.values()) >= sum(p["beside"] for p in parts.values())
    shown = page(nobody, "K宝坏了怎么办").text
    assert "名次怎么定" in shown
    assert all(name in shown for name in parts)


def test_nothing_found_is_no_error(nobody):
    data = ask(nobody, "蘑菇").json["data"]
    assert (data["article"], data["explained"], data["table"], data["standing"]) == ("", None, None, None)
    assert data["contributions"] == []


@pytest.mark.parametrize("state", HIDDEN)
def test_a_hidden_article_is_a_404_that_says_as_much_as_one_may_know(app, editor, nobody, state):  # rows 42 84
    for client, told in ((editor, True), (nobody, state in ("scheduled", "expired"))):
        answer = ask(client, Q, article=state)
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "NotFound")
        message = answer.json["error"]["message"]
        assert (SAID[state] in message) == told
        assert TITLE not in answer.text
