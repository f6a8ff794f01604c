"""The review of a draft: everything there is to say about a text, on a real library of files."""

import json

import pytest
from builders import article_text, write_article, write_facts, write_lexicon
from click.testing import CliRunner

from kb.cli_articles import check
from kb.editing.known import KnownLibrary
from kb.editing.review import review, touched
from kb.library import load_library

PATH = "processes/replace-card.md"


@pytest.fixture
def shelf(settings):
    """Reads the library of the test's folder as it is now."""

    def known():
        return KnownLibrary(load_library(settings.articles))

    return known


def stored(settings, path=PATH):
    return (settings.articles / path).read_text("utf-8")


def messages(report):
    return [p.message for p in report.problems]


def test_an_article_as_it_stands_is_sound_and_has_times_and_a_score(settings, shelf, at):  # row 48
    report = review(stored(settings), PATH, shelf(), at)
    assert (report.errors, report.similar, report.contradictions, report.affected) == ([], (), (), ())
    assert report.article.id == "replace-card"
    assert report.seconds["standard"] > 3
    assert 0 < report.quality.score < 100


def test_all_problems_come_at_once_each_with_its_field_and_its_place(settings, shelf, at):  # row 41
    write_lexicon(settings.articles, forbidden=["稳赚: 收益会波动"], jargon=["核身: 确认是您本人"])
    text = article_text(
        "replace-card", answer="核身以后稳赚。", owner=None, body="## 节\n见[没有的](no-such-article)。",
        questions=["卡坏了怎么换", "网银盾坏了", "甲", "乙", "丙", "丁"],
    )  # fmt: skip
    report = review(text, PATH, shelf(), at)
    fields = {p.field: p.level for p in report.problems}
    assert fields["owner"] == fields["answer"] == "error"
    assert fields["questions"] == "warning"
    assert any("no-such-article" in m for m in messages(report))
    assert any("核身" in m for m in messages(report))
    assert report.article is None
    lines = text.split("\n")
    assert all(1 <= p.line <= len(lines) and p.column >= 1 for p in report.problems)


def test_what_publishing_fills_in_may_be_missing(settings, shelf, at):
    text = article_text("replace-card", approver=None, author=None, version=None, verified=None)
    report = review(text, PATH, shelf(), at)
    assert report.errors == []
    assert report.article.title == "办理replace-card"


@pytest.mark.parametrize(
    "text", ["", "不是文章", "---\ntitle: [\n---\n", "---\nid: a\n---\n", "\ud800", "---\n- a\n---\n正文"]
)
def test_a_text_that_is_no_article_is_told_why_and_never_fails(shelf, at, text):
    report = review(text, PATH, shelf(), at)
    assert report.errors
    assert report.article is None


def test_a_text_with_errors_still_gets_its_reading_time(settings, shelf, at):  # row 57
    report = review(article_text("replace-card", owner=None), PATH, shelf(), at)
    assert report.errors
    assert report.seconds["standard"] > 0


def test_a_copy_is_a_near_duplicate_and_two_fees_are_a_contradiction(settings, shelf, at):  # row 51, 52
    text = stored(settings).replace("id: replace-card", "id: change-card").replace("{{fact:fee.card}}", "每张9元")
    report = review(text, "processes/change-card.md", shelf(), at)
    assert [s.article_id for s in report.similar] == ["replace-card"]
    assert {c.article_id for c in report.contradictions} == {"replace-card"}
    assert any("每张9元" in c.mine and "每张5元" in c.theirs for c in report.contradictions)


def test_others_are_looked_at_as_they_will_be_when_the_text_takes_effect(settings, shelf, at):  # row 52
    body = "## 费用\n补办借记卡工本费每张9元。"
    write_article(settings.articles, "card-fees", title="借记卡收费", body=body.replace("9", "7"))
    write_article(
        settings.articles,
        "card-fees",
        "card-fees@2026-12-01",
        title="借记卡收费",
        version=2,
        effective="2026-12-01",
        body=body,
    )
    now = review(article_text("lost-card", body=body), "processes/lost-card.md", shelf(), at)
    assert [c.article_id for c in now.contradictions] == ["card-fees"]
    later = review(article_text("lost-card", effective="2026-12-05", body=body), "processes/lost-card.md", shelf(), at)
    assert later.contradictions == ()


def test_two_versions_that_begin_at_the_same_moment_are_an_error(settings, shelf, at):
    report = review(article_text("replace-card"), "processes/replace-card@2026-01-01.md", shelf(), at)
    assert [p.field for p in report.errors] == ["effective"]


def test_a_regulation_with_a_new_number_names_who_cites_the_old_one(settings, shelf, at):  # row 62
    old = [{"document": "示例银行账户办法", "number": "示例银规〔2026〕1号", "date": "2026-01-01"}]
    write_article(settings.articles, "open-account", title="开户", sources=old)
    document = {"title": "示例银行账户办法", "number": "示例银规〔2026〕7号", "date": "2026-11-01"}
    text = article_text("cash-rules", type="regulation", title="账户的规定", version=2, document=document)
    report = review(text, "regulations/cash-rules.md", shelf(), at)
    assert [a.article_id for a in report.affected] == ["open-account"]


def test_a_new_facts_file_lists_the_articles_that_change(settings, shelf, at):  # row 53
    known = shelf()
    write_facts(settings.articles, fee_card="每张6元")
    found = touched(stored(settings, "_registry/facts.yml"), "_registry/facts.yml", known, at)
    assert {a.article_id for a in found} == {"replace-card"}
    assert any(a.after == "本人带身份证到网点，当场就能换，每张收每张6元。" for a in found)
    assert touched("- [", "_registry/facts.yml", known, at) == ()


def test_the_banks_own_articles_have_no_errors_and_raise_no_alarm(
    sample_articles, sample_settings, at
):  # row 51, 52, 56
    library = load_library(sample_settings.articles)
    known = KnownLibrary(library)
    assert library.errors == []
    alarms = []
    for article in sample_articles:
        report = review((sample_settings.articles / article.path).read_text("utf-8"), article.path, known, at)
        alarms += [str(p) for p in report.errors]
        alarms += [f"{article.path}: {c.message}" for c in report.contradictions]
        alarms += [f"{article.path}: {s.path}" for s in report.similar]
    assert alarms == []


def check_command(settings, *options):
    return CliRunner().invoke(check, list(options), env={"KB_ARTICLES": str(settings.articles)})


def test_kb_check_prints_the_scores_lowest_first_with_their_reasons(settings):  # row 48
    write_article(settings.articles, "poor-one", title="没写完", body="无。", verified="2020-01-01")
    result = check_command(settings, "--quality")
    lines = [line for line in result.output.splitlines() if line[:3].strip().isdigit()]
    scores = [int(line[:3]) for line in lines]
    assert (result.exit_code, len(lines)) == (0, 6)
    assert scores == sorted(scores)
    assert "poor-one" in lines[0]
    assert "请重新核对" in result.output
    shown = json.loads(check_command(settings, "--quality", "--format", "json").output)
    assert [row["score"] for row in shown["quality"]] == scores


def test_kb_check_compares_the_articles_with_one_another(settings):  # row 51, 52
    copied = stored(settings).replace("id: replace-card", "id: change-card").replace("{{fact:fee.card}}", "每张9元")
    (settings.articles / "processes/change-card.md").write_text(copied, encoding="utf-8")
    assert "很像" not in check_command(settings).output
    output = check_command(settings, "--compare").output
    assert "processes/change-card.md:" in output
    assert "和《银行卡补卡换卡》（processes/replace-card.md）很像" in output
    assert "可能不一致" in output


def test_kb_check_fails_on_a_forbidden_word_and_the_article_is_still_known(settings):  # row 56
    write_lexicon(settings.articles, forbidden=["稳赚: 收益会波动"])
    write_article(settings.articles, "sure-win", title="理财", answer="这款稳赚。")
    result = check_command(settings)
    assert result.exit_code == 1
    assert "processes/sure-win.md" in result.output
    assert "“稳赚”不能对客户说" in result.output
    assert "可用 6 篇，错误 1 处" in result.output
