"""Stories of an operator who brings another system's articles: nothing is written before everything is right."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from kb.articles import parse_article
from kb.body_rules import LONG_LINE
from kb.cli_articles import commands
from kb.errors import ImportFileError
from kb.importer import ARTICLE_COLUMNS, plan_import
from kb.lexicon import load_lexicon
from kb.library import load_library
from kb.plain import make_answer, one_line, safe_body
from kb.registry import Registry
from kb.sections import split_sections
from kb.starter import copy_starter_lexicon
from kb.tables import Row, Table, read_table
from kb.types import FOLDERS, TYPES, Article

LOST = {"id": "jn0001", "title": "卡丢了怎么办", "text": "请先挂失。再到网点补卡。", "category": "挂失"}
PIN = {"id": "es0000", "title": "忘了密码", "text": "请本人带身份证到网点重置。"}


def jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def sheet(path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def run(*args: object) -> Result:
    command = next(c for c in commands if c.name == "import")
    return CliRunner().invoke(command, [str(a) for a in args])


def refused(result: Result) -> str:
    """What the person reads when an import is refused: the list, and the last sentence."""
    assert result.exit_code == 1
    assert isinstance(result.exception, ImportFileError)
    return result.output + str(result.exception)


def files(folder: Path) -> list[str]:
    """The article files; the starter lexicon beside them is another story."""
    found = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(name for name in found if not name.startswith("_lexicon/"))


def article(text: str, **values: str) -> Article:
    """The article that a row with this text becomes."""
    row = Row(2, {**LOST, "text": text, **values})
    made, problems = plan_import(Table("表.csv", [row]), None, "process")
    assert not problems, problems
    parsed = parse_article(made[0].data, made[0].name, Registry())
    assert parsed.article, parsed.problems
    return parsed.article


# --- three kinds of files, one result


def test_json_lines_become_articles_that_editors_can_read(tmp_path):  # row 65
    done = run(jsonl(tmp_path / "docs.jsonl", LOST, PIN), "--to", tmp_path / "kb")
    assert done.exit_code == 0
    assert "写入 2 篇文章、0 条相似问" in done.output
    assert files(tmp_path / "kb") == ["processes/es0000.md", "processes/jn0001.md"]
    assert (tmp_path / "kb/processes/jn0001.md").read_text("utf-8") == (
        "---\nid: jn0001\ntype: process\ntitle: 卡丢了怎么办\nanswer: 请先挂失。再到网点补卡。\ncategory: 挂失\n"
        "status: imported\nversion: 1\neffective: 2000-01-01\n---\n请先挂失。再到网点补卡。\n"
    )
    assert load_library(tmp_path / "kb").problems == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_encodings_that_excel_writes(tmp_path, encoding):
    with (tmp_path / "docs.csv").open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["id", "title", "text", "category"], ["jn0001", "卡丢了", "先挂失，\n再补卡。", ""]])
    done = run(tmp_path / "docs.csv", "--to", tmp_path / "kb")
    assert done.exit_code == 0
    assert ("GB18030" in done.output) == (encoding == "gb18030")
    (made,) = load_library(tmp_path / "kb").articles
    assert (made.title, made.body, made.category) == ("卡丢了", "先挂失，\n再补卡。", "")


def test_excel_with_numbers_as_ids_and_empty_rows(tmp_path):
    rows = [
        ["ID", "Title", "Text", "Category"],
        [1001, "卡丢了", "先挂失。", None],
        [None] * 4,
        [1002, "改密", "去网点。", "密码"],
    ]
    done = run(sheet(tmp_path / "docs.xlsx", *rows), "--to", tmp_path / "kb")
    assert done.exit_code == 0, done.output
    assert files(tmp_path / "kb") == ["processes/1001.md", "processes/1002.md"]


@pytest.mark.parametrize("kind", list(TYPES))
def test_every_type_goes_to_its_folder_and_passes_the_checks(tmp_path, kind):
    assert run(jsonl(tmp_path / "d.jsonl", LOST), "--to", tmp_path / "kb", "--type", kind).exit_code == 0
    library = load_library(tmp_path / "kb")
    assert library.problems == ()
    assert [(a.path, a.status) for a in library.articles] == [(f"{FOLDERS[kind]}/jn0001.md", "imported")]


def test_phrasings_of_customers_are_stored_once_each(tmp_path):
    asked = [{"doc": "jn0001", "text": t} for t in ("卡丢了", "银行卡不见了", " 卡丢了 ")]
    done = run(
        jsonl(tmp_path / "d.jsonl", LOST, PIN),
        "--to",
        tmp_path / "kb",
        "--questions",
        jsonl(tmp_path / "q.jsonl", *asked),
    )
    assert "写入 2 篇文章、2 条相似问" in done.output
    assert {a.id: a.questions for a in load_library(tmp_path / "kb").articles} == {
        "jn0001": ("卡丢了", "银行卡不见了"),
        "es0000": (),
    }


# --- what is wrong is said with its row, all of it, and nothing is written


def test_all_problems_at_once_with_their_lines(tmp_path):  # row 41
    source = tmp_path / "d.jsonl"
    bad = [{**PIN, "id": "Bad ID"}, {**PIN, "title": None}, {**LOST, "text": " "}, {**PIN, "text": ["a"]}]
    jsonl(source, LOST, *bad, LOST)
    with source.open("a", encoding="utf-8") as file:
        file.write('{"id": "x1", "title": \n["id"]\n')
    asked = jsonl(
        tmp_path / "q.jsonl",
        {"doc": "jn0001", "text": "卡丢了"},
        {"doc": "no", "text": "?"},
        {"doc": "jn0001", "text": ""},
    )
    said = refused(run(source, "--to", tmp_path / "kb", "--questions", asked))
    for part in (
        f"{source}:2:1 错误：id 写的是“Bad ID”，只能用小写英文",
        f"{source}:3:1 错误：缺少 title。",
        f"{source}:4:1 错误：缺少 text。",
        f"{source}:5:1 错误：text 要写成文字。",
        f"{source}:6:1 错误：编号“jn0001”和第 1 行重复。",
        f"{source}:7:",
        f"{source}:8:1 错误：这一行要写成",
        f"{asked}:2:1 错误：doc 写的是“no”",
        f"{asked}:3:1 错误：缺少 text。",
        "有 9 处错误，一篇也没有写入",
    ):
        assert part in said, part
    assert not (tmp_path / "kb").exists()


def test_skip_bad_imports_the_rest_and_lists_what_was_left_out(tmp_path):  # row 71
    source = jsonl(tmp_path / "d.jsonl", {**PIN, "id": "中文"}, LOST)
    asked = jsonl(tmp_path / "q.jsonl", {"doc": "中文", "text": "忘了密码"}, {"doc": "jn0001", "text": "卡丢了"})
    done = run(source, "--to", tmp_path / "kb", "--questions", asked, "--skip-bad")
    assert done.exit_code == 0
    assert f"{source}:1:1 错误" in done.output
    assert "写入 1 篇文章、1 条相似问" in done.output
    assert "有 1 处错误的行没有导入" in done.output
    assert files(tmp_path / "kb") == ["processes/jn0001.md"]


def test_skip_bad_with_nothing_good_is_no_success(tmp_path):
    source = jsonl(tmp_path / "d.jsonl", {**PIN, "id": "中文"})
    assert "没有可以导入的文章" in refused(run(source, "--to", tmp_path / "kb", "--skip-bad"))


def test_a_shared_number_of_ours_is_unknown_in_their_text(tmp_path):
    source = jsonl(tmp_path / "d.jsonl", {**LOST, "text": "收 {{fact:fee.card}}。"})
    assert f"{source}:1:1 错误：没有名为 fee.card 的共用数字" in refused(run(source, "--to", tmp_path / "kb"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "d.jsonl",
            b'{"id": "a", "title": "b", "content": "c"}',
            "缺少列 text；文件里有的列：id、title、content",
        ),
        ("d.jsonl", b'{"id": "a"}\n' + "标题".encode("gbk"), "d.jsonl:2:1 错误：这里有不是 UTF-8 的字节"),
        ("d.jsonl", b"\n\n", "文件里没有数据"),
        ("d.csv", b"id,title,text\n", "文件里没有数据"),
        ("d.csv", "编号,标题\n1,甲\n".encode(), "缺少列 id、title、text"),
        ("d.csv", b"id,title,text,text\n1,2,3,4\n", "列 text 出现了两次"),
        ("d.csv", "id,title,text\na,b,第一,第二\n".encode(), "d.csv:2:1 错误：这一行比表头多出几格"),
        ("d.csv", 'id,title,text\na,b,c\nd,e,"没有\n完\n'.encode(), "d.csv:3:1 错误：从这一行起读不下去"),
        ("d.csv", "id,title,text\na,b,卡丢了怎么办\n".encode() + b"\xe5\x8d,x,y\n", "d.csv:3:1 错误：这里有不是 UTF-8"),
        ("d.xlsx", b"not a workbook", "不是完整的 Excel 文件"),
        ("d.xls", b"", "只认 .jsonl、.csv、.xlsx"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, content, message):  # row 41
    (tmp_path / name).write_bytes(content)
    assert message in refused(run(tmp_path / name, "--to", tmp_path / "kb"))
    assert not (tmp_path / "kb").exists()


def test_a_file_that_is_not_there(tmp_path):
    assert "读不出来" in refused(run(tmp_path / "no.csv", "--to", tmp_path / "kb"))


def test_columns_that_nobody_reads_are_mentioned(tmp_path):
    done = run(jsonl(tmp_path / "d.jsonl", {**LOST, "catgory": "挂失"}), "--to", tmp_path / "kb")
    assert done.exit_code == 0
    assert "提醒：这些列没有用到：catgory" in done.output


def test_excel_may_have_cut_a_text_and_other_sheets_are_not_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["id", "title", "text"])
    book.active.append(["a", "b", "字" * 32_767])
    book.create_sheet("第二张")
    book.save(tmp_path / "d.xlsx")
    said = "\n".join(map(str, read_table(tmp_path / "d.xlsx", ARTICLE_COLUMNS).problems))
    assert "d.xlsx:2:1 提醒：有一格正好写满" in said
    assert "只读了第一张" in said


# --- what is there already


def written(path):
    """Which file it is and when it was written; when it was read does not count."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def test_importing_twice_changes_nothing(tmp_path):
    source = jsonl(tmp_path / "d.jsonl", LOST)
    run(source, "--to", tmp_path / "kb")
    before = written(tmp_path / "kb/processes/jn0001.md")
    done = run(source, "--to", tmp_path / "kb")
    assert "写入 0 篇文章" in done.output
    assert "另有 1 篇已在那里" in done.output
    assert written(tmp_path / "kb/processes/jn0001.md") == before


def test_other_content_is_overwritten_only_when_asked(tmp_path):
    run(jsonl(tmp_path / "d.jsonl", LOST, PIN), "--to", tmp_path / "kb")
    source = jsonl(tmp_path / "d.jsonl", {**LOST, "text": "新的。"}, {**PIN, "text": "新的。"})
    said = refused(run(source, "--to", tmp_path / "kb"))
    assert "已有 2 篇同名而内容不同的文章" in said
    assert refused(run(source, "--to", tmp_path / "kb", "--skip-bad"))
    assert "新的" not in (tmp_path / "kb/processes/jn0001.md").read_text("utf-8")
    assert "写入 2 篇文章" in run(source, "--to", tmp_path / "kb", "--overwrite").output
    assert "新的" in (tmp_path / "kb/processes/jn0001.md").read_text("utf-8")


def test_an_id_that_another_type_has_is_refused(tmp_path):
    run(jsonl(tmp_path / "d.jsonl", LOST), "--to", tmp_path / "kb", "--type", "product")
    said = refused(run(jsonl(tmp_path / "d.jsonl", LOST), "--to", tmp_path / "kb", "--overwrite"))
    assert "d.jsonl:1:1 错误：编号“jn0001”已经是 products/jn0001.md" in said


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "kb").write_text("a file")
    assert f"写不进 {tmp_path / 'kb'}" in refused(run(jsonl(tmp_path / "d.jsonl", LOST), "--to", tmp_path / "kb"))


def test_no_trace_is_left_beside_the_articles(tmp_path):
    run(jsonl(tmp_path / "d.jsonl", LOST), "--to", tmp_path / "kb")
    assert sorted(p.name for p in (tmp_path / "kb").iterdir()) == ["_lexicon", "processes"]


# --- the body


def test_a_rule_does_not_end_the_front_matter():
    made = article("---\n第一段\n---\n第二段\n--- \n", title="---")
    assert made.body == "***\n第一段\n***\n第二段\n***"
    assert made.title == "---"


def test_headings_and_clauses_stay_findable():
    made = article("总则\r\n\r\n　　第一条 为了保护客户。\r\n第七条之一　另行规定。\r\n## 附则\r\n自公布之日起施行。")
    assert [s.anchor for s in split_sections(made.body)] == ["", "第一条", "第七条之一", "附则"]


def test_control_characters_and_half_characters_vanish():
    assert (
        article("卡\x00丢\x1b了\ud800，\u202e挂失\ufeff。\x0b下一行", title="卡\n丢\x07了").body
        == "卡丢了，挂失。\n下一行"
    )
    assert one_line(" 卡\u2028丢\t了 ") == "卡 丢 了"


def test_a_very_long_line_is_split_where_a_sentence_ends():
    sentence = "为了保护客户的合法权益，制定本办法。"
    body = safe_body(sentence * 3000)
    assert max(map(len, body.split("\n"))) <= LONG_LINE
    assert all(line.endswith("。") for line in body.split("\n") if line)
    assert body.replace("\n", "") == sentence * 3000
    assert safe_body("无" * (LONG_LINE + 1)) == "无" * LONG_LINE + "\n\n无"


def test_blanks_of_forms_and_deep_indents_pass_the_checks():
    made = article(f"姓名{'_' * 60}\n{' ' * 60}居中的标题\n" + "\n" * 40 + f"{chr(9) * 12}深")
    assert "居中的标题" in made.body
    assert len(made.body) < 120


def test_a_law_of_80000_characters():
    text = "\n\n".join(f"第{n}条 " + "金融机构应当保护消费者的合法权益。" * 5 for n in range(1, 900))
    assert len(text) > 75_000
    assert article(text).body == text


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=60), st.lists(st.text(max_size=40), max_size=4))
def test_any_text_becomes_a_valid_article_or_a_problem_of_its_row(text, title, category, asked):
    table = Table("d", [Row(7, {"id": "a", "title": title, "text": text, "category": category})])
    questions = Table("q", [Row(1, {"doc": "a", "text": t}) for t in asked])
    made, problems = plan_import(table, questions, "process")
    assert made or any(p.line == 7 for p in problems)
    for new in made:
        parsed = parse_article(new.data, new.name, Registry()).article
        assert parsed is not None
        assert parsed.title == one_line(title)
        assert len(parsed.answer) <= 80


# --- the answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("请先挂失。", "请先挂失。"),
        ("请先挂失", "请先挂失。"),
        ("先挂失。" + "再" * 77 + "。后面", "先挂失。"),
        ("短" * 40 + "，" + "中" * 30 + "；" + "长" * 30 + "。", "短" * 40 + "，" + "中" * 30 + "。"),
        ("没有标点" * 30, ("没有标点" * 30)[:79] + "。"),
        ("字" * 75 + "1000000元", "字" * 75 + "。"),
        ("## 怎么挂失\n\n**马上**拨打[客服](hotline)。\n", "马上拨打客服。"),
        ("步骤如下：\n1. 打开手机银行\n2. 点`挂失`", "步骤如下：打开手机银行。点挂失。"),
        ("服务时间7*24小时，7~15天到账，*务必*记下 my_id。", "服务时间7*24小时，7~15天到账，务必记下 my_id。"),
        ("| 项目 | 费用 |\n|---|---|\n| 挂失 | 10元 |", "项目，费用。挂失，10元。"),
        ("> 他说：“好！”可以吗?可以", "他说：“好！”可以吗?可以。"),
        ("## 只有标题", "只有标题。"),
        ("***\n---\n", ""),
    ],
)
def test_the_answer_can_be_read_aloud(text, answer):  # row 19
    assert make_answer(text) == answer
    assert len(answer) <= 80


def test_a_masked_card_number_is_no_emphasis():
    assert make_answer("卡号6222****1234和6217****5678。") == "卡号6222****1234和6217****5678。"


def test_a_thousand_rows_take_seconds(tmp_path):
    rows = [
        {"id": f"jn{n:04}", "title": f"第{n}件事怎么办", "text": f"请带身份证到网点办理第{n}件事。" * 15}
        for n in range(930)
    ]
    asked = [{"doc": r["id"], "text": f"{r['title']}{n}"} for r in rows for n in range(4)]
    start = time.process_time()
    done = run(
        jsonl(tmp_path / "d.jsonl", *rows), "--to", tmp_path / "kb", "--questions", jsonl(tmp_path / "q.jsonl", *asked)
    )
    assert "写入 930 篇文章、3720 条相似问" in done.output
    assert time.process_time() - start < 6


def test_a_starter_lexicon_is_put_beside_the_articles_once(tmp_path):
    assert copy_starter_lexicon(tmp_path)
    synonyms = tmp_path / "_lexicon/synonyms.txt"
    assert load_lexicon(tmp_path)[0].concepts
    synonyms.write_text("甲词 = 乙词\n", encoding="utf-8")
    assert not copy_starter_lexicon(tmp_path)
    assert synonyms.read_text("utf-8") == "甲词 = 乙词\n"
