"""Who may frame the desk: only whom the operator names, only this one page; and the settings that say so."""

from dataclasses import replace

import pytest
from web_people import make_app, sign_in

from kb.errors import SettingError
from kb.settings import Settings, load_settings

CRM = "https://crm.bank.example"


@pytest.fixture
def app(settings):
    return make_app(replace(settings, embed_parents=(CRM, "http://localhost:9000")))


def test_only_the_named_may_frame_the_desk(app):
    answer = app.test_client().get("/embed")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert f"; frame-ancestors {CRM} http://localhost:9000" in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "X-Frame-Options" not in answer.headers
    # the question line does not take the focus from the page around it
    assert "autofocus" not in answer.text.partition("<dialog")[0]


@pytest.mark.parametrize("path", ["/", "/articles/replace-card", "/sign-in", "/api/v1/search?q=换卡", "/no-such-page"])
def test_all_other_pages_are_framed_by_nobody(app, path):
    answer = app.test_client().get(path)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_without_the_setting_there_is_no_such_page(settings):
    answer = make_app(settings).test_client().get("/embed")
    assert answer.status_code == 404
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_who_must_sign_in_is_told_in_the_frame(settings):
    app = make_app(replace(settings, embed_parents=(CRM,), anonymous="no"))
    answer = app.test_client().get("/embed")
    assert answer.status_code == 200
    assert 'href="/sign-in" target="_blank"' in answer.text
    assert f"frame-ancestors {CRM}" in answer.headers["Content-Security-Policy"]
    assert 'id="line"' not in answer.text
    assert 'id="line"' in sign_in(app, "agent").get("/embed").text


@pytest.mark.parametrize(("cross_site", "sent"), [(False, "SameSite=Lax"), (True, "SameSite=None")])
def test_cookies_go_to_other_sites_only_where_that_is_chosen(settings, cross_site, sent):
    app = make_app(replace(settings, embed_parents=(CRM,), tls=True, embed_cross_site=cross_site))
    client = sign_in(app, "agent")
    answer = client.post("/sign-out", headers={"Origin": "https://evil.example"}, base_url="https://localhost")
    assert answer.status_code == 403
    shown = client.get("/account", base_url="https://localhost")
    assert [c for c in shown.headers.getlist("Set-Cookie") if sent in c and "Secure" in c]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", ()),
        (CRM, (CRM,)),
        (f" {CRM}/ , http://LOCALHOST:9000,{CRM}", (CRM, "http://localhost:9000")),
        ("http://[::1]:9000", ("http://[::1]:9000",)),
    ],
)
def test_parents_are_origins(written, read):
    assert load_settings({"KB_EMBED_PARENTS": written}).embed_parents == read


@pytest.mark.parametrize(
    "written",
    ["*", "crm.bank.example", "https://*.bank.example", "https://crm/x", f"{CRM}:443", "http://crm:80", "https://a; script-src *",
     "https://a b", "javascript:1", "https://u@crm", f"{CRM},'self'", "https://crm:123456"],
)  # fmt: skip
def test_what_is_no_origin_is_refused_by_name(written):
    with pytest.raises(SettingError, match="KB_EMBED_PARENTS"):
        load_settings({"KB_EMBED_PARENTS": written})


@pytest.mark.parametrize("more", [{}, {"KB_TLS": "yes"}, {"KB_EMBED_PARENTS": CRM}])
def test_cookies_for_other_sites_need_tls_and_a_parent(more):
    with pytest.raises(SettingError, match="KB_EMBED_CROSS_SITE"):
        load_settings({"KB_EMBED_CROSS_SITE": "yes", **more})
    assert load_settings({"KB_EMBED_CROSS_SITE": "yes", "KB_TLS": "yes", "KB_EMBED_PARENTS": CRM}).same_site == "None"
    assert Settings().same_site == "Lax"
