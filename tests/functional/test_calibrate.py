"""`python -m benchmarks.calibrate` on a few articles: the table falls and rises as it must, and bad input is named."""

import json

import pytest
from builders import write_article

from benchmarks import calibrate
from kb.confidence import CONFIDENT

TITLES = {
    "lost": "银行卡挂失", "fee": "跨行转账手续费", "pin": "取款密码重置", "loan": "房贷提前还款", "points": "信用卡积分清零",
    "gold": "投资金条回购", "bond": "储蓄国债兑付", "coin": "纪念币预约",
}  # fmt: skip


@pytest.fixture
def library(tmp_path):
    """A folder of articles whose test queries say what their titles say."""
    folder = tmp_path / "articles"
    for id, title in TITLES.items():
        phrasings = [title + end for end in ("怎么办", "多久", "在哪", "找谁", "步骤", "流程")]
        queries = [start + title for start in ("请问", "我想", "咨询", "怎样")]
        write_article(folder, id, title=title, questions=phrasings, test_queries=queries)
    return folder


def test_a_higher_threshold_holds_more_back(library, tmp_path, capsys):  # row 83
    calibrate.main(["--source", str(library), "--json", str(tmp_path / "figures.json")])
    rows = json.loads((tmp_path / "figures.json").read_text("utf-8"))["rows"]
    for column in ("held_back", "right_held_back", "offtopic_held_back", "keywords_held_back"):
        values = [row[column] for row in rows]
        assert values == sorted(values), column
        assert all(0 <= value <= 1 for value in values)
    assert rows[-1]["offtopic_held_back"] > rows[-1]["right_held_back"]
    assert [row["threshold"] for row in rows if row["flicker"] is not None] == [CONFIDENT]
    assert "WEIGHTS = {" in capsys.readouterr().out


def test_another_librarys_questions_are_judged_by_the_table_as_it_is(library, tmp_path, capsys):  # row 83
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("问题\t文章编号\n银行卡怎么挂失\tlost\n国债什么时候兑付\tbond\n", "utf-8")
    calibrate.main(["--source", str(library), "--pairs", str(pairs)])
    shown = capsys.readouterr().out
    assert "2 questions" in shown
    assert "WEIGHTS" not in shown


def test_without_questions_nothing_is_measured(library, tmp_path, capsys):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("问题\t文章编号\n银行卡怎么挂失\tnobody\n", "utf-8")
    with pytest.raises(SystemExit):
        calibrate.main(["--source", str(library), "--pairs", str(pairs)])
    assert "no questions to ask" in capsys.readouterr().err
