"""What desks were asked: it reaches the machine that keeps the log, whole, once, and for as long as it must be kept."""

import json
import logging
from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner

from indexer.desk_questions import DeskQuestions, collect
from indexer.engines import question_log
from indexer.opensearch import Cluster
from kb.cli import cli
from kb.clock import SHANGHAI, now
from kb.errors import ClusterProblem
from kb.questions_file import DayFiles, day_file, read_day
from kb.questions_log import Masked

TODAY = now().date()
YESTERDAY = TODAY - timedelta(days=1)
BEFORE = TODAY - timedelta(days=2)


@pytest.fixture
def clustered(settings, opensearch):
    prefix = f"q{uuid4().hex[:12]}"
    yield replace(settings, search_url=tuple(opensearch.urls), search_prefix=prefix, workbench_url="https://kb.example")
    opensearch.clear(prefix)


@pytest.fixture
def desk(clustered):
    desks = [DeskQuestions(clustered) for _ in range(2)]
    yield desks[0]
    for one in desks:
        one.close()


def asked(question, day, hits=3):
    record = logging.LogRecord(
        "kb.questions", logging.INFO, "", 0, "question=%r facet=%s hits=%d confident=%s best=%s generation=%s call=%s",
        (Masked(question), "", hits, True, "a", "g", "-"), None,
    )  # fmt: skip
    record.created = datetime.combine(day, time(10, 30), SHANGHAI).timestamp()
    return record


def indices(settings):
    cluster = Cluster(settings)
    try:
        return sorted(cluster.identities(f"{settings.search_prefix}-questions-"))
    finally:
        cluster.close()


def test_lines_of_every_desk_are_fetched_once_and_masked(clustered, desk):  # P1 rows 69 75
    other = DeskQuestions(clustered)
    for number in range(1200):
        desk.emit(asked(f"补卡{number % 3}", YESTERDAY))
    other.emit(asked("我的卡6222021234567890128丢了", YESTERDAY, hits=0))
    desk.send()
    other.close()
    assert collect(clustered, now()) > 0
    assert collect(clustered, now()) > 0
    day = read_day(clustered.logs, YESTERDAY)
    assert day.questions.total() == 1201
    assert day.questions["补卡1"] == 400
    assert day.unreadable == 0
    assert day.hours[10] == 1201
    (masked,) = day.zero
    assert "6222021234567890128" not in masked
    (path,) = clustered.logs.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert "6222021234567890128" not in path.read_text("utf-8")


def test_they_stand_beside_those_of_the_machine_itself(clustered, desk):
    own = DayFiles(clustered.logs)
    own.emit(asked("挂失", YESTERDAY))
    desk.emit(asked("挂失", YESTERDAY))
    desk.send()
    collect(clustered, now())
    assert read_day(clustered.logs, YESTERDAY).questions == Counter({"挂失": 2})
    own.close()


def test_a_day_goes_from_the_cluster_when_no_desk_can_add_to_it(clustered, desk):
    for day in (BEFORE, YESTERDAY, TODAY):
        desk.emit(asked("补卡", day))
    desk.send()
    assert len(indices(clustered)) == 3
    collect(clustered, now())
    # the present day is not over: it is not fetched; the day before may still get lines
    assert indices(clustered) == [f"{clustered.search_prefix}-questions-{day}" for day in (YESTERDAY, TODAY)]
    assert [read_day(clustered.logs, day).questions.total() for day in (BEFORE, YESTERDAY, TODAY)] == [1, 1, 0]


def test_a_desk_that_comes_back_late_takes_nothing_away(clustered, desk):
    desk.emit(asked("补卡", BEFORE))
    desk.send()
    collect(clustered, now())
    late = DeskQuestions(clustered)
    late.emit(asked("挂失", BEFORE))
    late.close()
    collect(clustered, now())
    assert read_day(clustered.logs, BEFORE).questions == Counter({"补卡": 1, "挂失": 1})


def test_what_was_sent_twice_counts_once(clustered, desk, monkeypatch):
    write = Cluster.write

    def lost_answer(self, actions):
        write(self, actions)
        raise ClusterProblem("检索集群连不上")

    desk.emit(asked("补卡", YESTERDAY))
    with monkeypatch.context() as patched:
        patched.setattr(Cluster, "write", lost_answer)
        with pytest.raises(ClusterProblem):
            desk.send()
    desk.send()
    desk.send()
    collect(clustered, now())
    assert read_day(clustered.logs, YESTERDAY).questions == Counter({"补卡": 1})


def test_lines_wait_for_a_cluster_that_is_away_and_losses_are_counted(clustered, monkeypatch):  # A5
    monkeypatch.setattr("indexer.desk_questions._WAITING", 3)
    lost = []
    desk = DeskQuestions(replace(clustered, search_url=("http://127.0.0.1:1",)), lambda: lost.append(1))
    for _ in range(2):
        desk.emit(asked("补卡", YESTERDAY))
    with pytest.raises(ClusterProblem):
        desk.send()
    for _ in range(2):
        desk.emit(asked("补卡", YESTERDAY))
    assert len(lost) == 1
    back = Cluster(clustered)
    desk._cluster = back
    desk.close()
    collect(clustered, now())
    assert read_day(clustered.logs, YESTERDAY).questions.total() == 3


def test_a_thread_sends_by_itself(clustered, monkeypatch):
    monkeypatch.setattr("indexer.desk_questions._EVERY", 0.05)
    sending = question_log(clustered, lambda why: None)
    assert isinstance(sending, DeskQuestions)
    sending.emit(asked("补卡", YESTERDAY))
    until_there = 200
    while not read_day(clustered.logs, YESTERDAY).questions and until_there:
        collect(clustered, now())
        until_there -= 1
    assert read_day(clustered.logs, YESTERDAY).questions.total() == 1
    sending.close()


def test_a_machine_with_articles_writes_files(settings):
    made = question_log(settings, lambda why: None)
    assert isinstance(made, DayFiles)
    made.close()


def test_the_night_fetches_them_asks_them_again_and_removes_them_in_time(clustered, desk):  # rows 69 75 79
    for _ in range(5):
        desk.emit(asked("独角兽", YESTERDAY, hits=0))
    old = TODAY - timedelta(days=400)
    desk.emit(asked("补卡", old))
    desk.send()
    env = {
        "KB_ARTICLES": str(clustered.articles),
        "KB_VAR": str(clustered.var),
        "KB_SEARCH_URL": ",".join(clustered.search_url),
        "KB_SEARCH_PREFIX": clustered.search_prefix,
    }
    ran = CliRunner().invoke(cli, ["nightly", "--format", "json"], env=env)
    assert ran.exit_code == 0, ran.output
    night = json.loads(ran.stdout)
    assert night["asked"]["questions"] == 5
    assert [step["problem"] for step in night["steps"] if step["name"] == "questions"] == [""]
    assert not list(clustered.logs.glob(f"{day_file(clustered.logs, old).stem}*"))
    assert len(indices(clustered)) == 1
