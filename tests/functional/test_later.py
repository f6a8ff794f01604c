"""What is written beside the requests: the latest of each key, and no trouble for anybody where it cannot be written."""

import logging
import threading

import pytest

from kb.db import readings, users
from kb.db.readings import Reading
from web.later import Later


def finish(later):
    """Wait until nothing is left to write."""
    for thread in threading.enumerate():
        if thread.name == "readings":
            thread.join(10)
    assert later._writer is None or not later._writer.is_alive()


@pytest.fixture
def person(database, at):
    with database.writing() as connection:
        return users.add(connection, "agent", "", ["agent"], at).id


def kept(database, person):
    with database.reading() as connection:
        return {r.article_id: r.version for r in readings.of(connection, person, 100)}


def test_the_latest_of_each_key_is_written_while_others_write(database, person, at):
    later = Later(database, "readings", readings.note)
    with database.writing():
        # nothing can be written now, and nobody waits for that
        for version in range(1, 51):
            later.put("card", Reading(person, "card", version, at))
        later.put("account", Reading(person, "account", 1, at))
    finish(later)
    assert kept(database, person) == {"card": 50, "account": 1}
    later.put("card", Reading(person, "card", 51, at))
    finish(later)
    assert kept(database, person)["card"] == 51


def test_what_cannot_be_written_is_logged_and_the_next_is_tried(database, person, at, caplog):
    later = Later(database, "readings", readings.note)
    file = database.file
    away = file.with_name("away.db")
    database.close()
    file.rename(away)
    file.mkdir()
    with caplog.at_level(logging.WARNING, "web.later"):
        later.put("card", Reading(person, "card", 1, at))
        finish(later)
    assert "readings not written" in caplog.text
    file.rmdir()
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    away.rename(file)
    later.put("card", Reading(person, "card", 2, at))
    finish(later)
    assert kept(database, person) == {"card": 2}
