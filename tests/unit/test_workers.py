"""Work spread over processes: in order, whatever finishes first; nothing waits for the dead, and nothing outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from indexer.workers import spread
from kb.errors import IndexProblem

ORPHAN = """
import os, time
from indexer.workers import spread

def work(folder, piece):
    open(os.path.join(folder, str(os.getpid())), "w").close()
    time.sleep(60)

list(spread(work, {folder!r}, [1, 2], 2))
"""


def slower_first(shared, piece):
    time.sleep(0.05 * (3 - piece % 4))
    return shared + piece, os.getpid()


def dying(shared, piece):
    if piece == shared:
        os.kill(os.getpid(), signal.SIGKILL)
    return piece


def failing(shared, piece):
    raise ValueError(f"{shared} {piece}")


def test_results_come_in_the_order_of_the_pieces():
    finished = []
    found = list(spread(slower_first, 100, range(20), 2, finished.append))
    assert [result for result, _ in found] == list(range(100, 120))
    assert sorted(finished) == list(range(20))
    assert os.getpid() not in {process for _, process in found}


def test_no_pieces_are_no_work():
    assert list(spread(slower_first, 0, [], 2)) == []


def test_a_killed_process_is_an_error_in_words():  # row 68
    with pytest.raises(IndexProblem, match="意外中止"):
        list(spread(dying, 7, range(20), 2))


def test_an_error_in_the_work_is_raised():
    with pytest.raises(ValueError, match="here"):
        list(spread(failing, "here", [1, 2, 3], 2))


def test_the_processes_of_a_killed_parent_end(tmp_path):  # row 68
    code = ORPHAN.format(folder=str(tmp_path))
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    until = time.monotonic() + 30
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    processes = [int(file.name) for file in tmp_path.iterdir()]
    assert len(processes) == 2
    parent.kill()
    parent.wait()
    until = time.monotonic() + 10
    while any(map(alive, processes)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, processes))


def alive(process):
    """Whether it still does anything: one that nobody has reaped does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
