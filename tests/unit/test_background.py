"""Work beside a process: it ends with that process and with no other, and says where it was lost."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from indexer.background import beside, in_background
from indexer.workers import spread


def until(true, patience=20.0):
    """Wait for something to become true."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def ended(pid):
    """Whether there is no such process any more, or only what its parent has not asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def number_in(path):
    """The number that another process wrote into a file, once it is there."""
    until(lambda: path.exists() and path.read_text())
    return int(path.read_text())


def test_work_is_done_and_nothing_is_lost(tmp_path):
    done, lost = tmp_path / "done", tmp_path / "lost"
    process = beside(lambda: done.write_text(str(os.getpid())), lost.touch)
    assert os.waitpid(process, 0) == (process, 0)
    assert number_in(done) not in (process, os.getpid())
    assert not lost.exists()


def test_work_that_is_killed_is_said_to_be_lost(tmp_path):
    begun, lost = tmp_path / "begun", tmp_path / "lost"

    def work():
        begun.write_text(str(os.getpid()))
        time.sleep(60)

    process = beside(work, lost.touch)
    os.kill(number_in(begun), signal.SIGKILL)
    os.waitpid(process, 0)
    assert lost.exists()


def test_work_that_goes_wrong_is_said_to_be_lost(tmp_path, capfd):
    process = beside(lambda: 1 // 0, (tmp_path / "lost").touch)
    os.waitpid(process, 0)
    assert (tmp_path / "lost").exists()
    assert "ZeroDivisionError" in capfd.readouterr().err


PROGRAM = """
    import os, sys, time
    from pathlib import Path
    from indexer.background import beside

    def work():
        Path(sys.argv[1]).write_text(str(os.getpid()))
        time.sleep(60)

    beside(work, lambda: None)
    while not Path(sys.argv[1]).exists():
        time.sleep(0.01)
    if not os.fork():
        sys.exit()  # as gunicorn's workers end
    os.wait()
    print("a worker ended", flush=True)
    time.sleep(60)
    """


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_work_ends_with_its_process_and_not_with_that_ones_children(tmp_path, how):
    pid = tmp_path / "pid"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(pid)], stdout=subprocess.PIPE, text=True
    ) as service:
        assert service.stdout.readline() == "a worker ended\n"
        time.sleep(0.5)
        assert not ended(number_in(pid))
        service.send_signal(how)
        service.wait(timeout=20)
        until(lambda: ended(number_in(pid)))


def test_work_beside_a_service_gives_way_to_it():  # A1
    mine = os.nice(0)
    assert in_background(priority)() == max(10, mine)
    assert list(spread(priority_of, None, [1, 2], 2)) == [max(10, mine)] * 2
    assert os.nice(0) == mine


def priority():
    return os.nice(0)


def priority_of(shared, piece):
    return os.nice(0)
