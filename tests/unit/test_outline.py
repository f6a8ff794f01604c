"""What articles know of each other: outlines say enough for every check between files, and survive being written down."""

import json
from dataclasses import replace

import pytest
from builders import article_text, write_article
from hypothesis import given
from hypothesis import strategies as st

from kb.articles import parse_article, read_article
from kb.clock import SHANGHAI, parse_moment
from kb.library import article_files, article_id, article_name, check_outlines, load_library, periods
from kb.outline import Outline, from_row, outline, to_row
from kb.registry import Registry
from kb.types import FOLDERS, TYPES


def card(**changed):
    """The outline of a small article."""
    text = article_text("card", **changed)
    found = parse_article(text.encode(), "processes/card.md", Registry()).article
    assert found is not None, text
    return outline(found)


def written(outlined):
    return from_row(json.loads(json.dumps(to_row(outlined), ensure_ascii=False)))


def test_an_outline_says_what_its_article_says(sample_articles):
    for article in sample_articles:
        found = outline(article)
        assert found.key == article.key
        for name in ("path", "id", "version", "type", "status", "effective", "expires", "questions", "digest"):
            assert getattr(found, name) == getattr(article, name)
        assert written(found) == found


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("没有链接", ()),
        ("[甲](a)，[乙](b#要带什么)，[又是甲](a)", ("a", "b#要带什么", "a")),
        ('[甲](a "看这里")', ("a",)),
        ("[官网](https://bank.example) [电话](tel:95599) [信](mailto:a@bank.example) [上面](#上面)", ()),
        ("![图](a.png) 甲](b)", ()),
    ],
)
def test_links_lead_to_other_articles(body, links):
    assert card(body=body).links == links


def test_only_a_regulation_affects_others():
    assert card(type="regulation", affects=["a", "b"]).affects == ("a", "b")
    assert card().affects == ()


MOMENTS = st.datetimes().map(lambda t: t.replace(microsecond=0, tzinfo=SHANGHAI))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LISTS = st.lists(NAMES, max_size=4).map(tuple)


@given(
    st.builds(
        Outline,
        path=NAMES,
        id=NAMES,
        version=st.integers(1, 10**9),
        type=st.sampled_from(list(TYPES)),
        status=st.sampled_from(["published", "imported"]),
        effective=MOMENTS,
        expires=st.none() | MOMENTS,
        questions=LISTS,
        links=LISTS,
        affects=LISTS,
        digest=NAMES,
    )
)
def test_any_outline_survives_being_written_down(outlined):
    back = written(outlined)
    assert back == outlined
    assert back.effective.tzinfo is SHANGHAI
    assert (back.expires is None) == (outlined.expires is None)


@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31 23:59:59", "1940-06-03 00:30", "1988-04-17 02:30"])
def test_odd_moments_come_back_as_the_same_wall_clock(moment):
    found = replace(card(), effective=parse_moment(moment))
    assert written(found).effective.isoformat() == found.effective.isoformat()


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="unpack"):
        from_row(to_row(card())[:-1])


def test_outlines_alone_find_what_a_whole_library_finds(tmp_path):
    root = tmp_path / "articles"
    ways = [f"怎么办{n}" for n in "一二三四五"]
    write_article(root, "card", body="[那篇](nothing)，[这篇](loan)\n\n[又一篇](none)")
    write_article(root, "card", "card@2026-12-01")
    write_article(root, "loan", questions=[*ways, "卡坏了"])
    write_article(root, "rule", type="regulation", affects=["card", "nobody"], questions=[*ways, "卡坏了"])
    write_article(root, "broken", version=0)
    write_article(root, "linked", body="[那篇](broken)")
    (root / FOLDERS["product"]).mkdir()
    (root / FOLDERS["process"] / "loan.md").rename(root / FOLDERS["product"] / "loan.md")
    library = load_library(root)
    outlines, ids, problems = [], set(), []
    for path in article_files(root):
        parsed = read_article(path, article_name(path, root), Registry())
        ids.add(article_id(path))
        problems += parsed.problems
        outlines += [written(outline(parsed.article))] if parsed.article else []
    kept, found = check_outlines(root, outlines, ids)
    assert len(found) > 8
    assert [*problems, *found] == list(library.problems)
    assert [o.path for o in kept] == [a.path for a in library.articles]
    assert periods(kept) == periods(library.articles)


def test_a_finding_in_a_file_that_is_gone_is_still_reported(tmp_path):
    (problem,) = check_outlines(tmp_path, [replace(card(), links=("nothing",))], {"card"})[1]
    assert (problem.path, problem.line, problem.column) == ("processes/card.md", 1, 1)
