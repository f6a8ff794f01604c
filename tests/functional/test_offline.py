"""The offline pack as a file: what is in it and what is not, always the same bytes, whole or not written at all."""

import json
import re
from datetime import datetime, timedelta

import pytest
from builders import write_article, write_lexicon
from click.testing import CliRunner
from test_visibility import QUESTIONS, STATES

from indexer import build as building
from indexer.backends import CurrentSearcher
from indexer.offline import make_copy
from kb.cli import cli, register_commands
from kb.clock import SHANGHAI, now, parse_moment
from kb.errors import KBError
from kb.settings import Settings
from kb.visibility import ANYBODY
from kb.whole_file import write_whole
from web.bundle import NotBundled, bundle
from web.offline import offline_page

HURTS = '</script><script>window.hurt=1</script><img src=x onerror="window.hurt=1"><!--"\'&'


def quiet(done, total):
    """A progress that nobody sees."""


def pack_of(settings, at, ahead=timedelta(0)):
    assert [p for p in building.build(settings, now()).problems if p.level == "error"] == []
    searcher = CurrentSearcher(settings).searcher()
    return offline_page(make_copy(searcher, at, ahead), searcher, quiet).decode()


def data_of(page):
    """What the page brings along for its scripts."""
    return json.loads(re.search(r'<script type="application/json" id="pack">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    """The pack of a library with an article and an alert in each state of visibility."""
    folder = tmp_path_factory.mktemp("matrix")
    settings = Settings(articles=folder / "articles", var=folder / "var")
    for state, (fields, _, _) in STATES.items():
        write_article(settings.articles, f"a-{state}", title="绝密主题", questions=[*QUESTIONS, state], **fields)
        write_article(
            settings.articles, f"z-{state}", type="alert", title="警示卡片", triggers=[f"口令{state}"], **fields
        )
    write_lexicon(settings.articles, pins=["怎么绝密 => a-role"])
    return pack_of(settings, datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI))


@pytest.mark.parametrize("state", STATES)
def test_only_what_every_agent_may_see_is_in_the_file(matrix, state):  # rows 40 42 63
    _, viewer, visible = STATES[state]
    ids = {article["id"] for article in data_of(matrix)["articles"]}
    expected = {f"a-{state}", f"z-{state}"} if visible and viewer == ANYBODY else set()
    assert ids & {f"a-{state}", f"z-{state}"} == expected
    if not expected:
        # nowhere: not among the words, nor behind a pin
        assert not re.search(rf"\b[az]-{state}\b(?!-)|口令{state}\b(?!-)", matrix)


@pytest.fixture
def successive(settings):
    """An article whose second version begins at midnight."""
    write_article(settings.articles, "rate", title="定期利率", answer="利率是一成。")
    write_article(
        settings.articles,
        "rate",
        name="rate@2",
        title="定期利率",
        answer="利率是两成。",
        version=2,
        effective="2026-12-01",
    )
    return settings


def test_a_future_version_is_in_the_file_only_where_it_is_asked_for(successive):  # rows 40 43
    at = parse_moment("2026-11-30 20:00")
    without = pack_of(successive, at)
    assert "利率是两成" not in without
    assert "利率是一成" in without
    midnight = int(parse_moment("2026-12-01").timestamp())
    rates = [a for a in data_of(without)["articles"] if a["id"] == "rate"]
    assert [(a["key"], a["end"]) for a in rates] == [("rate@1", midnight)]
    assert "利率是两成" not in pack_of(successive, at, timedelta(hours=3))
    rates = [a for a in data_of(pack_of(successive, at, timedelta(hours=4)))["articles"] if a["id"] == "rate"]
    assert [(a["key"], a["end"]) for a in rates] == [("rate@1", midnight), ("rate@2", None)]
    assert rates[1]["start"] == midnight


def test_the_same_content_at_the_same_moment_is_the_same_file(settings, at):  # row 40
    one = pack_of(settings, at)
    assert pack_of(settings, at) == one
    assert pack_of(settings, at + timedelta(minutes=1)) != one


def test_article_text_is_inert(settings, at):  # rows 40 64
    write_article(
        settings.articles, "odd", title="挂失</script><img src=x>", answer=f"挂失{HURTS[:60]}", body=f"## 怎么办\n{HURTS}",
        questions=[f"挂失{n}</script><!--" for n in "一二三四五六"],
    )  # fmt: skip
    page = pack_of(settings, at)
    assert len(re.findall("</script", page, re.IGNORECASE)) == page.count("<script") == 2
    assert "<img" not in page
    odd = next(a for a in data_of(page)["articles"] if a["id"] == "odd")
    assert odd["title"] == "挂失</script><img src=x>"
    assert "<script" not in odd["html"]
    assert "&lt;script&gt;" in odd["html"]


def test_the_file_asks_for_nothing(settings, at):  # rows 38 40 80
    page = pack_of(settings, at)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "'self'" not in policy
    script = page.rpartition('<script type="module">')[2]
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts)\b", script)


def test_nothing_to_copy_is_said(settings, at):
    building.build(settings, now())
    searcher = CurrentSearcher(settings).searcher()
    with pytest.raises(KBError, match="没有普通坐席能看的文章"):
        make_copy(searcher, parse_moment("2020-01-01"), timedelta(0))


@pytest.fixture
def kb(settings, monkeypatch):
    """Run `kb` with these settings; its output, and what kind of end it came to."""
    monkeypatch.setenv("KB_ARTICLES", str(settings.articles))
    monkeypatch.setenv("KB_VAR", str(settings.var))
    register_commands()

    def run(*words):
        return CliRunner().invoke(cli, [str(word) for word in words])

    return run


def test_the_command_writes_a_whole_file_in_place_of_the_old(kb, settings, tmp_path):  # row 40
    building.build(settings, now())
    target = tmp_path / "pack.html"
    target.write_text("old")
    done = kb("export", "offline", "--to", target)
    assert done.exit_code == 0, done.output
    assert re.search(r"pack\.html：5 篇，\d\.\d MB，20\d\d-", done.output)
    assert target.read_text("utf-8").startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir() if "pack" in p.name] == ["pack.html"]


def test_the_pack_of_another_day_says_so(kb, settings, tmp_path):  # rows 40 43
    building.build(settings, now())
    assert kb("export", "offline", "--to", tmp_path / "p.html", "--as-of", "2026-06-01").exit_code == 0
    page = (tmp_path / "p.html").read_text("utf-8")
    assert "2026-06-01 00:00 时的版本，不是现在生效的内容" in page
    assert data_of(page)["frozen"] is True


def test_what_cannot_be_done_is_one_chinese_sentence(kb, settings, tmp_path):
    said = kb("export", "offline", "--to", tmp_path / "p.html")
    assert isinstance(said.exception, KBError)
    assert "kb index build" in str(said.exception)
    building.build(settings, now())
    for target, message in (
        (tmp_path / "none" / "p.html", "没有目录"),
        (tmp_path, "是目录，请写出文件名"),
        (settings.articles / "_lexicon/terms.txt/p.html", "没有写成"),
    ):
        said = kb("export", "offline", "--to", target)
        assert isinstance(said.exception, KBError), target
        assert message in str(said.exception)
    for more, message in (
        (["--as-of", "明天"], "不是有效的时间"),
        (["--as-of", "2026-12-01", "--ahead", "3"], "--ahead"),
    ):
        said = kb("export", "offline", "--to", tmp_path / "p.html", *more)
        assert said.exit_code == 2
        assert message in said.output


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path):
    (tmp_path / "busy").mkdir()
    with pytest.raises(KBError, match="是目录"):
        write_whole(tmp_path / "busy", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["busy"]


def written(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text)
    return folder / f"{next(iter(files))}.js"


def test_modules_become_one_script_in_the_order_of_their_imports(tmp_path):
    entry = written(
        tmp_path,
        main='import { twice as double } from "./sums.js";\nimport "./says.js";\ndouble(2);\n',
        says='import { one } from "./sums.js";\nconst two = one + one;\n',
        sums="export const one = 1;\nexport function twice(n) { return 2 * n; }\nexport const { a, b: c } = { a: 1, b: 2 };\n",
    )
    made = bundle(entry, tmp_path)
    assert [line for line in made.splitlines() if line.startswith("const module_")] == [
        "const module_sums = (() => {", "const module_says = (() => {", "const module_main = (() => {",
    ]  # fmt: skip
    assert "return { one, twice, a, c };" in made
    assert "const { twice : double } = module_sums;" in made
    assert not re.search("^(import|export)", made, re.MULTILINE)


@pytest.mark.parametrize(
    "text", ["export default 1;\n", 'const later = await import("./sums.js");\n', 'import * as all from "./sums.js";\n']
)
def test_what_the_bundler_does_not_understand_it_refuses(tmp_path, text):
    with pytest.raises(NotBundled):
        bundle(written(tmp_path, main=text, sums=""), tmp_path)


def test_imports_in_a_circle_are_refused(tmp_path):
    entry = written(tmp_path, one='import "./two.js";\n', two='import "./one.js";\n')
    with pytest.raises(NotBundled, match="circle"):
        bundle(entry, tmp_path)
