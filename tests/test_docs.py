"""The documents are true: every command they name exists, every link leads somewhere, both READMEs say the same."""

import re
from pathlib import Path

import click
import pytest

from kb import cli as kb_cli

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benchmarks/README.md"]
# `kb` followed by a subcommand, inside code
COMMAND = re.compile(r"\bkb ((?:[a-z]+)(?: [a-z]+(?:-[a-z]+)*)?)")


@pytest.fixture(scope="module")
def commands():
    kb_cli.register_commands()
    found = set()
    for name, command in kb_cli.cli.commands.items():
        found.add(name)
        if isinstance(command, click.Group):
            found |= {f"{name} {sub}" for sub in command.commands}
    return found


def code(text):
    """Inline and indented code of a Markdown text."""
    return [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^    (.+)$", text, re.MULTILINE)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_named_commands_exist(path, commands):
    for snippet in code(path.read_text("utf-8")):
        for named in COMMAND.findall(snippet):
            first = named.split()[0]
            assert first in commands, f"{path.name}: kb {named}"
            group = [c for c in commands if c.startswith(f"{first} ")]
            if group and " " in named:
                assert named in group, f"{path.name}: kb {named}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_named_options_exist(path, commands):
    for snippet in code(path.read_text("utf-8")):
        match = re.match(r"(?:\S*/)?kb ([a-z]+)(?: ([a-z]+(?:-[a-z]+)*))?(.*--.*)", snippet)
        if not match:
            continue
        command = kb_cli.cli.commands[match[1]]
        if isinstance(command, click.Group):
            command = command.commands[match[2]]
        known = {o for p in command.params for o in getattr(p, "opts", [])}
        for option in re.findall(r"(?<!\S)(--[a-z0-9-]+)", match[3]):
            assert option in known, f"{path.name}: {snippet}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)\)", re.sub(r"`[^`]*`", "", path.read_text("utf-8"))):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_both_readmes_have_the_same_commands():
    english, chinese = (ROOT / name for name in ("README.md", "README.zh.md"))
    indented = [re.findall(r"^    (.+)$", p.read_text("utf-8"), re.MULTILINE) for p in (english, chinese)]
    assert indented[0] == indented[1]
    tables = [re.findall(r"^\| (`kb [^|]+) \|", p.read_text("utf-8"), re.MULTILINE) for p in (english, chinese)]
    assert [re.sub(r"[^`a-z -]", "", row) for row in tables[0]] == [re.sub(r"[^`a-z -]", "", row) for row in tables[1]]


def test_ci_runs_the_test_command_of_the_readme():
    test_command = "bash tests/run"
    assert f"    {test_command}\n" in (ROOT / "README.md").read_text("utf-8")
    assert (ROOT / ".ci/run").read_text("utf-8").rstrip().endswith(f"exec {test_command}")


def test_settings_are_documented():
    from dataclasses import fields

    from kb.settings import Settings

    text = (ROOT / "docs/operators.md").read_text("utf-8")
    for field in fields(Settings):
        assert f"KB_{field.name.upper()}" in text
