"""`kb doctor` as an operator runs it: a sound installation is sound, and each thing that may be wrong is found and comes with a cure."""

import json
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from click.testing import CliRunner

from indexer import build as building
from indexer import generations
from indexer.cli_doctor import examine
from kb.cli import cli, register_commands
from kb.clock import now
from kb.db import audit
from kb.db.engine import Database
from kb.doctor import installed, places, records, setup
from kb.doctor.finding import failed
from kb.settings import Settings
from web.security import secret_key

register_commands()


@pytest.fixture
def sound(settings):
    """An installation that has run for two nights."""
    settings.var.mkdir(mode=0o700)
    env = {"KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var)}
    secret_key(settings)
    building.build(settings, now())
    ran = CliRunner().invoke(cli, ["nightly"], env=env)
    assert ran.exit_code == 0, ran.output
    return settings


def bad(settings, part=""):
    """What is bad about a part, with what to do."""
    return [f for f in examine(settings, now()) if f.level == "bad" and f.part.startswith(part)]


def test_a_sound_installation_is_sound(sound):
    findings = list(examine(sound, now()))
    assert [f.line for f in findings if f.level != "ok"] == []
    assert {"Python", "程序库", "设置", "权限", "词典缓存", "索引", "回退", "数据库", "审计记录", "夜间任务"} <= {
        f.part for f in findings
    }


def test_the_command_has_an_exit_code_and_json(sound):
    env = {"KB_ARTICLES": str(sound.articles), "KB_VAR": str(sound.var)}
    well = CliRunner().invoke(cli, ["doctor"], env=env)
    assert (well.exit_code, "✗" in well.output) == (0, False)
    (sound.var / "secret.key").chmod(0o644)
    ill = CliRunner().invoke(cli, ["doctor", "--format", "json"], env=env)
    assert ill.exit_code == 1
    said = json.loads(ill.stdout)
    assert said["ok"] is False
    (wrong,) = [f for f in said["findings"] if f["level"] == "bad"]
    assert wrong["part"] == "权限"
    assert f"chmod 600 {sound.var / 'secret.key'}" in wrong["to_do"]


def test_it_changes_nothing(settings):
    before = {p: p.stat().st_mtime_ns for p in settings.articles.rglob("*")}
    found = CliRunner().invoke(
        cli, ["doctor"], env={"KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var)}
    )
    assert found.exit_code == 0
    assert found.output.count("还没有") >= 3
    assert not settings.var.exists()
    assert {p: p.stat().st_mtime_ns for p in settings.articles.rglob("*")} == before


@pytest.mark.parametrize("name", ["log", "reports", "cache", "kb.db"])
def test_what_others_can_read_is_named(sound, name):
    path = sound.var / name
    if not path.exists():
        path.mkdir()
    path.chmod(0o755 if path.is_dir() else 0o644)
    (found,) = bad(sound)
    assert (found.part, str(path) in found.said, str(path) in found.to_do) == ("权限", True, True)


def test_a_cache_that_others_may_change_is_named(sound):  # row 80
    sound.var.parent.chmod(0o777)
    try:
        assert [f.part for f in bad(sound)] == ["词典缓存"]
    finally:
        sound.var.parent.chmod(0o700)


def test_an_index_that_is_damaged_or_of_another_program_is_named(sound):
    folder = sound.index / generations.current_name(sound.index)
    largest = max((folder / "segments").glob("*.serve"), key=lambda p: p.stat().st_size)
    data = bytearray(largest.read_bytes())
    data[-100] ^= 1
    largest.unlink()
    largest.write_bytes(bytes(data))
    (found,) = bad(sound)
    assert (found.part, "已损坏" in found.said, "kb index update" in found.to_do) == ("索引", True, True)


def test_an_old_index_and_a_missed_night_are_named(sound):  # O5
    later = now() + timedelta(hours=27)
    found = {f.part: f for f in examine(sound, later)}
    assert found["夜间任务"].level == "bad"
    assert found["索引的年龄"].level == "warn"


def test_a_night_that_was_refused_says_why(sound):
    (report,) = sound.reports.glob("night-*.json")
    said = json.loads(report.read_text("utf-8"))
    report.write_text(json.dumps({**said, "outcome": "refused", "reasons": ["文章从 25 篇减到 20 篇"]}), "utf-8")
    (found,) = bad(sound)
    assert "文章从 25 篇减到 20 篇" in found.said


def test_an_audit_that_was_changed_is_named(sound):  # P5
    database = Database(sound.database)
    with database.writing() as connection:
        for _ in range(5):
            audit.record(connection, now(), "甲", "draft.begin")
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET actor = 'x' WHERE seq = (SELECT max(seq) - 1 FROM audit)")
    database.close()
    (found,) = bad(sound)
    assert (found.part, "kb audit verify" in found.to_do) == ("审计记录", True)


def test_the_end_of_an_audit_is_checked_by_itself(any_database, at):
    with any_database.writing() as connection:
        events = [audit.record(connection, at, "甲", "draft.begin") for _ in range(6)]
        assert audit.broken_at(connection, since=3) is None
        assert audit.broken_at(connection, (events[5].seq, events[5].hash), since=3) is None
        assert audit.broken_at(connection, (events[5].seq + 1, "0" * 64), since=3) == events[5].seq + 1


def test_databases_of_both_kinds_are_well(any_database, settings):
    url = any_database.engine.url.render_as_string(hide_password=False)
    found = list(records.database(replace(settings, database_url=url), now()))
    assert [f.level for f in found] == ["ok", "ok"]


def test_a_database_that_cannot_be_reached_is_named_without_its_password(sound):
    nowhere = replace(sound, database_url="postgresql+psycopg://kb:hunter2hunter2@127.0.0.1:1/kb")
    (found,) = bad(nowhere)
    assert found.part == "数据库"
    assert "hunter2" not in found.line


def test_a_database_whose_clock_is_wrong_is_named(sound):
    found = list(records.database(sound, now() + timedelta(minutes=5)))
    assert [f.part for f in found if f.level == "bad"] == ["数据库的时钟"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(host="0.0.0.0"), "没有 TLS"),
        (Settings(tls=True, public_url="http://kb.bank.example"), "http://"),
        (Settings(public_url="https://kb.bank.example"), "KB_TLS=yes"),
        (Settings(proxy_header="X-Remote-User", proxy_addresses="0.0.0.0/0"), "冒充"),
        (Settings(oidc_issuer="https://sso.bank.example"), "只设了一部分"),
        (
            Settings(oidc_issuer="https://s.example", oidc_client_id="kb", oidc_client_secret="x" * 32),
            "回来的地址",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_named(settings, said):
    found = list(setup.together(settings))
    assert failed(found)
    assert any(said in f.said for f in found)
    assert all(f.to_do for f in found)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(host="0.0.0.0", tls=True, public_url="https://kb.bank.example", anonymous="no"),
        Settings(database_url="postgresql+psycopg://kb@db/kb", secret_key="x" * 32),
    ],
)
def test_settings_that_go_together_are_well(settings):
    assert list(setup.together(settings)) == []


def test_libraries_that_are_missing_or_too_old_are_named():
    there = {"click": "7.0", "flask": "3.1"}

    def version(name):
        if name not in there:
            raise PackageNotFoundError(name)
        return there[name]

    needed = ["click>=8.1", "flask>=3.0", "jieba>=0.42", "matplotlib>=3; extra == 'bench'"]
    python, libraries = installed.look(needed, version, (3, 10, 4))
    assert (python.level, libraries.level) == ("bad", "bad")
    assert libraries.said == "click 是 7.0，要 >=8.1，缺 jieba"
    assert [f.level for f in installed.look(["flask>=3.0"], version, (3, 11, 0))] == ["ok", "ok"]


def test_a_folder_that_cannot_be_written_is_named(sound):
    # not even root writes there
    found = list(places.look(replace(sound, var=Path("/proc"))))
    assert "数据目录" in [f.part for f in found if f.level == "bad"]
