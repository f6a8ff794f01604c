"""The form of an article: nothing is lost between it and the text, and every problem finds its field."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import article_text
from hypothesis import given
from hypothesis import strategies as st

from kb.articles import parse_article
from kb.editing.form_fields import fields_of, in_words, locate, parts_of
from kb.editing.form_input import read_input
from kb.editing.forms import Form, Places, to_form, to_text
from kb.editing.scalars import scalar
from kb.library import article_files
from kb.registry import Registry, load_registry
from kb.templates import make_template
from kb.types import TYPES, Problem

ROOT = Path(__file__).resolve().parents[2] / "articles"
FILES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in article_files(ROOT)}

# what people type and paste, line breaks excepted
typed = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30).map(str.strip)
lines = typed.filter(bool)
awkward = st.sampled_from(
    [
        "是: 的",
        "#1",
        "- 一",
        "“a”",
        "'a'",
        '"',
        "\\",
        "{{fact:a.b}}",
        "[x]",
        "0123",
        "no",
        "~",
        "1: 2",
        "a #b",
        "---",
        "&",
        "@",
    ]
)
one_line = st.one_of(lines, awkward)
several_lines = st.one_of(one_line, st.lists(one_line, min_size=2, max_size=3).map("\n".join))


def value_of(field):
    if field.kind == "rows":
        return st.lists(row_of(field.fields), min_size=1, max_size=3).map(tuple)
    if field.kind == "group":
        return row_of(field.fields).filter(bool)
    if field.kind == "lines":
        return st.lists(one_line, min_size=1, max_size=4).map(tuple)
    return several_lines if field.kind == "text" else one_line


def row_of(fields):
    return st.fixed_dictionaries({}, optional={field.name: value_of(field) for field in fields})


@st.composite
def forms(draw):
    kind = draw(st.sampled_from(sorted(TYPES)))
    values = draw(row_of([f for f in fields_of(kind) if f.name != "type"]))
    return Form(kind, {**values, "type": kind}, draw(st.one_of(st.just(""), several_lines)))


def inputs(form):
    """The form as a browser sends it."""
    found = {"body": form.body}

    def put(fields, row, above):
        for field in fields:
            value = row.get(field.name, "")
            name = f"{above}{field.name}"
            if field.kind == "group":
                put(field.fields, value or {}, f"{name}.")
            elif field.kind == "rows":
                for number, each in enumerate(value or ()):
                    # every cell is sent, empty ones too
                    found[f"{name}.{number}.{field.fields[0].name}"] = ""
                    put(field.fields, each, f"{name}.{number}.")
            else:
                found[name] = value if isinstance(value, str) else "\n".join(value)

    put(fields_of(form.type), form.values, "")
    return found


@pytest.mark.parametrize("name", FILES)
def test_an_article_of_the_repository_survives_its_form(name):  # row 65
    text, registry = FILES[name], load_registry(ROOT)[0]
    form = to_form(text, name)
    assert isinstance(form, Form), form
    assert to_text(form, text) == text
    written = to_text(form)
    articles = [parse_article(t.encode(), name, registry).article for t in (text, written)]
    assert replace(articles[0], digest="") == replace(articles[1], digest="")
    assert read_input(form.type, inputs(form)) == form


@given(forms())
def test_what_is_filled_in_is_read_back(form):
    text = to_text(form)
    read = to_form(text)
    assert isinstance(read, Form), (read, text)
    assert read == replace(form, body=form.body.strip("\n"))
    assert to_text(read, text) == text


@given(forms(), forms())
def test_any_form_can_follow_any_text(before, after):
    text = to_text(after, to_text(before))
    assert to_form(text) == replace(after, body=after.body.strip("\n"))


@given(several_lines)
def test_a_scalar_means_what_it_says(text):
    form = to_form(f"---\ntype: process\nanswer: {scalar(text)}\n---\n")
    assert form.get("answer") == text.strip()


def test_untouched_fields_keep_their_lines_and_comments():  # row 65
    text = (
        "---\n# kept\nid: a  # the name\ntype: process\ntitle:   '旧'\n# about questions\n"
        "questions: [ 一, 二 ]\n\n---\n\n正文\n\n"
    )
    form = to_form(text)
    changed = to_text(replace(form, values={**form.values, "title": "新"}), text)
    assert changed == text.replace("title:   '旧'", "title: 新")


def test_a_new_field_stands_where_it_belongs():
    text = article_text("a")
    form = to_form(text)
    changed = to_text(replace(form, values={**form.values, "change_note": "改了"}), text)
    assert changed == text.replace("owner:", "change_note: 改了\nowner:")


def test_an_emptied_field_is_gone():
    text = article_text("a", change_note="改了")
    form = to_form(text)
    values = {name: value for name, value in form.values.items() if name != "change_note"}
    assert to_text(replace(form, values=values), text) == text.replace("change_note: 改了\n", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no front matter", "文件要以一行 --- 开头"),
        ("---\ntitle: x\n---\n", "缺少 type"),
        ("---\ntype: news\n---\n", "type 写的是“news”"),
        ("---\ntype: process\ntitel: x\n---\n", "没有“titel”这个字段"),
        ("---\ntype: process\ntitle: a: b\n---\n", "这一行的值里有“: ”"),
        ("---\ntype: process\ntitle: [a, b]\n---\n", "对不上"),
        ("---\ntype: process\nquestions: abc\n---\n", "要写成列表"),
        ("---\ntype: process\nsteps:\n  - abc\n---\n", "每一条要写成"),
        ("---\ntype: process\nquestions:\n  - a: b\n---\n", "双引号"),
    ],
)
def test_what_a_form_cannot_hold_is_said(text, said):  # row 41
    problems = to_form(text)
    assert isinstance(problems, tuple)
    assert said in problems[0].message
    assert problems[0].line >= 1


@pytest.mark.parametrize("kind", TYPES)
def test_a_template_is_a_form(kind):  # row 58
    form = to_form(make_template(kind, "new-one", "新的"))
    assert isinstance(form, Form)
    assert form.get("title") == "新的"
    assert form.type == kind


@pytest.mark.parametrize("kind", TYPES)
def test_every_field_has_a_place_on_the_page(kind):
    shown = [name for part in parts_of(kind) for name in part.fields]
    assert sorted([*shown, "type"]) == sorted(field.name for field in fields_of(kind))


def test_inputs_are_cleaned():
    form = read_input(
        "process",
        {
            "title": " 换\x00卡\r\n费 ",
            "questions": "一\r\n\r\n 二 \ud800",
            "steps.7.do": "后",
            "steps.2.do": "先",
            "steps.2.if_fails": "",
            "nonsense": "x",
            "body": "\n## 一\r\n二\n\n",
        },
    )
    assert form.values == {
        "type": "process",
        "title": "换卡 费",
        "questions": ("一", "二"),
        "steps": ({"do": "后"}, {"do": "先"}),
    }
    assert form.body == "## 一\n二"


PLACED = [
    ({"answer": None}, "answer"),
    ({"title": "太" * 41}, "title"),
    ({"questions": ["一"]}, "questions"),
    ({"questions": ["一", "一", "二", "三", "四", "五", "六"]}, "questions.1"),
    ({"channels": [{"channel": "网点柜台", "path": "p", "materials": "m", "duration": "d", "hours": "h"}]}, "channels.0.fee"),
    ({"channels": [{"channel": "火星", "path": "p", "materials": "m", "duration": "d", "fee": "f", "hours": "h"}]},
     "channels.0.channel"),
    ({"steps": [{"do": "一"}, {"if_fails": "二"}]}, "steps.1.do"),
    ({"branches": [{"ask": "一", "options": [{"when": "能"}]}]}, "branches.0.options.0.then"),
    ({"tones": {"short": "长" * 81}}, "tones.short"),
    ({"effective": "明天"}, "effective"),
    ({"body": "## 一\n\n{{fact:none}}"}, "body"),
    ({"sources": None}, "sources"),
    ({"by_phone": "no"}, "by_phone_why"),
]  # fmt: skip


@pytest.mark.parametrize(("overrides", "field"), PLACED)
def test_a_problem_belongs_to_its_field(overrides, field):  # row 41
    text = article_text("a", **overrides)
    places = Places(text)
    found = parse_article(text.encode(), "processes/a.md", Registry()).problems
    assert [places.of(problem) for problem in found] == [field], found


def test_a_problem_of_the_whole_file_has_no_field():
    assert Places("nothing").of(Problem("a", 1, 1, "缺少一切")) == ""
    assert Places(article_text("a")).of(Problem("a", 0, 0, "太大")) == ""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("questions.3", ("questions", "客户的说法第 4 条")),
        ("channels.0.path", ("channels.0.path", "办理渠道 1 · 路径")),
        ("branches.1.options.0.when", ("branches.1.options.0.when", "先问清 2 · 客户的回答 1 · 客户说")),
        ("tones.short", ("tones.short", "其他语气 · 简短")),
        ("channels", ("channels", "办理渠道")),
        ("body", ("body", "正文")),
        ("nothing", ("", "")),
    ],
)
def test_a_place_is_called_as_the_form_calls_it(path, found):
    assert locate("process", path) == found


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("缺少 answer，请补上。", "缺少“答案”，请补上。"),
        ("“换卡”已经写在 questions 里，测试问法要另外写。", "“换卡”已经写在“客户的说法”里，测试问法要另外写。"),
        (
            "by_phone 写的是“maybe”，只能是：yes、no、partly。",
            "“电话里能不能办”写的是“maybe”，只能是：yes、no、partly。",
        ),
        ("要写失效时间 expires，不晚于", "要写失效时间，不晚于"),
        ("没有名为 fee.date 的共用数字", "没有名为 fee.date 的共用数字"),
        ("长期反诈卡片写 standing: true。", "长期反诈卡片写 standing: true。"),
    ],
)
def test_a_message_calls_fields_as_the_form_does(message, said):  # row 41
    assert in_words("alert", message) == said
