"""`kb evaluate`: how well the search finds what it should, asked of real indexes."""

import csv
import json
from collections import namedtuple

import openpyxl
import pytest
from builders import write_article, write_lexicon

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher
from kb import cli
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.editing.asking import Asking, Question
from kb.errors import KBError
from kb.evaluating.evaluation import evaluate
from kb.evaluating.reasons import failure
from kb.visibility import ANYBODY, Viewer

Result = namedtuple("Result", "code out err")
LOSS = {
    "title": "银行卡挂失", "category": "挂失", "questions": ["卡丢了怎么办", "卡被偷了", "挂失要多少钱", "怎么锁卡", "找不到卡", "捡到卡"],
    "test_queries": ["银行卡丢了", "卡不见了要挂失", "把卡锁住", "偷了我的卡"],
}  # fmt: skip


@pytest.fixture
def kb(settings, monkeypatch, capsys):
    """Runs `kb evaluate …` in this process with the settings of this test, over an index with an article on lost cards."""
    monkeypatch.setenv("KB_ARTICLES", str(settings.articles))
    monkeypatch.setenv("KB_VAR", str(settings.var))
    write_article(settings.articles, "card-loss", **LOSS)
    building.build(settings, now())

    def run(*arguments):
        code = 0
        try:
            cli.cli.main(["evaluate", *map(str, arguments)], prog_name="kb", standalone_mode=True)
        except SystemExit as stop:
            code = stop.code or 0
        except KBError as error:  # `kb` prints it
            return Result(1, capsys.readouterr().out, str(error))
        return Result(code, *capsys.readouterr())

    cli.register_commands()
    return run


def rebuilt(settings):
    building.update(settings, now())
    return generations.current_name(settings.index)


def pairs(path, *rows, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([["问题", "文章编号", "条款"], *rows])
    return path


def values(result):
    return json.loads(result.out)


# ── what is asked ──


def test_without_a_file_the_golden_questions_of_all_articles_are_asked(kb):  # row 49
    result = kb()
    assert result.code == 0
    assert "问了 24 题" in result.out
    assert "第 1 条就是（hit@1）" in result.out
    assert values(kb("--format", "json"))["figures"]["asked"] == 24


def test_a_file_of_pairs_is_asked_instead_or_as_well(kb, tmp_path):
    file = pairs(
        tmp_path / "p.csv",
        ["卡丢了怎么办", "card-loss", ""],
        ["卡消磁了", "replace-card；card-loss", ""],
        encoding="gbk",
    )
    found = values(kb("--pairs", file, "--format", "json"))
    assert (found["figures"]["asked"], found["figures"]["hit1"], found["failures"]) == (2, 1.0, [])
    assert values(kb("--pairs", file, "--golden", "--format", "json"))["figures"]["asked"] == 26
    assert values(kb("--pairs", file, "--pairs", file, "--format", "json"))["figures"]["asked"] == 2


def test_a_workbook_with_clauses_says_how_often_the_clause_is_named(kb, tmp_path):  # row 25
    book = openpyxl.Workbook()
    for row in (
        ["问题", "文章编号", "条款"],
        ["单笔超过5万元核对身份吗", "cash-rules", "第二条"],
        ["卡丢了", "card-loss", None],
    ):
        book.active.append(row)
    book.save(tmp_path / "p.xlsx")
    figures = values(kb("--pairs", tmp_path / "p.xlsx", "--format", "json"))["figures"]
    assert (figures["asked"], figures["with_section"], figures["section"]) == (2, 1, 1.0)
    assert "共 1 题写明了条款" in kb("--pairs", tmp_path / "p.xlsx").out


def test_an_article_for_some_people_is_asked_for_by_them(kb, settings, tmp_path):  # row 63
    write_article(settings.articles, "secret", title="内部口径", audience={"roles": ["班长"]})
    rebuilt(settings)
    file = pairs(tmp_path / "p.csv", ["办理内部口径", "secret", ""])
    assert values(kb("--pairs", file, "--format", "json"))["figures"]["hit1"] == 1.0


def test_the_versions_of_a_day_are_asked(kb, settings, tmp_path):  # row 43
    write_article(settings.articles, "later", title="来年的新业务", effective="2099-01-01")
    rebuilt(settings)
    file = pairs(tmp_path / "p.csv", ["来年的新业务", "later", ""])
    early = kb("--pairs", file)
    assert early.code == 1
    assert "不在生效期" in early.err
    assert "没有能用的行" in early.err
    late = values(kb("--pairs", file, "--as-of", "2099-01-01", "--format", "json"))
    assert (late["figures"]["hit1"], late["at"]) == (1.0, "2099-01-01T00:00:00+08:00")


# ── what is wrong ──


def test_bad_rows_are_named_the_others_asked_and_the_exit_code_is_1(kb, tmp_path):
    rows = (["卡丢了", "card-loss"], ["卡丢了", "no-such"], ["", "card-loss"], ["丢" * 201, "card-loss"])
    file = pairs(tmp_path / "p.csv", *([*row, ""] for row in rows))
    result = kb("--pairs", file)
    assert result.code == 1
    assert "问了 1 题" in result.out
    for said in (
        "p.csv:3:1 错误：没有编号为 no-such 的文章",
        "p.csv:4:1 错误：缺少 问题",
        "p.csv:5:1 错误：问题有 201 个字",
        "有 3 处错误",
    ):
        assert said in result.err
    assert kb("--pairs", file, "--skip-bad").code == 0
    shown = values(kb("--pairs", file, "--format", "json"))
    assert [p["line"] for p in shown["problems"]] == [3, 4, 5]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("p.xlsx", b"no workbook", "不是完整的 Excel 文件"),
        ("p.docx", b"", "只认 .jsonl、.csv、.xlsx、.tsv 文件"),
        ("p.csv", b"", "没有数据"),
        ("p.csv", "问题,文章编号\n".encode(), "没有数据"),
        ("p.csv", "问法,编号\n卡丢了,card-loss\n".encode(), "缺少列 问题、文章编号"),
        ("p.jsonl", b"{\n", "不是完整的 JSON"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(kb, tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    result = kb("--pairs", tmp_path / name)
    assert result.code == 1
    assert said in result.err
    assert "Traceback" not in result.err


def test_a_missing_file_and_a_library_without_questions_are_said(kb, settings, tmp_path):
    assert "读不出来" in kb("--pairs", tmp_path / "nowhere.csv").err
    for path in settings.articles.rglob("*.md"):
        path.unlink()
    result = kb()
    assert result.code == 1
    assert "没有检验问法" in result.err


def test_options_that_do_not_go_together_are_refused(kb):
    assert (kb("--max-lost", "0").code, kb("--min-hit1", "95").code, kb("--as-of", "明天").code) == (2, 2, 2)
    assert "--compare" in kb("--max-lost", "0").err


def test_a_damaged_index_fails_instead_of_asking_another(kb, settings):  # row 74
    newest = rebuilt(settings)
    (settings.index / newest / "state.arrays").write_text("{}")
    result = kb()
    assert result.code == 1
    assert "已损坏" in result.err


# ── failures and their reasons ──


def failed(settings, at, question, article, viewer=ANYBODY):
    asking = Asking(CurrentSearcher(settings).searcher(), at)
    evaluation = evaluate(asking, [Question(question, article, "pair", viewer)])
    return failure(asking, evaluation.failures[0])


def test_a_failure_says_which_words_in_which_fields_made_the_other_win(kb, at, settings):
    found = failed(settings, at, "卡消磁了", "card-loss")
    assert (found.winner.id, found.expected.title) == ("replace-card", "银行卡挂失")
    assert "相似问里有“消磁”" in found.why
    assert "没匹配到“消磁”" in found.why


def test_a_word_that_counts_less_in_the_expected_article_is_said_with_its_place(kb, at, settings):
    write_article(settings.articles, "aside", title="网点服务介绍", body="## 别的\n网点也办挂失。")
    rebuilt(settings)
    found = failed(settings, at, "挂失", "aside")
    assert (found.winner.id, found.rank) == ("card-loss", 2)
    assert "标题" in found.why.partition("里有“挂失”")[0]
    assert "“挂失”在小节里，分量小" in found.why


def test_a_failure_is_listed_with_ranks_titles_and_reason(kb, tmp_path):
    result = kb("--pairs", pairs(tmp_path / "p.csv", ["卡消磁了", "card-loss", ""], ["叫号很慢", "cash-rules", ""]))
    assert "没有排在第 1 的 2 题：" in result.out
    assert "“叫号很慢” 应得《现金存取的规定》（cash-rules），不在前 10 位；第一条是《网点排队太久的投诉》" in result.out
    only = kb("--pairs", tmp_path / "p.csv", "--failures", "1")
    assert "没有排在第 1 的 2 题，列出 1 题：" in only.out
    assert "叫号很慢" in only.out
    assert "卡消磁了" not in only.out


def test_a_fraud_card_and_a_pin_are_given_as_the_reason(kb, at, settings):  # row 27
    assert "触发词“安全账户”" in failed(settings, at, "转到安全账户要换卡吗", "replace-card").why
    write_lexicon(settings.articles, pins=["换卡 => card-loss"])
    rebuilt(settings)
    found = failed(settings, at, "换卡", "replace-card")
    assert (found.winner.id, found.rank) == ("card-loss", 2)
    assert "编辑给这个问法置顶" in found.why


def test_ranks_are_those_that_an_agent_sees(kb, at, settings):  # row 27
    write_lexicon(settings.articles, pins=["换卡 => card-loss"])
    rebuilt(settings)
    source = CurrentSearcher(settings)
    asking, desk = Asking(source.searcher(), at), KnowledgeBase(source)
    for text in ("换卡", "警察叫我转账到安全账户换卡", "“卡消磁了”", "网银盾坏了", "xgsjh", "换手机“不存在的话”卡"):
        answer = desk.ask(text, ANYBODY, at, 10)
        seen = [card.id for card in (*answer.alerts, *answer.cards)]
        assert asking.ids(Question(text)) == (seen if asking.ranking(Question(text))[1].keys else []), text


def test_an_article_that_is_not_in_the_index_yet_is_said_so(kb, at, settings):
    found = failed(settings, at, "卡丢了怎么办", "brand-new")
    assert "索引里现在没有应得的这篇" in found.why
    assert failed(settings, at, "龘靐齉", "card-loss").winner is None
    assert "什么也没有搜到" in failed(settings, at, "龘靐齉", "card-loss").why


def test_what_must_not_be_found_is_counted_and_listed(kb, settings):  # row 49
    write_article(settings.articles, "card-loss", **LOSS, not_queries=["卡被偷了", "网银盾过期"])
    rebuilt(settings)
    result = kb("--max-violated", "0")
    assert result.code == 1
    assert "不该找到的 2 题里，有 1 题进了前 3 条。" in result.out
    assert "“卡被偷了” 不该是《银行卡挂失》（card-loss），第 1 位" in result.out
    assert "没有达到要求：不该找到却找到的有 1 题，多于允许的 0 题。" in result.err
    assert kb("--max-violated", "1").code == 0


def test_nothing_found_and_no_confidence_are_counted_apart(kb, tmp_path):
    rows = (
        ["龘靐齉", "card-loss", ""],
        ["卡丢了怎么办", "card-loss", ""],
        ["外星飞船怎么停在月球背面的卡", "card-loss", ""],
    )
    figures = values(kb("--pairs", pairs(tmp_path / "p.csv", *rows), "--format", "json"))["figures"]
    assert (figures["zero"], figures["unsure"]) == (pytest.approx(1 / 3, abs=1e-5), pytest.approx(1 / 3, abs=1e-5))


# ── two generations ──


def greedy(settings):
    """Publish an article that takes another one's questions; the names of the generation before and after."""
    before = generations.current_name(settings.index)
    taken = [*LOSS["test_queries"], "银行卡丢了卡不见了", "把卡锁住偷了我的卡"]
    write_article(settings.articles, "greedy", title="银行卡丢了", questions=taken)
    return before, rebuilt(settings)


def test_two_generations_are_compared_question_by_question(kb, settings):  # row 50
    before, after = greedy(settings)
    assert before != after
    for named in ("previous", before):
        found = values(kb("--compare", named, "--format", "json"))
        assert (found["generation"], found["compared"]["generation"]) == (after, before)
        lost = {change["question"]: change for change in found["compared"]["lost"]}
        assert lost["银行卡丢了"]["before"] == 1
        assert lost["银行卡丢了"]["first_after"][0] == {"id": "greedy", "title": "银行卡丢了"}
        assert {c["article_id"] for c in found["compared"]["won"]} == {"greedy"}
        assert found["compared"]["figures"]["hit1"] < 1
    told = kb("--compare", "previous").out
    assert f"和 {before} 相比：变好 " in told
    assert "“银行卡丢了” 《银行卡挂失》（card-loss）：第 1 位 → 第 2 位，现在第一条是《银行卡丢了》（greedy）" in told


def test_the_nightly_job_fails_where_too_much_is_lost(kb, settings):
    greedy(settings)
    result = kb("--compare", "previous", "--max-lost", "0", "--format", "json")
    found = values(result)
    assert (result.code, found["passed"]) == (1, False)
    assert found["refusals"] == [f"比另一代索引答得差的有 {len(found['compared']['lost'])} 题，多于允许的 0 题。"]
    assert "没有达到要求" in result.err
    assert kb("--compare", "previous", "--max-lost", "24").code == 0


def test_a_generation_that_cannot_be_compared_with_is_refused(kb, settings):
    current = generations.current_name(settings.index)
    assert "没有更早的索引" in kb("--compare", "previous").err
    assert "就是正在服务的一代" in kb("--compare", current).err
    for name in ("gen-nowhere", "..", ""):
        assert "没有名为" in kb("--compare", name).err
    rebuilt_name = greedy(settings)[1]
    assert rebuilt_name != current
    (settings.index / current / "state.arrays").write_text("{}")
    assert f"不能和 {current} 比较" in kb("--compare", current).err


# ── limits and JSON ──


def test_limits_that_are_kept_are_said_too(kb):
    kept = kb("--min-hit1", "0.5", "--min-hit3", "0.9", "--min-mrr", "0.5", "--max-zero", "0")
    assert (kept.code, kept.err) == (0, "达到要求。\n")


def test_limits_that_are_not_kept_are_said_in_one_sentence(kb, tmp_path):
    result = kb("--pairs", pairs(tmp_path / "p.csv", ["卡消磁了", "card-loss", ""]), "--min-hit1", "0.95")
    assert (result.code, result.err) == (1, "没有达到要求：第 1 条就答对的占 0.00%，低于要求的 95.00%。\n")


def test_the_json_says_everything_that_the_text_says(kb, tmp_path):
    file = pairs(tmp_path / "p.csv", ["卡消磁了", "card-loss", ""], ["卡丢了怎么办", "card-loss", ""])
    found = values(kb("--pairs", file, "--format", "json"))
    assert set(found) == {
        "generation", "at", "left_out", "figures", "categories", "failed", "failures", "must_not", "violated", "compared",
        "problems", "refusals", "passed",
    }  # fmt: skip
    (failure_,) = found["failures"]
    assert failure_["question"] == "卡消磁了"
    assert failure_["expected"] == {"id": "card-loss", "title": "银行卡挂失"}
    assert failure_["winner"] == {"id": "replace-card", "title": "银行卡补卡换卡"}
    assert failure_["why"]
    assert found["categories"] == [{"category": "挂失", **found["figures"]}]
    assert (found["failed"], found["compared"], found["passed"]) == (1, None, True)
    told = kb("--pairs", file).out
    assert failure_["why"] in told
    assert "  50.00%  1 题" in told


def test_people_outside_an_audience_are_not_asked_for(kb, settings, at):  # row 63
    write_article(settings.articles, "secret", title="内部口径", audience={"roles": ["班长"]})
    rebuilt(settings)
    asking = Asking(CurrentSearcher(settings).searcher(), at)
    question = Question("办理内部口径", "secret", "pair", Viewer(roles=frozenset({"班长"})))
    assert asking.rank(question) == 1
    assert asking.rank(Question("办理内部口径", "secret", "pair")) is None
