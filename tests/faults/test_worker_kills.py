"""Workers that are killed and exchanged while people ask."""

import os
import signal
import time

import pytest
from service import Callers, until

from indexer import build as building
from kb.clock import now

CALLERS = 4


def right(answer):
    return answer["cards"][0]["id"] == "usb-key"


@pytest.fixture
def service(settings, serve):
    building.build(settings, now())
    return serve(settings)


@pytest.mark.timeout(200)
def test_a_killed_worker_takes_only_the_requests_in_its_hands(service):  # row 68, A2
    kills = 4
    with Callers(service, "网银盾坏了", right, CALLERS) as callers:
        for _ in range(kills):
            before = until(lambda: len(found := service.workers()) == 2 and found, service.printed)
            seen = callers.asked
            until(lambda seen=seen: callers.asked > seen + 20)
            os.kill(before[0], signal.SIGKILL)
            killed = time.monotonic()
            until(lambda gone=before[0]: len(found := service.workers()) == 2 and gone not in found, service.printed)
            assert service.ask("网银盾坏了")["cards"]
            assert time.monotonic() - killed < 10
    # each caller can be in the hands of the worker once, and none is told anything wrong
    assert len(callers.troubles) <= kills * CALLERS
    cut_off = ("ConnectionError", "ChunkedEncodingError")
    assert all(any(kind in trouble for kind in cut_off) for trouble in callers.troubles), callers.troubles
    assert callers.asked > 80


@pytest.mark.timeout(200)
def test_a_graceful_reload_fails_no_question(service):  # A3
    with Callers(service, "网银盾坏了", right, CALLERS) as callers:
        for _ in range(3):
            before = set(until(lambda: len(found := service.workers()) == 2 and found, service.printed))
            seen = callers.asked
            service.process.send_signal(signal.SIGHUP)
            until(lambda old=before: len(found := set(service.workers())) == 2 and not old & found, service.printed)
            until(lambda seen=seen: callers.asked > seen + 20)
    assert callers.troubles == []
    assert service.process.poll() is None
