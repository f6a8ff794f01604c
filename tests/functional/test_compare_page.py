"""Two to four articles side by side."""

import re

import pytest
from libraries import copied
from web_people import make_app, sign_in

from web.app import create_app


@pytest.fixture(scope="module")
def client(sample_settings):
    """A browser without JavaScript at the service with the repository's own articles."""
    return create_app(sample_settings).test_client()


def page(client, *ids, **more):
    response = client.get("/compare", query_string={"id": ids, **more})
    return response.status_code, response.get_data(as_text=True)


def test_products_stand_side_by_side_with_their_risk_sentences(client, sample_articles):  # rows 30 37
    status, html = page(client, "wealth-r2-fixed-income", "wealth-t0-cash")
    assert status == 200
    assert len(re.findall(r'<th scope="col">\s*<a ', html)) == 2
    risks = [a.detail.risk_sentence for a in sample_articles if a.id in ("wealth-r2-fixed-income", "wealth-t0-cash")]
    assert all(f"<b>必须一起念</b>{risk}" in html for risk in risks)
    # what is copied has the sentence as well
    assert all(re.search(rf'data-copy="[^"]*{re.escape(risk)}"', html) for risk in risks)


def test_a_script_that_needs_the_identity_check_is_not_copied_from_here(client):  # rows 25 37
    _, html = page(client, "change-reserved-phone", "transfer-limits")
    assert "要先核身，请到这一条里复制。" in html
    assert html.count("data-copy=") == 1


@pytest.mark.parametrize(
    ("ids", "status", "said"),
    [
        ([], 400, "现在选了 0 篇"),
        (["time-deposit-3y"], 400, "现在选了 1 篇"),
        (["time-deposit-3y", "time-deposit-3y"], 400, "现在选了 1 篇"),
        (["a", "b", "c", "d", "e"], 400, "现在选了 5 篇"),
        (["time-deposit-3y", "no-such"], 404, "没有编号为 no-such 的文章"),
        (["time-deposit-3y", "<b>" * 50], 404, "&lt;b&gt;"),
    ],
)
def test_what_cannot_be_compared_is_said(client, ids, status, said):  # row 37
    answered, html = page(client, *ids)
    assert answered == status
    assert said in html


def test_it_looks_as_of_a_day_and_says_what_day_is_not_one(sample_settings, tmp_path):  # row 43
    editor = sign_in(make_app(copied(sample_settings, tmp_path)), "editor")
    before, after = (page(editor, "time-deposit-3y", "time-deposit-5y", at=at) for at in ("2026-12-01", "2026-12-20"))
    assert (before[0], after[0]) == (200, 200)
    old, new = (re.findall(r"第 (\d+) 版", html) for _, html in (before, after))
    assert len(old) == len(new) > 0
    assert old != new
    assert page(editor, "time-deposit-3y", "time-deposit-5y", at="昨天")[0] == 400
