"""Files of questions and answers, the figures made of them, and the limits of the nightly job."""

import json
from datetime import datetime

import openpyxl
import pytest
from builders import made_article

from kb.clock import SHANGHAI
from kb.editing.asking import Question
from kb.editing.effect import Change, Effect
from kb.evaluating.evaluation import Case, Evaluation, figures, golden
from kb.evaluating.gate import Gate
from kb.evaluating.pairs import read_pairs

AT = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
CARD = made_article("card-loss", audience={"roles": ["班长"]})
RULES = made_article(
    "cash-rules",
    type="regulation",
    body="第一条 客户凭身份证存取。\n\n第二条 超过5万元的核对身份。",
    audience={"queues": ["投诉"]},
)
IN_FORCE = {"card-loss": CARD, "cash-rules": RULES}
IDS = {*IN_FORCE, "gone"}
HEAD = "问题,文章编号,条款\n"


def read(path):
    return read_pairs(path, IN_FORCE, IDS)


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return read(path)


def said(pairs):
    return [(p.line, p.level, p.message) for p in pairs.problems]


# ── files of pairs ──


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_from_excel_is_read_in_the_encodings_that_excel_writes(tmp_path, encoding):
    pairs = written(
        tmp_path / "p.csv", HEAD + "卡丢了怎么办,card-loss,\n取现要核对身份吗,cash-rules,第二条\n", encoding
    )
    assert [(q.text, q.expected, q.section) for q in pairs.questions] == [
        ("卡丢了怎么办", ("card-loss",), ""),
        ("取现要核对身份吗", ("cash-rules",), "第二条"),
    ]
    assert [level for _, level, _ in said(pairs)] == (["warning"] if encoding == "gb18030" else [])


@pytest.mark.parametrize("between", ["；", ";", "|", "； ", "\n"])
def test_any_of_several_articles_counts_and_somebody_asks_whom_all_admit(tmp_path, between):
    pairs = written(
        tmp_path / "p.jsonl", json.dumps({"question": "取钱", "article": between.join(("cash-rules", "card-loss"))})
    )
    (question,) = pairs.questions
    assert question.expected == ("cash-rules", "card-loss")
    assert (question.viewer.roles, question.viewer.queues) == ({"班长"}, {"投诉"})
    assert pairs.problems == []


def test_tabs_and_a_real_workbook_say_the_same(tmp_path):
    rows = [["Question", "Article", "Section"], ["卡丢了", "card-loss", None], ["取现", "cash-rules", "第一条"]]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "p.xlsx")
    tabs = "\n".join("\t".join(cell or "" for cell in row) for row in rows)
    assert read(tmp_path / "p.xlsx").questions == written(tmp_path / "p.tsv", tabs).questions
    assert len(read(tmp_path / "p.xlsx").questions) == 2


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("卡丢了,no-such,", "没有编号为 no-such 的文章"),
        ("卡丢了,card-loss；no-such；nor-this,", "没有编号为 no-such、nor-this 的文章"),
        (",card-loss,", "缺少 问题"),
        ("卡丢了,；,", "缺少 文章编号"),
        (f"{'丢' * 201},card-loss,", "问题有 201 个字，最多 200 个字"),
        ("取现,cash-rules,第九条", "没有“第九条”这一条款或小节"),
        ("卡,丢了,card-loss,第一条", "比表头多出几格"),
    ],
)
def test_a_row_that_cannot_be_asked_is_named_with_its_line_and_the_others_are_asked(tmp_path, row, why):
    pairs = written(tmp_path / "p.csv", f"{HEAD}卡丢了怎么办,card-loss,\n{row}\n取现,cash-rules,\n")
    assert [q.text for q in pairs.questions] == ["卡丢了怎么办", "取现"]
    ((line, level, message),) = said(pairs)
    assert (line, level) == (3, "error")
    assert why in message


def test_what_nobody_did_wrong_is_only_mentioned(tmp_path):
    pairs = written(
        tmp_path / "p.csv", HEAD + "卡丢了,card-loss,\n卡丢了,card-loss,\n活动,gone,\n活动,gone|card-loss,\n"
    )
    assert [(line, level) for line, level, _ in said(pairs)] == [(3, "warning"), (4, "warning")]
    assert "和第 2 行一样" in said(pairs)[0][2]
    assert "不在生效期" in said(pairs)[1][2]
    assert [q.expected for q in pairs.questions] == [("card-loss",), ("card-loss",)]


def test_a_table_without_its_columns_says_which_are_missing(tmp_path):
    pairs = written(tmp_path / "p.csv", "问法,编号\n卡丢了,card-loss\n")
    assert pairs.questions == []
    assert "缺少列 问题、文章编号" in said(pairs)[0][2]


# ── figures ──


def case(rank, kind="golden", **values):
    question = Question(f"问 {rank}", "card-loss", kind)
    return Case(**{"question": question, "rank": rank, "empty": False, "unsure": False, "section": None, **values})


def test_figures_count_the_first_places():
    made = figures([case(1), case(2, unsure=True, section=True), case(4, section=False), case(None, empty=True)])
    assert (made.asked, made.hit1, made.hit3, made.hit5) == (4, 0.25, 0.5, 0.75)
    assert made.mrr10 == pytest.approx((1 + 1 / 2 + 1 / 4) / 4)
    assert (made.zero, made.unsure, made.with_section, made.section) == (0.25, 0.25, 2, 0.5)
    assert figures([]).hit1 == 0


def test_what_must_not_be_found_is_no_part_of_the_figures():
    cases = (case(1), case(None), case(10), case(3, "not"), case(4, "not"), case(None, "not"))
    evaluation = Evaluation("gen", AT, cases)
    assert evaluation.figures.asked == 3
    assert [c.rank for c in evaluation.failures] == [None, 10]
    assert [c.rank for c in evaluation.violated] == [3]


def test_categories_come_with_the_worst_first():
    other = Case(Question("问", "cash-rules", "pair"), 3, False, False, None)
    rows = Evaluation("gen", AT, (case(1), other)).by_category({"card-loss": "银行卡", "cash-rules": "现金"})
    assert [(name, f.asked, f.hit1) for name, f in rows] == [("现金", 1, 0.0), ("银行卡", 1, 1.0)]


def test_golden_questions_are_asked_by_those_whom_the_article_is_for():
    article = made_article("secret", audience={"roles": ["班长"]}, not_queries=["卡丢了"])
    questions = golden([article])
    assert [q.kind for q in questions] == ["golden"] * len(article.test_queries) + ["not"]
    assert all(q.viewer.roles == {"班长"} for q in questions)


# ── limits ──


def test_every_limit_that_is_not_kept_is_a_sentence():
    evaluation = Evaluation("gen", AT, (case(1), case(4), case(None, empty=True), case(1, "not")))
    lost = Change("问", "golden", "card-loss", "挂失", 1, 4, (), ())
    effect = Effect(asked=4, lost=(lost, lost))
    gate = Gate(min_hit1=0.95, min_hit3=0.5, min_mrr=0.9, max_zero=0.1, max_violated=0, max_lost=1)
    assert gate.refusals(evaluation, effect) == [
        "第 1 条就答对的占 33.33%，低于要求的 95.00%。",
        "前 3 条里有的占 33.33%，低于要求的 50.00%。",
        "MRR@10 是 0.4167，低于要求的 0.9。",
        "什么也没搜到的占 33.33%，高于允许的 10.00%。",
        "不该找到却找到的有 1 题，多于允许的 0 题。",
        "比另一代索引答得差的有 2 题，多于允许的 1 题。",
    ]


def test_a_limit_that_is_just_kept_is_kept():
    evaluation = Evaluation("gen", AT, (case(1), case(2)))
    gate = Gate(min_hit1=0.5, min_hit3=1.0, min_mrr=0.75, max_zero=0.0, max_violated=0, max_lost=0)
    assert gate.refusals(evaluation, Effect(asked=2)) == []
    assert Gate().open
    assert not gate.open
