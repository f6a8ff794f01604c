"""kill -9 of every job at random moments while people ask a running service: nobody notices, nothing is lost, nobody repairs anything.

A few kills on every commit; `pytest -m soak -s tests/faults/test_kills.py` does 200 and prints what came of them.
"""

import os
import random

import pytest
from killing import Killing, sweep
from service import Callers

from kb.db.opening import for_command

FEW, MANY = 6, 200


def killed(settings, serve, rounds, articles):
    """Kill jobs under load; what came of it."""
    seed = int(os.environ.get("KB_KILL_SEED") or random.SystemRandom().randrange(10**6))
    print(f"KB_KILL_SEED={seed}")
    for_command(settings.database).close()
    killing = Killing(settings, seed, articles)
    service = serve(settings, KB_KEEP_GENERATIONS="3")
    with Callers(service, "网银盾坏了", lambda a: a["cards"][0]["id"] == "usb-key", pause=0.05) as callers:
        sweep(killing, rounds)
    print(killing.tally, f"questions {callers.asked}, failed {len(callers.troubles)}, slowest {callers.slowest:.2f} s")
    assert callers.troubles == []
    assert callers.asked > rounds
    assert killing.tally.troubles == []
    assert sum(killing.tally.kills.values()) == rounds
    return killing.tally


@pytest.mark.timeout(420)
def test_jobs_killed_anywhere_harm_nothing(settings, serve):  # rows 66 68, D1, D7
    killed(settings, serve, FEW, articles=40)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_hundred_kills_harm_nothing(settings, serve):  # rows 66 68, D1, D7
    tally = killed(settings, serve, MANY, articles=60)
    assert tally.acknowledged > 0
