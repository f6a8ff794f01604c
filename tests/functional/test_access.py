"""Who may reach which route: read off the application's own map, so that no route can be forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import write_article
from flask import Flask
from web_people import csrf, make_app, sign_in

from kb import accounts
from kb.clock import now
from kb.db.schema import METADATA
from kb.people import ANONYMOUS, ROLES
from web.access import NOBODY, RULES, guard, rule_of
from web.app import SERVICES
from web.errors import register_errors

SAFE = {"GET", "HEAD", "OPTIONS"}
# POSTs that change nothing: their right is `read`, and they need no proof that a form is ours
READING_POSTS = {
    "agent.ask", "explain.ask", "api.search", "api.suggest", "api.explain", "api.transcript", "transcript.answer",
    "call.note", "call.mark", "call.fragment", "reading.cards",
}  # fmt: skip
PUBLIC = {
    "static", "asset", "openapi", "health.livez", "health.readyz", "metrics.shown", "report.state",
    "auth.sign_in", "auth.check_password", "auth.setup", "auth.create_administrator", "auth.password", "auth.choose_password",
}  # fmt: skip
FOREIGN = {"Origin": "https://evil.example"}


@pytest.fixture
def app(settings):
    return make_app(settings)


def address(rule):
    """The address of a route; what stands in it need not exist: the rule comes first."""
    sample = {name: 1 if type(c).__name__ == "IntegerConverter" else "x" for name, c in rule._converters.items()}
    for name, converter in rule._converters.items():
        if type(converter).__name__ == "AnyConverter":
            sample[name] = sorted(converter.items)[0]
    built = rule.build(sample)
    assert built, rule
    return built[1]


def routes(app, writing):
    """(address, endpoint, right) of every route that writes, or of every one that is read."""
    for rule in app.url_map.iter_rules():
        if bool(rule.methods - SAFE) == writing:
            yield address(rule), rule.endpoint, rule_of(app, rule.endpoint)


def rows(app):
    """Everything in the database apart from refusals that were noted."""
    database = app.extensions[SERVICES].database
    with database.reading() as connection:
        return {
            table.name: [tuple(r) for r in connection.execute(table.select()) if getattr(r, "result", "") != "denied"]
            for table in METADATA.sorted_tables
        }


def test_whatever_writes_does_so_by_post_alone(app):  # W3
    for rule in app.url_map.iter_rules():
        # the tests below send POST, which is all they have to send
        assert rule.methods - SAFE in (set(), {"POST"}), rule


def test_every_route_has_a_rule(app):  # row 42
    for rule in app.url_map.iter_rules():
        assert rule_of(app, rule.endpoint) in RULES, f"{rule} lacks @needs"


def test_only_these_routes_are_open_to_everybody_or_free_of_proofs(app):  # row 42
    public = {rule.endpoint for rule in app.url_map.iter_rules() if rule_of(app, rule.endpoint) == "public"}
    assert public == PUBLIC
    assert {endpoint for _, endpoint, right in routes(app, writing=True) if right == "read"} == READING_POSTS


def test_a_route_without_a_rule_answers_nobody():  # row 42
    app = Flask(__name__)
    app.add_url_rule("/api/new", "new", lambda: "secret")
    register_errors(app)
    guard(app, lambda: NOBODY, anonymous_reading=True, denied=lambda *_: None)
    answer = app.test_client().get("/api/new")
    assert (answer.status_code, "secret" in answer.text) == (403, False)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_role_reaches_what_its_rights_allow_and_nothing_else(app, role):  # row 42
    client = sign_in(app, role) if role else app.test_client()
    actor = client.person.actor if role else ANONYMOUS
    for path, endpoint, right in routes(app, writing=False):
        answer = client.get(path)
        if right in ("public", "read") or (right == "session" and role) or actor.may(right):
            assert answer.status_code not in (401, 403), endpoint
            assert "/sign-in?" not in answer.headers.get("Location", ""), endpoint
        elif role:
            assert answer.status_code == 403, endpoint
        elif path.startswith("/api/"):
            assert answer.status_code == 401, endpoint
        else:
            assert answer.headers["Location"].startswith("/sign-in?to="), endpoint


def forbidden(app, client, actor, headers):
    """Send every writing route that somebody may not use; how each answered."""
    for path, endpoint, right in routes(app, writing=True):
        if right in ("public", "read") or (right == "session" and actor.id) or actor.may(right):
            continue
        yield endpoint, client.post(path, headers=headers).status_code


@pytest.mark.parametrize("role", [*ROLES])
def test_nobody_writes_without_the_right(app, role):  # row 42  # W3
    client = sign_in(app, role)
    headers = {"X-CSRFToken": csrf(client)}
    before = rows(app)
    answers = dict(forbidden(app, client, client.person.actor, headers))
    assert answers
    assert set(answers.values()) == {403}
    assert rows(app) == before


@pytest.mark.parametrize("ago", [None, timedelta(minutes=61), timedelta(hours=13)])
def test_nobody_writes_without_an_open_session(app, settings, ago):  # W3
    client = sign_in(app, "editor approver admin", ago=ago) if ago else app.test_client()
    headers = {"X-CSRFToken": csrf(client)}
    before = rows(app)
    answers = dict(forbidden(app, client, ANONYMOUS, headers))
    assert set(answers.values()) == {401}
    assert rows(app) == before


def may_everything(app):
    return sign_in(app, "agent editor approver lead operator admin")


@pytest.mark.parametrize("proof", [{}, {"X-CSRFToken": "made-up"}])
def test_nothing_is_written_without_the_proof_of_our_own_form(app, proof):  # W3
    client = may_everything(app)
    csrf(client)
    before = rows(app)
    for path, endpoint, right in routes(app, writing=True):
        if right != "read":
            assert client.post(path, headers=proof).status_code == 400, endpoint
    assert rows(app) == before


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:81"]
)
def test_nothing_is_written_for_a_foreign_page(app, origin):  # W3
    client = may_everything(app)
    headers = {"X-CSRFToken": csrf(client), "Origin": origin}
    before = rows(app)
    for path, endpoint, right in routes(app, writing=True):
        if right != "read":
            assert client.post(path, headers=headers).status_code == 403, endpoint
    assert rows(app) == before


def test_the_same_request_with_right_proof_and_origin_is_carried_out(app):  # W3
    client = may_everything(app)
    before = rows(app)
    headers = {"X-CSRFToken": csrf(client), "Origin": "http://localhost"}
    form = {"name": "zhang", "display": "张三", "roles": ["editor"], "origin": "local"}
    assert client.post("/people/new", data=form, headers=headers).status_code == 200
    assert len(rows(app)["users"]) == len(before["users"]) + 1


def test_refusals_are_noted_with_who_and_where(app):  # P4
    client = sign_in(app, "agent")
    client.get("/people")
    with app.extensions[SERVICES].database.reading() as connection:
        (event,) = connection.execute(METADATA.tables["audit"].select()).all()
    assert (event.actor, event.action, event.target) == (client.person.name, "access", "people.listed")
    assert (event.result, event.address) == ("denied", "127.0.0.1")


STATES = {
    "draft": {"status": "draft"},
    "scheduled": {"effective": "2999-01-01"},
    "expired": {"effective": "2020-01-01", "expires": "2021-01-01"},
    "for others": {"audience": {"roles": ["班长"]}},
}
WORDS = "蓝鲸结算"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_version_that_is_not_for_somebody_shows_on_no_path(settings, role, state):  # row 42
    questions = [f"{WORDS}{end}" for end in ("怎么办", "要多久", "收费吗", "谁能办", "去哪办", "带什么")]
    write_article(settings.articles, "blue-whale", title=WORDS, questions=questions, **STATES[state])
    app = make_app(settings)
    client = sign_in(app, role) if role else app.test_client()
    asked = {
        "page": client.get("/", query_string={"q": WORDS}),
        "ask": client.post("/ask", data={"q": WORDS}),
        "article": client.get("/articles/blue-whale"),
        "search": client.post("/api/v1/search", json={"q": WORDS}),
        "search by address": client.get("/api/v1/search", query_string={"q": WORDS}),
        "suggest": client.post("/api/v1/suggest", json={"q": WORDS}),
        "article by API": client.get("/api/v1/articles/blue-whale"),
        "explain": client.post("/api/v1/explain", json={"q": WORDS, "article": "blue-whale"}),
        "explain the first": client.post("/api/v1/explain", json={"q": WORDS}),
    }
    for path, answer in asked.items():
        # what was asked stands in every answer; what only the article says, or its key, must not
        seen = any(mark in answer.text for mark in (f"{WORDS}，本人", '"id":"blue-whale"', "blue-whale@1"))
        assert seen == (state == "for others" and role == "lead"), path


def looking_ahead(client, at):
    """What is told of the scheduled article at a moment, on every way to ask for one."""
    return {
        "desk": client.post("/ask", data={"q": WORDS, "at": at}),
        "link": client.get("/", query_string={"q": WORDS, "at": at}),
        "page": client.get("/articles/blue-whale", query_string={"at": at}),
        "compare": client.get("/compare", query_string={"id": ["blue-whale", "replace-card"], "at": at}),
        "transcript": client.post("/transcript", data={"text": f"客户：{WORDS}", "at": at}),
        "API": client.post("/api/v1/search", json={"q": WORDS, "at": at}),
        "API by address": client.get("/api/v1/search", query_string={"q": WORDS, "at": at}),
        "article by API": client.get("/api/v1/articles/blue-whale", query_string={"at": at}),
        "transcript by API": client.post("/api/v1/transcript", json={"text": f"客户：{WORDS}", "at": at}),
    }


def test_only_who_edits_looks_ahead(settings):  # row 43
    write_article(
        settings.articles, "blue-whale", title=WORDS, questions=[f"{WORDS}{n}" for n in range(6)], **STATES["scheduled"]
    )
    app = make_app(settings)
    editor = sign_in(app, "editor")
    assert f"{WORDS}，本人" not in editor.post("/ask", data={"q": WORDS}).text
    for way, answer in looking_ahead(editor, "2999-01-02").items():
        assert (answer.status_code, f"{WORDS}，本人" in answer.text) == (200, True), way
    assert editor.get("/articles/blue-whale?at=2998-12-31").status_code == 404
    for person in (app.test_client(), sign_in(app, "agent"), sign_in(app, "lead")):
        for way, answer in looking_ahead(person, "2999-01-02").items():
            said = answer.json["error"]["message"] if "API" in way and answer.json else answer.text
            assert "只有编辑能提前看" in said, way
            assert f"{WORDS}，本人" not in answer.text, way
            # on the desk a problem is a sentence in the place of the answer
            assert answer.status_code in (400, 403), way


def test_without_anonymous_reading_nobody_reads_before_signing_in(settings):
    app = make_app(replace(settings, anonymous="no"))
    nobody, agent = app.test_client(), sign_in(app, "agent")
    assert nobody.get("/").headers["Location"] == "/sign-in?to=/"
    assert nobody.post("/ask", data={"q": "补卡"}).status_code == 401
    answer = nobody.post("/api/v1/search", json={"q": "补卡"})
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "SignInNeeded")
    assert agent.post("/api/v1/search", json={"q": "补卡"}).status_code == 200
    assert agent.get("/").status_code == 200
    for gone in (timedelta(minutes=61), timedelta(hours=13)):
        assert sign_in(app, "agent", ago=gone).post("/ask", data={"q": "补卡"}).status_code == 401


def test_whose_session_the_database_cannot_tell_reads_on(settings):  # D8 A5
    app = make_app(replace(settings, anonymous="no"))
    agent, nobody = sign_in(app, "agent"), app.test_client()
    database = app.extensions[SERVICES].database
    database.close()
    for ending in ("", "-wal", "-shm"):
        path = settings.var / f"kb.db{ending}"
        if path.exists():
            path.write_bytes(b"this is no database at all" * 100)
    assert "补卡" in agent.post("/ask", data={"q": "补卡"}).text
    assert nobody.post("/ask", data={"q": "补卡"}).status_code == 401
    forged = app.test_client()
    forged.set_cookie("kb-session", "made-up-token.aaaa.bbbb")
    assert forged.post("/ask", data={"q": "补卡"}).status_code == 401
    answer = agent.get("/account")
    assert answer.status_code == 401 or answer.headers.get("Location", "").startswith("/sign-in")


def test_a_key_acts_as_its_person_without_proofs(app):
    admin = sign_in(app, "admin")
    database = app.extensions[SERVICES].database
    key = accounts.make_key(database, admin.person.actor, admin.person.id, now(), timedelta(days=1))
    program = app.test_client()
    held = {"Authorization": f"Bearer {key}"}
    assert program.get("/people", headers=held).status_code == 200
    form = {"name": "li", "roles": ["agent"], "origin": "proxy"}
    assert program.post("/people/new", data=form, headers=held).status_code == 302
    assert program.get("/people", headers={"Authorization": "Bearer made-up"}).status_code == 401
    assert program.post("/api/v1/search", json={"q": "补卡"}, headers={"Authorization": "Bearer no"}).status_code == 401
    accounts.withdraw_keys(database, admin.person.actor, admin.person.id, now())
    assert program.get("/people", headers=held).status_code == 401
