"""The commands, run as a user runs them: exit codes, formats, and errors in one Chinese sentence."""

import json
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from builders import write_article

from indexer import generations
from kb import cli

Result = namedtuple("Result", "code out err")


@pytest.fixture
def kb(settings, monkeypatch, capsys):
    """Runs `kb …` in this process with the settings of this test."""
    monkeypatch.setenv("KB_ARTICLES", str(settings.articles))
    monkeypatch.setenv("KB_VAR", str(settings.var))
    monkeypatch.chdir(settings.articles.parent)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["kb", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code or 0
        return Result(code, *capsys.readouterr())

    return run


def refused(result, *said):
    """Exit code not 0, and one Chinese sentence instead of a trace."""
    assert result.code != 0
    assert "Traceback" not in result.err
    for part in said:
        assert part in result.err, result.err


# ── kb check ──


def test_check_of_a_sound_library_exits_with_0(kb):  # row 41
    result = kb("check")
    assert result.code == 0
    assert result.out.strip() == "可用 5 篇，错误 0 处，提醒 0 处。"


def test_check_names_every_problem_with_its_place_and_exits_with_1(kb, settings):  # row 41
    write_article(settings.articles, "bad-one", title="太长" * 30, owner=None, by_phone="maybe")
    result = kb("check")
    assert result.code == 1
    lines = [line for line in result.out.splitlines() if line.startswith("processes/bad-one.md:")]
    assert len(lines) == 3
    assert all("错误：" in line and line.split(":")[1].isdigit() for line in lines)


def test_check_as_json_can_be_read_by_programs(kb, settings):  # row 41
    assert json.loads(kb("check", "--format", "json").out) == {"articles": 5, "problems": []}
    write_article(settings.articles, "bad-one", owner=None)
    result = kb("check", "--format", "json")
    shown = json.loads(result.out)
    assert (result.code, shown["articles"], len(shown["problems"])) == (1, 5, 1)
    assert set(shown["problems"][0]) == {"path", "line", "column", "message", "level", "field"}
    assert shown["problems"][0]["path"] == "processes/bad-one.md"


def test_check_of_one_file_leaves_the_others_aside(kb, settings):
    bad = write_article(settings.articles, "bad-one", owner=None)
    good = settings.articles / "products/usb-key.md"
    assert kb("check", good).code == 0
    assert kb("check", bad).code == 1
    assert kb("check", settings.articles / "products").code == 0
    refused(kb("check", settings.articles / "no-such-file.md"), "找不到")
    refused(kb("check", "/etc/hostname"), "不在文章目录")


def test_warnings_do_not_fail_the_check(kb, settings):
    write_article(settings.articles, "twin", title="双胞胎", questions=["卡消磁了", "甲", "乙", "丙", "丁", "戊"])
    result = kb("check")
    assert result.code == 0
    assert "提醒 1 处" in result.out


def test_without_articles_folder_every_command_says_so(kb, monkeypatch, tmp_path):
    monkeypatch.setenv("KB_ARTICLES", str(tmp_path / "nowhere"))
    for command in (["check"], ["index", "build"], ["index", "update"], ["search", "补卡"]):
        refused(kb(*command), "找不到文章目录", "KB_ARTICLES")


def test_a_bad_setting_is_named(kb, monkeypatch):
    monkeypatch.setenv("KB_KEEP_GENERATIONS", "许多")
    refused(kb("index", "build"), "KB_KEEP_GENERATIONS", "许多")


# ── kb search ──


def test_the_first_search_builds_the_index_and_answers(kb, settings):
    result = kb("search", "补卡手续费")
    assert result.code == 0
    assert "1. 银行卡补卡换卡（流程" in result.out
    assert "网点柜台 费用：每张5元" in result.out
    assert generations.current_name(settings.index)


def test_a_search_as_json_has_the_shape_of_the_api(kb):  # row 81
    shown = json.loads(kb("search", "补卡", "--format", "json").out)
    assert shown["question"] == "补卡"
    assert shown["cards"][0]["id"] == "replace-card"


def test_a_fraud_card_is_printed_first(kb):  # row 27
    assert kb("search", "转到安全账户").out.startswith("1. 【警示】")


def test_a_batch_answers_line_by_line(kb, tmp_path):
    batch = tmp_path / "questions.jsonl"
    rows = [{"id": 1, "text": "卡消磁了"}, {"id": "二", "text": "龘靐齉"}, {"id": 3, "text": "卡消磁\u2028了"}]
    batch.write_text("\ufeff" + "\n\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n", "utf-8")
    result = kb("search", "--batch", batch, "--limit", "2", "--format", "jsonl")
    shown = [json.loads(line) for line in result.out.splitlines()]
    assert [r["id"] for r in shown] == [1, "二", 3]
    for row in shown:
        assert set(row) == {"id", "hits", "ms"}
        assert row["ms"] >= 0
        assert len(row["hits"]) <= 2
        assert all(set(hit) == {"id", "section", "score"} for hit in row["hits"])
    assert shown[0]["hits"][0]["id"] == "replace-card"
    assert shown[1]["hits"] == []
    assert shown[2]["hits"][0]["id"] == "replace-card"


@pytest.mark.parametrize(
    "line", ["nonsense", "{}", "[]", '{"id": 1}', "7", "null", f'{{"id": 1, "text": "{"补" * 201}"}}']
)
def test_a_bad_line_of_a_batch_is_named(kb, tmp_path, line):
    batch = tmp_path / "questions.jsonl"
    batch.write_text('{"id": 1, "text": "补卡"}\n' + line + "\n", "utf-8")
    refused(kb("search", "--batch", batch), "第 2 行")


def test_a_batch_that_cannot_be_read_is_said(kb, tmp_path):
    refused(kb("search", "--batch", tmp_path / "nowhere.jsonl"), "读不出来")
    (tmp_path / "gbk.jsonl").write_bytes('{"id": 1, "text": "补卡"}'.encode("gbk"))
    refused(kb("search", "--batch", tmp_path / "gbk.jsonl"), "读不出来")


def test_the_index_can_be_asked_as_of_a_date(kb, settings):  # row 43
    write_article(settings.articles, "later", title="来年的新业务", effective="2099-01-01")
    assert "later" not in kb("search", "来年的新业务").out
    assert "later" in kb("search", "来年的新业务", "--as-of", "2099-01-01").out
    assert "later" not in kb("search", "来年的新业务", "--as-of", "2098-12-31 23:59:59").out


@pytest.mark.parametrize("moment", ["明天", "2026-13-01", "2026-12-01T00:00:00Z", "1"])
def test_a_bad_date_is_refused(kb, moment):
    refused(kb("search", "补卡", "--as-of", moment), moment, "2026-12-01")


def test_a_question_that_is_missing_or_too_long_is_refused(kb):
    refused(kb("search"), "请写出要问的事")
    refused(kb("search", "补" * 201), "最多 200 个字")
    refused(kb("search", "补卡", "--limit", "0"), "--limit")


# ── kb index ──


def test_build_update_and_list(kb, settings):
    assert "新增或更新 5 篇" in kb("index", "build").out
    assert "未变 5 篇" in kb("index", "update").out
    write_article(settings.articles, "later", title="后来才写的文章")
    assert "新增或更新 1 篇" in kb("index", "update").out
    rows = json.loads(kb("index", "list", "--format", "json").out)
    assert [r["articles"] for r in rows] == [6, 5]
    assert [r["current"] for r in rows] == [True, False]
    assert [line[0] for line in kb("index", "list").out.splitlines()] == ["*", " "]


def test_an_empty_list_says_how_to_begin(kb):
    result = kb("index", "list")
    assert (result.code, "kb index build" in result.out) == (0, True)
    assert json.loads(kb("index", "list", "--format", "json").out) == []


def test_broken_articles_are_reported_and_the_others_indexed(kb, settings):
    (settings.articles / "processes/broken.md").write_text("nothing", "utf-8")
    result = kb("index", "build")
    assert result.code == 0
    assert "processes/broken.md:1:1" in result.err
    assert "未收录的问题 1 处" in result.out


def test_verify_names_the_damaged_generation_and_exits_with_1(kb, settings):  # row 74
    refused(kb("index", "verify"), "kb index build")
    kb("index", "build")
    kb("index", "build")
    assert kb("index", "verify").code == 0
    newest, older = generations.names(settings.index)
    (settings.index / newest / "state.arrays").write_text("{}")
    result = kb("index", "verify")
    assert result.code == 1
    assert f"{newest} 有问题" in result.out
    assert f"{older} 完好" in result.out


def test_a_damaged_manifest_does_not_hide_the_other_generations(kb, settings):  # row 74
    kb("index", "build")
    kb("index", "build")
    newest, older = generations.names(settings.index)
    (settings.index / newest / "manifest.json").write_text("{")
    assert older in kb("index", "list").out
    assert older in kb("index", "verify").out


def test_rolling_back_goes_to_the_previous_and_to_a_named_one(kb, settings):  # row 67
    names = []
    for number in range(3):
        write_article(settings.articles, f"extra-{number}", title=f"第{number}次写的文章")
        kb("index", "update")
        names.append(generations.current_name(settings.index))
    assert names == sorted(names)
    assert names[1] in kb("index", "rollback").out
    assert generations.current_name(settings.index) == names[1]
    assert "extra-2" not in kb("search", "第2次写的文章").out
    kb("index", "rollback")
    assert generations.current_name(settings.index) == names[0]
    refused(kb("index", "rollback"), "没有更早的索引")
    assert kb("index", "rollback", names[2]).code == 0
    assert "extra-2" in kb("search", "第2次写的文章").out


@pytest.mark.parametrize("name", ["gen-nowhere", "..", "../index", "", "current/x"])
def test_rolling_back_to_what_is_not_there_is_refused(kb, settings, name):
    kb("index", "build")
    before = generations.current_name(settings.index)
    refused(kb("index", "rollback", name), "没有")
    assert generations.current_name(settings.index) == before


def test_rolling_back_to_a_damaged_generation_is_refused(kb, settings):  # row 74
    kb("index", "build")
    kb("index", "build")
    newest, older = generations.names(settings.index)
    (settings.index / older / "state.arrays").write_text("{}")
    refused(kb("index", "rollback"), "已损坏")
    assert generations.current_name(settings.index) == newest


def test_a_second_job_leaves_and_says_so(kb, settings):  # row 73
    kb("index", "build")
    with generations.write_lock(settings.index):
        for command in ("build", "update", "rollback"):
            refused(kb("index", command), "另一个任务正在写索引")


def run_installed(settings, *arguments, **kwargs):
    env = {
        **os.environ,
        "KB_ARTICLES": str(settings.articles),
        "KB_VAR": str(settings.var),
        "PYTHONIOENCODING": "utf-8",
    }
    command = [Path(sys.executable).with_name("kb"), *arguments]
    return subprocess.run(command, env=env, cwd=settings.articles.parent, capture_output=True, check=False, **kwargs)


def test_the_installed_command_answers(sample_settings):
    run = run_installed(sample_settings, "search", "改绑手机号")
    assert run.returncode == 0
    assert "change-reserved-phone" in run.stdout.decode()
    assert b"Warning" not in run.stderr


def test_bytes_that_are_no_text_do_not_crash_the_command(kb):  # row 7
    for fmt in ("text", "json"):
        assert kb("search", os.fsdecode(b"\xff\xfe\xb2\xb9"), "--format", fmt).code == 0
