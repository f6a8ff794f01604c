"""What is learned from the customers' phrasings when an index is built, what updates keep of it, and what it changes."""

import json
import math
import shutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from builders import write_article, write_lexicon
from libraries import copied, settings_in, source

from indexer import build as building
from indexer import generations, learning, writing
from indexer.backends import CurrentSearcher, open_generation
from indexer.bundle import open_bundle
from indexer.learned import FILE, ROWS_FILE, open_learned, runs
from indexer.reranking import FEATURES
from indexer.wording import codes
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.errors import IndexCorrupt
from kb.questions_file import day_file
from kb.visibility import ANYBODY

# so that no text but title and phrasings tells articles apart
BARE = {"status": "imported", "test_queries": [], "answer": "请到网点。", "body": "本行客户可用。"}
SAID = {
    "loss": ("银行卡挂失", ["卡被偷了", "卡被人偷走了", "手机被偷卡也没了", "钱包被偷", "我的卡让人偷了"]),
    "swallowed": ("自助设备吞卡", ["卡被机器吃了", "卡没出来", "取款机把卡吃了", "卡被吞了", "机器没吐卡"]),
    "frozen": ("账户止付", ["钱取不出来", "卡被锁了", "账户被锁住", "卡里的钱动不了", "卡被冻住了"]),
    "worn": ("银行卡补换", ["卡坏了", "卡断了", "卡磁条坏了", "卡刷不出来", "卡折了"]),
    "book": ("存折挂失", ["存折没了"]),
    "fee": ("银行卡年费", []),
    "open": ("银行卡开卡", []),
    "debit": ("借记卡挂失", []),
}
WITH_PHRASINGS = {"loss", "swallowed", "frozen", "worn", "book"}


def write_said(settings, id, title=None, questions=None, **more):
    known_title, known = SAID.get(id, ("", []))
    write_article(
        settings.articles,
        id,
        title=title or known_title,
        questions=known if questions is None else questions,
        **{**BARE, **more},
    )


@pytest.fixture(scope="module")
def learned_once(tmp_path_factory):
    """Articles, some with phrasings and some without, indexed once."""
    root = tmp_path_factory.mktemp("phrasings")
    settings = settings_in(root)
    write_lexicon(settings.articles, terms=["吞卡"])
    for id in SAID:
        write_said(settings, id)
    building.build(settings, now())
    return settings


@pytest.fixture
def library(learned_once, tmp_path):
    """The same, to be changed."""
    return copied(learned_once, tmp_path)


def order(settings, text, at):
    """Ids as agents see them."""
    return [hit.key.rpartition("@")[0] for hit in KnowledgeBase(source(settings)).hits(text, ANYBODY, at, 10)]


def folder(settings):
    """The folder of the generation that serves."""
    return settings.index / generations.current_name(settings.index)


def manifest(settings):
    return generations.read_manifest(folder(settings))


def decisions(settings, text):
    """What was learned about a text by article id, NaN for articles of which nothing was."""
    searcher = source(settings).searcher()
    learned = open_learned(folder(settings), searcher.manifest.segments)
    values = learned.decisions(codes(text))
    found = {}
    for segment, state, rows in zip(searcher.segments, searcher.states, learned.rows, strict=True):
        for article in np.flatnonzero(state.live).tolist():
            row = rows[article]
            found[segment.key(article).rpartition("@")[0]] = float(values[row]) if row >= 0 else math.nan
    return found


def decided(settings):
    """Ids of the articles of which something was learned."""
    return {id for id, value in decisions(settings, "卡").items() if not math.isnan(value)}


def features(settings, text, at):
    """Features by id."""
    searcher = source(settings).searcher()
    found = searcher.candidates(searcher.understanding.understand(text, searcher.knows), at, ANYBODY, 30)
    rows = searcher.reranker.features(searcher.understanding.understand(text, searcher.knows), found).tolist()
    return {
        searcher.segments[n].key(f.article).rpartition("@")[0]: dict(zip(FEATURES, row, strict=True))
        for (n, f), row in zip(found, rows, strict=True)
    }


def test_a_new_phrasing_finds_the_article_that_is_asked_for_in_such_words(learned_once, at):
    # it holds more words of another article, and not one of the title's
    question = "取款机里面被偷了怎么办"
    assert order(learned_once, question, at)[0] == "loss"
    values = decisions(learned_once, question)
    assert max((v, id) for id, v in values.items() if not math.isnan(v))[1] == "loss"


def test_switched_off_the_order_is_that_of_the_fixed_weights(learned_once, at):
    question = "取款机里面被偷了怎么办"
    without = replace(learned_once, learned=False)
    assert order(without, "卡断了", at) != order(learned_once, "卡断了", at)
    assert all(row["learned"] == row["unlearned"] == 0 for row in features(without, question, at).values())
    on, off = features(learned_once, question, at), features(without, question, at)
    assert on.keys() == off.keys()
    for id, row in on.items():
        assert {**row, "learned": 0, "unlearned": 0} == off[id]
        assert row["unlearned"] == (id not in WITH_PHRASINGS)
        assert (row["learned"] != 0) == (id in WITH_PHRASINGS)


def test_every_phrasing_is_decided_for_its_own_article(learned_once):
    for id in WITH_PHRASINGS:
        for text in (SAID[id][0], *SAID[id][1]):
            values = {i: v for i, v in decisions(learned_once, text).items() if not math.isnan(v)}
            assert max(values, key=values.get) == id


def test_decisions_are_those_of_the_machine_by_its_formula(learned_once):
    arrays = open_bundle(folder(learned_once) / FILE)
    known = arrays["features"].tolist()
    for text in ("取款机里面被偷了怎么办", "卡卡卡", "啊", "", "😀卡"):
        counts = Counter(runs(codes(text)).tolist())
        vector = {
            f: (1 + math.log(n)) * arrays["feature_weights"][known.index(f)] for f, n in counts.items() if f in known
        }
        length = math.hypot(*vector.values()) or 1
        expected = arrays["intercepts"].astype(float)
        for feature, value in vector.items():
            start, end = arrays["ends"][known.index(feature) :][:2].tolist()
            np.add.at(expected, arrays["rows"][start:end], arrays["learned"][start:end] * value / length)
        found = open_learned(folder(learned_once), manifest(learned_once).segments).decisions(codes(text))
        assert found.tolist() == pytest.approx(expected.tolist(), rel=1e-4, abs=1e-5)


def test_the_manifest_says_what_was_learned(library):
    made = manifest(library)
    known = {"version": learning.VERSION, "articles": len(WITH_PHRASINGS), "in": made.name, "confirmed": 0}
    assert made.learned == known
    assert {FILE, ROWS_FILE} <= set(made.files)
    assert decided(library) == WITH_PHRASINGS


def test_without_phrasings_nothing_is_learned(settings, at):
    for file in settings.articles.rglob("*.md"):
        file.unlink()
    for id in ("fee", "open", "debit"):
        write_said(settings, id)
    building.build(settings, now())
    assert manifest(settings).learned == {}
    assert not (folder(settings) / FILE).exists()
    assert not (folder(settings) / ROWS_FILE).exists()
    assert order(settings, "银行卡年费", at)[0] == "fee"
    # an update after that has nothing to keep
    write_said(settings, "loss")
    building.update(settings, now())
    assert manifest(settings).learned == {}
    assert order(settings, "卡被偷了", at)[0] == "loss"


def test_articles_without_phrasings_are_found_beside_those_that_have_some(learned_once, at):
    for question, meant in (
        ("银行卡年费", "fee"), ("银行卡收年费吗", "fee"), ("开卡", "open"), ("借记卡挂失", "debit"), ("借记卡丢了", "debit"),
    ):  # fmt: skip
        for settings in (learned_once, replace(learned_once, learned=False)):
            assert order(settings, question, at)[0] == meant


def test_an_article_without_likeness_to_any_other_decides_nothing(settings, at):
    for file in settings.articles.rglob("*.md"):
        file.unlink()
    write_said(settings, "alone", title="外汇牌价", questions=["美元兑换"])
    write_said(settings, "fee")
    building.build(settings, now())
    assert decisions(settings, "美元") == {"alone": 0, "fee": pytest.approx(math.nan, nan_ok=True)}
    assert order(settings, "美元", at) == ["alone"]


def test_a_question_that_must_not_find_its_article_is_learned(library, at):  # row 62
    question = "手机钱没出来"
    assert order(library, question, at)[0] == "swallowed"
    before = decisions(library, question)["swallowed"]
    write_said(library, "swallowed", not_queries=[question, "钱没出来"])
    building.build(library, now())
    assert order(library, question, at)[0] != "swallowed"
    assert decisions(library, question)["swallowed"] < before
    # what it must be found by, it still is
    for phrasing in SAID["swallowed"][1]:
        assert order(library, phrasing, at)[0] == "swallowed"


def test_an_update_keeps_what_was_learned_of_articles_that_did_not_change(library):
    first, before = manifest(library), decisions(library, "卡被偷了")
    write_said(library, "worn", questions=[*SAID["worn"][1], "卡裂了"])
    write_said(library, "book", answer="请到柜台。")  # none of its phrasings changed
    write_said(library, "added", title="银行卡解锁", questions=["卡怎么解锁"])
    (library.articles / "processes/frozen.md").unlink()
    building.update(library, now())
    after = manifest(library)
    assert after.name != first.name
    assert after.learned == first.learned
    assert after.files[FILE] == first.files[FILE]
    assert decided(library) == {"loss", "swallowed", "book"}
    kept = decisions(library, "卡被偷了")
    assert {id: kept[id] for id in ("loss", "swallowed", "book")} == {
        id: before[id] for id in ("loss", "swallowed", "book")
    }
    assert "frozen" not in kept


@pytest.mark.parametrize(
    "change",
    [
        {"title": "银行卡换新"},
        {"questions": SAID["worn"][1][:-1]},
        {"questions": [*SAID["worn"][1][:-1], "卡弯了"]},
        {"not_queries": ["卡没出来"]},
        {"version": 2},
    ],
)
def test_a_decision_goes_with_the_texts_it_was_made_from(library, change):
    write_said(library, "worn", **change)
    building.update(library, now())
    assert decided(library) == WITH_PHRASINGS - {"worn"}


def test_an_article_that_waits_to_be_learned_is_neither_lifted_nor_pushed_down(library, at):
    write_said(library, "added", title="卡解锁", questions=["卡怎么解锁"])
    building.update(library, now())
    row = features(library, "卡被锁了", at)["added"]
    assert (row["learned"], row["unlearned"]) == (0, 0)
    assert order(library, "卡被锁了", at)[0] == "frozen"


def test_an_update_upon_an_update_still_keeps_what_was_learned(library):
    first = manifest(library)
    for number in range(3):
        write_said(library, f"added-{number}", title=f"新的第{number + 1}件事", questions=["有新的事吗"])
        building.update(library, now())
    assert manifest(library).learned == first.learned
    assert decided(library) == WITH_PHRASINGS


def test_decisions_are_the_same_in_segments_of_their_own(library, at, tmp_path, monkeypatch):  # row 70
    others = replace(library, var=tmp_path / "others")
    shutil.copytree(library.var, others.var, symlinks=True)
    write_said(library, "worn", questions=[*SAID["worn"][1], "卡裂了"])
    write_said(library, "loss", answer="请到柜台。")  # a new segment, the same phrasings
    write_said(library, "added", title="银行卡解锁", questions=["卡怎么解锁"])
    (library.articles / "processes/frozen.md").unlink()
    monkeypatch.setattr(writing, "MERGE_FACTOR", 1)
    for settings, whole in ((library, False), (others, True)):
        monkeypatch.setattr(building, "restating", lambda base, found, whole=whole: whole)
        building.update(settings, now())
    assert [len(manifest(s).segments) for s in (library, others)] == [2, 1]
    for question in ("取款机里面被偷了怎么办", "卡断了", "卡怎么解锁", "银行卡年费"):
        many, one = (decisions(settings, question) for settings in (library, others))
        assert many == pytest.approx(one, nan_ok=True)
        many_rows, one_rows = (features(settings, question, at) for settings in (library, others))
        assert many_rows.keys() == one_rows.keys()
        # average lengths, and by them scores, are those of the first segment until all is written anew
        for id, row in one_rows.items():
            names = [name for name in FEATURES if name not in ("nearest", "score", "nearest_held")]
            assert [many_rows[id][name] for name in names] == pytest.approx([row[name] for name in names])
    assert decided(library) == {"loss", "swallowed", "book"}


def test_a_text_put_back_has_its_decision_again(library):
    before = decisions(library, "卡断了")
    write_said(library, "worn", questions=["别的问法"])
    building.update(library, now())
    assert "worn" not in decided(library)
    write_said(library, "worn")
    building.update(library, now())
    assert decisions(library, "卡断了") == pytest.approx(before, nan_ok=True)


def test_a_full_build_learns_anew(library):
    first = manifest(library)
    write_said(library, "added", title="银行卡解锁", questions=["卡怎么解锁", "帮我解开卡"])
    building.update(library, now())
    assert manifest(library).learned["in"] == first.name
    assert "added" not in decided(library)
    building.build(library, now())
    made = manifest(library)
    learned = {"version": learning.VERSION, "articles": len(WITH_PHRASINGS) + 1, "in": made.name, "confirmed": 0}
    assert made.learned == learned
    assert decided(library) == {*WITH_PHRASINGS, "added"}


def test_the_same_texts_teach_the_same_on_one_core_and_on_all(library, monkeypatch):
    first = (folder(library) / FILE).read_bytes()
    building.build(library, now())
    assert (folder(library) / FILE).read_bytes() == first
    monkeypatch.setattr(learning, "_ALONE", 0)
    building.build(library, now())
    assert (folder(library) / FILE).read_bytes() == first


def log_of_copies(settings, question, article, calls):
    """What the log of yesterday says of calls in which agents took an article after a question."""
    yesterday = now() - timedelta(days=1)
    settings.logs.mkdir(parents=True, exist_ok=True)
    with day_file(settings.logs, yesterday.date()).open("a", encoding="utf-8") as file:
        for n in range(calls):
            asked = {"at": yesterday.isoformat(), "call": f"{article}{n}"}
            did = {"did": "copy", "article": f"{article}@1", "person": f"坐席{n}"}
            for row in ({"question": question, **asked}, {**did, **asked}):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def test_what_agents_confirmed_is_learned_by_the_next_whole_build(library):
    question = "扣了三十块是什么钱"
    log_of_copies(library, question, "fee", 5)
    building.build(library, now())
    assert manifest(library).learned["confirmed"] == 1
    # no phrasing of it stands in the article
    assert decided(library) == WITH_PHRASINGS | {"fee"}
    found = decisions(library, question)
    assert found.pop("fee") > 0
    assert all(math.isnan(value) or value < 0 for value in found.values())
    # an update keeps it; a build after the agents took another article does not
    write_said(library, "more", title="网点地址", questions=[])
    building.update(library, now())
    assert "fee" in decided(library)
    log_of_copies(library, question, "debit", 5)
    building.build(library, now())
    assert decided(library) == WITH_PHRASINGS


def test_regulations_that_are_answered_by_clause_take_no_part(library):
    first = (folder(library) / FILE).read_bytes()
    rules = {"type": "regulation", "body": "第一条 银行卡丢失的，凭身份证挂失。\n\n第二条 卡被偷了的，先报警。"}
    write_said(library, "rules", title="银行卡被偷管理办法", questions=[], **rules)
    building.build(library, now())
    searcher = source(library).searcher()
    by_clause = [s.key(a) for s in searcher.segments for a in np.flatnonzero(s.by_clause).tolist()]
    assert by_clause == ["rules@1"]
    assert decided(library) == WITH_PHRASINGS
    assert (folder(library) / FILE).read_bytes() == first
    # one that customers' phrasings lead to is an article like any other
    write_said(library, "rules", title="银行卡被偷管理办法", questions=["卡被偷了有什么规定"], **rules)
    building.build(library, now())
    assert decided(library) == {*WITH_PHRASINGS, "rules"}


def test_versions_of_one_article_are_not_set_against_each_other(library, at):
    later = {"version": 2, "effective": "2026-12-20"}
    path = write_article(
        library.articles,
        "loss",
        name="loss@2026-12-20",
        title=SAID["loss"][0],
        questions=SAID["loss"][1],
        **BARE,
        **later,
    )
    building.build(library, now())
    assert path.exists()
    searcher = CurrentSearcher(library).searcher()
    learned = open_learned(folder(library), searcher.manifest.segments)
    values = learned.decisions(codes("卡被人偷走了"))
    rows = {searcher.segments[0].key(a): row for a, row in enumerate(learned.rows[0].tolist())}
    assert values[rows["loss@1"]] == pytest.approx(values[rows["loss@2"]])
    assert values[rows["loss@2"]] > 0
    assert order(library, "卡被人偷走了", at)[0] == "loss"
    assert order(library, "卡被人偷走了", at.replace(month=12, day=21))[0] == "loss"


@pytest.mark.parametrize("file", [FILE, ROWS_FILE])
@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_with_damaged_decisions_the_generation_before_serves(library, at, file, damage):  # row 74
    first = manifest(library).name
    building.build(library, now())
    damaged = folder(library)
    path, data = damaged / file, (damaged / file).read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(
            data[: len(data) // 2] if damage == "cut" else data[:-70] + bytes([data[-70] ^ 255]) + data[-69:]
        )
    with pytest.raises(IndexCorrupt, match=file):
        open_generation(damaged, library.var / "cache")
    source = CurrentSearcher(library)
    assert source.searcher().generation == first
    assert KnowledgeBase(source).hits("卡被偷了", ANYBODY, at, 10)[0].key == "loss@1"
    # the next build heals it
    building.build(library, now())
    assert CurrentSearcher(library).searcher().generation not in (first, damaged.name)


def test_progress_is_told_and_files_are_written_only_for_those_with_phrasings(learned_once, tmp_path, monkeypatch):
    monkeypatch.setattr(learning, "_PIECE", 1)
    searcher = CurrentSearcher(learned_once).searcher()
    opened = {s.name: (s, t) for s, t in zip(searcher.segments, searcher.states, strict=True)}
    told = []
    assert learning.learn(tmp_path, opened, lambda done, total: told.append((done, total))) == len(WITH_PHRASINGS)
    assert told == [(done, len(WITH_PHRASINGS)) for done in range(len(WITH_PHRASINGS) + 1)]
    assert {p.name for p in tmp_path.iterdir()} == {FILE, ROWS_FILE}
    assert learning.carry_over(tmp_path / "nowhere", tmp_path, opened) == []
