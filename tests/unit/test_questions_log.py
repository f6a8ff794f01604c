"""The log of questions: written by a thread of its own, masked whatever writes it, and never in a request's way."""

import io
import logging
import pickle
import threading

import pytest

from kb import questions_log
from kb.questions_log import LOG, Masked, note

CARD, PHONE = "6222021234567890128", "13800138000"


@pytest.fixture
def written(monkeypatch):
    """What a handler of the root logger writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(LOG, "level", logging.INFO)
    LOG.manager._clear_cache()
    yield stream
    LOG.manager._clear_cache()


def ask(question):
    note(question, "any", 3, True, "a@1", "gen-1")


@pytest.mark.parametrize("beside", [False, True])
def test_numbers_are_masked_whichever_thread_writes(written, beside):  # row 78
    stop = questions_log.start() if beside else None
    ask(f"卡号{CARD}挂失，电话{PHONE}")
    if stop:
        stop()
    assert written.getvalue() == (
        "question='卡号［卡号］挂失，电话［手机号］' facet=any hits=3 confident=True best=a@1 generation=gen-1 call=-\n"
    )


def test_a_question_is_unreadable_in_every_other_form():  # row 78
    masked = Masked(PHONE)
    shown = [
        str(masked),
        repr(masked),
        f"{masked}",
        logging.makeLogRecord({"msg": "%s %r", "args": (masked, masked)}).getMessage(),
        str(pickle.loads(pickle.dumps(masked))),
    ]
    assert all("［手机号］" in text and PHONE not in text for text in shown)


def test_everything_is_written_before_the_log_stops(written):
    stop = questions_log.start()
    for i in range(500):
        ask(f"问题{i}")
    stop()
    assert written.getvalue().count("\n") == 500
    assert "问题499" in written.getvalue()


def test_what_comes_too_fast_is_dropped_counted_and_never_waited_for(written):
    opened = threading.Event()
    slow = logging.getLogger().handlers[0]
    slow.addFilter(lambda _: opened.wait(10))
    stop = questions_log.start(waiting=5)
    asking = threading.Thread(target=lambda: [ask(f"问题{i}") for i in range(100)])
    asking.start()
    asking.join(5)
    assert not asking.is_alive()
    opened.set()
    stop()
    lines = written.getvalue().splitlines()
    assert 5 <= len(lines) - 1 <= 7
    assert f"{100 - len(lines) + 1} questions were not logged" in lines[-1]


def test_afterwards_the_log_is_as_it_was(written):
    questions_log.start()()
    ask("照旧")
    assert "照旧" in written.getvalue()


@pytest.mark.parametrize(("level", "handlers"), [(logging.WARNING, True), (logging.INFO, False)])
def test_where_nobody_writes_no_thread_is_started(written, monkeypatch, level, handlers):
    monkeypatch.setattr(LOG, "level", level)
    LOG.manager._clear_cache()
    if not handlers:
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
    before = threading.active_count()
    stop = questions_log.start()
    assert threading.active_count() == before
    assert LOG.handlers == []
    stop()


def test_a_handler_keeps_its_own_level(written):
    logging.getLogger().handlers[0].setLevel(logging.ERROR)
    stop = questions_log.start()
    ask("不写")
    stop()
    assert written.getvalue() == ""
