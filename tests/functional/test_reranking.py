"""The best candidates put in order by what question and titles ask for, how they put it, and the channels they name."""

import random
import shutil
from dataclasses import replace

import pytest
from builders import write_article, write_lexicon
from libraries import copied, settings_in, source

from indexer import build as building
from indexer import writing
from indexer.backends import CurrentSearcher
from indexer.reranking import FEATURES, asked
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.visibility import ANYBODY

LIKENESS = ("title_covered", "characters", "pairs", "run", "length")
# so that no text but title and phrasings tells articles apart
BARE = {"status": "imported", "questions": [], "test_queries": [], "answer": "请到网点。", "body": "本行客户可用。"}
TITLES = {
    "what": "什么是电子密令",
    "how": "怎样办理电子密令",
    "lost": "电子密令挂失",
    "mobile": "手机银行转账的限额",
    "web": "网上银行转账的限额",
    "any": "转账的限额",
    "much": "取现5万元要预约",
    "more": "取现20万元要预约",
    "balance": "账单查询",
    "loan": "贷款还款",
    "salary": "工资代发",
}


def write_titles(settings, **titles):
    for id, title in titles.items():
        write_article(settings.articles, id, title=title, **BARE)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Articles whose titles alone tell them apart, indexed once; nothing is learned from them."""
    root = tmp_path_factory.mktemp("titles")
    settings = settings_in(root)
    write_lexicon(settings.articles, terms=["电子密令"])
    write_titles(settings, **TITLES)
    building.build(settings, now())
    return settings


@pytest.fixture
def growing(library, tmp_path):
    """The same library, to be changed."""
    return copied(library, tmp_path)


def read(settings, text):
    """The searcher, and the question as it reads it."""
    searcher = source(settings).searcher()
    return searcher, searcher.understanding.understand(text, searcher.knows)


def by_terms(settings, text, at):
    """Ids by terms alone, best first."""
    searcher, query = read(settings, text)
    found = searcher.candidates(query, at, ANYBODY, 10)
    return [searcher.segments[n].key(f.article).rpartition("@")[0] for n, f in found]


def hits(settings, text, at):
    return KnowledgeBase(source(settings)).hits(text, ANYBODY, at, 10)


def order(settings, text, at):
    """Ids as agents see them."""
    return [hit.key.rpartition("@")[0] for hit in hits(settings, text, at)]


def features(settings, text, at):
    """Features by id."""
    searcher, query = read(settings, text)
    found = searcher.candidates(query, at, ANYBODY, 30)
    rows = searcher.reranker.features(query, found).tolist()
    return {
        searcher.segments[n].key(f.article).rpartition("@")[0]: dict(zip(FEATURES, row, strict=True))
        for (n, f), row in zip(found, rows, strict=True)
    }


@pytest.mark.parametrize(("question", "meant"), [
    ("电子密令啥意思", "what"), ("电子密令是什么", "what"), ("如何办电子密令", "how"), ("电子密令咋开通", "how"),
    ("怎么申请电子密令", "how"), ("电子密令怎么挂失", "lost"),
])  # fmt: skip
def test_of_two_articles_on_one_subject_the_one_that_is_asked_for_comes_first(library, at, question, meant):
    assert order(library, question, at)[0] == meant


def test_what_is_meant_outweighs_the_shorter_title(library, at):
    # by its terms, a short title that says less of the question is the best
    for question, meant in (("电子密令啥意思", "what"), ("如何办电子密令", "how")):
        assert by_terms(library, question, at)[0] == "lost"
        assert order(library, question, at)[0] == meant


@pytest.mark.parametrize(("question", "meant"), [
    ("手机银行转账限额是多少", "mobile"), ("网上银行最多能转多少", "web"), ("转账限额", "any"), ("转账最多多少", "any"),
])  # fmt: skip
def test_a_named_channel_prefers_its_article_and_none_prefers_the_general_one(library, at, question, meant):
    assert order(library, question, at)[0] == meant


def test_channels_of_question_and_title_are_told_apart(library, at):
    named = ("channel_extra", "channel_other", "channel_same")
    made = features(library, "手机银行转账限额", at)
    assert [[made[id][name] for name in named] for id in ("mobile", "web", "any")] == [[0, 0, 1], [1, 1, 0], [0, 0, 0]]
    made = features(library, "转账限额", at)
    assert [[made[id][name] for name in named] for id in ("mobile", "any")] == [[1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("typed", ["电子密另挂失", "dzml挂失", "dianzimiling guashi", "電子密令掛失", "电子密令 挂失"])
def test_a_question_is_compared_as_it_was_read(library, at, typed):  # rows 8, 9, 10
    searcher, query = read(library, typed)
    plain = searcher.understanding.understand("电子密令挂失", searcher.knows)
    assert asked(query).codes.tolist() == asked(plain).codes.tolist()
    assert asked(query).intents == asked(plain).intents
    mine, others = (features(library, text, at)["lost"] for text in (typed, "电子密令挂失"))
    assert [mine[name] for name in LIKENESS] == [others[name] for name in LIKENESS] == [1, 1, 1, 1, 0]
    assert order(library, typed, at)[0] == "lost"


@pytest.mark.parametrize("amount", ["5万", "50000", "五万", "5 万元", "50,000元"])
def test_an_amount_leads_to_the_same_order_however_it_is_written(library, at, amount):  # row 5
    found, expected = (hits(library, f"取现{text}要预约吗", at) for text in (amount, "5万元"))
    assert [hit.key for hit in found] == [hit.key for hit in expected]
    assert found[0].key == "much@1"
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected])


@pytest.mark.parametrize(
    "question", ["😀", "电子密令😀怎么办", "电子密令" * 50, "\ud800电子密令", "(", "转账" * 100, ""]
)
def test_any_question_has_an_order(library, at, question):  # row 7
    found = hits(library, question, at)
    scores = [hit.score for hit in found]
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)
    assert bool(found) == ("电子密令" in question or "转账" in question)


def test_no_score_is_greater_than_one_before_and_the_best_keeps_that_of_its_terms(library, at):
    for question in ("电子密令啥意思", "如何办电子密令", "转账限额"):
        found = hits(library, question, at)
        assert len(found) > 1
        assert found[0].score == max(hit.lexical for hit in found)
        assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
        assert {hit.key.rpartition("@")[0] for hit in found} == set(by_terms(library, question, at))


def test_clauses_of_regulations_keep_their_places(growing, at):
    body = "第一条 电子密令由本行发放。\n\n第二条 电子密令丢失的，客户凭身份证办理挂失。"
    write_article(
        growing.articles,
        "rules",
        type="regulation",
        title="电子密令管理办法",
        body=body,
        **{k: BARE[k] for k in BARE if k != "body"},
    )
    building.update(growing, now())
    moved = 0
    for question in ("电子密令啥意思", "如何办电子密令", "电子密令挂失要身份证吗", "电子密令丢失"):
        searcher, query = read(growing, question)
        before = searcher.candidates(query, at, ANYBODY, 30)
        after = searcher.reranker.reorder(query, before, len(before))
        for (n, old), (m, new) in zip(before, after, strict=True):
            assert searcher.segments[n].by_clause[old.article] == searcher.segments[m].by_clause[new.article]
            if searcher.segments[n].by_clause[old.article]:
                assert (old.article, old.section) == (new.article, new.section)
            else:
                moved += old.article != new.article
        assert any(f.section >= 0 for _, f in before)
    assert moved


def test_the_features_of_an_article_do_not_depend_on_the_segment_it_is_in(growing, at, tmp_path, monkeypatch):  # row 70
    others = replace(growing, var=tmp_path / "others")
    shutil.copytree(growing.var, others.var, symlinks=True)
    monkeypatch.setattr(writing, "MERGE_FACTOR", 2)
    write_titles(growing, how="电子密令怎么申请", added="电子密令的收费")
    for settings, restated_below in ((growing, 0), (others, 1000)):
        monkeypatch.setattr(writing, "RESTATE_BELOW", restated_below)
        monkeypatch.setattr(writing, "RESTATE_SHARE", 9.0)
        building.update(settings, now())
    assert [len(CurrentSearcher(s).searcher().segments) for s in (growing, others)] == [2, 1]
    for question in ("如何办电子密令", "电子密令收费吗", "手机银行转账限额", "电子密令"):
        many, one = (features(settings, question, at) for settings in (growing, others))
        assert many.keys() == one.keys()
        for id, row in one.items():
            assert many[id] == pytest.approx(row)
        assert order(growing, question, at) == order(others, question, at)


def test_candidates_behind_the_first_thirty_stay_behind_them(growing, at):
    chance = random.Random(1)
    write_titles(
        growing, **{f"more-{n}": f"转账{''.join(chance.sample('限额收费到账时间账户明细', 5))}" for n in range(45)}
    )
    building.update(growing, now())
    searcher, query = read(growing, "转账限额")
    before = searcher.candidates(query, at, ANYBODY, 100)
    after = searcher.reranker.reorder(query, before, len(before))
    assert len(before) > 40
    assert {f.article for _, f in after[:30]} == {f.article for _, f in before[:30]}
    assert [f.article for _, f in after[30:]] == [f.article for _, f in before[30:]]
    assert [f.score for _, f in after] == sorted((f.score for _, f in after), reverse=True)


def held(settings, text, at):
    """For each candidate of a question, the share of its characters that the article holds, times how near it is."""
    return {id: (row["nearest_held"], row["nearest"]) for id, row in features(settings, text, at).items()}


def test_what_an_article_says_in_its_answer_is_held_as_well(growing, at):
    write_article(growing.articles, "lost", title="电子密令挂失", **{**BARE, "answer": "没带在身边时，请到网点。"})
    building.build(growing, now())
    found = held(growing, "电子密令没带在身边", at)
    assert found["lost"][0] == pytest.approx(found["lost"][1])
    assert all(share < near for id, (share, near) in found.items() if id != "lost")


EQUALS = ["电子密令 = 口令宝 = 动态口令"]


def test_a_word_that_no_candidate_uses_is_compared_as_the_one_they_use(growing, at):  # row 1
    write_lexicon(growing.articles, terms=["电子密令"], synonyms=EQUALS)
    building.build(growing, now())
    said, theirs = (features(growing, f"{word}挂失", at)["lost"] for word in ("口令宝", "电子密令"))
    for name in (*LIKENESS, "in_order", "dividing", "nearest_held"):
        assert said[name] == pytest.approx(theirs[name]), name
    _, query = read(growing, "口令宝挂失")
    assert asked(query).codes.tobytes() != asked(query, ["电子密令挂失"]).codes.tobytes()


def test_a_word_that_a_candidate_uses_stands_as_it_was_typed(growing, at):  # row 1
    write_lexicon(growing.articles, terms=["电子密令"], synonyms=EQUALS)
    write_titles(growing, box="口令宝挂失")
    building.build(growing, now())
    assert order(growing, "口令宝挂失", at)[0] == "box"
    _, query = read(growing, "口令宝挂失")
    typed = asked(query).codes.tolist()
    assert asked(query, ["电子密令挂失", "口令宝挂失"]).codes.tolist() == typed
    # nor where nobody uses any of them
    assert asked(query, ["账单查询"]).codes.tolist() == typed


def test_what_must_not_find_an_article_stands_behind_all_others_however_well_it_fits(growing, at):  # row 49
    question = "转账的限额怎么调高"
    assert order(growing, question, at)[0] == "any"
    write_article(growing.articles, "any", title="转账的限额", **BARE, not_queries=["转账的限额怎么调高？"])
    building.build(growing, now())
    assert order(growing, question, at)[-1] == "any"


def test_what_must_not_find_an_article_hinders_no_other_question(growing, at):  # row 49
    write_article(growing.articles, "any", title="转账的限额", **BARE, not_queries=["手机银行转账的限额怎么调"])
    building.build(growing, now())
    assert order(growing, "转账的限额", at)[0] == "any"
