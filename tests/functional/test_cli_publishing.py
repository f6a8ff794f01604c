"""`kb publish …` and what `kb index update` keeps of files changed by hand."""

import json
import sys

import pytest
from publishing_desk import NEW, OLD, PATH, indexed_desk

from kb import cli, cli_backup
from kb.locks import exclusive
from kb.publishing.workbench import publish_lock


@pytest.fixture
def desk(settings, database):
    return indexed_desk(settings, database)


@pytest.fixture
def kb(settings, monkeypatch, capsys):
    """Runs `kb …` in this process: (exit code, what it printed, what it complained about)."""
    monkeypatch.setenv("KB_ARTICLES", str(settings.articles))
    monkeypatch.setenv("KB_VAR", str(settings.var))
    monkeypatch.chdir(settings.articles.parent)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["kb", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code or 0
        return (code, *capsys.readouterr())

    return run


def test_publications_are_listed(desk, kb):
    assert kb("publish", "list")[1] == "还没有发布过。\n"
    made = desk.publish()
    code, out, _ = kb("publish", "list")
    assert code == 0
    assert out.startswith(f"#{made.id}  2026-11-24 10:00:")
    assert "已完成  写入 processes/replace-card.md  bing → jia" in out
    (row,) = json.loads(kb("publish", "list", "--format", "json")[1])
    assert (row["state"], row["path"], row["generation"]) == ("applied", PATH, made.generation)
    assert "text" not in row


def test_the_history_of_an_article_and_of_a_shared_file(desk, kb):  # row 47
    desk.publish()
    out = kb("publish", "log", "replace-card")[1].splitlines()
    assert len(out) == 2
    assert "第2版  工作台  丙某人 → 甲某人" in out[0]
    assert "第1版  文件改动  甲某 → 乙某" in out[1]
    assert "_registry/facts.yml" in kb("publish", "log", "_registry/facts.yml")[1]
    code, _, said = kb("publish", "log", "nothing")
    assert code != 0
    assert "没有 nothing 的历史" in said


def test_what_it_said_then(desk, kb):  # P7
    before = desk.read()
    desk.later(hours=1)
    desk.publish()
    assert kb("publish", "log", "replace-card", "--at", "2026-11-24 10:30")[1] == before.replace(
        "{{fact:fee.card}}", "每张5元"
    )
    assert NEW in kb("publish", "log", "replace-card", "--at", "2026-11-25")[1]
    assert NEW in json.loads(kb("publish", "log", "replace-card", "--at", "2026-11-25", "--format", "json")[1])["text"]
    assert "还没有记录" in kb("publish", "log", "replace-card", "--at", "2020-01-01")[2]
    assert "不是有效的时间" in kb("publish", "log", "replace-card", "--at", "gestern")[2]


def test_what_was_interrupted_is_finished(desk, kb):  # row 68
    desk.workbench._applier.take_up = lambda at, patience: None
    desk.publish()
    assert OLD in desk.answer()
    code, out, _ = kb("publish", "resume")
    assert code == 0
    assert "补做了 1 次发布，还剩 0 次；记下 0 个文件的改动。" in out
    assert NEW in desk.answer()


def test_an_index_update_keeps_what_was_changed_by_hand(desk, kb):  # row 65
    (desk.settings.articles / PATH).write_text(desk.read().replace(OLD, NEW), encoding="utf-8")
    assert kb("index", "update")[0] == 0
    assert [r.source for r in desk.workbench.history("replace-card")] == ["files", "files"]


def test_an_index_needs_no_database(kb, settings):
    code, _, said = kb("index", "build")
    assert (code, said) == (0, "")
    assert not (settings.var / "kb.db").exists()


def test_without_tables_it_says_what_to_do(kb):
    code, _, said = kb("publish", "list")
    assert code != 0
    assert "kb db upgrade" in said
    assert "Traceback" not in said


def test_a_backup_does_not_begin_in_the_middle_of_a_publication(desk, kb, monkeypatch, tmp_path):  # O1
    monkeypatch.setattr(cli_backup, "_PATIENCE", 0.05)
    with exclusive(publish_lock(desk.settings), 0):
        code, _, said = kb("backup", str(tmp_path / "b.zip"))
    assert code != 0
    assert "另一项发布还没有结束" in said
    assert not (tmp_path / "b.zip").exists()
    assert kb("backup", str(tmp_path / "b.zip"))[0] == 0
