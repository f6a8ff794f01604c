"""Files as editors, old systems and mischief-makers save them: exact, or refused with the place and a Chinese sentence."""

import codecs
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.articles import parse_article
from kb.frontmatter import MAX_BYTES, Document, decode, split
from kb.registry import Registry
from kb.types import Problem

CHINESE = re.compile(r"[\u4e00-\u9fff]{4}.*[。]$", re.DOTALL)
BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def place(text, words):
    """Line and column, from 1, where words stand that occur once in a text."""
    assert text.count(words) == 1, words
    before = text[: text.index(words)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_the_page_itself_is_right(check, page):  # row 41
    assert check(page) == []


# -- encodings


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: ("\n\n" + text).encode(),
        lambda text: text.replace("---\n", "---  \n").encode(),
    ],
    ids=[
        "utf-8",
        "utf-8-bom",
        "utf-16-le-bom",
        "utf-16-be-bom",
        "windows",
        "old-mac",
        "blank-lines",
        "spaces-after-fence",
    ],
)
def test_these_ways_of_saving_are_read_exactly(registry, page, encode):  # row 41
    parsed = parse_article(encode(page), "processes/replace-card.md", registry)
    assert parsed.problems == ()
    assert (parsed.article.title, parsed.article.author) == ("银行卡补卡换卡", "甲某")
    assert parsed.article.body == page.split("---\n")[2].strip("\n")


@pytest.mark.parametrize(
    ("encode", "words"),
    [
        (lambda text: text.encode("gb18030"), "GBK/GB18030"),
        (lambda text: text.replace("›", "-").encode("gbk"), "GBK/GB18030"),
        (lambda text: text.encode("utf-16-le"), "没有 BOM 的 UTF-16"),
        (lambda text: text.encode("utf-16-be"), "没有 BOM 的 UTF-16"),
        (lambda text: ("全是汉字" * 900 + text).encode("utf-16-le"), "没有 BOM 的 UTF-16"),
        (lambda text: text.encode("utf-32"), "UTF-8"),
        (lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le")[:-1], "UTF-16-LE"),
        (lambda text: codecs.BOM_UTF16_BE + b"\xd8\x00\x00\x41", "UTF-16-BE"),
        (lambda text: codecs.BOM_UTF8 + text.encode("gbk", "replace"), "UTF-8"),
        (lambda text: text.encode() + b"\xff\xff\xff", "不是 UTF-8 的字节"),
        (lambda text: text.encode()[:-20] + b"\xe4\xb8", "UTF-8"),
        (lambda text: (text + "\0").encode(), "空字符"),
        (lambda text: text.replace("title", "ti\0tle").encode(), "空字符"),
        (lambda text: codecs.BOM_UTF8 + (text + "\0").encode(), "空字符"),
        (lambda text: (text + "\0").encode("utf-16"), "空字符"),
        (lambda text: b"\x00" * 5000, "空字符"),
        (lambda text: text.encode() + b"x" * MAX_BYTES, "请拆成几篇"),
        (lambda text: codecs.BOM_UTF8 * 2 + text.encode(), "---"),
        (lambda text: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "UTF-8"),
        (lambda text: b"PK\x03\x04" + bytes(range(128, 256)), "UTF-8"),
    ],
)
def test_these_are_refused_with_a_reason(check, page, encode, words):  # row 41
    (problem,) = check(encode(page))
    assert words in problem.message
    assert CHINESE.search(problem.message)


def test_a_wrong_byte_is_named_with_its_line(check, page):  # row 41
    data = page.encode()
    at = data.index("当场就能换".encode())
    (problem,) = check(data[:at] + "当场".encode("gbk") + data[at + 6 :])
    assert problem.line == place(page, "当场就能换")[0]


def test_an_empty_character_is_named_with_its_line(check, page):  # row 41
    (problem,) = check(page.replace("带身份证原件", "带\0身份证"))
    assert problem.line == place(page, "带身份证原件")[0]


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_a_problem(data):  # row 41
    assert isinstance(decode(data, "x.md"), str | Problem)


@settings(max_examples=150)
@given(st.text(st.sampled_from("-:#&*!|>'\"%@`[]{},?\t \n\\ab甲：\x85\u2028\x01~0"), max_size=60))
def test_any_fields_are_a_document_or_a_problem(source):  # row 41
    result = split(f"---\n{source}\n---\n正文", "x.md")
    if not isinstance(result, Document):
        assert result
        assert all(p.line >= 1 and p.column >= 1 and re.search("[\u4e00-\u9fff]", p.message) for p in result)


# -- traps of YAML: (what is written, what it is spoilt to, whose place is blamed, words of the message)

TRAPS = {
    "tab before a list": ("  - 卡坏了怎么换", "\t- 卡坏了怎么换", "\t- 卡坏", "制表符"),
    "tab inside a mapping": ("    materials: 能刷脸", "\tmaterials: 能刷脸", "\tmaterials", "制表符"),
    "a field twice": ("version: 7", "version: 7\nversion: 8", "version: 8", "写了两次"),
    "a nested field twice": ("    fee: 免费", "    fee: 免费\n    fee: 收费", "fee: 收费", "写了两次"),
    "an anchor": ("version: 7", "version: &v 7", "&v", "&"),
    "an anchor on a mapping": ("  - document:", "  - &d\n    document:", "&d", "&"),
    "an alias": ("version: 7", "version: *v", "*v", "*"),
    "a tag": ("version: 7", "version: !!int 7", "!!int", "!"),
    "a tag that runs code": ("version: 7", "version: !!python/object/apply:os.system [ls]", "!!python", "!"),
    "a tag of one's own": ("version: 7", "version: !version 7", "!version", "!"),
    "a colon in the value": ("title: 银行卡补卡换卡", "title: 注意: 换新卡", ": 换新卡", "双引号"),
    "a colon in a phrasing": ("- 卡坏了怎么换", "- 客户: 卡坏了", "客户: ", "双引号"),
    "an unclosed double quote": ("title: 银行卡补卡换卡", 'title: "银行卡补卡换卡', '"银行', "引号"),
    "an unclosed single quote": ("title: 银行卡补卡换卡", "title: '银行卡补卡换卡", "'银行", "引号"),
    "words after a quote": ("title: 银行卡补卡换卡", 'title: "银行卡"补卡', "补卡\n", None),
    "a value that begins with @": ("title: 银行卡补卡换卡", "title: @银行", "@银行", "双引号"),
    "a value that begins with a backtick": ("title: 银行卡补卡换卡", "title: `银行", "`银行", "双引号"),
    "a value that begins with %": ("title: 银行卡补卡换卡", "title: %银行", "%银行", "双引号"),
    "an unclosed bracket": ("title: 银行卡补卡换卡", "title: [银行", None, None),
    "an unclosed brace": ("title: 银行卡补卡换卡", "title: {银行", None, None),
    "an unquoted fact": ("fee: 免费", "fee: {{fact:fee.card}}", None, None),
    "two dashes": ("title: 银行卡补卡换卡", "title: - 换新卡", "- 换新卡", None),
    "a question mark": ("title: 银行卡补卡换卡", "title: ? 银行", "? 银行", None),
    "a list as a field name": ("version: 7", "? [a, b]\n: 7", "[a, b]", "字段名"),
    "a mapping as a field name": ("version: 7", "? {a: b}\n: 7", "{a: b}", "字段名"),
    "a field without a colon": ("version: 7", "version", None, None),
    "a full-width colon": ("version: 7", "version： 7", None, None),
    "no space after the colon": ("version: 7", "version:7", None, None),
    "a field moved to the right": ("version: 7", "  version: 7", None, None),
    "a list item moved to the left": ("  - 换卡要多久", " - 换卡要多久", "- 换卡要多久", "对齐"),
    "a control character": ("title: 银行卡补卡换卡", "title: 银行\x01卡", None, "控制字符"),
    "a directive": ("version: 7", "%YAML 1.1\nversion: 7", None, None),
    "an end of document": ("version: 7", "...\nversion: 7", None, None),
    "a second document": ("version: 7", "--- 8\nversion: 7", None, None),
    "a merge key": ("version: 7", "version: 7\n<<: {version: 8}", "<<", "<<"),
    "nesting without end": ("version: 7", "version: " + "[" * 40 + "]" * 40, None, "嵌套太深"),
    "dashes without end": ("version: 7", "version:\n  " + "- " * 40 + "7", None, "嵌套太深"),
    "a bad escape": ("title: 银行卡补卡换卡", 'title: "C:\\银行"', None, None),
}


@pytest.mark.parametrize("story", TRAPS)
def test_a_trap_of_yaml_is_named_with_its_place(check, spoilt, story):  # row 41
    old, new, blamed, words = TRAPS[story]
    text = spoilt(old, new)
    problem = next(p for p in check(text) if (words or "") in p.message)
    assert CHINESE.search(problem.message), problem.message
    assert problem.level == "error"
    if blamed:
        line, column = place(text, blamed)
        assert problem.line == line
        assert problem.column == column or story.startswith(("tab", "a colon in the value"))
    else:
        first, last = place(text, new)[0], place(text, new)[0] + new.count("\n") + 6
        assert first <= problem.line <= last
        assert problem.column >= 1


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"])
def test_an_invisible_line_break_is_a_space_and_shifts_no_line(check, spoilt, separator):  # row 41
    assert check(spoilt("title: 银行卡补卡换卡", f"title: 银行卡{separator}换卡")) == []
    text = spoilt("title: 银行卡补卡换卡", f"title: 银行卡{separator}换卡").replace("version: 7", "version: x")
    assert [p.line for p in check(text)] == [place(text, "version: x")[0]]


def test_a_bomb_of_aliases_is_defused_at_its_first_anchor(check, page):  # row 41
    (problem,) = check(page.replace("version: 7\n", f"version: 7\n{BOMB}"))
    assert (problem.line, problem.column) == (place(page, "version: 7")[0] + 1, 4)


@pytest.mark.parametrize("nest", ["[" * 100_000, "{a: " * 50_000, "\n  " + "- " * 100_000, "[\n" * 50_000])
def test_nesting_without_end_comes_to_an_end(check, nest):  # row 41
    (problem,) = check(f"---\na: {nest}\n---\n")
    assert "嵌套太深" in problem.message
    assert 2 <= problem.line <= 20


def test_a_staircase_of_mappings_comes_to_an_end(check):  # row 41
    (problem,) = check("---\n" + "".join(" " * i + "a:\n" for i in range(1000)) + "---\n")
    assert "嵌套太深" in problem.message
    assert 2 <= problem.line <= 20


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "---"),
        ("\n\n\n", 1, "---"),
        ("没有字段的正文", 1, "---"),
        ("前面有字\n---\nid: a\n---\n", 1, "---"),
        ("--- \nid: a\n", 1, "缺少结束"),
        ("---\nid: a\n----\n正文", 1, "缺少结束"),
        ("---\nid: a\n ---\n正文", 1, "缺少结束"),
        ("———\nid: a\n———\n", 1, "---"),
        ("-- -\nid: a\n---\n", 1, "---"),
        ("---\n---\n正文", 2, "字段: 值"),
        ("---\n# 只有注释\n---\n", 2, "字段: 值"),
        ("---\n- 甲\n- 乙\n---\n", 2, "字段: 值"),
        ("---\n只有一句话\n---\n", 2, "字段: 值"),
        ("---\n[]\n---\n", 2, "字段: 值"),
        ("---\n\n\n---", 2, "字段: 值"),
    ],
)
def test_missing_fences_are_explained(check, text, line, words):  # row 41
    (problem,) = check(text)
    assert problem.line == line
    assert words in problem.message
    assert CHINESE.search(problem.message)


# -- what YAML would have changed silently


@pytest.mark.parametrize(
    "written",
    ["0123", "NO", "1.10", "yes", "~", "null", "1_000", "0x1F", "1e3", "12:30:45", "2026-01-01", "=", ".inf", "on"],
)
def test_a_value_stays_what_was_written(registry, spoilt, written):  # row 41
    text = spoilt("title: 银行卡补卡换卡", f"title: {written}")
    assert parse_article(text.encode(), "processes/replace-card.md", registry).article.title == written


def test_numbers_with_a_nought_in_front_are_not_octal(registry, spoilt):  # row 41
    parsed = parse_article(spoilt("version: 7", "version: 0123").encode(), "processes/replace-card.md", registry)
    assert parsed.article.version == 123


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"注意: 银行卡"', "注意: 银行卡"),
        ("'注意: 银行卡'", "注意: 银行卡"),
        ('"含 # 号"', "含 # 号"),
        ("含#号", "含#号"),
        ("银行卡 # 后面是注释", "银行卡"),
        ("|\n  两行\n  的值", "两行\n的值"),
        (">\n  折成\n  一行", "折成 一行"),
        ("全角：冒号", "全角：冒号"),
        ('"{{fact:fee.card}}"', "每张5元"),
        ("收{{fact:fee.card}}", "收每张5元"),
        ("  前后空格  ", "前后空格"),
        ('"\\u94f6行"', "银行"),
        ("😀", "😀"),
        ("银\ufeff行", "银\ufeff行"),
    ],
)
def test_quoting_and_blocks_are_read_as_written(registry, spoilt, written, value):  # row 41
    text = spoilt("title: 银行卡补卡换卡", f"title: {written}")
    parsed = parse_article(text.encode(), "processes/replace-card.md", registry)
    assert parsed.problems == ()
    assert parsed.article.title == value


def test_a_rule_in_the_body_is_not_a_fence(registry, page):  # row 65
    parsed = parse_article((page + "\n---\n\n末尾\n").encode(), "processes/replace-card.md", registry)
    assert parsed.problems == ()
    assert parsed.article.body.endswith("---\n\n末尾")


def test_the_body_knows_its_first_line(page):  # row 41
    document = split(page, "x.md")
    assert document.body_line == place(page, "## 要带什么")[0]
    assert split("\n" + page.replace("---\n## ", "---\n\n\n## "), "x.md").body_line == document.body_line + 3


def test_nodes_know_their_lines_in_the_file(page):  # row 41
    front = split("\n\n" + page, "x.md").front
    lines = {key.value: key.start_mark.line + 1 for key, _ in front.value}
    assert lines["version"] == place(page, "version: 7")[0] + 2


def test_nothing_is_ever_done_by_a_tag(check, tmp_path):  # row 41
    assert check(f"---\nid: !!python/object/apply:os.mkdir [{tmp_path}/made]\n---\n")
    assert list(tmp_path.iterdir()) == []


def test_a_registry_is_not_needed(page):  # row 65
    assert parse_article(page.encode(), "replace-card.md", Registry()).problems == ()
