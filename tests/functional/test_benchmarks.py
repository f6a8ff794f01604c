"""The benchmarks run on tiny folders and measure what they say; how fast anything is is nobody's business here."""

import gzip
import importlib.util
import itertools
import json
import runpy
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from builders import write_article, write_small_library

from benchmarks import ask, build, corpus, latency, load, memory, offline, page, rollback, suggest, tune, update, watch
from benchmarks.client import Client, Target
from benchmarks.peers import ENGINES, Ours
from benchmarks.peers.peer import make_question
from benchmarks.questions import LONGEST, SHORTEST, sample_questions
from benchmarks.report import Chart, Missing, Report, percentile, percentiles
from benchmarks.service import plain_flask
from benchmarks.terms import write_terms
from indexer.build import update as update_index
from indexer.reranking import FEATURES
from kb.clock import now
from kb.library import load_library
from kb.settings import Settings

PLACES = ("口岸", "港口", "机场", "车站", "仓库", "码头")
MATTERS = ("收费", "检疫", "投诉", "值班", "登记")
RULES = "第一，工作人员应当核对证件，逐项登记；第二，遇到疑问及时报告主管，不得拖延。"


@pytest.fixture(scope="module")
def rows_file(tmp_path_factory):
    """Thirty rows of another system, no two about the same."""
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for place, matter in itertools.product(PLACES, MATTERS):
            row = {
                "id": "别处的 编号",
                "title": f"{place}{matter}办法",
                "text": f"{place}的{matter}按本办法办理。{RULES}",
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


@pytest.fixture(scope="module")
def options(rows_file, tmp_path_factory):
    """Options of every benchmark, with a work folder that all of them use."""
    work = tmp_path_factory.mktemp("work")
    return ["--source", str(rows_file), "--articles", "30", "--questions", "24", "--work", str(work)]


@pytest.fixture
def figures(options, tmp_path, capsys):
    """Run a benchmark with more options: its JSON, after a look at the table that it prints."""

    def run_it(benchmark, *more):
        path = tmp_path / "figures.json"
        benchmark.main([*options, *more, "--json", str(path)])
        found = json.loads(path.read_text("utf-8"))
        printed = capsys.readouterr().out
        assert all(column in printed for row in found["rows"] for column in row)
        assert found["machine"]["processors"] > 0
        return found

    return run_it


@pytest.fixture(scope="module")
def indexed(rows_file, tmp_path_factory):
    """Settings over the thirty articles, indexed, and their documents."""
    work = tmp_path_factory.mktemp("indexed")
    settings = corpus.settings_for(work, rows_file, 30, 1)
    update_index(settings, now())
    return settings, write_terms(settings, work / "terms.jsonl", lambda key: True, lambda done, total: None)


def contents(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_rows_become_articles_that_can_be_served(rows_file, tmp_path):
    assert corpus.make(tmp_path / "articles", rows_file, 12, seed=1) == 12
    library = load_library(tmp_path / "articles")
    assert not library.errors
    assert [a.status for a in library.articles] == ["imported"] * 12
    assert (tmp_path / "articles/_lexicon/synonyms.txt").is_file()


def test_generated_articles_are_the_same_for_the_same_seed(tmp_path):
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        assert corpus.make(tmp_path / name, None, 8, seed) == 8
    assert contents(tmp_path / "one") == contents(tmp_path / "again") != contents(tmp_path / "other")
    assert not load_library(tmp_path / "one").errors


def test_a_folder_of_articles_keeps_its_lexicon(tmp_path):
    write_small_library(tmp_path / "own")
    assert corpus.make(tmp_path / "some", tmp_path / "own", 2, seed=1) == 2
    assert corpus.make(tmp_path / "all", tmp_path / "own", 100, seed=1) == 5
    assert contents(tmp_path / "all") == contents(tmp_path / "own")
    assert (tmp_path / "some/_lexicon").is_dir()


def test_rows_can_have_the_articles_that_come_along_among_them(rows_file, tmp_path, monkeypatch):
    write_small_library(tmp_path / "own")
    monkeypatch.setattr(corpus, "REPOSITORY_ARTICLES", tmp_path / "own")
    assert corpus.make(tmp_path / "mixed", rows_file, 12, seed=1, with_own=True) == 12
    library = load_library(tmp_path / "mixed")
    assert not library.errors
    assert [a.status for a in library.articles].count("imported") == 12 - 5
    assert contents(tmp_path / "own").items() < contents(tmp_path / "mixed").items()


def test_making_folders_says_how_large_they_are(figures):
    assert [row["articles"] for row in figures(corpus)["rows"]] == [30]


def test_questions_are_spans_of_the_articles_and_lines_of_a_file(indexed, tmp_path):
    articles = indexed[0].articles
    (tmp_path / "asked.txt").write_text("码头几点关门\n\n怎么投诉\n", encoding="utf-8")
    questions = sample_questions(articles, 40, seed=3, file=tmp_path / "asked.txt")
    assert questions == sample_questions(articles, 40, seed=3, file=tmp_path / "asked.txt")
    assert len(set(questions)) == len(questions) == 40
    assert {"码头几点关门", "怎么投诉"} < set(questions)
    texts = "\n".join(a.title + "\n" + a.body for a in load_library(articles).articles)
    for question in set(questions) - {"码头几点关门", "怎么投诉"}:
        assert question in texts
        assert SHORTEST <= len(question) <= LONGEST


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_finds_the_article_that_is_asked_for(name, indexed, tmp_path):
    settings, documents = indexed
    ours = Ours(settings)
    try:
        peer = ENGINES[name](tmp_path / name)
    except Missing as missing:
        pytest.skip(str(missing))
    peer.build(documents)
    for text in ("机场检疫办法", "仓库的值班"):
        question = make_question(ours.searcher.understanding.understand(text, ours.searcher.knows))
        found = peer.search(peer.prepare(question))
        assert found[0] == ours.search(ours.prepare(question))[0]
        assert len(set(found)) == len(found) <= 10
    nothing = make_question(ours.searcher.understanding.understand("zzqq", ours.searcher.knows))
    assert peer.search(peer.prepare(nothing)) == []


def test_latency_compares_the_engines_and_names_the_absent_ones(figures):
    found = figures(latency, "--engines", "whoosh,sqlite,xapian", "--slow-questions", "4")
    rows = {row["engine"]: row for row in found["rows"]}
    assert rows["ours"]["ratio_p50"] == rows["ours"]["overlap"] == 1
    assert rows["ours"]["questions"] > rows["whoosh"]["questions"] > 0
    assert all(0 < row["overlap"] <= 1 for row in rows.values())
    if importlib.util.find_spec("xapian") is None:
        assert any("xapian" in remark and "install" in remark for remark in found["remarks"])
    else:
        assert "xapian" in rows


def test_unknown_engines_are_refused(options, capsys):
    with pytest.raises(SystemExit):
        latency.main([*options, "--engines", "lucene"])
    assert "lucene" in capsys.readouterr().err


def test_builds_are_measured_in_processes_of_their_own(figures):
    rows = figures(build, "--stock")["rows"]
    assert [row["build"] for row in rows] == ["cold", "nothing changed", "1 % changed", "whoosh's stock writer"]
    assert all(row["seconds"] > 0 and row["peak_rss_mb"] > 10 and row["disk_mb"] > 0 for row in rows)


def test_updates_are_timed_until_another_process_sees_them(figures):
    found = figures(update, "--changed", "1,3,500", "--rounds", "1")
    assert {row["changed"] for row in found["rows"]} == {1, 3}
    assert all(row["visible_s"] > 0 and row["update_s"] > 0 for row in found["rows"])
    assert any("500" in remark for remark in found["remarks"])


def test_saves_are_timed_until_another_process_sees_them(figures, monkeypatch):
    monkeypatch.setattr(watch, "_APART", 0.1)
    found = figures(watch, "--changed", "1,3", "--rounds", "2")
    assert [row["changed"] for row in found["rows"]] == [1, 3]
    assert all(row["worst_s"] >= row["visible_s"] > 0 for row in found["rows"])
    assert "已更新" in found["remarks"][0]


def test_going_back_is_timed_with_the_command_that_operators_type(figures):  # row 67
    (row,) = figures(rollback, "--rounds", "2")["rows"]
    assert 0 < row["start"] <= row["command"] + 1
    assert row["visible"] >= 0


def test_the_service_is_loaded_beside_empty_routes(figures):
    rows = figures(load, "--requests", "24", "--connections", "3", "--rounds", "1", "--client", "own")["rows"]
    assert [(row["server"], row["connections"]) for row in rows] == [
        (server, connections) for connections in (3, 1) for server in ("empty", "json", "search")
    ]
    assert all(row["per_second"] > 0 and row["p50_ms"] <= row["p99_ms"] for row in rows)


@pytest.mark.parametrize("client", ["own", "wrk"])
def test_clients_send_what_they_are_told_and_refuse_failures(client, tmp_path):
    if client == "wrk" and not shutil.which("wrk"):
        pytest.skip("wrk is not installed (apt install wrk)")
    settings = Settings(articles=tmp_path, var=tmp_path, workers=1)
    with plain_flask(settings, '{"answer": "好"}') as plain, Client(client) as sender:
        assert 40 <= sender.run(Target(plain.port, "/json", ("{}", "[]")), 40, 2).requests <= 42
        with pytest.raises(OSError, match=r"404|failed"):
            sender.run(Target(plain.port, "/nowhere", ("{}",)), 4, 1)


def test_memory_is_that_of_the_master_and_its_workers(figures):
    rows = figures(memory)["rows"]
    assert [row["what"] for row in rows if "seconds" in row] == [
        "opening, first",
        "opening, again",
        "kb serve to ready",
    ]
    held = [(row["what"], row["questions"]) for row in rows if "pss_mb" in row]
    assert held == [(what, asked) for asked in (0, 24) for what in ("master", "worker 1", "worker 2")]
    assert all(row["private_mb"] <= row["pss_mb"] <= row["rss_mb"] for row in rows if "pss_mb" in row)


def test_completing_is_measured_in_all_three_writings(figures):
    rows = figures(suggest)["rows"]
    assert [row["typed_as"] for row in rows] == ["characters", "pinyin", "initials"]
    assert all(row["suggestions"] > 0 for row in rows)


def test_asking_is_measured_from_ranking_to_fragment(tmp_path, capsys):
    write_small_library(tmp_path / "articles")
    path = tmp_path / "figures.json"
    ask.main(["--source", str(tmp_path / "articles"), "--questions", "5", "--json", str(path)])
    rows = json.loads(path.read_text("utf-8"))["rows"]
    assert [row["what"] for row in rows] == ["ranking", "answer", "fragment"]
    assert "5 articles" in capsys.readouterr().out


@pytest.fixture
def rivals(tmp_path, monkeypatch):
    """A few articles in the place of those that come along, on subjects that others share; and a copy of the weights."""
    for id, title in (
        ("lost", "银行卡挂失"), ("new", "怎样补办银行卡"), ("fee", "银行卡的年费"), ("book", "存折挂失"), ("limit", "转账的限额"),
        ("mobile", "手机银行转账"),
    ):  # fmt: skip
        write_article(
            tmp_path / "rivals", id, title=title, test_queries=[f"{title}{e}" for e in ("怎么弄", "是啥", "？", "好吗")]
        )
    monkeypatch.setattr(tune, "REPOSITORY_ARTICLES", tmp_path / "rivals")
    copied = shutil.copyfile(tune.table.__file__, tmp_path / "weights.py")
    monkeypatch.setattr(tune.table, "__file__", str(copied))
    return tmp_path


def test_weights_are_found_and_written(rivals, capsys):
    write_small_library(rivals / "small")
    (rivals / "asked.tsv").write_text(
        "问题\t文章编号\n卡坏了要换新的\treplace-card\n盾丢了去哪补\tusb-key\n排队等太久\tqueue-complaint\n", "utf-8"
    )
    before = Path(tune.table.__file__).read_text("utf-8")
    named = f"small={rivals / 'small'},{rivals / 'asked.tsv'}"
    tune.main(["--set", named, "--json", str(rivals / "figures.json"), "--write"])
    figures = json.loads((rivals / "figures.json").read_text("utf-8"))
    rows = {row["set"]: row for row in figures["rows"]}
    assert {name: row["questions"] for name, row in rows.items()} == {"golden": 24, "small": 3}
    assert all(0 < row["among_candidates"] <= 1 for row in rows.values())
    for row in rows.values():
        for column in ("terms", "present", "folds", "others", "all"):
            first, five = map(float, row[column].split(" / "))
            assert 0 <= first <= five <= 100
    assert "folds" in capsys.readouterr().out
    written = runpy.run_path(tune.table.__file__)["RERANKING"]
    assert tuple(written) == FEATURES
    assert figures["remarks"] == [f"{name}: {value:.3f}" for name, value in written.items()]
    assert Path(tune.table.__file__).read_text("utf-8").partition("RERANKING")[0] == before.partition("RERANKING")[0]


def test_weights_are_not_made_from_sets_without_questions(rivals, capsys):
    (rivals / "asked.tsv").write_text("问题\t文章编号\n卡坏了\tno-such-article\n", "utf-8")
    before = Path(tune.table.__file__).read_bytes()
    with pytest.raises(SystemExit):
        tune.main(["--set", f"small={rivals / 'rivals'},{rivals / 'asked.tsv'}", "--write"])
    printed = capsys.readouterr()
    assert "no-such-article" in printed.out
    assert "no questions to learn from in small" in printed.err
    assert Path(tune.table.__file__).read_bytes() == before
    assert not tune.fit({tune.GOLDEN: []}).any()


def test_found_weights_put_right_answers_first():
    chance = np.random.default_rng(4)
    # the third feature tells which candidate is right, the others say nothing
    asked = []
    for number in range(60):
        features, right = chance.random((5, len(FEATURES))), np.arange(5) == chance.integers(5)
        features[:, 2] = right + chance.normal(0, 0.1, 5)
        asked.append(tune.Asked(features, right, number % tune.FOLDS))
    weights = tune.fit({tune.GOLDEN: asked})
    assert weights.argmax() == 2
    assert tune.hits(asked, weights) == (60, 60)
    assert tune.hits(asked, None)[0] < 30
    report, final = tune.measure({tune.GOLDEN: asked})
    assert final.tolist() == pytest.approx(weights.tolist())
    assert report.rows[0]["folds"] == "100.00 / 100.00"


@pytest.mark.parametrize("named", ["", "bank", "bank=nowhere,nothing.tsv", "=.,pyproject.toml"])
def test_a_set_that_is_not_there_is_refused(named, capsys):
    with pytest.raises(SystemExit):
        tune.main(["--set", named])
    assert "NAME=FOLDER,PAIRS" in capsys.readouterr().err


@pytest.mark.skipif(not Path(page.CHROMIUM).exists(), reason=f"{page.CHROMIUM} is not installed")
def test_the_offline_pack_is_compared_with_the_service(tmp_path):
    assert offline.CHROMIUM == page.CHROMIUM
    write_small_library(tmp_path / "articles")
    # in a process of its own, as below
    more = ["--source", str(tmp_path / "articles"), "--questions", "10", "--json", str(tmp_path / "figures.json")]
    command = [sys.executable, "-m", "benchmarks.offline", *more]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert run.returncode == 0, run.stderr
    figures = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    pack, service = figures["rows"]
    assert (pack["what"], service["what"]) == ("pack", "service")
    assert pack["questions"] == service["questions"] == 10
    assert 0.5 < pack["hit1"] <= pack["hit3"] <= 1
    assert 0 < pack["p50_ms"] <= pack["p95_ms"]
    assert figures["remarks"][0].startswith("5 articles, ")


@pytest.mark.skipif(not Path(page.CHROMIUM).exists(), reason=f"{page.CHROMIUM} is not installed")
def test_typing_is_measured_among_imported_articles_and_in_a_folder_as_it_is(tmp_path):
    def typed(*options):
        # in a process of its own: the browser tests of this one have a Playwright running
        command = [sys.executable, "-m", "benchmarks.page", "--json", str(tmp_path / "figures.json"), *options]
        run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
        assert run.returncode == 0, run.stderr
        return json.loads((tmp_path / "figures.json").read_text("utf-8"))["rows"]

    rows = typed("--articles", "220", "--questions", "2")
    assert [(row["what"], row["questions"]) for row in rows] == [("keystroke to page", 2), ("keystroke to paint", 2)]
    there, painted = rows
    assert 0 < there["p50_ms"] < painted["p50_ms"]
    write_small_library(tmp_path / "articles")
    rows = typed("--source", str(tmp_path / "articles"), "--questions", "1")
    assert [row["what"] for row in rows] == ["keystroke to page", "keystroke to paint"]


def test_half_of_what_is_typed_are_test_queries(rows_file, tmp_path):
    settings = corpus.settings_for(tmp_path, rows_file, 300, 1, with_own=True)
    own = {query for a in load_library(settings.articles).articles for query in a.test_queries}
    questions = page.mixed_questions(settings.articles, 40, 1, None)
    assert len(questions) == 40
    assert 18 <= sum(question in own for question in questions) <= 22


@pytest.mark.parametrize("more", [["--question-file", "asked.txt"], ["--source", "rows.jsonl"]])
def test_typing_refuses_what_needs_a_number_of_articles(more, capsys):
    with pytest.raises(SystemExit):
        page.main(more)
    assert f"{more[0]} " in capsys.readouterr().err.splitlines()[-1]


def test_percentiles_are_values_that_occurred():
    seconds = [n / 1000 for n in range(1, 201)]
    assert percentiles(seconds) == {"p50": 101, "p95": 191, "p99": 199}
    assert percentile([], 0.5) == 0


def test_what_was_measured_before_a_step_failed_is_kept(tmp_path, capsys):
    report = Report("cluster")
    with report.row(articles=10) as row:
        row["ship_s"] = 1.5
        raise ConnectionResetError("a node went away")
    with report.row(articles=100) as row:
        row["ship_s"] = 2.5
    chosen = Namespace(json=tmp_path / "figures.json", plot=None)
    with pytest.raises(SystemExit, match="1"):
        report.finish(chosen, Chart("articles", ("ship_s",)))
    said = json.loads(chosen.json.read_text("utf-8"))
    assert said["rows"] == [{"articles": 10, "ship_s": 1.5}, {"articles": 100, "ship_s": 2.5}]
    assert said["remarks"] == ["not everything was measured: a node went away"]
    assert "a node went away" in capsys.readouterr().out


def test_figures_can_be_drawn(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (pip install matplotlib)")
    report = Report("latency")
    for articles, engine, value in ((10, "a", 1.0), (100, "a", 2.0), (10, "b", 3.0)):
        report.add(articles=articles, engine=engine, p50_ms=value)
    from benchmarks.report import draw

    draw(report, Chart("articles", ("p50_ms",), ("engine",), log=True), tmp_path / "figures.png")
    assert (tmp_path / "figures.png").read_bytes().startswith(b"\x89PNG")
