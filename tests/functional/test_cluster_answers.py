"""What a cluster may answer instead of an answer: errors, half answers, nonsense, nothing. Each is said plainly, within two seconds."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from indexer import build as building
from indexer.engines import follow, source_of
from indexer.opensearch import Cluster, Found
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.errors import ClusterProblem, SettingError
from kb.results import ResultCache
from kb.settings import Settings, load_settings
from kb.visibility import ANYBODY

HITS = {"hits": {"hits": [{"fields": {"place": ["a.s.1.1"]}}]}, "timed_out": False, "_shards": {"failed": 0}}


@contextmanager
def node(answer):
    """A node that answers every request in its own way; `answer(handler)` writes it."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer(self)

        do_GET = do_POST = do_PUT = do_HEAD = handle_any

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    cluster = Cluster(Settings(search_url=(f"http://127.0.0.1:{server.server_port}",)))
    try:
        yield cluster
    finally:
        cluster.close()
        server.shutdown()
        thread.join()
        server.server_close()


def saying(status, body):
    """Answers with a status and a body, text or JSON."""

    def answer(handler):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def hanging_up(handler):
    handler.connection.close()


def silent(_):
    time.sleep(3)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (saying(500, {"error": "x"}), "没有答成（500）"),
        (saying(503, "busy"), "没有答成（503）"),
        (saying(429, {"error": {"type": "rejected"}}), "没有答成（429）"),
        (saying(401, {"error": "who"}), "KB_SEARCH_USER"),
        (saying(403, {"error": "no"}), "KB_SEARCH_USER"),
        (saying(200, "<html>proxy</html>"), "读不懂"),
        (saying(200, {}), "读不懂"),
        (saying(200, {"responses": [{"error": {"type": "search_phase"}, "status": 500}]}), "search_phase"),
        (saying(200, {"responses": [None]}), "读不懂"),
        (hanging_up, "连不上"),
        (silent, "连不上"),
    ],
)
def test_what_is_no_answer_is_said_plainly(answer, said):  # A6
    with node(answer) as cluster, pytest.raises(ClusterProblem, match=said):
        cluster.search("kb-gen-1", [{"query": {"match_all": {}}}])


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        (HITS, True),
        ({**HITS, "timed_out": True}, False),
        ({**HITS, "_shards": {"failed": 1}}, False),
        ({"timed_out": False, "_shards": {"failed": 0}}, True),
    ],
)
def test_an_answer_of_a_part_is_known_as_one(found, whole):
    with node(saying(200, {"responses": [found]})) as cluster:
        (only,) = cluster.search("kb-gen-1", [{"query": {"match_all": {}}}])
        assert only == Found([hit["fields"]["place"][0] for hit in found.get("hits", {}).get("hits", ())], whole)


def test_agents_are_told_that_a_part_did_not_answer(settings, opensearch, monkeypatch):
    clustered = replace(settings, search_url=tuple(opensearch.urls), search_prefix="partial")
    building.build(clustered, now())
    follow(clustered, now())
    results = ResultCache(10)
    base = KnowledgeBase(source_of(clustered), results)
    real = Cluster.search
    with monkeypatch.context() as patched:
        patched.setattr(Cluster, "search", lambda self, *a: [f._replace(whole=False) for f in real(self, *a)])
        answer = base.ask("换卡要带什么", ANYBODY, now())
        assert answer.cards
        assert answer.message.startswith("检索集群有一部分没有回答")
        assert "有一部分没有回答" in json.loads(base.ask_json("换卡要带什么", ANYBODY, now()))["message"]
    # half an answer is not kept for others
    assert "没有回答" not in json.loads(base.ask_json("换卡要带什么", ANYBODY, now()))["message"]


def test_settings_of_a_cluster_are_checked():
    made = load_settings({"KB_SEARCH_URL": "https://a:9200, https://b:9200/", "KB_SEARCH_PREFIX": "bank-1"})
    assert made.search_url == ("https://a:9200", "https://b:9200")
    for name, value in (
        ("KB_SEARCH_URL", "a:9200"), ("KB_SEARCH_URL", "https://a:9200/path"), ("KB_SEARCH_PREFIX", "KB_*"),
        ("KB_SEARCH_PREFIX", "-kb"), ("KB_SEARCH_REPLICAS", "-1"), ("KB_WORKBENCH_URL", "somewhere"),
    ):  # fmt: skip
        with pytest.raises(SettingError, match=name):
            load_settings({name: value})
    # a password is never shown
    with pytest.raises(SettingError) as told:
        load_settings({"KB_SEARCH_URL": "https://kb:geheim@a:9200"})
    assert "geheim" not in str(told.value)
