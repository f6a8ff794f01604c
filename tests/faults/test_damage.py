"""Every file of a generation damaged in every way: it is noticed, an older one serves, and the next run heals."""

import os
import shutil
import time

import pytest
from builders import write_small_library
from libraries import copied, settings_in
from service import Callers, kb, until

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher, open_generation
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.errors import IndexMissing, IndexProblem
from kb.visibility import ANYBODY

QUESTIONS = ["补卡手续费", "网银盾坏了", "取现要登记吗", "排队两小时", "安全账户", "K宝", "buka", "第二条"]
FALLBACK = 10


def answers(settings, at):
    """Everything that agents could read; without the name of the generation."""
    base = KnowledgeBase(CurrentSearcher(settings))
    found = {}
    for question in QUESTIONS:
        answer = base.ask(question, ANYBODY, at)
        found[question] = [(c.id, c.title.text, c.answer.text, c.matched) for c in (*answer.alerts, *answer.cards)]
    return found


def flip_a_byte(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]


def cut_in_half(data):
    return data[: len(data) // 2]


def zero_a_block(data):
    start = len(data) // 3
    end = min(len(data), start + 4096)
    zeroed = data[:start] + bytes(end - start) + data[end:]
    return zeroed if zeroed != data else flip_a_byte(data)


DAMAGES = [flip_a_byte, cut_in_half, zero_a_block]


@pytest.fixture(scope="module")
def two_generations(tmp_path_factory):
    """A library with two generations of the same articles."""
    settings = settings_in(tmp_path_factory.mktemp("damage"))
    write_small_library(settings.articles)
    for _ in range(2):
        building.build(settings, now())
    return settings


def files_of(settings):
    folder = settings.index / generations.current_name(settings.index)
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.stat().st_size)


def put(path, data):
    """Other content, as another file: generations may share this one."""
    path.unlink()
    path.write_bytes(data)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
def test_every_damaged_file_is_noticed_and_no_answer_is_wrong(two_generations, tmp_path, at, damage):  # rows 74, D5
    settings = copied(two_generations, tmp_path)
    current = generations.current_name(settings.index)
    previous = generations.previous_name(settings.index)
    expected, names = answers(settings, at), files_of(settings)
    assert len(names) >= 8
    for name in names:
        path = settings.index / current / name
        good = path.read_bytes()
        put(path, damage(good))
        with pytest.raises(IndexProblem):
            open_generation(settings.index / current, settings.var / "cache", everything=True)
        source = CurrentSearcher(settings)
        began = time.monotonic()
        serving = source.searcher().generation
        assert time.monotonic() - began < FALLBACK, name
        # what only building needs may be damaged while it serves
        only_builds = name.startswith("whoosh/") or name.endswith(".build")
        assert serving == (current if only_builds else previous), name
        assert answers(settings, at) == expected, name
        put(path, good)
    open_generation(settings.index / current, settings.var / "cache", everything=True).check()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
def test_the_next_run_heals_what_was_damaged(two_generations, tmp_path, at, damage):  # row 74
    settings = copied(two_generations, tmp_path)
    expected = answers(settings, at)
    for ending in ("manifest.json", "state.arrays", ".build"):
        current = settings.index / generations.current_name(settings.index)
        damaged = current / next(name for name in files_of(settings) if name.endswith(ending))
        put(damaged, damage(damaged.read_bytes()))
        healed = building.update(settings, now()).generation
        assert healed != current.name
        open_generation(settings.index / healed, settings.var / "cache", everything=True).check()
        assert answers(settings, at) == expected


def lose_the_current_generation(settings):
    shutil.rmtree(settings.index / generations.current_name(settings.index))


def lose_the_pointer(settings):
    (settings.index / "current").unlink()


def garble_the_pointer(settings):
    lose_the_pointer(settings)
    (settings.index / "current").symlink_to("gen-of-nobody")


def lose_the_manifest(settings):
    (settings.index / generations.current_name(settings.index) / generations.MANIFEST).unlink()


@pytest.mark.parametrize(
    "lose", [lose_the_current_generation, lose_the_pointer, garble_the_pointer, lose_the_manifest],
    ids=lambda d: d.__name__,
)  # fmt: skip
def test_what_is_gone_is_done_without_and_made_anew(two_generations, tmp_path, at, lose):  # row 74
    settings = copied(two_generations, tmp_path)
    expected = answers(settings, at)
    lose(settings)
    assert answers(settings, at) == expected
    healed = building.update(settings, now()).generation
    assert generations.current_name(settings.index) == healed
    assert answers(settings, at) == expected


def test_a_deleted_index_is_made_anew_with_the_same_answers(two_generations, tmp_path, at):  # D6
    settings = copied(two_generations, tmp_path)
    expected = answers(settings, at)
    shutil.rmtree(settings.index)
    with pytest.raises(IndexMissing):
        CurrentSearcher(settings).searcher()
    code, said = kb(settings, "index", "build")
    assert code == 0, said
    assert answers(settings, at) == expected


@pytest.mark.timeout(300)
def test_files_damaged_where_they_lie_under_a_running_service(two_generations, tmp_path, serve):  # rows 66 74, D5
    settings = copied(two_generations, tmp_path)
    previous = generations.previous_name(settings.index)
    current = settings.index / generations.current_name(settings.index)
    service = serve(settings)
    with Callers(service, "网银盾坏了", lambda a: a["cards"][0]["id"] == "usb-key") as callers:
        until(lambda: callers.asked > 10)
        path = max((current / "segments").glob("*.serve"), key=lambda p: p.stat().st_size)
        with path.open("r+b") as file:
            file.seek(path.stat().st_size - 10)
            file.write(b"\xff" * 4)
        began = time.monotonic()
        until(lambda: {service.ask("网银盾坏了")["generation"] for _ in range(8)} == {previous}, service.printed)
        fallback = time.monotonic() - began
        code, said = kb(settings, "index", "update")
        assert code == 0, said
        healed = generations.current_name(settings.index)
        assert healed not in (previous, current.name)
        until(lambda: {service.ask("网银盾坏了")["generation"] for _ in range(8)} == {healed}, service.printed)
    assert callers.troubles == []
    assert fallback < FALLBACK
    assert "was changed while it served" in service.printed()


@pytest.mark.timeout(300)
@pytest.mark.soak
def test_a_file_cut_off_under_a_running_service_takes_nobody_out_for_long(two_generations, tmp_path, serve):  # D5, A2
    settings = copied(two_generations, tmp_path)
    previous = generations.previous_name(settings.index)
    current = settings.index / generations.current_name(settings.index)
    # what looks at the files after a start would make another generation in place of the damaged one
    service = serve(settings).settled()
    assert service.first("网银盾坏了")
    # who reads beyond the end is ended by the system
    os.truncate(max((current / "segments").glob("*.serve"), key=lambda p: p.stat().st_size), 100)

    def serves_again():
        try:
            return {service.ask("网银盾坏了")["generation"] for _ in range(8)} == {previous}
        except OSError:
            return False

    began = time.monotonic()
    until(serves_again, service.printed)
    assert time.monotonic() - began < FALLBACK
    assert service.process.poll() is None


def corrupt(settings):
    (settings.var / "kb.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)


def zero_its_pages(settings):
    data = bytearray((settings.var / "kb.db").read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    (settings.var / "kb.db").write_bytes(data)


def remove(settings):
    (settings.var / "kb.db").unlink()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("spoil", [corrupt, zero_its_pages, remove], ids=lambda d: d.__name__)
def test_searching_goes_on_without_the_database(two_generations, tmp_path, migrated_file, serve, spoil):  # D8
    settings = copied(two_generations, tmp_path)
    shutil.copyfile(migrated_file, settings.var / "kb.db")
    spoil(settings)
    service = serve(settings)
    assert service.ask("网银盾坏了")["cards"][0]["id"] == "usb-key"
    aside = list(settings.var.glob("*.corrupt-*"))
    assert len(aside) == (spoil is not remove)
    assert ("损坏" in str(service.readiness())) == (spoil is not remove)


@pytest.mark.timeout(300)
def test_a_database_lost_under_a_running_service_fails_no_question(
    two_generations, tmp_path, migrated_file, serve
):  # D8
    settings = copied(two_generations, tmp_path)
    shutil.copyfile(migrated_file, settings.var / "kb.db")
    service = serve(settings)
    with Callers(service, "网银盾坏了", lambda a: a["cards"][0]["id"] == "usb-key") as callers:
        until(lambda: callers.asked > 10)
        for path in settings.var.glob("kb.db*"):
            path.write_bytes(b"\xff" * 5000)
        seen = callers.asked
        until(lambda: callers.asked > seen + 30)
        for path in settings.var.glob("kb.db*"):
            path.unlink()
        seen = callers.asked
        until(lambda: callers.asked > seen + 30)
    assert callers.troubles == []
