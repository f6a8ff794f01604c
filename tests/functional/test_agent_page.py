"""The page as a browser gets it: what is kept, what is compressed, what need not be sent again."""

import gzip
import re
import time

import pytest
from builders import write_small_library

from indexer import build as building
from kb.clock import now
from kb.settings import Settings
from kb.visibility import ANYBODY
from web.app import create_app, warm
from web.compress import LEAST
from web.rendered import Rendered, render_parts

QUESTIONS = ("改绑手机号", "网点怎么改手机号", "大额取现登记", "安盈90天", "有人让我转到安全账户", "存款保险赔多少")
# a day on which the articles were in force already
BEFORE = "2026-11-24"
AWAY = {"REMOTE_ADDR": "10.1.2.3"}


@pytest.fixture(scope="module")
def client(sample_settings):
    return create_app(sample_settings).test_client()


def ask(client, question, **form):
    return client.post("/ask", data={"q": question, **form}).get_data(as_text=True)


def test_remembered_cards_are_the_cards_made_anew(sample_settings, client):
    """Other questions, dates and channel orders in between leave nothing of theirs on a card."""
    for _ in range(2):
        for question in QUESTIONS:
            ask(client, question)
            ask(client, question, at=BEFORE)
    for question in QUESTIONS:
        fresh = create_app(sample_settings).test_client()
        assert ask(client, question) == ask(fresh, question)
        assert ask(client, question, at=BEFORE) == ask(fresh, question, at=BEFORE)


def test_remembered_cards_follow_the_articles(tmp_path):
    settings = Settings(articles=tmp_path / "articles", var=tmp_path / "var")
    write_small_library(settings.articles)
    building.build(settings, now())
    client = create_app(settings).test_client()
    step = re.search(r'<ol class="steps">\s*<li>([^<]+)', ask(client, "补卡"))[1]
    for path in settings.articles.rglob("*.md"):
        path.write_text(path.read_text("utf-8").replace(step, "先请客户坐下"), "utf-8")
    generation = building.update(settings, now()).generation
    while client.get("/readyz").json["generation"] != generation:
        time.sleep(0.05)
    assert step not in ask(client, "补卡")
    assert "先请客户坐下" in ask(client, "补卡")


def test_only_so_many_cards_are_remembered(sample_settings, sample, at):
    rendered = Rendered(most=3)
    with create_app(sample_settings).test_request_context():
        for question in QUESTIONS:
            for card in sample.ask(question, ANYBODY, at).cards:
                parts = rendered.parts(card, list(card.lines), [], "gen", "")
                assert parts.body == render_parts(card, list(card.lines), [], "").body
        assert len(rendered) == 3


def test_assets_are_named_by_their_content_and_kept(client):
    page = client.get("/").get_data(as_text=True)
    names = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert {name.rsplit("/", 1)[1] for name in names} >= {"agent.css", "ask.js", "keys.js", "draw.js", "icon.svg"}
    for name in names:
        with client.get(name) as asset:
            assert asset.status_code == 200
            assert "immutable" in asset.headers["Cache-Control"]
            assert "max-age=31536000" in asset.headers["Cache-Control"]
    with client.get("/static/ask.js") as plain:
        etag = plain.headers["ETag"]
    with client.get("/static/ask.js", headers={"If-None-Match": etag}) as again:
        assert again.status_code == 304
    assert client.get("/static/000000000000/ask.js").status_code == 404


def test_an_article_that_the_browser_has_is_not_sent_again(client):
    first = client.get("/articles/time-deposit-rates")
    assert first.status_code == 200
    again = client.get("/articles/time-deposit-rates", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(f"/articles/time-deposit-rates?at={BEFORE}", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_answers_that_leave_the_machine_are_compressed(client):
    plain = client.post("/ask", data={"q": "挂失"}, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    sent = client.post("/ask", data={"q": "挂失"}, headers={"Accept-Encoding": "gzip"}, environ_base=AWAY)
    assert sent.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in sent.headers["Vary"]
    assert gzip.decompress(sent.data) == plain.data
    assert int(sent.headers["Content-Length"]) == len(sent.data) < len(plain.data) / 3
    assert "Content-Encoding" not in client.post("/ask", data={"q": "挂失"}, environ_base=AWAY).headers
    small = client.get("/livez", headers={"Accept-Encoding": "gzip"}, environ_base=AWAY)
    assert len(small.data) < LEAST
    assert "Content-Encoding" not in small.headers


def test_a_service_without_an_index_can_be_warmed(tmp_path):
    app = create_app(Settings(articles=tmp_path, var=tmp_path / "var"))
    warm(app)
    assert app.test_client().get("/readyz").status_code == 503
