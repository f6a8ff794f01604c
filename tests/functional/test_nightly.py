"""The job of the night as its operator runs it: what it does, what it refuses, and that the old index serves whatever happens."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from builders import write_article
from click.testing import CliRunner

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.cli import cli, register_commands
from kb.clock import now
from kb.locks import exclusive
from kb.questions_file import day_file
from kb.visibility import ANYBODY

register_commands()


def nightly(settings, *options):
    env = {"KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var)}
    return CliRunner().invoke(cli, ["nightly", *options], env=env)


def first(settings, question):
    hits = KnowledgeBase(CurrentSearcher(settings)).hits(question, ANYBODY, now(), 5)
    return hits[0].key.rpartition("@")[0] if hits else ""


def reports(settings):
    return {path.suffix: path.read_text("utf-8") for path in settings.reports.glob("night-*")}


def queries(number):
    return [f"网点{number}号在哪", f"{number}号网点的地址", f"去网点{number}号怎么走", f"网点{number}号的电话"]


@pytest.fixture
def served(settings):
    """A library of some size, indexed."""
    for number in range(20):
        write_article(
            settings.articles, f"branch-{number}", title=f"网点{number}号的地址", answer=f"网点{number}号在第{number}大道。",
            test_queries=queries(number),
        )  # fmt: skip
    building.build(settings, now())
    return settings


def test_a_good_night(served):  # rows 40 66 75
    write_article(served.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    before = generations.current_name(served.index)
    ran = nightly(served)
    assert ran.exit_code == 0, ran.output
    assert "已换上新索引" in ran.output
    assert first(served, "鹦鹉托运") == "parrot"
    assert "鹦鹉托运" in served.offline_pack.read_text("utf-8")
    told = json.loads(reports(served)[".json"])
    assert (told["outcome"], told["previous"]) == ("done", before)
    assert told["generation"] == generations.current_name(served.index) != before
    assert told["golden"]["after"]["hit3"] >= 0.95
    assert [step["problem"] for step in told["steps"]] == [""] * len(told["steps"])
    assert reports(served)[".txt"] in ran.output


def test_far_fewer_articles_do_not_serve(served):  # row 69
    for number in range(5):
        next(served.articles.rglob(f"branch-{number}.md")).unlink()
    before = generations.current_name(served.index), generations.names(served.index)
    ran = nightly(served)
    assert ran.exit_code == 3
    assert "文章从 25 篇减到 20 篇" in ran.output
    assert (generations.current_name(served.index), generations.names(served.index)) == before
    assert json.loads(reports(served)[".json"])["outcome"] == "refused"
    forced = nightly(served, "--force")
    assert forced.exit_code == 0
    assert "按 --force 换上了" in forced.output
    assert first(served, "网点3号在哪") != "branch-3"


def test_worse_answers_do_not_serve(served):  # row 69
    for number in range(4):
        path = next(served.articles.rglob(f"branch-{number}.md"))
        text = path.read_text("utf-8").replace(f"网点{number}号", "鹦鹉").replace(f"{number}号网点", "海龟")
        # what it must be found by stays as it was
        path.write_text(re.sub(r"test_queries:.*?\n(?=\S)", _old_queries(number), text, flags=re.S), "utf-8")
    ran = nightly(served)
    assert ran.exit_code == 3, ran.output
    assert "个检验问法不再进前 3 条" in ran.output
    assert first(served, "网点2号在哪") == "branch-2"


def _old_queries(number):
    return "".join(["test_queries:\n", *(f"- {query}\n" for query in queries(number))])


def test_a_file_with_a_mistake_is_named_and_its_last_good_version_serves(served):  # row 71
    path = next(served.articles.rglob("branch-7.md"))
    path.write_text("---\nid: [\n---\n", "utf-8")
    ran = nightly(served)
    assert ran.exit_code == 0
    assert path.name in ran.output
    told = json.loads(reports(served)[".json"])
    assert told["quarantined"] == [path.relative_to(served.articles).as_posix()]
    assert first(served, "网点7号在哪") == "branch-7"


def test_a_dry_run_says_what_would_come_of_it_and_changes_nothing(served):
    write_article(served.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    before = generations.current_name(served.index)
    ran = nightly(served, "--dry-run", "--format", "json")
    assert ran.exit_code == 0
    told = json.loads(ran.stdout)
    assert (told["outcome"], told["added"]) == ("tried", 1)
    assert generations.current_name(served.index) == before
    assert not served.reports.exists()
    assert not served.offline_pack.exists()


def test_the_second_of_two_leaves_and_says_so(served):  # row 73
    with exclusive(served.var / "nightly.lock", 0):
        ran = nightly(served)
    assert ran.exit_code == 4
    assert "另一个夜间任务正在运行" in ran.output
    assert nightly(served).exit_code == 0


def test_yesterdays_questions_are_asked_again_and_reported(served):  # rows 69 75
    yesterday = (now() - timedelta(days=1)).date()
    rows = [
        {"at": f"{yesterday}T10:00:00+08:00", "question": f"网点{n}号在哪", "hits": 3, "confident": True}
        for n in range(20)
    ]
    rows += [{"at": f"{yesterday}T11:00:00+08:00", "question": "独角兽", "hits": 0, "confident": False}] * 5
    served.logs.mkdir(parents=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    day_file(served.logs, yesterday).write_text("\n".join([*lines, "no json"]), "utf-8")
    ran = nightly(served)
    assert ran.exit_code == 0
    assert "提问 25 次：没有结果 20.0%" in ran.output
    assert "“独角兽” 5 次" in ran.output


def test_what_is_kept_long_enough_goes(served):  # row 79
    served.logs.mkdir(parents=True)
    old, young = (day_file(served.logs, (now() - timedelta(days=days)).date()) for days in (200, 20))
    other = served.logs / "notes.txt"
    for path in (old, young, other):
        path.write_text("{}\n", "utf-8")
    assert nightly(served).exit_code == 0
    assert [path.exists() for path in (old, young, other)] == [False, True, True]


@pytest.mark.timeout(120)
def test_sigterm_stops_it_cleanly(served):  # row 68
    for number in range(200):
        write_article(served.articles, f"more-{number}", title=f"第{number}种鸟", answer=f"第{number}种鸟会飞。")
    before = generations.current_name(served.index), generations.names(served.index)
    env = os.environ | {"KB_ARTICLES": str(served.articles), "KB_VAR": str(served.var)}
    job = subprocess.Popen(
        [Path(sys.executable).with_name("kb"), "nightly"], env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    unfinished = served.index / ".unfinished"
    while not list(unfinished.glob("gen-*")) and job.poll() is None:
        time.sleep(0.01)
    job.send_signal(signal.SIGTERM)
    said, told = job.communicate(timeout=60)
    assert job.returncode == 5, told.decode()
    assert "按要求停下" in said.decode()
    assert (generations.current_name(served.index), generations.names(served.index)) == before
    assert not unfinished.exists()
    assert nightly(served).exit_code == 0
