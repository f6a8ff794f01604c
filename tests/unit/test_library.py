"""A folder of articles: what is used, what is reported between files, and which version is in force at a moment."""

import os
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import article_text, write_article, write_facts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.clock import SHANGHAI, parse_moment
from kb.library import article_files, article_id, article_name, load_library, periods
from kb.types import Audience
from kb.visibility import ANYBODY, FOREVER, Viewer, admitted, in_force, seconds


@pytest.fixture
def root(tmp_path):
    return tmp_path / "articles"


def messages(root):
    return [p.message for p in load_library(root).problems]


def keys(root):
    return [article.key for article in load_library(root).articles]


def live(root, moment):
    """The versions in force at a moment, in the words of the clock on a wall in Beijing."""
    at = seconds(parse_moment(moment))
    spans = periods(load_library(root).articles)
    return sorted(key for key, (start, end) in spans.items() if in_force(seconds(start), seconds(end), at))


# -- which files are read


def test_every_article_is_read_and_nothing_is_wrong(root):  # row 65
    for kind in ("product", "process", "regulation", "complaint", "alert"):
        write_article(root, f"a-{kind}", type=kind)
    library = load_library(root)
    assert [a.id for a in library.articles] == ["a-alert", "a-complaint", "a-process", "a-product", "a-regulation"]
    assert library.problems == ()
    assert library.errors == []


@pytest.mark.parametrize("name", ["_draft", ".hidden", "_archive/old", ".git/x", "readme.txt/../_x"])
def test_hidden_and_underscored_files_are_not_articles(root, name):  # row 42
    path = root / "processes" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    (root / "processes" / "readme.txt").mkdir(parents=True, exist_ok=True)
    path.write_text("不是文章", encoding="utf-8")
    assert load_library(root).articles == ()
    assert load_library(root).problems == ()


def test_an_empty_or_missing_folder_is_an_empty_library(root):  # row 71
    assert load_library(root).articles == ()
    root.mkdir()
    assert load_library(root).problems == ()


def test_one_broken_file_does_not_stop_the_others(root):  # row 71
    write_article(root, "good")
    (root / "processes" / "bad.md").write_bytes(b"\xff\xfe\x00")
    (root / "processes" / "worse.md").write_text("---\nid: worse\n", encoding="utf-8")
    library = load_library(root)
    assert [a.id for a in library.articles] == ["good"]
    assert sorted({p.path for p in library.errors}) == ["processes/bad.md", "processes/worse.md"]


def test_links_pipes_and_folders_are_named_and_left_out(root, tmp_path):  # row 71
    write_article(root, "good")
    secret = tmp_path / "secret.md"
    secret.write_text(article_text("secret"), encoding="utf-8")
    folder = root / "processes"
    (folder / "secret.md").symlink_to(secret)
    (folder / "loop.md").symlink_to(folder / "loop.md")
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    os.mkfifo(folder / "pipe.md")
    (folder / "folder.md").mkdir()
    library = load_library(root)
    assert [a.id for a in library.articles] == ["good"]
    assert {p.path for p in library.errors} == {
        f"processes/{name}.md" for name in ("secret", "loop", "gone", "pipe", "folder")
    }
    assert {p.message for p in library.errors} == {"不是普通文件（链接、管道等不收录）。"}


def test_a_linked_folder_is_not_entered(root, tmp_path):  # row 71
    write_article(tmp_path / "elsewhere", "secret")
    root.mkdir()
    (root / "processes").symlink_to(tmp_path / "elsewhere" / "processes")
    (root / "self").symlink_to(root)
    assert load_library(root).articles == ()


def test_a_file_name_of_any_bytes_can_be_reported(root):  # row 41
    write_article(root, "good")
    with open(os.fsencode(root / "processes") + b"/\xff\xfe.md", "wb") as file:  # noqa: PTH123 (bytes are no Path)
        file.write(b"x")
    (problem,) = load_library(root).problems
    assert str(problem).encode("utf-8")


# -- what only shows between files


def test_an_id_and_version_is_used_once(root):  # row 47
    write_article(root, "card", "card")
    write_article(root, "card", "card@2026-12-01")
    library = load_library(root)
    assert [a.path for a in library.articles] == ["processes/card.md"]
    (problem,) = library.errors
    text = (root / problem.path).read_text("utf-8")
    assert problem.path == "processes/card@2026-12-01.md"
    assert text.split("\n")[problem.line - 1].startswith("version:")
    assert problem.message == "编号 card 第 1 版和 processes/card.md 重复，请改编号或版本号。"


def test_the_same_id_in_two_folders_is_named(root):  # row 47
    write_article(root, "card")
    write_article(root, "card", type="product")
    assert any("编号 card 第 1 版" in m for m in messages(root))
    assert len(load_library(root).articles) == 1


def test_two_versions_cannot_begin_at_once(root):  # row 44
    write_article(root, "card", effective="2026-06-01")
    write_article(root, "card", "card@2026-06-01", version=2, effective="2026-06-01 00:00")
    assert keys(root) == ["card@1"]
    assert messages(root) == ["和 processes/card.md 同时生效，请改 effective。"]


def test_nor_can_the_second_and_the_third(root):  # row 44
    write_article(root, "card", effective="2026-01-01")
    write_article(root, "card", "card@2026-06-01", version=2, effective="2026-06-01")
    write_article(root, "card", "card@2026-06-02", version=3, effective="2026-06-01")
    assert keys(root) == ["card@1", "card@2"]
    assert messages(root) == ["和 processes/card@2026-06-01.md 同时生效，请改 effective。"]


def test_different_articles_can_begin_at_once(root):  # row 44
    write_article(root, "card")
    write_article(root, "loan")
    assert messages(root) == []


@pytest.mark.parametrize(
    "target", ["nothing", "nothing#要带什么", "good.md", "../processes/good", "javascript:x", "Good"]
)
def test_a_dead_link_is_named(root, target):  # row 75
    write_article(root, "good", body=f"## 看这里\n[那篇]({target})")
    assert messages(root) == [f"正文链接到“{target}”，没有这篇文章。"]
    assert keys(root) == ["good@1"]


@pytest.mark.parametrize(
    "target",
    ["other", "other#要带什么", "good", "#要带什么", "https://bank.example/x", "tel:95599", "mailto:a@bank.example"],
)
def test_a_living_link_is_not(root, target):  # row 75
    write_article(root, "other")
    write_article(root, "good", body=f"## 看这里\n[那篇]({target})，图：![图](nothing)")
    assert messages(root) == []


def test_a_dead_link_with_a_title_is_dead_too(root):  # row 75
    write_article(root, "good", body='[那篇](nothing "看这里")，[这篇](good "看这里")')
    assert messages(root) == ["正文链接到“nothing”，没有这篇文章。"]


def test_a_link_to_an_article_with_a_mistake_is_not_dead(root):  # row 71
    write_article(root, "other", version=0)
    write_article(root, "good", body="[那篇](other)")
    assert not any("链接" in m for m in messages(root))


def test_a_link_to_a_future_article_is_not_dead(root):  # row 43
    write_article(root, "other", "other@2030-01-01", effective="2030-01-01")
    write_article(root, "good", body="[那篇](other)")
    assert messages(root) == []


def test_a_regulation_names_articles_that_exist(root):  # row 62
    write_article(root, "rule", type="regulation", affects=["card", "nothing"])
    write_article(root, "card")
    assert messages(root) == ["affects 写了“nothing”，没有这篇文章。"]


def test_an_article_stands_in_the_folder_of_its_type(root):  # row 65
    path = write_article(root, "card", type="product")
    (root / "processes").mkdir()
    path.rename(root / "processes" / "card.md")
    assert messages(root) == ["product 类文章要放在 products/ 目录。"]


def test_a_phrasing_belongs_to_one_article(root):  # row 51
    ways = [f"怎么办{n}" for n in "一二三四五"]
    write_article(root, "card", questions=[*ways, "卡坏了"])
    write_article(root, "loan", questions=[*(w + "呢" for w in ways), "卡坏了"])
    (problem,) = load_library(root).problems
    assert problem.level == "warning"
    assert problem.message == "相似问“卡坏了”在 card 里也有，请只留一处。"
    assert load_library(root).errors == []


def test_the_next_version_may_keep_its_phrasings(root):  # row 43
    write_article(root, "card")
    write_article(root, "card", "card@2026-12-01", version=2, effective="2026-12-01")
    assert messages(root) == []


def test_all_problems_of_all_files_come_at_once(root):  # row 41
    write_article(root, "one", version=0, author="乙某")
    write_article(root, "two", body="[那篇](nothing)")
    write_article(root, "three", body="{{fact:nothing}}")
    write_article(root, "four", "fore")
    assert {p.path for p in load_library(root).errors} == {
        f"processes/{name}.md" for name in ("one", "two", "three", "fore")
    }
    assert len(load_library(root).errors) == 5


def test_facts_come_from_the_registry_beside_the_articles(root):  # row 53
    write_facts(root, fee_card="每张5元")
    write_article(root, "card", answer="每张{{fact:fee.card}}。", body="收{{fact:fee.card}}")
    (article,) = load_library(root).articles
    assert (article.answer, article.body) == ("每张每张5元。", "收每张5元")


def test_the_order_is_that_of_ids_and_times(root):  # row 70
    write_article(root, "b")
    write_article(root, "a", "a@2027-01-01", version=3, effective="2027-01-01")
    write_article(root, "a", version=9, effective="2026-01-01")
    assert keys(root) == ["a@9", "a@3", "b@1"]


def test_reading_twice_gives_the_same(root):  # row 70
    write_article(root, "card")
    write_article(root, "loan", body="[那篇](nothing)")
    assert load_library(root) == load_library(root)


# -- which version is in force


@pytest.fixture
def versions(root):
    """A card with three versions, the last of which expires, and an alert of one night."""
    write_article(root, "card", effective="2026-01-01")
    write_article(root, "card", "card@2026-12-01", version=2, effective="2026-12-01")
    write_article(root, "card", "card@2027-03-01", version=3, effective="2027-03-01 08:30", expires="2027-06-30 23:59")
    write_article(
        root,
        "alert",
        type="alert",
        standing=None,
        effective="2026-12-05 23:30",
        expires="2026-12-06 06:00",
    )
    assert messages(root) == []
    return root


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-12-31 23:59:59", []),
        ("2026-01-01", ["card@1"]),
        ("2026-11-30 23:59:59", ["card@1"]),
        ("2026-12-01 00:00", ["card@2"]),
        ("2026-12-05 23:29:59", ["card@2"]),
        ("2026-12-05 23:30", ["alert@1", "card@2"]),
        ("2026-12-06 05:59:59", ["alert@1", "card@2"]),
        ("2026-12-06 06:00", ["card@2"]),
        ("2027-03-01 08:29:59", ["card@2"]),
        ("2027-03-01 08:30", ["card@3"]),
        ("2027-06-30 23:58:59", ["card@3"]),
        ("2027-06-30 23:59", []),
        ("2099-01-01", []),
    ],
)
def test_exactly_one_version_is_in_force_from_its_minute(versions, moment, expected):  # rows 43, 44
    assert live(versions, moment) == expected


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"])
def test_midnight_is_midnight_in_beijing_whatever_the_machine_thinks(versions, monkeypatch, zone):  # row 77
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        spans = periods(load_library(versions).articles)
        assert seconds(spans["card@2"][0]) == 1796054400  # date -u -d '2026-11-30 16:00' +%s
        assert live(versions, "2026-11-30 23:59:59") == ["card@1"]
        assert live(versions, "2026-12-01 00:00:00") == ["card@2"]
    time.tzset()


def test_a_version_that_expires_early_leaves_a_gap(root):  # row 44
    write_article(root, "card", effective="2026-01-01", expires="2026-02-01")
    write_article(root, "card", "card@2026-03-01", version=2, effective="2026-03-01")
    assert live(root, "2026-01-31") == ["card@1"]
    assert live(root, "2026-02-15") == []
    assert live(root, "2026-03-01") == ["card@2"]


def test_an_old_version_does_not_come_back_when_the_new_one_expires(root):  # row 44
    write_article(root, "card", effective="2026-01-01", expires="2026-12-31")
    write_article(root, "card", "card@2026-03-01", version=2, effective="2026-03-01", expires="2026-04-01")
    assert live(root, "2026-03-15") == ["card@2"]
    assert live(root, "2026-05-01") == []


def test_time_decides_and_not_the_number_of_the_version(root):  # row 43
    write_article(root, "card", version=5, effective="2026-01-01")
    write_article(root, "card", "card@2026-03-01", version=2, effective="2026-03-01")
    assert live(root, "2026-02-01") == ["card@5"]
    assert live(root, "2026-03-01") == ["card@2"]


def test_periods_of_one_article_never_overlap(versions):  # row 43
    spans = sorted(
        (seconds(a), seconds(b)) for key, (a, b) in periods(load_library(versions).articles).items() if "card" in key
    )
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize("effective", ["0001-01-01", "1969-12-31", "9999-12-31"])
def test_the_ends_of_time_can_be_written(root, effective):  # row 41
    write_article(root, "card", effective=effective)
    ((start, end),) = periods(load_library(root).articles).values()
    assert seconds(start) < seconds(end) == FOREVER


def test_articles_of_no_library_have_no_periods():  # row 43
    assert periods([]) == {}


# -- who may see it


@pytest.mark.parametrize(
    ("audience", "viewer", "allowed"),
    [
        (Audience(), ANYBODY, True),
        (Audience(roles=("leader",)), ANYBODY, False),
        (Audience(roles=("leader",)), Viewer(roles=frozenset({"leader"})), True),
        (Audience(roles=("leader", "agent")), Viewer(roles=frozenset({"agent"})), True),
        (Audience(queues=("信用卡",)), Viewer(queues=frozenset({"贷款"})), False),
        (Audience(regions=("广东",)), Viewer(regions=frozenset({"广东"})), True),
        (Audience(roles=("agent",), regions=("广东",)), Viewer(roles=frozenset({"agent"})), False),
        (
            Audience(roles=("agent",), regions=("广东",)),
            Viewer(roles=frozenset({"agent"}), regions=frozenset({"广东", "北京"})),
            True,
        ),
        (Audience(roles=("",)), ANYBODY, False),
    ],
)
def test_every_restriction_must_be_met(audience, viewer, allowed):  # row 63
    assert admitted(audience, viewer) is allowed


def test_the_first_second_is_in_and_the_last_is_out():  # row 44
    start = datetime(2026, 12, 1, tzinfo=SHANGHAI)
    end = start + timedelta(minutes=1)
    inside = [in_force(seconds(start), seconds(end), seconds(start) + second) for second in (-1, 0, 59, 60)]
    assert inside == [False, True, True, False]


def test_a_dead_link_is_named_with_its_line_and_column(root):  # row 41
    write_article(root, "good", body="## 看这里\n先看[那篇](nothing)再说。")
    (problem,) = load_library(root).problems
    line = (root / problem.path).read_text("utf-8").split("\n")[problem.line - 1]
    assert line[problem.column - 1 :].startswith("](nothing")


NAMES = [
    "a",
    "b",
    "a.md",
    "b.md",
    "b@2.md",
    "_c.md",
    ".md",
    ".d",
    "_e",
    "é.md",
    "a-b.md",
    "a.b",
    "A.md",
    "c.MD",
    "x.md.txt",
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(tuple), max_size=12))
def test_files_are_listed_in_the_order_of_their_paths(tmp_path, places):
    with TemporaryDirectory(dir=tmp_path) as folder:
        root = Path(folder)
        # the longest first: no folder is in the place of a file
        for place in sorted(places, key=len, reverse=True):
            root.joinpath(*place[:-1]).mkdir(parents=True, exist_ok=True)
            if not root.joinpath(*place).exists():
                root.joinpath(*place).write_bytes(b"")
        hidden = ("_", ".")
        expected = [
            path
            for path in sorted(root.rglob("*.md"))
            if not any(part.startswith(hidden) for part in path.relative_to(root).parts)
        ]
        assert list(article_files(root)) == expected
        assert [article_name(path, root) for path in expected] == [p.relative_to(root).as_posix() for p in expected]
        assert list(article_files(root / "nothing")) == []


@pytest.mark.parametrize("root", [".", "here", "here/../here", "/"])
def test_a_name_is_what_stands_below_the_folder(root):
    assert article_name(Path(root) / "processes" / "card.md", Path(root)) == "processes/card.md"


@pytest.mark.parametrize(("file", "claimed"), [("card.md", "card"), ("card@2026-12-01.md", "card"), ("a@b@c.md", "a")])
def test_a_file_claims_an_id(file, claimed):
    assert article_id(Path("processes") / file) == claimed
