"""Files that are there whole or not at all, and what writers leave that were killed."""

import fcntl

import pytest

from kb.errors import KBError
from kb.whole_file import write_whole


def test_what_a_killed_writer_left_is_removed_and_what_a_living_one_writes_stays(tmp_path):  # D7
    target = tmp_path / "report.json"
    dead, living, other = (
        tmp_path / name for name in (".report.json.0123abcd", ".report.json.4567cdef", ".report.txt.0123abcd")
    )
    for path in (dead, living, other):
        path.write_bytes(b"half")
    with living.open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_whole(target, b"whole")
    assert target.read_bytes() == b"whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([living.name, other.name, target.name])


def test_the_old_content_stays_where_the_new_one_cannot_be_written(tmp_path):
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(KBError, match="是目录"):
        write_whole(target, b"new")
    with pytest.raises(KBError, match="没有目录"):
        write_whole(tmp_path / "nowhere/report.json", b"new")
    assert list(tmp_path.iterdir()) == [target]
