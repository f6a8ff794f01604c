"""A service follows what is published in a thread of its own: no question opens a generation, and little is made anew."""

import logging
import threading
import time

import pytest
from builders import write_article, write_lexicon

from indexer import backends
from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.visibility import ANYBODY


def until(true):
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def source(settings):
    """A source of a service: it keeps up."""
    building.build(settings, now())
    made = CurrentSearcher(settings)
    made.keep_up()
    return made


@pytest.fixture
def opened_by(monkeypatch):
    """Names of the threads that opened a generation."""
    found = []
    really = backends.open_generation

    def noted(*args, **kwargs):
        found.append(threading.current_thread().name)
        return really(*args, **kwargs)

    monkeypatch.setattr(backends, "open_generation", noted)
    return found


def changed(settings, number=1):
    write_article(settings.articles, "parrot", title="鹦鹉托运", answer=f"鹦鹉托运请联系航空公司，{number}。")
    return building.update(settings, now()).generation


def test_no_question_opens_what_was_published(settings, source, opened_by, at):  # rows 61 66, A1
    base = KnowledgeBase(source)
    for number in range(3):
        made = changed(settings, number)
        until(lambda made=made: base.ask("鹦鹉托运", ANYBODY, at).generation == made)
    assert set(opened_by) == {"kb-following"}


def test_a_question_looks_itself_where_the_thread_does_not(settings, source, opened_by, at, monkeypatch):
    base = KnowledgeBase(source)
    base.ask("卡消磁了", ANYBODY, at)
    monkeypatch.setattr(source, "look_again", lambda: None)
    monkeypatch.setattr(backends, "_PATIENCE", 0)
    made = changed(settings)
    assert base.ask("鹦鹉托运", ANYBODY, at).generation == made
    assert opened_by == [threading.current_thread().name]


def test_a_failure_is_logged_once_and_the_old_generation_goes_on_answering(settings, source, at, monkeypatch, caplog):
    base = KnowledgeBase(source)
    before = base.ask("卡消磁了", ANYBODY, at).generation
    tried = []

    def full(*_, **__):
        tried.append(1)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backends, "open_generation", full)
    monkeypatch.setattr(backends, "_PATIENCE", 60)
    with caplog.at_level(logging.ERROR, "indexer.following"):
        changed(settings)
        until(lambda: len(tried) > 2)
        assert base.ask("卡消磁了", ANYBODY, at).generation == before
    assert len([r for r in caplog.records if r.message == "what was published could not be followed"]) == 1
    monkeypatch.undo()
    until(lambda: base.ask("鹦鹉托运", ANYBODY, at).generation > before)


def test_a_worker_starts_where_nothing_can_be_opened(settings, at, monkeypatch):
    building.build(settings, now())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backends, "open_generation", full)
    source = CurrentSearcher(settings)
    source.keep_up()
    monkeypatch.undo()
    assert KnowledgeBase(source).ask("卡消磁了", ANYBODY, at).cards


def test_the_thread_ends_with_its_source(settings):
    building.build(settings, now())
    source = CurrentSearcher(settings)
    source.keep_up()
    thread = source._following
    assert thread.is_alive()
    del source
    thread.join(30)
    assert not thread.is_alive()


def test_words_and_alarms_are_not_read_again_for_another_generation(settings, source, at):
    base = KnowledgeBase(source)
    base.ask("要我转到安全账户", ANYBODY, at)
    old = source.searcher()
    made = changed(settings)
    source.look_again()
    new = source.searcher()
    assert new.generation == made != old.generation
    assert new.understanding.analyzer is old.understanding.analyzer
    assert new._tripwire is old._tripwire


def test_words_that_changed_are_read(settings, source, at):
    base = KnowledgeBase(source)
    assert not base.ask("公家户头", ANYBODY, at).alerts
    write_lexicon(settings.articles, fraud=["公家户头 | 10 | safe-account"])
    building.update(settings, now())
    source.look_again()
    assert [card.id for card in base.ask("公家户头", ANYBODY, at).alerts] == ["safe-account"]


def test_alarms_that_changed_are_read(settings, source, at):
    base = KnowledgeBase(source)
    assert base.ask("要我转到安全账户", ANYBODY, at).alerts
    file = next(settings.articles.rglob("safe-account.md"))
    text = file.read_text("utf-8")
    file.write_text(text.replace("answer: ", "answer: 先报警。", 1), "utf-8")
    building.update(settings, now())
    source.look_again()
    (card,) = base.ask("要我转到安全账户", ANYBODY, at).alerts
    assert card.answer.text.startswith("先报警。")
