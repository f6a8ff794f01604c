"""The quick reader of plain front matter: whatever it reads, it reads exactly as YAML does; the rest it leaves alone."""

from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kb.frontmatter import read_any
from kb.plainyaml import read_plain
from kb.templates import make_template
from kb.types import TYPES

ARTICLES = Path(__file__).resolve().parents[2] / "articles"
FRONTS = [path.read_text("utf-8").split("---\n")[1] for path in sorted(ARTICLES.glob("[a-z]*/*.md"))]
FRONTS += [make_template(kind, "a-b", "标题").split("---\n")[1] for kind in TYPES]


def told(node):
    """A node as places and texts."""
    place = (node.start_mark.line, node.start_mark.column)
    if isinstance(node, yaml.ScalarNode):
        return place, node.value
    if isinstance(node, yaml.SequenceNode):
        return place, [told(item) for item in node.value]
    return place, {told(key): told(value) for key, value in node.value}


def assert_same_if_read(source):
    """Whether it was read; if so, YAML must find nothing wrong with it and the same words in the same places."""
    found = read_plain(source, 1)
    if found is not None:
        exact = read_any("\n" + source, "x.md")
        assert not isinstance(exact, list), exact
        assert told(found) == told(exact)
    return found is not None


@pytest.mark.parametrize("source", FRONTS)
def test_every_article_of_the_repository_is_plain(source):
    assert assert_same_if_read(source)


@pytest.mark.parametrize(
    "source",
    [
        "a: 甲",
        "  a: 甲\n  b: 乙",
        "a:\nb:  # 说明\nc:   ",
        "# 说明\n\na: 甲 # 说明\n   # 说明\nb: x#y",
        "a: T:0\nb: http://bank.example/x?y=1",
        "a:\n- 甲\n-   乙\nb:\n   - 丙",
        "a:\n  - b: 甲\n    c:\n      - 乙\n    d:\n    - 丙\n  - b: 丁",
        "a: []\nb: [甲, T+0,丙 丁]  # 说明",
        "a: \"甲: # '乙'\"\nb: 'it''s'\nc: ''\nd: \"\"",
        "a: 0123\nb: NO\nc: 2026-01-01\nd: ~\ne: null",
        "a: 甲　　\nb: 乙 \u00a0 丙",
        "a:\n  b:\n    c:\n      d: 甲",
    ],
)
def test_plain_front_matter_is_read(source):
    assert assert_same_if_read(source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# 说明",
        "甲",
        "- a: 甲",
        "a: 甲\na: 乙",
        "a: 甲\n b: 乙",
        "a: 甲\n  乙",
        "a: 甲\n- 乙",
        "a:\n  甲",
        "a:\n - 甲\n  - 乙",
        "a:\n - 甲\nb: 丙\n - 乙",
        "a: b: c",
        "a: 甲:",
        "a: &x 甲",
        "a: *x",
        "a: !x 甲",
        "a: |\n  甲",
        "a: >\n  甲",
        "a: {b: 甲}",
        "a: [甲, [乙]]",
        "a: [甲, ]",
        "a: [甲: 乙]",
        'a: ["甲"]',
        "a: [甲]乙",
        'a: "甲\\n乙"',
        'a: "甲',
        'a: "甲"乙',
        'a: "甲"#乙',
        "a: 'it's'",
        "a:\t甲",
        "a: 甲\t",
        "a: 甲\x07",
        "a: 甲\ufeff",
        "a: 甲\u2028b: 乙",
        "? a\n: 甲",
        "... \na: 甲",
        "--- a: 甲",
        "%YAML 1.1\na: 甲",
        '"a": 甲',
        "字段: 甲",
        "a : 甲",
        "a:\n- - 甲",
        "a:\n-",
        "a:\n" + "".join(" " * n + "a:\n" for n in range(1, 12)),
    ],
)
def test_the_rest_is_left_to_yaml(source):
    assert read_plain(source, 1) is None


PIECES = ["a", "b:", "c: ", "d: 甲", "- ", "-", " ", "  ", "    ", "\n", "\n", "\n  ", "\n    ", "乙", "5万", "# 说明", " #", ":", ": ",
          '"', "'", "''", "[", "]", "[甲, 乙]", ", ", ",", "{", "}", "&a", "*a", "!a", "|", ">", "%", "@", "`", "?", "? ", "\\", "\t",
          "---", "...", "<<: ", "~", "=", "\u00a0", "\u3000", "\u2028", "\x85", "\ufeff", "\x07", "😀", "T:0", "x#y", "7*24"]  # fmt: skip


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_nothing_put_together_is_read_differently(source):
    assert_same_if_read(source)


KEYS = st.sampled_from(["a", "b", "c", "d-e", "f_1"])
VALUES = st.sampled_from(["", " ", " 甲", "  甲 乙", " 甲 # 说明", ' "甲: 乙"', " 'it''s' ", " [甲, 乙]", " []", " x:y", " - 甲", " a: b",
                          " [甲", " \"甲", " -5元", " 甲:", " #", "#"])  # fmt: skip
LINES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "  ", "    ", " ", "      "]),
    st.sampled_from(["", "", "- ", "-   ", "- - "]),
    st.one_of(KEYS.map("{}:".format), KEYS.map("{}:".format), st.just(""), st.just("甲")),
    VALUES,
)


@settings(max_examples=600)
@given(st.lists(LINES, min_size=1, max_size=8).map("\n".join))
def test_no_shape_of_lines_is_read_differently(source):
    assert_same_if_read(source)


@settings(max_examples=300)
@given(st.sampled_from(FRONTS), st.data())
def test_no_slip_of_an_editor_is_read_differently(source, data):
    # the fields near the slip are enough, and YAML is slow
    lines = source.split("\n")
    start = data.draw(st.integers(0, max(len(lines) - 8, 0)))
    part = "\n".join(lines[start : start + 8])
    at = data.draw(st.integers(0, len(part)))
    piece = data.draw(st.sampled_from([*PIECES, ""]))
    assert_same_if_read(part[:at] + piece + part[at + data.draw(st.integers(0, 3)) :])


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_value_of_any_characters_is_read_exactly_or_not_at_all(value):
    assume("\n" not in value)
    for quoted in (value, f'"{value}"', f"'{value}'", f"[{value}]"):
        assert_same_if_read(f"a: {quoted}\nb: 乙")
        assert_same_if_read(f"a:\n  - {quoted}\nb: 乙")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line",
    [
        " " * 500_000,
        "a: b" + " " * 500_000 + "c: ",
        "a: " + "[" * 500_000,
        "a: [" + "甲, " * 200_000,
        "a: [" + "甲 " * 200_000,
        "a: '" + "''" * 250_000,
        "- " * 250_000,
        "a: x" + ":#" * 250_000 + ": ",
        "a:\n" * 100_000,
        "\n".join(" " * n + "a:" for n in range(900)),
    ],
)
def test_a_bomb_is_left_to_yaml_at_once(line):
    assert read_plain(line, 1) is None
