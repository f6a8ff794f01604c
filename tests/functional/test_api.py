"""The JSON API and the probes: shapes, errors, headers, and no request that brings the service down."""

import json
from datetime import datetime

import pytest
from builders import write_article, write_small_library

from indexer import build as building
from indexer import generations
from kb.clock import now
from kb.settings import Settings
from web.app import MAX_BODY, create_app

SEARCH = "/api/v1/search"
CARD = {
    "id", "version", "section", "type", "category", "title", "answer", "tones", "tones_made", "readings", "facet",
    "lines", "identity", "identity_text", "by_phone", "by_phone_why", "channels", "steps", "risk_sentence", "matched",
    "superseded", "owner",
    "verified", "past_due", "effective", "imported", "score", "coverage",
}  # fmt: skip
ANSWER = {
    "question", "facet", "facet_name", "generation", "at", "confident", "message", "unknown", "chips", "alerts", "cards",
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    settings = Settings(articles=folder / "articles", var=folder / "var")
    write_small_library(settings.articles)
    write_article(settings.articles, "later", title="以后才有的事", effective="2099-01-01")
    write_article(settings.articles, "secret", title="只给班长看的事", audience={"roles": ["班长"]})
    building.build(settings, now())
    return settings


@pytest.fixture(scope="module")
def client(library):
    return create_app(library).test_client()


@pytest.fixture
def without_index(settings):
    return create_app(settings).test_client()


def error(response, status, code):
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.mimetype == "application/json"
    assert set(response.json) == {"error"}
    assert set(response.json["error"]) == {"code", "message"}
    assert response.json["error"]["code"] == code
    message = response.json["error"]["message"]
    assert any("\u4e00" <= c <= "\u9fff" for c in message)
    return message


# ── success ──


def test_a_search_has_this_shape(client):  # row 81
    response = client.post(SEARCH, json={"q": "补卡手续费", "limit": 3})
    assert response.status_code == 200
    data = response.json["data"]
    assert set(response.json) == {"data"}
    assert set(data) == ANSWER
    assert (data["question"], data["facet"], data["facet_name"]) == ("补卡手续费", "amount", "多少")
    card = data["cards"][0]
    assert set(card) == CARD
    assert (card["id"], card["version"], card["type"]) == ("replace-card", 1, "process")
    assert set(card["title"]) == {"text", "ranges"}
    assert set(card["lines"][0]) == {"label", "text", "source"}
    assert set(card["channels"][0]) == {"channel", "path", "materials", "duration", "fee", "hours", "if_fails"}
    assert datetime.fromisoformat(data["at"]).utcoffset().total_seconds() == 8 * 3600
    assert len(data["cards"]) <= 3


def test_a_search_by_url_answers_the_same(client):
    by_url = client.get(SEARCH, query_string={"q": "补卡手续费", "at": "2026-11-24"}).json["data"]
    by_body = client.post(SEARCH, json={"q": "补卡手续费", "at": "2026-11-24"}).json["data"]
    assert by_url == by_body


def test_a_fraud_card_stands_apart(client):  # row 27
    data = client.post(SEARCH, json={"q": "转到安全账户"}).json["data"]
    assert [c["id"] for c in data["alerts"]] == ["safe-account"]


def test_suggestions_have_this_shape(client):
    data = client.post("/api/v1/suggest", json={"q": "网银", "limit": 1}).json["data"]
    assert data == [{"text": "网银盾的领取和更换", "id": "usb-key", "title": "网银盾的领取和更换"}]


def test_an_article_has_this_shape(client):
    data = client.get("/api/v1/articles/replace-card").json["data"]
    assert set(data) == {"card", "deadlines", "sections", "questions", "sources"}
    assert set(data["card"]) == CARD
    assert [s["anchor"] for s in data["sections"]] == ["要带什么", "多久办好"]
    assert set(data["sections"][0]) == {"anchor", "heading", "html", "text"}


def test_an_explanation_has_this_shape(client):  # row 84
    data = client.post("/api/v1/explain", json={"q": "K宝坏了", "article": "usb-key"}).json["data"]
    assert set(data) == {
        "tokens", "facet", "readings", "article", "contributions",
        "understood", "found", "explained", "beside", "table", "order", "standing",
    }  # fmt: skip
    assert data["article"] == "usb-key@1"
    assert set(data["contributions"][0]) == {"term", "field", "weight", "document_frequency", "score"}


# ── the lane in front of Flask ──


@pytest.mark.parametrize("path", [SEARCH, "/api/v1/suggest"])
def test_the_lane_and_flask_answer_alike(client, path):
    body = json.dumps({"q": "补卡手续费", "at": "2026-11-24"})
    lane, flask = (
        client.post(path, data=body, content_type=kind)
        for kind in ("application/json", "application/json; charset=utf-8")
    )
    assert (lane.status_code, lane.mimetype, lane.json) == (200, "application/json", flask.json)
    # Flask's answers may be compressed, those of the lane never are
    assert {n.lower() for n, _ in lane.headers} == {n.lower() for n, _ in flask.headers} - {"vary"}
    assert int(lane.headers["Content-Length"]) == len(lane.data)


def test_only_the_lane_s_own_routes_leave_flask_out(library):
    app = create_app(library)
    passed = []
    app.before_request(lambda: passed.append(1))
    client = app.test_client()
    client.post(SEARCH, json={"q": "补卡"})
    client.post("/api/v1/suggest", json={"q": "补"})
    assert passed == []
    client.get(SEARCH, query_string={"q": "补卡"})
    client.post("/api/v1/explain", json={"q": "补卡", "article": "replace-card"})
    client.post(SEARCH, json={"q": 7})
    assert len(passed) == 3


def test_a_body_shorter_than_it_says_is_an_error(client):
    response = client.post(SEARCH, data=b'{"q": "x', content_type="application/json", headers={"Content-Length": "500"})
    error(response, 400, "BadRequest")


# ── errors ──


def test_an_unknown_address_is_404(client):
    assert "没有" in error(client.get("/api/v1/nothing"), 404, "NotFound")


@pytest.mark.parametrize("article", ["no-such-article", "later", "secret", "replace-card@1", "..%2fx", "%ff"])
def test_an_article_that_may_not_be_seen_is_404(client, article):  # rows 42 82
    error(client.get(f"/api/v1/articles/{article}"), 404, "NotFound")
    if "%" not in article:
        error(client.post("/api/v1/explain", json={"q": "事", "article": article}), 404, "NotFound")


def test_a_wrong_method_is_405_and_names_the_right_ones(client):
    response = client.delete(SEARCH)
    error(response, 405, "MethodNotAllowed")
    assert "POST" in response.headers["Allow"]


def test_a_body_that_is_too_large_is_413(client):
    body = json.dumps({"q": "长" * MAX_BODY})
    error(client.post(SEARCH, data=body, content_type="application/json"), 413, "RequestEntityTooLarge")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "text/xml"])
def test_a_body_that_is_not_json_is_415(client, kind):
    error(client.post(SEARCH, data="q=1", content_type=kind), 415, "UnsupportedMediaType")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 60_000, b'{"q":' * 10_000, b'{"q": "\xd5\xd2"}'])
def test_json_that_cannot_be_read_is_400(client, body):
    error(client.post(SEARCH, data=body, content_type="application/json"), 400, "BadRequest")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "q 必须填写"),
        ({"q": "x" * 201}, "q 太长，最多 200 个字"),
        ({"q": 7}, "q 要写文字"),
        ({"q": None}, "q 要写文字"),
        ({"q": "x", "limit": 0}, "limit 不能小于 1"),
        ({"q": "x", "limit": 51}, "limit 不能大于 50"),
        ({"q": "x", "limit": "三"}, "limit 要写整数"),
        ({"q": "x", "limit": []}, "limit"),
        ({"q": "x", "at": "x" * 41}, "at 太长"),
        ([], "请求"),
        ([1], "请求"),
        (7, "请求"),
        ("x", "请求"),
    ],
)
def test_a_wrong_parameter_is_422_and_is_named(client, body, said):
    assert said in error(client.post(SEARCH, json=body), 422, "InvalidParameter")


def test_all_wrong_parameters_are_named_at_once(client):
    message = error(client.post(SEARCH, json={"limit": 0}), 422, "InvalidParameter")
    assert "q 必须填写" in message
    assert "limit 不能小于 1" in message


@pytest.mark.parametrize("at", ["明天", "2026-13-01", "2026-12-01T00:00:00Z", "0"])
def test_a_wrong_moment_is_400(client, at):
    assert at in error(client.post(SEARCH, json={"q": "x", "at": at}), 400, "QuestionError")


@pytest.mark.parametrize("at", ["0001-01-01", "1900-01-01", "1986-05-04 02:30"])
def test_a_moment_long_ago_is_answered(client, at):
    assert client.post(SEARCH, json={"q": "x", "at": at}).status_code == 200
    error(client.get("/api/v1/articles/later", query_string={"at": at}), 404, "NotFound")


@pytest.mark.parametrize("at", ["9999-12-31 23:59:59", "3000-01-01"])
def test_a_moment_that_is_too_far_ahead_is_400(client, at):
    assert "最远" in error(client.post(SEARCH, json={"q": "x", "at": at}), 400, "QuestionError")
    assert "最远" in error(client.get("/api/v1/articles/later", query_string={"at": at}), 400, "QuestionError")
    assert client.get("/articles/later", query_string={"at": at}).status_code == 400
    assert "最远" in client.post("/ask", data={"q": "x", "at": at}).text


def test_without_an_index_every_answer_is_503(without_index):
    for response in (
        without_index.post(SEARCH, json={"q": "x"}),
        without_index.post("/api/v1/suggest", json={"q": "x"}),
        without_index.get("/api/v1/articles/x"),
        without_index.post("/api/v1/explain", json={"q": "x", "article": "x"}),
    ):
        assert "kb index build" in error(response, 503, "IndexMissing")


def test_a_bug_is_500_without_a_trace(settings, monkeypatch):
    app = create_app(settings)

    def fail(*_):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("kb.ask.KnowledgeBase.ask_json", fail)
    response = app.test_client().post(SEARCH, json={"q": "x"})
    error(response, 500, "InternalError")
    assert "secret" not in response.get_data(as_text=True)
    assert "X-Content-Type-Options" in response.headers


# ── the OpenAPI document ──


@pytest.fixture(scope="module")
def document(client):
    response = client.get("/api/v1/openapi.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    return response.json


def test_the_document_lists_every_route_of_the_api(client, document):  # row 81
    rules = [r for r in client.application.url_map.iter_rules() if r.rule.startswith("/api/v1/")]
    expected = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in rules
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint != "openapi"
    }
    listed = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert listed == expected
    assert len(listed) == 6


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_is_whole(document):  # row 81
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"]
    assert document["info"]["version"]
    found = set(references(document))
    assert found
    for reference in found:
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert node
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert {"200", "422", "503"} <= set(operation["responses"])
            wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
            assert {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"} == wanted


def conforms(value, schema, document):
    """The part of JSON Schema that the document uses."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return any(conforms(value, option, document) for option in schema["anyOf"])
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    kinds["null"] = type(None)
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return False
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        return set(schema.get("required", ())) <= set(value) <= set(known) and all(
            conforms(v, known[k], document) for k, v in value.items()
        )
    if isinstance(value, list) and "items" in schema:
        return all(conforms(v, schema["items"], document) for v in value)
    return True


def test_answers_are_what_the_document_promises(client, document):  # row 81
    asked = [
        (client.post(SEARCH, json={"q": "补卡手续费"}), SEARCH, "post", "200"),
        (client.post("/api/v1/suggest", json={"q": "补"}), "/api/v1/suggest", "post", "200"),
        (client.get("/api/v1/articles/usb-key"), "/api/v1/articles/{article_id}", "get", "200"),
        (client.post("/api/v1/explain", json={"q": "K宝", "article": "usb-key"}), "/api/v1/explain", "post", "200"),
        (client.post(SEARCH, json={}), SEARCH, "post", "422"),
    ]
    for response, path, method, status in asked:
        assert str(response.status_code) == status
        schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
        assert conforms(response.json, schema, document), path


# ── headers, probes, every route ──


@pytest.mark.parametrize(
    ("method", "url"),
    [("get", "/"), ("get", "/livez"), ("get", "/readyz"), ("get", "/nothing"), ("get", "/api/v1/nothing"),
     ("delete", SEARCH), ("post", SEARCH), ("get", "/api/v1/openapi.json"), ("get", "/articles/usb-key"),
     ("get", "/static/agent.css"), ("post", "/ask")],
)  # fmt: skip
def test_every_response_carries_the_headers(client, method, url):
    with getattr(client, method)(url) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_livez_needs_no_index(without_index, client):  # row 76
    for each in (without_index, client):
        assert each.get("/livez").json == {"status": "ok"}


def test_readyz_says_which_index_and_how_old(client, library):  # row 76
    shown = client.get("/readyz").json
    assert shown["status"] == "ok"
    assert shown["generation"] == generations.current_name(library.index)
    assert shown["articles"] == 7
    assert 0 <= shown["age_seconds"] < 3600


def test_readyz_without_an_index_says_why(without_index):  # row 76
    response = without_index.get("/readyz")
    assert response.status_code == 503
    assert "kb index build" in response.json["reason"]


def test_an_index_that_appears_later_is_used(settings):
    client = create_app(settings).test_client()
    assert client.get("/readyz").status_code == 503
    building.build(settings, now())
    assert client.get("/readyz").status_code == 200


BAD = [
    "",
    " ",
    "x" * 300,
    "\0",
    "\ud800",
    "％０",
    "‮abc",
    "../../etc/passwd",
    "%",
    "{{7*7}}",
    "<script>",
    "'\";--",
    "(" * 99,
]


def filled(rule, value):
    """A rule's address with the value, percent-encoded, in every place."""
    quoted = "".join(f"%{byte:02x}" for byte in value.encode("utf-8", "surrogatepass"))
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<{name}>", quoted).replace(f"<path:{name}>", quoted)
    return path


def test_no_route_fails_on_bad_input(client):  # row 7
    query = "q=%ff%00&at=%ed%a0%80&limit=9999999999999999999"
    for rule in client.application.url_map.iter_rules():
        for bad in BAD:
            bodies = {
                "application/json": json.dumps({"q": bad, "at": bad, "article": bad, "limit": bad}),
                "application/x-www-form-urlencoded": "q=%ff%00&at=%00&limit=-1",
            }
            for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS"):
                for kind, body in bodies.items():
                    url = filled(rule, bad)
                    with client.open(url, method=method, data=body, content_type=kind, query_string=query) as response:
                        assert response.status_code < 500, (method, url, body)


def test_the_page_and_its_parts_survive_bad_questions(client):  # row 7
    for bad in BAD:
        form = {"q": bad.encode("utf-8", "replace").decode(), "at": ""}
        assert client.post("/ask", data=form).status_code in (200, 400)
        assert client.get("/", query_string=form).status_code in (200, 400)


def test_pages_escape_what_was_asked(client):
    for response in (
        client.get("/", query_string={"q": "<script>alert(1)</script>挂失"}),
        client.post("/ask", data={"q": "<img src=x onerror=alert(1)>"}),
        client.get("/articles/<script>alert(1)<"),
    ):
        text = response.get_data(as_text=True)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
