"""What /explain says, on real parts: how a question was read, what each word gave, why an article is not shown."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import channel, made_article, write_article, write_lexicon

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.backend import Contribution
from kb.clock import SHANGHAI, now
from kb.explaining.explanation import LISTED, explain
from kb.explaining.scoring import Scored, rarity_of, table
from kb.explaining.standing import File, Traces, files_of, missing, shown
from kb.settings import Settings
from kb.types import Problem
from kb.visibility import ANYBODY, Viewer

AT = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
LEAD = Viewer(roles=frozenset({"班长"}))
FACE = [f"刷脸{end}" for end in ("不通过", "没过", "老失败", "几次锁定", "要眨眼吗", "戴眼镜行吗")]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    """A few articles and every kind of relation in the lexicon."""
    folder = tmp_path_factory.mktemp("explaining")
    settings = Settings(articles=folder / "articles", var=folder / "var")
    write_lexicon(
        settings.articles,
        synonyms=["人脸识别 = 刷脸 = 扫脸", "改绑 < 修改", "挂事 -> 挂失"],
        stopwords=["请问"],
        pins=["看余额 => balance"],
    )
    write_article(settings.articles, "face", title="人脸识别通不过怎么办", questions=FACE)
    write_article(
        settings.articles, "balance", title="查询余额和明细", channels=[channel("手机银行", path="首页 › 余额")]
    )
    write_article(settings.articles, "loss", title="银行卡挂失", answer="卡丢了马上挂失，跨行转账超过5万元的不受影响。")
    write_article(settings.articles, "fee", title="跨行转账手续费", keywords=["修改", "50000元"])
    write_article(settings.articles, "danger", type="alert", title="要转到安全账户的骗局", triggers=["安全账户"])
    write_article(
        settings.articles, "decree", type="regulation", title="现金办法", questions=None, test_queries=None,
        status="imported", body="第一条 凭身份证存取现金。\n\n第二条 超过5万元的核对身份。",
    )  # fmt: skip
    building.build(settings, now())
    return CurrentSearcher(settings).searcher()


@pytest.fixture
def why(searcher):
    def asked(question, article_id="", viewer=ANYBODY):
        chosen = searcher.current(article_id, AT, viewer) if article_id else None
        return explain(searcher, question, chosen, viewer, AT)

    return asked


# ── how it was read ──


def test_a_word_belongs_to_its_group_with_all_members(why):  # row 84
    (group,) = [g for g in why("刷脸怎么弄").understood.groups if g.typed == "刷脸"]
    assert (group.name, group.members) == ("人脸识别", ("人脸识别", "刷脸", "扫脸"))


def test_words_that_count_for_nothing_and_words_nobody_knows_are_told_apart(why):  # row 84
    read = why("请问余额蘑菇").understood
    assert read.silent == ("请问",)
    assert read.unknown == ("蘑菇",)
    known = {w.typed: w.known for w in read.words}
    assert (known["余额"], known["蘑菇"]) == (True, False)


def test_where_everything_is_silent_everything_counts(why):
    assert why("请问").understood.silent == ()


def test_wider_words_are_named(why):  # row 84
    assert [(w.typed, w.wider) for w in why("改绑").understood.wider] == [("改绑", ("修改",))]


@pytest.mark.parametrize(
    ("question", "typed", "read", "way"),
    [
        ("卡挂事", "挂事", "挂失", "listed"),
        ("yue", "yue", "余额", "pinyin"),
        ("手续废多少", "手续废", "手续费", "sound"),
    ],
)
def test_what_was_read_otherwise_says_how(why, question, typed, read, way):  # row 84
    found = [(c.typed, c.read, c.way) for c in why(question).understood.corrections]
    assert (typed, read, way) in found


def test_a_corrected_word_shows_the_group_of_what_it_was_read_as(why):
    read = why("renlianshibie").understood
    assert [c.read for c in read.corrections] == ["人脸识别"]
    assert "人脸识别" in [g.name for g in read.groups]
    assert read.unknown == ()


@pytest.mark.parametrize(
    ("question", "read", "kind"),
    [
        ("转5万块", "50000", "金额或数字"), ("存三年", "3年", "期限"), ("百分之三", "3%", "比率"), ("12月1日", "12月1日", "日期"),
        ("第七条", "第7条", "条款或文号"), ("二类户", "2类户", "账户类别"), ("100美元", "100美元", "金额或数字"), ("3次", "3次", "数量"),
        ("2026年", "2026年", "日期"), ("5个工作日", "5工作日", "期限"),
    ],
)  # fmt: skip
def test_amounts_dates_and_terms_are_shown_as_understood(why, question, read, kind):  # row 84
    assert [(a.read, a.kind_name) for a in why(question).understood.amounts] == [(read, kind)]


def test_plain_form_facet_channel_and_quotes_are_told(why):
    read = why("手机银行轉賬手續費多少“跨行”").understood
    assert "转账手续费" in read.text
    assert (read.facet_name, read.channels, read.phrases) == ("多少", ("手机银行",), ("跨行",))


def test_inner_words_stand_with_the_word_that_holds_them(why):
    words = why("跨行转账手续费").understood.words
    assert "".join(w.typed for w in words) == "跨行转账手续费"
    assert "手续" in next(w for w in words if w.typed == "手续费").inner


# ── what was found ──


def test_hits_come_with_score_and_coverage(why):  # row 84
    found = why("跨行转账手续费").found
    first, *others = found.results
    assert (first.place, first.id, first.share) == (1, "fee", 100)
    assert found.likelihood > found.threshold
    assert all(0 < r.share <= 100 for r in others)
    assert found.confident
    assert found.sentence.startswith("有把握")


def test_no_confidence_says_what_is_missing(why):  # row 84
    found = why("余额宝蘑菇种植技术培训班报名").found
    assert not found.confident
    assert f"不到 {found.threshold:.0%}" in found.sentence
    assert found.likelihood < found.threshold


def test_a_pin_and_a_fraud_card_are_named_as_such(why):  # row 84
    pinned = why("看余额")
    assert [r.id for r in pinned.found.results if r.pinned] == ["balance"]
    assert "置顶" in pinned.article.rule
    assert pinned.article.factor is None
    alarm = why("有人让我转到安全账户")
    assert [(a.id, a.trigger) for a in alarm.found.alerts] == [("danger", "安全账户")]
    assert "安全账户" in alarm.article.rule


@pytest.mark.parametrize(
    ("question", "said"), [("", "没有可以找的词"), ("蘑菇", "什么也没有找到"), ("“不存在的话”余额", "一字不差")]
)
def test_nothing_found_says_why(why, question, said):
    assert said in why(question).found.sentence


def test_places_by_words_alone_stand_beside_the_final_ones(why):  # row 84
    found = why("跨行转账手续费办理").found
    places = [r.lexical_place for r in sorted(found.results, key=lambda r: -r.lexical)]
    assert places == list(range(1, len(places) + 1))
    assert found.reordered == ([r.lexical_place for r in found.results] != places)


# ── what each word gave ──


def test_counted_fields_times_the_factor_is_the_score(why):  # row 84
    for question in ("跨行转账手续费多少", "刷脸不通过怎么办", "银行卡丢了要挂失"):
        made = why(question)
        own = made.article
        fields = sum(c.score for c in made.contributions if not c.field.startswith(("heading", "section")))
        assert fields * own.factor == pytest.approx(own.lexical)
        assert own.factor == pytest.approx(0.25 + 0.75 * own.coverage, rel=1e-3)


def test_the_first_article_has_a_hundred_per_cent(why):  # row 84
    made = why("跨行转账手续费")
    assert made.table.total == pytest.approx(100)
    assert made.beside.place == 2
    loser = why("跨行转账手续费", "loss")
    assert loser.table.beside == pytest.approx(100)
    assert (loser.beside.id, loser.article.place) == ("fee", 2)
    assert 0 < loser.table.total < 100
    columns = {c.field: c.total for c in loser.table.columns if c.counted}
    assert sum(columns.values()) == pytest.approx(loser.table.total)


def test_a_row_says_how_its_word_came_into_the_question(why):  # row 84
    kinds = {(r.term, r.kind) for r in why("刷脸怎么办").table.rows}
    assert {("人脸识别", "concept"), ("刷脸", "pairs")} <= kinds
    assert ("修改", "wider") in {(r.term, r.kind) for r in why("改绑", "fee").table.rows}
    assert ("50000", "amount") in {(r.term, r.kind) for r in why("转5万块", "loss").table.rows}
    assert ("挂失", "correction") in {(r.term, r.kind) for r in why("挂事").table.rows}
    inner = next(r for r in why("跨行转账手续费").table.rows if (r.term, r.kind) == ("手续", "inner"))
    assert (inner.typed, inner.articles) == ("手续", 1)


def test_an_article_that_is_no_hit_has_no_place_and_no_factor(why):
    made = why("跨行转账手续费", "danger")
    assert (made.article.place, made.article.factor, made.article.score) == (None, None, 0.0)


def test_clauses_are_answers_of_their_own(why):
    made = why("第二条超过5万元核对身份", "decree")
    assert made.article.section == "第二条"
    assert all(c.counted for c in made.table.columns)
    assert made.article.factor is None


def test_a_part_of_the_score_that_is_new_gets_its_own_row_and_column(why):  # row 84
    made = why("跨行转账手续费")
    learned = Contribution("", "learned", 1.0, 0, 5.0)
    shown_ = table(made.query, made.understood, Scored((*made.contributions, learned)), None, 10.0, 6)
    row = next(r for r in shown_.rows if r.kind == "other")
    assert (row.term, row.total, row.articles) == ("learned", 50.0, None)
    assert next(c for c in shown_.columns if c.field == "learned").counted


def test_no_sum_is_no_division(why):
    made = why("跨行转账手续费")
    assert table(made.query, made.understood, Scored(()), None, 0.0, 6).rows == ()


@pytest.mark.parametrize(
    ("frequency", "rarity"),
    [(None, ""), (0, ""), (1, "rare"), (10, "rare"), (11, "middling"), (20, "common"), (100, "common")],
)
def test_rare_and_common(frequency, rarity):
    assert rarity_of(frequency, 100) == rarity


def test_no_more_than_ten_hits_are_listed(why):
    assert len(why("办理").found.results) <= LISTED


# ── why it is not shown ──


def stands(*articles, viewer=ANYBODY, may_edit=True, traces=None, problems=()):
    paths = (f"processes/some-article{f'@{n}' if n else ''}.md" for n in range(len(articles)))
    files = [File(path, replace(article, path=path), ()) for path, article in zip(paths, articles, strict=True)]
    files += [File("processes/some-article.md", None, (p,)) for p in problems]
    return missing("some-article", files, traces or Traces(), viewer, AT, may_edit=may_edit)


NEXT = {"effective": "2026-12-01"}
OVER = {"effective": "2026-01-01", "expires": "2026-11-01"}
LEADS = {"audience": {"roles": ["班长"], "regions": ["深圳", "广州"]}}


@pytest.mark.parametrize(
    ("fields", "reason", "said"),
    [
        (NEXT, "scheduled", "从 2026-12-01 00:00 起看得到"),
        (OVER, "expired", "2026-11-01 00:00 起不再显示"),
        (LEADS, "audience", "本文不对你的岗位开放，只给：岗位 班长；地区 深圳、广州。"),
        ({}, "unindexed", "kb index update"),
    ],
)
def test_an_editor_is_told_why(fields, reason, said):  # row 84
    found = stands(made_article(**fields))
    assert (found.reason, found.exists) == (reason, True)
    assert said in found.sentence
    # what an article says that is not for the viewer stays unsaid
    assert bool(found.title) == (reason != "audience")


@pytest.mark.parametrize(
    ("fields", "reason"), [(NEXT, "scheduled"), (OVER, "expired"), (LEADS, "unknown"), ({}, "unknown"),
                           ({**NEXT, **LEADS}, "unknown"), ({**OVER, **LEADS}, "unknown")]
)  # fmt: skip
def test_others_learn_only_of_versions_for_them(fields, reason):  # rows 42 84
    found = stands(made_article(**fields), may_edit=False)
    assert (found.reason, found.title, found.version) == (reason, "", 0)


def test_a_version_for_all_does_not_tell_of_the_one_for_some(at):  # row 42
    secret, later = made_article(**LEADS), made_article(version=2, **NEXT)
    assert not stands(secret, later, may_edit=False).exists
    assert stands(secret, later).reason == "audience"


def test_of_several_versions_the_next_one_is_spoken_of():
    over, soon, late = (
        made_article(**OVER),
        made_article(version=2, **NEXT),
        made_article(version=3, effective="2027-01-01"),
    )
    found = stands(over, late, soon)
    assert (found.reason, found.version, found.end.year) == ("scheduled", 2, 2027)
    assert stands(made_article(effective="2025-01-01", expires="2025-02-01", version=9), over).reason == "expired"


@pytest.mark.parametrize(
    ("traces", "reason", "said"),
    [
        (Traces(), "unknown", "没有这篇文章：some-article"),
        (Traces(("草稿", "待审核")), "draft", "只有草稿（草稿、待审核）"),
        (Traces(removed=AT), "withdrawn", "2026-11-24 10:00 起没有文件了。"),
        (Traces(("草稿",), AT), "withdrawn", "现在有一稿：草稿"),
    ],
)
def test_without_files_the_workbench_knows(traces, reason, said):  # row 84
    found = stands(traces=traces)
    assert found.reason == reason
    assert said in found.sentence


def test_a_broken_file_is_shown_with_its_problems_to_editors_only():  # row 84
    wrong = Problem("processes/some-article.md", 3, 1, "标题写得太长。")
    assert (stands(problems=[wrong]).reason, stands(problems=[wrong]).problems) == ("broken", (wrong,))
    assert not stands(problems=[wrong], may_edit=False).exists


def test_two_files_of_one_version_are_a_problem_too():
    twice = stands(made_article(**OVER), made_article(**OVER))
    assert twice.reason == "broken"
    assert "重复" in twice.problems[0].message


def test_files_are_read_with_what_is_wrong_in_them(tmp_path):
    write_article(tmp_path, "some-article")
    write_article(tmp_path, "some-article", name="some-article@2027-01-01", title="字" * 60, version=2)
    write_article(tmp_path, "some-other")
    (tmp_path / "processes/some-article@link.md").symlink_to(tmp_path / "processes/some-other.md")
    found = files_of(tmp_path, "some-article")
    assert [(bool(f.article), bool(f.problems)) for f in found] == [(True, False), (False, True), (False, True)]


def test_an_article_past_its_day_is_overdue(searcher):  # row 84
    stored = searcher.current("fee", AT, ANYBODY)
    fresh = shown(stored, AT)
    assert (fresh.reason, fresh.overdue, fresh.version) == ("shown", False, 1)
    assert fresh.due == stored.article.verified + timedelta(days=90)
    assert shown(stored, AT + timedelta(days=90)).overdue
