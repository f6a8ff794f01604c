"""Pins: how a line is read, and when two questions are the same."""

from pathlib import Path

import pytest

from kb.library import load_library
from kb.pins import Pin, dead_pins, pin_key, read_pins


def read(*lines):
    problems = []
    return read_pins([("pins.txt", n, line) for n, line in enumerate(lines, 1)], problems), problems


@pytest.mark.parametrize("typed", ["挂失", " 挂 失？", "掛失", "挂失！", "挂失。"])
def test_spaces_punctuation_and_writing_do_not_count(typed):  # rows 10 54
    assert pin_key(typed) == "挂失"


def test_a_longer_question_is_another_one():
    assert pin_key("信用卡挂失") != pin_key("挂失")


def test_lines_become_pins():
    pins, problems = read("挂失 => report-card-loss", "限额?=>transfer-limits")
    assert pins == {"挂失": Pin("report-card-loss", 1), "限额": Pin("transfer-limits", 2)}
    assert problems == []


@pytest.mark.parametrize("line", ["挂失", "=> card", "挂失 =>", "？ => card", "挂失 = card"])
def test_what_is_no_pin_is_said_with_its_line(line):  # row 41
    pins, problems = read("限额 => a", line)
    assert list(pins) == ["限额"]
    assert [(p.line, p.level) for p in problems] == [(2, "error")]


def test_a_question_is_pinned_once():
    pins, problems = read("挂失 => a", "挂失? => b")
    assert pins["挂失"].article_id == "a"
    assert "第 1 行" in problems[0].message


def test_a_pin_without_its_article_is_said():
    (problem,) = dead_pins({"挂失": Pin("gone", 7)}, {"card"})
    assert problem.line == 7
    assert "gone" in problem.message


def test_the_repositorys_own_pins_lead_somewhere():
    library = load_library(Path(__file__).resolve().parents[2] / "articles")
    assert library.lexicon.pins
    assert dead_pins(library.lexicon.pins, {a.id for a in library.articles}) == []
