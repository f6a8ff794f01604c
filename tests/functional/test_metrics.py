"""What a watcher sees: the numbers for Prometheus, the probes, the ids of requests and the lines of the log."""

import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import requests
from builders import write_article
from flask import url_for
from prometheus_client.parser import text_string_to_metric_families
from test_serving import Served, until

from indexer import build as building
from indexer import generations
from kb.clock import SHANGHAI, now
from kb.db import feedback, gaps, users
from kb.logs import REQUEST_ID
from kb.questions_file import day_file
from web.app import SERVICES, create_app
from web.tally import BOUNDS, Counts, Tally, of_values
from web.tally_files import TallyFiles, clear

NUMBER = "6222021234567890128"


@pytest.fixture
def library(settings):
    building.build(settings, now())
    return settings


@pytest.fixture
def client(library):
    return create_app(library).test_client()


def numbers(text):
    """(name, labels) → value."""
    return {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
    }


def value(text, name, **labels):
    return numbers(text).get((name, tuple(sorted(labels.items()))))


def test_requests_are_counted_by_rule_and_status(client):  # row 76
    for _ in range(3):
        client.post("/api/v1/search", json={"q": "补卡"})
    client.post("/ask", data={"q": "补卡"})
    client.get("/api/v1/articles/replace-card")
    client.get("/api/v1/articles/usb-key")
    client.get("/no-such-page")
    with client.application.test_request_context():
        client.get(url_for("asset", filename="icon.svg")).close()
    text = client.get("/metrics").text
    assert value(text, "kb_requests_total", route="/api/v1/search", status="200") == 3
    assert value(text, "kb_requests_total", route="/ask", status="200") == 1
    assert value(text, "kb_requests_total", route="/api/v1/articles/<article_id>", status="200") == 2
    assert value(text, "kb_requests_total", route="none", status="404") == 1
    # the next version is counted under the same name
    assert value(text, "kb_requests_total", route="/static/<version>/<path:filename>", status="200") == 1
    assert value(text, "kb_request_seconds_count", route="/api/v1/search") == 3
    assert value(text, "kb_request_seconds_bucket", route="/api/v1/search", le="+Inf") == 3
    assert value(text, "kb_request_seconds_sum", route="/api/v1/search") > 0


def test_the_index_and_what_waits_are_there(client, library, at):  # row 76
    database = client.application.extensions[SERVICES].database
    with database.writing() as connection:
        agent = users.add(connection, "agent", "", ("agent",), at).actor
        gaps.send(connection, agent, "鹦鹉怎么托运", "", "", False, now())
        feedback.send(connection, agent, "wrong", "usb-key@1", "", "费用不对", now(), now() - timedelta(days=1))
    text = client.get("/metrics").text
    assert value(text, "kb_index_up") == value(text, "kb_database_up") == 1
    assert value(text, "kb_index_articles") == 5
    assert value(text, "kb_index_generation", generation=generations.current_name(library.index)) == 1
    assert 0 <= value(text, "kb_index_age_seconds") < 600
    assert value(text, "kb_waiting", what="gaps") == 1
    assert value(text, "kb_waiting", what="late_feedback") == 1
    assert value(text, "kb_nightly_age_seconds") is None


def night(settings, outcome, ended, quarantined=()):
    settings.reports.mkdir(parents=True, exist_ok=True)
    said = {
        "began": (ended - timedelta(minutes=5)).isoformat(), "ended": ended.isoformat(), "outcome": outcome,
        "reasons": ["文章少了"] if outcome == "refused" else [], "quarantined": list(quarantined),
    }  # fmt: skip
    (settings.reports / f"night-{ended:%Y-%m-%d}.json").write_text(json.dumps(said), "utf-8")


def test_the_last_night_is_there(client, library):  # row 76
    night(library, "done", now() - timedelta(days=1))
    night(library, "refused", now() - timedelta(hours=1), ["processes/x.md"])
    text = client.get("/metrics").text
    assert value(text, "kb_nightly_outcome", outcome="refused") == 1
    assert value(text, "kb_nightly_outcome", outcome="done") == 0
    assert value(text, "kb_nightly_duration_seconds") == 300
    assert 3500 < value(text, "kb_nightly_age_seconds") < 3700
    assert value(text, "kb_articles_quarantined") == 1


def test_without_index_and_database_the_numbers_say_so(settings):  # row 76
    app = create_app(replace(settings, database_url="postgresql+psycopg://kb:secret@127.0.0.1:1/kb"))
    text = app.test_client().get("/metrics").text
    assert value(text, "kb_index_up") == value(text, "kb_database_up") == 0
    assert "secret" not in text


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.9", {}, 403),
        # it came through a proxy that nobody has told us of: the address is the proxy's
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.9"}, 403),
    ],
)
def test_only_some_addresses_may_read_them(client, address, headers, status):  # row 76
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)
    assert answer.status_code == status
    assert ("kb_requests" in answer.text) == (status == 200)


def test_who_may_is_a_setting(library):
    client = create_app(replace(library, metrics_addresses="10.0.0.0/8")).test_client()
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 200
    assert client.get("/metrics").status_code == 403


# ── several processes ──


def test_numbers_of_all_processes_are_added_up_and_outlive_them(tmp_path):
    clear(tmp_path)
    mine = TallyFiles(tmp_path, Tally())
    mine.start()
    program = (
        "from pathlib import Path; from web.tally import Tally; from web.tally_files import TallyFiles\n"
        f"files = TallyFiles(Path({str(tmp_path)!r}), Tally()); files.start()\n"
        "files.tally.request('/ask', '200', 0.02); files.tally.question('found'); files.tally.lost('disk')"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program], check=True)
    mine.tally.request("/ask", "200", 0.02)
    total = mine.total()
    assert sum(total.requests[("/ask", "200")]) == 3
    assert (total.questions, total.lost) == ({"found": 2}, {"disk": 2})
    (tmp_path / "1-x.json").write_text("{")
    assert sum(mine.total().requests[("/ask", "200")]) == 3
    assert oct(tmp_path.stat().st_mode)[-3:] == "700"
    clear(tmp_path)
    assert not list(tmp_path.glob("*.json"))


def test_counting_from_many_threads_loses_nothing():
    tally = Tally()

    def count():
        for _ in range(5000):
            tally.request("/ask", "200", 0.001)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.counts().requests[("/ask", "200")] == [20000, *[0] * len(BOUNDS)]


def test_counts_survive_json():
    counts = Counts({("/x", "200"): [1] * (len(BOUNDS) + 1)}, {("/x", "200"): 0.5}, {"found": 1}, {"queue": 2})
    assert of_values(json.loads(json.dumps(counts.as_values()))) == counts


# ── ids of requests ──


def test_every_answer_has_an_id_of_its_own(client):
    answers = [
        client.post("/api/v1/search", json={"q": "补卡"}),
        client.get("/"),
        client.get("/nothing"),
        client.get("/livez"),
    ]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert len(set(ids)) == 4
    assert all(8 <= len(found) <= 64 for found in ids)
    assert f"<code>{ids[2]}</code>" in answers[2].text


def test_only_a_trusted_proxy_gives_ids_and_only_good_ones(library):
    client = create_app(replace(library, tls=True, proxy_addresses="10.0.0.1/32", anonymous="yes")).test_client()

    def answered(address, said):
        return client.get("/livez", environ_base={"REMOTE_ADDR": address}, headers={"X-Request-Id": said}).headers[
            "X-Request-Id"
        ]

    assert answered("10.0.0.1", "trace-0123456789") == "trace-0123456789"
    assert answered("10.0.0.2", "trace-0123456789") != "trace-0123456789"
    for bad in ("short", "x" * 65, "has space in it", NUMBER, "../../etc/passwd", "-leading-dash"):
        assert answered("10.0.0.1", bad) != bad


# ── probes ──


def resealed(settings, **other):
    """The serving generation with another manifest."""
    folder = settings.index / generations.current_name(settings.index)
    manifest = generations.read_manifest(folder)
    (folder / generations.MANIFEST).unlink()
    generations.seal(folder, replace(manifest, **other), manifest.files)


def test_an_old_index_is_said_and_fails_only_where_that_was_asked_for(library):  # row 76
    resealed(library, made=(now() - timedelta(hours=30)).isoformat())
    shown = create_app(library).test_client().get("/readyz")
    assert (shown.status_code, shown.json["status"]) == (200, "degraded")
    assert [reason["code"] for reason in shown.json["reasons"]] == ["old"]
    assert "30 小时" in shown.json["reason"]
    strict = create_app(replace(library, max_index_age_hours=26)).test_client().get("/readyz")
    assert (strict.status_code, strict.json["status"]) == (503, "unavailable")
    assert "KB_MAX_INDEX_AGE_HOURS=26" in strict.json["reason"]
    assert create_app(replace(library, max_index_age_hours=31)).test_client().get("/readyz").status_code == 200


def test_an_older_index_that_has_to_do_is_said(library):  # rows 74 76
    first = generations.current_name(library.index)
    write_article(library.articles, "later", title="后来才写的文章")
    building.update(library, now())
    current = generations.current_name(library.index)
    # as another version of the program would have made it
    resealed(library, fingerprint="0" * 16)
    client = create_app(library).test_client()
    shown = client.get("/readyz").json
    assert (shown["status"], shown["generation"]) == ("degraded", first)
    assert current in shown["reason"]
    assert value(client.get("/metrics").text, "kb_index_fallback") == 1


def test_a_night_that_went_wrong_is_said_without_its_details(client, library):  # row 76
    night(library, "done", now())
    assert client.get("/readyz").json["status"] == "ok"
    night(library, "refused", now())
    shown = client.get("/readyz")
    assert (shown.status_code, shown.json["reasons"][0]["code"]) == (200, "night")
    assert "文章少了" not in shown.text


# ── the whole service ──


@pytest.fixture
def served(library, tmp_path, monkeypatch):
    """`kb serve` with two workers and a log in JSON."""
    monkeypatch.setenv("KB_LOG_FORMAT", "json")
    # numbers of an earlier run must not be counted
    library.counts.mkdir(parents=True)
    old = Counts({("/ask", "200"): [7] * (len(BOUNDS) + 1)}, {("/ask", "200"): 0.5})
    (library.counts / "1-old.json").write_text(json.dumps(old.as_values()), "utf-8")
    running = Served(library, tmp_path / "printed", workers=2)
    yield running
    running.process.kill()
    running.process.wait(timeout=60)


def test_the_service_counts_over_all_its_workers_and_logs_no_question(served, library):  # rows 76 78
    served.ready()
    asked = 12
    for number in range(asked):
        # a connection each, so that both workers get some
        answer = requests.post(
            f"{served.address}/api/v1/search", json={"q": "补卡" if number % 3 else f"独角兽{NUMBER}"}, timeout=60
        )
        assert answer.headers["X-Request-Id"]
    requests.get(f"{served.address}/nothing?q={NUMBER}&name=王五", timeout=60)

    def counted():
        text = requests.get(f"{served.address}/metrics", timeout=60).text
        done = value(text, "kb_requests_total", route="/api/v1/search", status="200") == asked
        questions = [value(text, "kb_questions_total", answer=a) for a in ("found", "unsure", "nothing")]
        return text if done and sum(questions) == asked else None

    text = until(counted, served.printed)
    assert value(text, "kb_questions_total", answer="found") < asked
    assert value(text, "kb_log_lines_lost_total", why="disk") == 0
    for secret in (NUMBER, "独角兽", "补卡", "王五"):
        assert secret not in text
        assert secret not in served.printed()
    assert "独角兽［卡号］" in day_file(library.logs, now().date()).read_text("utf-8")
    assert served.stop() == 0


def test_log_lines_that_are_lost_are_counted_and_the_answer_comes_all_the_same(served, library):  # A5
    served.ready()
    library.logs.parent.mkdir(exist_ok=True)
    # a file where the folder should be: nothing can be written
    library.logs.write_text("x")
    assert requests.post(f"{served.address}/api/v1/search", json={"q": "补卡"}, timeout=60).status_code == 200

    def lost():
        text = requests.get(f"{served.address}/metrics", timeout=60).text
        return value(text, "kb_log_lines_lost_total", why="disk")

    assert until(lost, served.printed) == 1
    lines = [line for line in served.printed().splitlines() if "questions are not logged" in line]
    assert json.loads(lines[0])["level"] == "WARNING"


def test_a_worker_that_is_killed_takes_no_numbers_along(served):  # A2
    served.ready()
    for _ in range(6):
        requests.post(f"{served.address}/api/v1/search", json={"q": "补卡"}, timeout=60)

    def counted():
        text = requests.get(f"{served.address}/metrics", timeout=60).text
        return value(text, "kb_requests_total", route="/api/v1/search", status="200")

    # every worker has written what it counted
    until(lambda: counted() == 6)
    until(lambda: counted() == 6)
    # what only looks after the index at the start has ended
    threading.Event().wait(2)
    before = len(served.children())
    victim = next(iter(served.children()))
    os.kill(victim, 9)
    until(lambda: victim not in served.children() and len(served.children()) == before, served.printed)
    assert until(lambda: counted()) == 6


def test_the_clock_of_log_lines_is_shanghai():
    from kb.logs import JsonLines

    record = logging.LogRecord("x", logging.WARNING, __file__, 1, "said", None, None)
    said = datetime.fromisoformat(json.loads(JsonLines().format(record))["time"])
    assert said.utcoffset() == timedelta(hours=8)
    assert abs(said - datetime.now(SHANGHAI)) < timedelta(minutes=1)
    assert REQUEST_ID.get() == "" or json.loads(JsonLines().format(record))["request"] == REQUEST_ID.get()
