"""Eight who write, one who looks at everything and one who makes backups, all at once: nobody is told that the database is locked.

Five seconds on every commit; `pytest -m soak -s tests/faults/test_many_writers.py` goes on for a minute.
"""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta

import pytest
from builders import write_small_library
from service import p99

from kb import backup_writer
from kb.backup_reader import Archive
from kb.clock import now
from kb.db import audit, engine, feedback, gaps, users
from kb.db.engine import Database
from kb.db.status import look
from kb.db.waiting import waiting
from kb.locks import exclusive

WRITERS = 8


def repeated(url, seconds, patience, work, *values):
    """Do one thing again and again until its time is over; what it took and what went wrong."""
    engine._PATIENCE = patience
    times, troubles = [], []
    database, until = Database(url), time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        try:
            work(database, len(times), *values)
        except Exception as error:
            troubles.append(f"{work.__name__}: {error} {error.__cause__}"[:300])
        times.append(time.monotonic() - began)
    database.close()
    return times, troubles


def write(database, number, name):
    """What an agent sends: a report of a mistake, or a question without an answer."""
    with database.writing() as connection:
        actor = users.find(connection, name).actor
        if number % 2:
            due = now() + timedelta(days=1)
            feedback.send(connection, actor, "wrong", "usb-key@1", "网银盾坏了", f"第{number}条", now(), due)
        else:
            gaps.send(connection, actor, f"{name}的第{number}个问题", "", "", False, now())


def report(database, _):
    """What the night looks at, and the whole audit trail."""
    with database.reading() as connection:
        waiting(connection, now())
    with database.snapshot() as connection:
        assert audit.broken_at(connection) is None
    look(database)


def back_up(database, number, folder):
    file = folder / f"backup-{number}.zip"
    lock = exclusive(folder / "publish.lock", 30)
    backup_writer.make(file, folder / "articles", database, now(), lock, lambda done, total: None)
    with Archive(file) as archive:
        archive.check()
    file.unlink()


def together(database, url, folder, seconds, patience=engine._PATIENCE):
    """All of them at once, each in a process of its own; (times of inserts, reports, backups, what went wrong)."""
    write_small_library(folder / "articles")
    names = [f"agent-{number}" for number in range(WRITERS)]
    with database.writing() as connection:
        for name in names:
            users.add(connection, name, "", ["agent"], now())
    database.close()
    # not forked of this one: another thread of it may just hold a lock inside of SQLite, for ever in a child (seen once)
    with ProcessPoolExecutor(WRITERS + 2, multiprocessing.get_context("forkserver")) as pool:
        hands = [pool.submit(repeated, url, seconds, patience, write, name) for name in names]
        others = [
            pool.submit(repeated, url, seconds, patience, report),
            pool.submit(repeated, url, seconds, patience, back_up, folder),
        ]
        written, (reports, backups) = ([hand.result() for hand in group] for group in (hands, others))
    times = [taken for found, _ in written for taken in found]
    troubles = [trouble for _, found in (*written, reports, backups) for trouble in found]
    return times, reports[0], backups[0], troubles


def held(database, folder, seconds):
    url = database.engine.url.render_as_string(hide_password=False)
    times, reports, backups, troubles = together(database, url, folder, seconds)
    print(
        f"{database.shown.partition(':')[0]}: {len(times)} inserts, p99 {p99(times)} ms, slowest {max(times) * 1000:.0f} ms;"
        f" {len(reports)} reports, {len(backups)} backups, {len(troubles)} troubles"
    )
    assert troubles == []
    assert len(times) > WRITERS
    assert reports
    assert backups
    with database.reading() as connection:
        assert gaps.counts(connection)[0] + feedback.counts(connection, now())["open"] > 0
        assert audit.broken_at(connection) is None


@pytest.mark.timeout(120)
def test_nobody_is_told_that_the_database_is_locked(any_database, tmp_path):  # C6
    held(any_database, tmp_path, 5)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_nobody_is_told_so_for_a_minute(any_database, tmp_path):  # C6
    held(any_database, tmp_path, 60)


@pytest.mark.timeout(120)
def test_writers_without_patience_would_be_found(database, tmp_path):  # C6
    url = database.engine.url.render_as_string(hide_password=False)
    troubles = together(database, url, tmp_path, 1, patience=0)[3]
    assert any("locked" in trouble for trouble in troubles), troubles
