"""Checksums of files, whoever reads them and however long they are."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer import checksums


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(checksums, "_PIECE", 1000)
    monkeypatch.setattr(checksums, "_READ", 300)
    checksums.forget()


def written_out(data):
    """The checksum of some bytes, as its definition says it."""
    pieces = [data[at : at + 1000] for at in range(0, max(len(data), 1), 1000)]
    return hashlib.sha256(b"".join(hashlib.sha256(piece).digest() for piece in pieces)).hexdigest()


@pytest.mark.parametrize("size", [0, 1, 299, 300, 999, 1000, 1001, 2500, 5000])
def test_one_reader_and_several_find_the_same(tmp_path, size):  # D5
    file = tmp_path / "file"
    file.write_bytes(bytes(n % 251 for n in range(size)))
    wanted = written_out(file.read_bytes())
    with ThreadPoolExecutor(3) as pool:
        assert checksums.begin(pool, file, again=True)() == wanted
    checksums.forget()
    assert checksums.checksum(file) == wanted


def test_what_was_read_is_read_again_only_when_it_changed_or_must_be(tmp_path):  # D5
    file = tmp_path / "file"
    file.write_bytes(b"a" * 1500)
    before, status = checksums.checksum(file), file.stat()
    with ThreadPoolExecutor(2) as pool:
        file.write_bytes(b"a" * 1499 + b"b")
        # as a disk does that spoils bytes: nothing tells of it
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert checksums.begin(pool, file, again=False)() == before
        assert checksums.begin(pool, file, again=True)() == written_out(file.read_bytes()) != before
        file.write_bytes(b"c")
        assert checksums.begin(pool, file, again=False)() == written_out(b"c")


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    with ThreadPoolExecutor(1) as pool, pytest.raises(FileNotFoundError):
        checksums.begin(pool, tmp_path / "none", again=False)
