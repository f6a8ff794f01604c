"""Words of callers and fraudsters: how a line is read, and that each leads to an alert."""

from pathlib import Path

import pytest

from kb.fraud import ANY, Phrase, dead_phrases, read_phrases
from kb.lexicon import load_lexicon
from kb.library import load_library

ARTICLES = Path(__file__).resolve().parents[2] / "articles"


def read(*lines):
    problems = []
    return read_phrases([("fraud.txt", n, line) for n, line in enumerate(lines, 1)], problems), problems


def test_lines_become_phrases():  # row 27
    phrases, problems = read("安全账户 | 10 | safe-account", "客服 退款 | 4 | refund", "骗|5|*")
    assert phrases == (
        Phrase(("安全账户",), 10, "safe-account", 1), Phrase(("客服", "退款"), 4, "refund", 2), Phrase(("骗",), 5, ANY, 3),
    )  # fmt: skip
    assert problems == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("安全账户", "一行要写成"),
        ("安全账户 | 10", "一行要写成"),
        ("| 10 | a", "一行要写成"),
        ("安全账户 | 10 |", "一行要写成"),
        ("安全账户 | 11 | a", "1 到 10"),
        ("安全账户 | 0 | a", "1 到 10"),
        ("安全账户 | 五 | a", "1 到 10"),
        ("安全账户 | ² | a", "1 到 10"),
        ("骗 | 5 | a", "太短"),
        ("收 卡 | 5 | a", "太短"),
        ("一 二 三 四 五 六 七八 | 5 | a", "7 个词"),
        ("客服 退款 | 9 | a", "第 1 行"),
        ("退款  客服 | 3 | a", "第 1 行"),
    ],
)
def test_what_is_no_phrase_is_said_with_its_line(line, said):  # row 41
    phrases, problems = read("客服 退款 | 4 | a", line)
    assert len(phrases) == 1
    assert [(p.line, p.level) for p in problems] == [(2, "error")]
    assert said in problems[0].message


def test_the_same_words_may_speak_for_two_alerts():
    phrases, problems = read("客服 退款 | 4 | a", "客服 退款 | 4 | b")
    assert len(phrases) == 2
    assert problems == []


def test_a_phrase_without_its_alert_is_said():  # row 41
    phrases, _ = read("甲乙 | 4 | gone", "丙丁 | 4 | card", "戊己 | 4 | broken", "庚辛 | 4 | *", "壬癸 | 4 | scam")
    found = dead_phrases(phrases, {"card": "process", "scam": "alert"}, {"card", "broken", "scam"})
    assert [(p.line, p.level) for p in found] == [(1, "error"), (2, "error")]
    assert "没有这篇文章" in found[0].message
    assert "不是警示" in found[1].message


def test_a_folder_says_what_is_wrong_with_its_file(tmp_path):  # row 41
    (tmp_path / "_lexicon").mkdir()
    (tmp_path / "_lexicon" / "fraud.txt").write_text("# 说法\n安全账户 | 10 | gone\n安全账户\n", "utf-8")
    messages = [(Path(p.path).name, p.line) for p in load_library(tmp_path).problems]
    assert sorted(messages) == [("fraud.txt", 2), ("fraud.txt", 3)]


def test_the_repositorys_own_phrases_lead_somewhere():
    lexicon, problems = load_lexicon(ARTICLES)
    assert problems == []
    assert len(lexicon.fraud) >= 200
    library = load_library(ARTICLES)
    types = {a.id: a.type for a in library.articles}
    assert dead_phrases(lexicon.fraud, types, set(types)) == []
    # every fraud alert has words of its own beside its triggers
    frauds = {a.id for a in library.articles if a.type == "alert" and a.detail.severity == "high"}
    assert frauds <= {phrase.alert for phrase in lexicon.fraud}
