"""The registry as it is written: what would be read otherwise than meant is said, with its line."""

import pytest

from kb.registry import Registry, load_registry, with_file


def told(text, name="facts.yml"):
    """What is wrong with a file of the registry: its lines, and what is said there."""
    _, problems = with_file(Registry(), name, text)
    return [(p.path, p.line, p.message) for p in problems]


def test_a_number_that_is_written_twice_is_said():
    ((path, line, said),) = told("fee.sms: {value: 2元}\nother: {value: 1元}\nfee.sms: {value: 3元}\n")
    assert (path, line) == ("_registry/facts.yml", 3)
    assert "fee.sms 写了两次" in said


@pytest.mark.parametrize("name", ["facts.yml", "app_menu.yml", "departments.yml", "holidays.yml"])
def test_a_text_that_grows_when_it_is_read_is_refused(name):
    nine = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    nine += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 8)]
    ((_, line, said),) = told("\n".join([*nine, "f: {value: *a7}"]), name)
    assert line == 1
    assert "&" in said


@pytest.mark.parametrize("entry", ["{valeu: 3%}", "2元", "{value: [2元, 3元]}", "{value: }", "{value: {now: 2元}}", ""])
def test_a_fact_that_has_no_value_is_said(entry):
    text = f"fee.card: {{value: 5元}}\n\nrate: {entry}\n"
    ((_, line, said),) = told(text)
    assert line == 3
    assert "rate 没有 value" in said
    assert with_file(Registry(), "facts.yml", text)[0].facts == {"fee.card": "5元"}


def test_what_is_no_list_of_names_is_said():
    ((_, line, said),) = told("# 菜单\n- 首页\n", "app_menu.yml")
    assert line == 2
    assert "字段: 值" in said
    assert told("", "app_menu.yml")


def test_a_file_that_is_wrong_is_named_with_the_place(tmp_path):
    (tmp_path / "_registry").mkdir()
    file = tmp_path / "_registry/facts.yml"
    file.write_text("fee.card: {value: 5元}\nrate: {valeu: 3%}\n", encoding="utf-8")
    registry, (problem,) = load_registry(tmp_path)
    assert (problem.path, problem.line, problem.level) == (str(file), 2, "error")
    assert registry.facts == {"fee.card": "5元"}
