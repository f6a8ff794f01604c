"""A disk that is full, or that must not be written to: nothing is lost, the path and the reason are said, space heals."""

import os
import shutil
import subprocess

import pytest
from builders import write_article, write_small_library
from libraries import settings_in
from publishing_desk import Desk
from service import kb

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher, open_generation
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.db.engine import Database
from kb.reporting.last import last_night
from kb.visibility import ANYBODY

PAGE = 4096
# what is still free for each job, in pages: from nothing at all to nearly enough
LEVELS = {("index", "build"): [0, 48], ("index", "update"): [6, 20], ("nightly",): [0, 48]}
MEGABYTES = 24


def mounted(place, *options):
    """Mount a small file system; skip where that is not permitted."""
    ran = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.skip(f"mounting is not permitted here: {ran.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted(place, "-t", "tmpfs", "-o", f"size={MEGABYTES}m,nr_inodes=4000", "none")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def disk(small_disk):
    """Settings whose index, reports and records are on a small disk; the articles are elsewhere."""
    settings = settings_in(small_disk.parent)
    settings.var.symlink_to(small_disk)
    write_small_library(settings.articles)
    building.build(settings, now())
    return settings


def fill(place, free):
    """Leave so many pages free."""
    ballast = place / "ballast"
    with ballast.open("wb") as file:
        for size in (1 << 20, 1 << 16, PAGE):
            try:
                while True:
                    os.write(file.fileno(), b"\xff" * size)
            except OSError:
                pass
        file.truncate(max(0, os.fstat(file.fileno()).st_size - free * PAGE))
    return ballast


def first(settings, question):
    cards = KnowledgeBase(CurrentSearcher(settings)).ask(question, ANYBODY, now()).cards
    return cards[0].id if cards else None


def remains(settings):
    """What jobs left that did not end well."""
    index = settings.index
    unfinished = [p.name for p in index.glob("gen-*") if not (p / generations.MANIFEST).exists()]
    return unfinished + [p.name for p in index.iterdir() if p.name.startswith(".")]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("words", LEVELS, ids=" ".join)
def test_a_full_disk_leaves_the_old_index_and_is_said(disk, small_disk, words):  # rows 68 74, D4
    before = generations.current_name(disk.index)
    write_article(disk.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    for free in LEVELS[words]:
        ballast = fill(small_disk, free)
        code, said = kb(disk, *words)
        assert "Traceback" not in said, (free, said)
        served = first(disk, "卡消磁了")
        ballast.unlink()
        assert served == "replace-card"
        if generations.current_name(disk.index) != before:
            # it was nearly enough: what serves is whole
            assert first(disk, "鹦鹉托运") == "parrot"
            assert (code == 0) == ("磁盘满了" not in said and "No space" not in said), (free, code, said)
            break
        assert code not in (0, None), (free, said)
        assert "磁盘满了" in said, (free, said)
        assert str(disk.var) in said, (free, said)
        assert remains(disk) == [], free
    code, said = kb(disk, *words)
    assert code == 0, said
    assert first(disk, "鹦鹉托运") == "parrot"
    whole = disk.index / generations.current_name(disk.index)
    open_generation(whole, disk.var / "cache", everything=True).check()


@pytest.mark.timeout(300)
def test_a_night_whose_report_finds_no_room_is_no_good_night(disk):  # D4, O5
    shutil.rmtree(disk.reports, ignore_errors=True)
    disk.reports.mkdir()
    mounted(disk.reports, "-t", "tmpfs", "-o", "size=4k", "none")
    try:
        (disk.reports / "ballast").write_bytes(b"\xff" * PAGE)
        code, said = kb(disk, "nightly")
    finally:
        subprocess.run(["umount", "-l", str(disk.reports)], check=True)
    assert code == 6, said
    assert "报告没有写成" in said
    assert str(disk.reports) in said
    assert "磁盘满了" in said
    assert first(disk, "卡消磁了") == "replace-card"
    assert last_night(disk.reports) is None
    assert kb(disk, "nightly")[0] == 0
    assert last_night(disk.reports).outcome == "done"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("free", [0, 3, 12])
def test_a_publication_waits_for_room_and_is_not_lost(disk, small_disk, migrated_file, free):  # rows 66 68, D4
    # articles on the disk that gets full, records elsewhere: an approval must be written somewhere
    articles = small_disk / "articles"
    shutil.copytree(disk.articles, articles)
    records = disk.articles.parent / "records"
    records.mkdir()
    file = records / "kb.db"
    shutil.copyfile(migrated_file, file)
    database = Database(f"sqlite:///{file}")
    desk = Desk(type(disk)(articles=articles, var=disk.var, database_url=f"sqlite:///{file}"), database)
    desk.workbench.take_up_files(desk.at)
    draft = desk.ready(new="十分钟就能换")
    before = desk.read()
    ballast = fill(small_disk, free)
    made = desk.approve(draft)
    served = desk.answer()
    ballast.unlink()
    assert served is not None
    assert made.state in ("pending", "written", "applied")
    if made.state != "applied":
        assert "磁盘满了" in made.reason
        assert "当场就能换" in served
    if made.state == "pending":
        assert desk.read() == before
    assert [p.state for p in desk.workbench.resume(desk.later())] == ([] if made.state == "applied" else ["applied"])
    assert "十分钟就能换" in desk.answer()
    assert not [p.name for p in (articles / "processes").iterdir() if p.suffix != ".md"]
    database.close()


@pytest.mark.timeout(300)
def test_a_read_only_file_system_is_said_and_the_index_serves(disk, small_disk):  # D4
    write_article(disk.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    mounted(small_disk, "-o", "remount,ro")
    try:
        for words in (("index", "build"), ("index", "update"), ("nightly",)):
            code, said = kb(disk, *words)
            assert code == 1, said
            assert "Traceback" not in said, said
            assert "文件系统是只读的" in said
            assert str(disk.var) in said
        assert first(disk, "卡消磁了") == "replace-card"
        code, said = kb(disk, "search", "卡消磁了")
        assert code == 0, said
        assert "银行卡补卡换卡" in said
    finally:
        mounted(small_disk, "-o", "remount,rw")
    assert kb(disk, "index", "update")[0] == 0
    assert first(disk, "鹦鹉托运") == "parrot"


def without_privileges():
    """How a command is run for which folders are closed as for anybody; root is kept out of nothing."""
    if os.getuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is needed to run without root's privileges")
    less = "-dac_override,-dac_read_search"
    return ("setpriv", f"--inh-caps={less}", f"--bounding-set={less}")


@pytest.mark.timeout(300)
def test_a_folder_without_the_right_to_write_is_said(settings):  # D4, O7
    building.build(settings, now())
    before = generations.current_name(settings.index)
    write_article(settings.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    settings.index.chmod(0o555)
    for words in (("index", "build"), ("index", "update")):
        code, said = kb(settings, *words, as_user=without_privileges())
        assert code == 1, said
        assert "Traceback" not in said, said
        assert f"{settings.index}" in said
        assert "没有写这个目录的权限" in said
    assert generations.current_name(settings.index) == before
    settings.index.chmod(0o755)
    assert kb(settings, "index", "update", as_user=without_privileges())[0] == 0
    assert first(settings, "鹦鹉托运") == "parrot"
