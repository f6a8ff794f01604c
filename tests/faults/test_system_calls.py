"""Each system call that writes fails once, and is the last one of its process once: a job ends well or says that it did not.

Six of them on every commit; `pytest -m soak -s tests/faults/test_system_calls.py` does all (KB_CALLS_MOST: so many of each way).
"""

import os
from contextlib import contextmanager

import pytest
from builders import write_small_library
from libraries import settings_in
from power import chance_of
from sweeping import JOBS, WAYS, Spoiler, Sweep

# jobs for one spoiler: what starts them makes calls of its own, which must stay far below `sweeping.LIMIT`
FOR_ONE = 150


@contextmanager
def spoiling(settings, folder, way):
    spoiler = Spoiler(settings, folder, way)
    try:
        yield spoiler
    finally:
        spoiler.end()


def counted(sweep, spoiler):
    """Every call of every job: (job, call, how often)."""
    found = []
    for job in JOBS:
        pid = sweep.one(spoiler, job)
        found += [(job, call, number) for call, number in sorted(spoiler.calls(pid).items())]
    assert sweep.troubles == []
    assert {call for _, call, _ in found} >= {"fsync", "rename", "write", "pwrite64", "fdatasync", "mkdir"}
    return found


def told(sweep, way):
    print(
        f"{way}: {sweep.reached} calls spoiled, {sweep.killed} killed, {sweep.refused} said so, {sweep.complete} done all"
        f" the same, {len(sweep.troubles)} troubles"
    )


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    settings = settings_in(tmp_path_factory.mktemp("calls"))
    write_small_library(settings.articles)
    return Sweep(settings)


@pytest.fixture(scope="module")
def failing(sweep, tmp_path_factory):
    """Jobs in which a call fails with an error of the disk, and every call there is."""
    with spoiling(sweep.settings, tmp_path_factory.mktemp("failing"), "EIO") as spoiler:
        yield spoiler, counted(sweep, spoiler)


def some(sweep, spoiler, found, chance):
    """Spoil a call of each job, each kind of call as likely as another."""
    for job in JOBS:
        _, call, number = chance.choice([one for one in found if one[0] == job])
        sweep.one(spoiler, job, call, chance.randint(1, number))


@pytest.mark.timeout(300)
def test_a_system_call_that_fails_or_kills_is_healed(sweep, failing, tmp_path):  # rows 68 74, D3
    chance = chance_of("KB_CALLS_SEED")
    spoiler, found = failing
    some(sweep, spoiler, found, chance)
    with spoiling(sweep.settings, tmp_path, "KILL") as killer:
        some(sweep, killer, found, chance)
    told(sweep, "EIO and KILL")
    assert sweep.troubles == []
    assert sweep.reached - sweep.killed > 0
    assert sweep.killed


@pytest.mark.timeout(300)
def test_the_sweep_would_show_a_failure_that_is_not_said(sweep, failing):  # D3
    spoiler, found = failing
    # the last one moves the pointer
    renames = next(number for job, call, number in found if (job, call) == ("update", "rename"))
    sweep.one(spoiler, "update", "rename", renames, careless=True)
    shown, sweep.troubles = sweep.troubles, []
    assert any("exit 0, and the old index serves" in trouble for trouble in shown)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("way", WAYS)
def test_every_system_call_fails_once_and_kills_once(settings, tmp_path, way):  # rows 68 74, D3
    chance = chance_of("KB_CALLS_SEED")
    sweep = Sweep(settings)
    with spoiling(settings, tmp_path, way) as spoiler:
        found = counted(sweep, spoiler)
    print({f"{job} {call}": number for job, call, number in found})
    every = [(job, call, nth) for job, call, number in found for nth in range(1, number + 1)]
    chance.shuffle(every)
    wanted = every[: int(os.environ.get("KB_CALLS_MOST") or len(every))]
    for first in range(0, len(wanted), FOR_ONE):
        with spoiling(settings, tmp_path, way) as spoiler:
            for job, call, nth in wanted[first : first + FOR_ONE]:
                sweep.one(spoiler, job, call, nth)
    told(sweep, way)
    print(*sweep.troubles, sep="\n")
    assert sweep.troubles == []
    assert sweep.reached > len(JOBS)
