"""Trying out: a trial answers exactly as the index would after publishing, and leaves nothing behind."""

import os
import threading
import time

import pytest
from builders import article_text, write_article, write_lexicon

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher
from indexer.trial import preview, trial
from kb.clock import now
from kb.errors import ArticleError, KBError
from kb.library import load_library
from kb.visibility import ANYBODY

QUESTIONS = (
    "换卡",
    "卡坏了怎么换",
    "网银盾去哪领",
    "取五万",
    "排队",
    "安全账户",
    "剪卡",
    "U盾",
    "补办要多少钱",
    "每张9元",
)
PATH = "processes/replace-card.md"


@pytest.fixture
def served(settings):
    """Settings whose articles are in an index."""
    building.build(settings, now())
    return settings


def answers(searcher, at):
    """What a searcher says to some questions, scores included, and what it keeps of the articles."""
    found = {}
    for question in QUESTIONS:
        hits = searcher.search(searcher.understanding.understand(question, searcher.knows), at, ANYBODY, 10)
        found[question] = [(h.key, h.section, round(h.score, 9), round(h.coverage, 9)) for h in hits]
        found[question, "kept"] = [searcher.article(h.key) for h in hits]
    return found


def published(settings, texts, at):
    """What the index says once these texts are files."""
    for name, text in texts.items():
        path = settings.articles / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")
    building.update(settings, now())
    return answers(CurrentSearcher(settings).searcher(), at)


def changed(settings):
    return (settings.articles / PATH).read_text("utf-8").replace("卡坏了怎么换", "剪卡以后怎么办")


def lexicon(settings, *lines):
    return (settings.articles / "_lexicon/synonyms.txt").read_text("utf-8") + "\n".join(lines) + "\n"


CASES = {
    "one article changed": lambda s: {PATH: changed(s)},
    "one new, one gone": lambda s: {
        "processes/cut-card.md": article_text("cut-card", title="剪卡", answer="剪卡不用来网点。"), "products/usb-key.md": None
    },
    "a next version": lambda s: {
        "processes/replace-card@2026-11-20.md": article_text("replace-card", version=2, effective="2026-11-20", title="剪卡")
    },
    "a synonym": lambda s: {"_lexicon/synonyms.txt": lexicon(s, "剪卡 = 换卡")},
    "a fact": lambda s: {"_registry/facts.yml": "fee.card: {value: 每张9元}\n"},
    "a synonym and an article": lambda s: {PATH: changed(s), "_lexicon/synonyms.txt": lexicon(s, "剪卡 = 换卡")},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_searching_the_trial_is_publishing_and_searching(served, at, case):  # row 50
    texts = CASES[case](served)
    before = answers(CurrentSearcher(served).searcher(), at)
    with trial(served, texts, now()) as searcher:
        tried = answers(searcher, at)
    assert tried != before
    assert tried == published(served, texts, at)


def test_nothing_else_is_touched_and_nothing_is_left(served, at):
    name = generations.current_name(served.index)
    files = {p: p.read_bytes() for p in served.articles.rglob("*") if p.is_file()}
    before = answers(CurrentSearcher(served).searcher(), at)
    with trial(served, {PATH: changed(served)}, now()):
        assert len(list(served.var.glob("trial-*"))) == 1
    assert list(served.var.glob("trial-*")) == []
    assert generations.current_name(served.index) == name
    assert {p: p.read_bytes() for p in served.articles.rglob("*") if p.is_file()} == files
    assert answers(CurrentSearcher(served).searcher(), at) == before


def test_a_trial_works_before_there_is_an_index_and_while_another_job_writes(settings, at):
    with trial(settings, {PATH: changed(settings)}, now()) as searcher:
        assert answers(searcher, at)["剪卡"]
    building.build(settings, now())
    with generations.write_lock(settings.index), trial(settings, {PATH: changed(settings)}, now()) as searcher:
        assert answers(searcher, at)["剪卡"][0][0] == "replace-card@1"


def test_a_text_with_errors_is_refused_with_all_of_them(served):  # row 41
    with (
        pytest.raises(ArticleError) as refused,
        trial(served, {PATH: article_text("replace-card", owner=None, title=None)}, now()),
    ):
        pass
    assert len(refused.value.problems) == 2
    assert list(served.var.glob("trial-*")) == []


@pytest.mark.parametrize(
    "name", ["../outside.md", "/etc/passwd", "processes/../../x.md", "loose.md", ".git/hooks/x", "", "processes/.x.md"]
)
def test_nothing_outside_the_articles_folder_can_be_meant(served, name):
    with pytest.raises(KBError), trial(served, {name: "x"}, now()):
        pass
    assert not (served.var / "outside.md").exists()


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_or_young_is_not(served):
    left, young = served.var / "trial-left", served.var / "trial-young"
    for folder in (left, young):
        (folder / "articles").mkdir(parents=True)
    long_ago = time.time() - 3600
    os.utime(left, (long_ago, long_ago))
    with trial(served, {PATH: changed(served)}, now()):
        mine = {p.name for p in served.var.glob("trial-*")}
        assert "trial-left" not in mine
        used = served.var / (mine - {"trial-young"}).pop()
        os.utime(used, (long_ago, long_ago))
        with trial(served, {PATH: changed(served)}, now()):
            assert used.exists()
            assert young.exists()


def test_trials_beside_publications_never_fail(served, at):
    failed = []

    def publish():
        for n in range(8):
            write_article(served.articles, "busy", title=f"忙碌{n}")
            building.update(served, now())

    def tries():
        try:
            for _ in range(4):
                with trial(served, {PATH: changed(served)}, now()) as searcher:
                    assert answers(searcher, at)["剪卡"]
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for work in (publish, tries, tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert list(served.var.glob("trial-*")) == []


def test_a_full_disk_says_so_and_the_serving_index_goes_on(served, at, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("indexer.trial._write", full)
    with pytest.raises(KBError, match="没有受影响"), trial(served, {PATH: changed(served)}, now()):
        pass
    assert list(served.var.glob("trial-*")) == []
    assert answers(CurrentSearcher(served).searcher(), at)["换卡"]


def test_a_preview_is_what_the_index_would_keep(served, at):  # the agent's own view of a draft
    article = next(a for a in load_library(served.articles).articles if a.id == "replace-card")
    stored, prepared = preview(served, article)
    searcher = CurrentSearcher(served).searcher()
    kept, ready = searcher.article("replace-card@1"), searcher.prepared("replace-card@1")
    assert (stored.article, stored.sections) == (kept.article, kept.sections)
    assert (prepared.head, prepared.title, prepared.channels, prepared.marks) == (
        ready.head,
        ready.title,
        ready.channels,
        ready.marks,
    )


def test_a_preview_needs_no_index(settings):
    write_lexicon(settings.articles, synonyms=["U盾 = K宝"])
    article = load_library(settings.articles).articles[0]
    assert preview(settings, article)[0].article.id == article.id
