"""The nightly rebuild: made beside the index that serves, brought up to date at its end; a bad file takes nothing away."""

import contextlib
import threading

import pytest
from builders import write_article

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.errors import KBError
from kb.visibility import ANYBODY


def first(settings, question):
    hits = KnowledgeBase(CurrentSearcher(settings)).hits(question, ANYBODY, now(), 5)
    return hits[0].key.rpartition("@")[0] if hits else ""


def accept(searcher, built):
    """Let everything serve."""


@pytest.fixture
def served(settings):
    """A library with an article about crossing borders, indexed."""
    write_article(settings.articles, "border", title="跨境汇款额度", answer="跨境汇款每年等值五万美元。")
    building.build(settings, now())
    assert first(settings, "跨境汇款额度") == "border"
    return settings


@pytest.mark.parametrize("again", [building.update, building.build])
def test_an_article_that_was_broken_keeps_its_last_good_version(served, again):  # row 71
    path = next(served.articles.rglob("border.md"))
    good = path.read_text("utf-8")
    path.write_text(good.replace("effective:", "effektive:"), "utf-8")
    write_article(served.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    built = again(served, now())
    name = path.relative_to(served.articles).as_posix()
    assert built.quarantined == (name,)
    assert any(p.path == name and p.level == "error" for p in built.problems)
    assert first(served, "跨境汇款额度") == "border"
    assert first(served, "鹦鹉托运") == "parrot"
    path.write_text(good.replace("五万美元", "六万美元"), "utf-8")
    assert again(served, now()).quarantined == ()
    card = KnowledgeBase(CurrentSearcher(served)).ask("跨境汇款额度", ANYBODY, now()).cards[0]
    assert "六万美元" in card.answer.text


def test_a_broken_article_that_is_deleted_is_gone(served):  # rows 71 72
    path = next(served.articles.rglob("border.md"))
    path.write_text("---\nid: [\n---\n", "utf-8")
    assert len(building.update(served, now()).quarantined) == 1
    path.unlink()
    built = building.update(served, now())
    assert (built.removed, built.quarantined) == (1, ())
    assert first(served, "跨境汇款额度") != "border"


def test_what_is_published_while_it_builds_is_in_it(served):  # row 66
    meanwhile = []

    def publish(searcher, built):
        # others are not kept from writing the index
        write_article(served.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
        meanwhile.append(building.update(served, now()).added)
        next(served.articles.rglob("border.md")).unlink()

    built = building.rebuild(served, now(), publish)
    assert meanwhile == [1]
    assert first(served, "鹦鹉托运") == "parrot"
    assert first(served, "跨境汇款额度") != "border"
    assert generations.current_name(served.index) == built.generation
    assert not (served.index / ".unfinished").exists()


def test_what_is_refused_leaves_everything_as_it_was(served):  # row 69
    before = generations.current_name(served.index), generations.names(served.index)

    def refuse(searcher, built):
        raise KBError("少了一半的文章。")

    with pytest.raises(KBError, match="少了一半"):
        building.rebuild(served, now(), refuse)
    assert (generations.current_name(served.index), generations.names(served.index)) == before
    assert not (served.index / ".unfinished").exists()
    assert building.rebuild(served, now(), accept).unchanged == 6


def test_a_trial_run_changes_nothing(served):
    write_article(served.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    before = generations.current_name(served.index)
    assert building.rebuild(served, now(), accept, dry=True).added == 1
    assert generations.current_name(served.index) == before
    assert first(served, "鹦鹉托运") != "parrot"


def test_words_that_change_while_it_builds_are_in_it_too(served):
    def rename(searcher, built):
        folder = served.articles / "_lexicon"
        folder.mkdir(exist_ok=True)
        (folder / "synonyms.txt").write_text("跨境汇款 = 西联寄钱\n", "utf-8")

    building.rebuild(served, now(), rename)
    assert first(served, "西联寄钱") == "border"


def test_nobody_waits_while_it_builds(served):  # row 66
    failed, asked, done = [], [], threading.Event()

    def ask():
        base = KnowledgeBase(CurrentSearcher(served))
        while not done.is_set():
            asked.append(1)
            if not base.hits("跨境汇款额度", ANYBODY, now(), 5):
                failed.append(1)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    with contextlib.ExitStack() as stack:
        stack.callback(done.set)
        for _ in range(3):
            building.rebuild(served, now(), accept)
    for thread in threads:
        thread.join()
    assert asked
    assert not failed
