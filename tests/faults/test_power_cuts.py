"""The power is cut while somebody publishes: whatever was acknowledged is on the disk, and everything opens or is healed.

Four cuts on every commit; `pytest -m soak -s tests/faults/test_power_cuts.py` does 50 of each kind. A disk that lies about
its cache is not tried.
"""

import os
from contextlib import ExitStack

import pytest
from builders import write_small_library
from libraries import settings_in
from power import Worker, chance_of, copied, cut, make_image, mounted, publishing, writing
from publishing_desk import indexed_desk
from service import until

from kb.db.engine import Database

FEW, MANY = 2, 50
both = pytest.mark.parametrize("work", [publishing, writing], ids=lambda work: work.__name__)


@pytest.fixture
def cuts(tmp_path):
    """Cuts the power so many times while somebody works; what did not hold at each, and what was acknowledged."""
    image, copy = tmp_path / "disk.img", tmp_path / "copy.img"
    make_image(image)
    with ExitStack() as stack:
        place = stack.enter_context(mounted(image, tmp_path / "disk"))
        settings = settings_in(place)
        write_small_library(settings.articles)
        database = Database(settings.database)
        database.upgrade()
        indexed_desk(settings, database)
        database.close()
        os.sync()

        def many(rounds, work, *spoil):
            chance = chance_of("KB_POWER_SEED")
            worker = Worker(settings, work, *spoil)
            stack.callback(worker.end)
            until(lambda: worker.told_so_far().indexed or worker.told.errors)
            found = [cut(worker, image, copy, chance) for _ in range(rounds)]
            return found, worker.told

        yield many


def held(cuts, rounds, work):
    found, told = cuts(rounds, work)
    kept = f"saved {len(told.saved)}, written {len(told.written)}, in the index {len(told.indexed)}"
    print(f"{rounds} power cuts: {kept}, bad {sum(map(bool, found))}")
    assert not any(found), found
    assert told.indexed


@both
@pytest.mark.timeout(300)
def test_a_power_cut_takes_nothing_that_was_acknowledged(cuts, work):  # row 68, D2
    held(cuts, FEW, work)


@pytest.mark.soak
@both
@pytest.mark.timeout(3600)
def test_fifty_power_cuts_take_nothing_that_was_acknowledged(cuts, work):  # row 68, D2
    held(cuts, MANY, work)


def careless():
    os.fsync = lambda descriptor: None


@pytest.mark.timeout(300)
def test_the_cuts_would_show_a_missing_fsync(cuts):  # D2
    found, told = cuts(FEW, writing, careless)
    print(f"without fsync: {sum(map(bool, found))} of {FEW} cuts are noticed")
    assert told.written
    assert any(found)


def test_a_copy_is_of_one_moment(tmp_path):
    image, copy = tmp_path / "image", tmp_path / "copy"
    image.write_bytes(bytes(1 << 20) + b"end")
    copied(image, copy)
    assert copy.read_bytes() == image.read_bytes()
