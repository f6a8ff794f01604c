"""The API answers what its OpenAPI document promises, whatever is sent: schemathesis makes the requests."""

import json
import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from web_people import make_app

# requests for each operation; KB_EXAMPLES=2000 makes ten thousand of all
EXAMPLES = int(os.environ.get("KB_EXAMPLES", "40"))
CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
)  # fmt: skip
DOCUMENT = "/api/v1/openapi.json"
OPERATIONS = [
    ("/api/v1/search", "POST"), ("/api/v1/search", "GET"), ("/api/v1/suggest", "POST"), ("/api/v1/transcript", "POST"),
    ("/api/v1/articles/{article_id}", "GET"), ("/api/v1/explain", "POST"),
]  # fmt: skip


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    from builders import write_small_library

    from kb.settings import Settings

    folder = tmp_path_factory.mktemp("contract")
    write_small_library(folder / "articles")
    app = make_app(Settings(articles=folder / "articles", var=folder / "var"))
    return schemathesis.openapi.from_wsgi(DOCUMENT, app)


def checked(operation, mode):
    """Send an operation's requests of one kind, and check every answer."""

    @given(operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def sent(case):
        case.call_and_validate(checks=list(CHECKS), headers={"Accept-Encoding": "identity"})

    sent()


def test_these_are_all_operations(schema):
    found = {(o.ok().path, o.ok().method.upper()) for o in schema.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_the_document_says(schema, path, method, mode):  # I5
    checked(schema[path][method], schemathesis.GenerationMode(mode))


def test_an_answer_that_is_not_in_the_document_is_found(schema):
    def promising_less(environ, start_response):
        if environ["PATH_INFO"] != DOCUMENT:
            return schema.app(environ, start_response)
        document = schema.app.test_client().get(DOCUMENT).json
        document["paths"]["/api/v1/search"]["post"]["responses"].pop("200")
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(document).encode()]

    less = schemathesis.openapi.from_wsgi(DOCUMENT, promising_less)
    with pytest.raises(BaseException, match=r"1 distinct failure"):
        checked(less["/api/v1/search"]["POST"], schemathesis.GenerationMode("positive"))


def _query(texts):
    return st.dictionaries(
        st.sampled_from(["q", "limit", "at", "id", "article", "call", "view", "page", "before", "to", "day"]), texts
    )


@pytest.fixture(scope="module")
def everybody(tmp_path_factory):
    from builders import write_small_library
    from web_people import sign_in

    from kb.settings import Settings

    folder = tmp_path_factory.mktemp("pages")
    write_small_library(folder / "articles")
    app = make_app(Settings(articles=folder / "articles", var=folder / "var", ask_limit=0))
    return sign_in(app, "agent editor approver lead operator admin")


ODD = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "\0",
            "\ud800",
            "\u202e补卡",
            "%00",
            "%ff%fe",
            "-1",
            "9" * 40,
            "0",
            "2026-13-40",
            "NaN",
            "../../etc/passwd",
            "x" * 5000,
            "a@1",
        ]
    ),
)


@pytest.mark.timeout(300)
def test_no_page_fails_for_any_parameter(everybody):  # I4
    app = everybody.application
    rules = [r for r in app.url_map.iter_rules() if "GET" in r.methods and r.endpoint not in ("static", "asset")]
    assert len(rules) > 25

    @given(st.sampled_from(rules), _query(ODD), ODD, st.integers(0, 10**30))
    @settings(max_examples=10 * EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    def asked(rule, query, word, number):
        parts = {
            name: number if type(c).__name__ == "IntegerConverter" else word.replace("/", "") or "x"
            for name, c in rule._converters.items()
        }
        for name, converter in rule._converters.items():
            if type(converter).__name__ == "AnyConverter":
                parts[name] = sorted(converter.items)[0]
        try:
            path = rule.build(parts)[1]
        except UnicodeEncodeError:
            return
        answer = everybody.get(path, query_string={k: v.encode("utf-8", "surrogatepass") for k, v in query.items()})
        assert answer.status_code < 500 or (rule.endpoint == "health.readyz"), (path, query)

    asked()


@pytest.mark.timeout(300)
def test_no_form_fails_for_any_field(everybody):  # I4
    from web_people import csrf

    app = everybody.application
    held = {"X-CSRFToken": csrf(everybody)}
    names = [
        "q", "text", "title", "article", "kind", "call", "did", "key", "path", "slug", "type", "number", "view", "state", "answer", "at",
        "expires", "roles", "asked", "comment", "effective", "version", "whole", "id", "day",
        "name", "display", "new", "again", "old", "to",
    ]  # fmt: skip
    # what ends the session of the person who asks
    left_out = (
        "auth.sign_out",
        "auth.sign_out_everywhere",
        "auth.change_password",
        "people.set_active",
        "people.change",
        "people.password_link",
    )
    rules = [r for r in app.url_map.iter_rules() if "POST" in r.methods and r.endpoint not in left_out]
    assert len(rules) > 35

    @given(st.sampled_from(rules), st.dictionaries(st.sampled_from(names), ODD, max_size=12), st.integers(0, 3))
    @settings(max_examples=10 * EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    def sent(rule, fields, number):
        path = rule.build(
            {n: number if type(c).__name__ == "IntegerConverter" else "x" for n, c in rule._converters.items()}
        )[1]
        data = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
        answer = everybody.post(path, data=data, headers=held)
        assert answer.status_code < 500, (path, fields)

    sent()
