"""The index and its generations, on real folders: building, updating, damage, crashes, readers meanwhile."""

import gc
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from dataclasses import replace

import pytest
from builders import channel, write_article, write_facts, write_lexicon

from indexer import build as building
from indexer import checksums, generations
from indexer.backends import CurrentSearcher, open_generation
from indexer.base import open_base
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.errors import IndexCorrupt, IndexLocked, IndexMissing, IndexProblem
from kb.visibility import ANYBODY

QUESTIONS = [
    "补卡手续费",
    "网银盾坏了",
    "取现要登记吗",
    "排队两小时",
    "安全账户",
    "身份证",
    "第二条",
    "7个工作日",
    "K宝",
    "buka",
]


def build(settings):
    return building.build(settings, now())


def update(settings):
    return building.update(settings, now())


def served(settings):
    return KnowledgeBase(CurrentSearcher(settings))


def hits(base, question, at):
    return [(h.key, h.section, h.score, h.coverage) for h in base.hits(question, ANYBODY, at, 20)]


def answers(settings, at):
    base = served(settings)
    return {question: hits(base, question, at) for question in QUESTIONS}


def ids(base, question, at):
    return [h.key.partition("@")[0] for h in base.hits(question, ANYBODY, at, 20)]


def current(settings):
    return generations.current_name(settings.index)


def snapshot(folder):
    return {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder.rglob("*")}


def test_what_was_built_is_found(settings, at):
    built = build(settings)
    assert (built.added, built.problems) == (5, ())
    assert ids(served(settings), "卡消磁了", at)[0] == "replace-card"


def test_before_the_first_build_the_index_is_said_to_be_missing(settings):
    with pytest.raises(IndexMissing, match="kb index build"):
        CurrentSearcher(settings).searcher()


def test_update_takes_up_only_what_changed(settings, at):
    build(settings)
    write_article(settings.articles, "new-one", title="开立存款证明")
    write_article(settings.articles, "usb-key", type="product", title="电子密码器的领取")
    (settings.articles / "complaints/queue-complaint.md").unlink()
    made = update(settings)
    assert (made.added, made.removed, made.unchanged) == (2, 1, 3)
    base = served(settings)
    assert ids(base, "开立存款证明", at)[0] == "new-one"
    assert ids(base, "电子密码器", at)[0] == "usb-key"
    assert "queue-complaint" not in ids(base, "排队两小时", at)


def test_update_without_change_writes_nothing(settings):
    build(settings)
    before = snapshot(settings.index)
    made = update(settings)
    assert (made.added, made.removed, made.unchanged) == (0, 0, 5)
    assert snapshot(settings.index) == before


def edit_at_random(settings, chance):
    """A random change to the library: write, rewrite, rename or delete an article, or change a fact."""
    words = ["挂失", "销户", "贷款", "还款", "理财", "3年期", "5万元", "Ⅱ类户", "手机号", "K宝", "网点", "手续费"]
    files = sorted((settings.articles / "processes").glob("*.md"))
    kind = chance.choice(["write", "write", "rewrite", "delete", "rename", "fact"])
    if kind == "fact":
        write_facts(settings.articles, fee_card=f"每张{chance.randint(1, 99)}元")
    elif kind in ("delete", "rename") and len(files) > 1:
        path = chance.choice(files)
        path.unlink()
        if kind == "rename":
            write_article(settings.articles, f"renamed-{chance.randint(0, 999)}", title="改名后的文章")
    else:
        name = f"article-{chance.randint(0, 4)}"
        title = "".join(chance.sample(words, 3))
        body = f"## {chance.choice(words)}\n{''.join(chance.sample(words, 4))}。\n\n## {title}\n" + "办理。" * 3
        write_article(settings.articles, name, title=title, body=body, answer=f"{title}{{{{fact:fee.card}}}}")


@pytest.mark.parametrize("seed", range(4))
def test_updates_end_where_a_full_build_would(settings, tmp_path, at, seed):  # row 70
    # what is learned waits for a whole build (tests/functional/test_learning.py)
    settings = replace(settings, learned=False)
    chance = random.Random(seed)
    build(settings)
    for _ in range(5):
        for _ in range(chance.randint(1, 3)):
            edit_at_random(settings, chance)
        update(settings)
    fresh = replace(settings, var=tmp_path / "fresh")
    build(fresh)
    assert answers(settings, at) == answers(fresh, at)


def test_a_renamed_article_is_found_under_its_new_id_only(settings, at):  # row 72
    build(settings)
    path = settings.articles / "processes/replace-card.md"
    text = path.read_text("utf-8").replace("id: replace-card", "id: change-card")
    path.with_name("change-card.md").write_text(text, "utf-8")
    path.unlink()
    update(settings)
    base = served(settings)
    assert ids(base, "卡消磁了", at)[0] == "change-card"
    assert base.article("replace-card", ANYBODY, at) is None


def test_a_deleted_article_is_gone_from_a_base_that_is_already_open(settings, at):  # row 72
    build(settings)
    base = served(settings)
    assert "usb-key" in ids(base, "网银盾坏了", at)
    (settings.articles / "products/usb-key.md").unlink()
    update(settings)
    time.sleep(0.35)
    assert "usb-key" not in ids(base, "网银盾坏了", at)
    assert base.article("usb-key", ANYBODY, at) is None
    assert all(s.id != "usb-key" for s in base.suggest("网银盾", ANYBODY, at))


def test_a_second_writer_leaves_at_once(settings):  # row 73
    build(settings)
    before = current(settings)
    with generations.write_lock(settings.index):
        for job in (build, update):
            began = time.monotonic()
            with pytest.raises(IndexLocked, match="另一个任务"):
                job(settings)
            assert time.monotonic() - began < 0.5
    assert current(settings) == before
    assert build(settings).generation == current(settings)


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 0x01
    path.unlink()  # generations share files by hard links
    path.write_bytes(data)


def largest(folder):
    return max((folder / "segments").glob("*.serve"), key=lambda p: p.stat().st_size)


def flip_a_byte(folder):
    flip(largest(folder), largest(folder).stat().st_size // 2)


def truncate(folder):
    path = largest(folder)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])


def empty_the_state(folder):
    (folder / "state.arrays").write_text("")


def lose_a_file(folder):
    largest(folder).unlink()


def lose_the_manifest(folder):
    (folder / "manifest.json").unlink()


def garble_the_manifest(folder):
    (folder / "manifest.json").write_text("{")


def make_with_another_recipe(folder):
    manifest = generations.read_manifest(folder)
    (folder / "manifest.json").unlink()
    generations.seal(folder, replace(manifest, fingerprint="0" * 16, files={}), {})


DAMAGES = [
    flip_a_byte, truncate, empty_the_state, lose_a_file, lose_the_manifest, garble_the_manifest, make_with_another_recipe,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
def test_damage_is_detected_and_the_previous_generation_serves(settings, at, damage):  # row 74
    first = build(settings).generation
    write_article(settings.articles, "later", title="后来才写的文章")
    second = update(settings).generation
    damage(settings.index / second)
    with pytest.raises((IndexCorrupt, IndexMissing)):
        open_generation(settings.index / second, settings.var / "cache")
    base = served(settings)
    assert base.ask("卡消磁了", ANYBODY, at).generation == first
    healed = update(settings).generation
    assert healed not in (first, second)
    time.sleep(0.35)
    assert base.ask("后来才写的文章", ANYBODY, at).generation == healed


def test_every_flipped_byte_of_any_file_is_noticed(settings):  # row 74
    folder = settings.index / build(settings).generation
    chance = random.Random(7)
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size):
        good = path.read_bytes()
        for _ in range(6):
            flip(path, chance.randrange(len(good)))
            with pytest.raises(IndexProblem):
                open_generation(folder, settings.var / "cache", everything=True)
            path.write_bytes(good)
    open_generation(folder, settings.var / "cache", everything=True).check()


@pytest.mark.parametrize("part", ["whoosh", "segments"])
def test_what_only_building_needs_can_be_damaged_and_is_made_anew(settings, at, part):  # row 74
    folder = settings.index / build(settings).generation
    damaged = next((folder / part).glob("*.seg" if part == "whoosh" else "*.build"))
    flip(damaged, damaged.stat().st_size // 2)
    base = served(settings)
    assert ids(base, "卡消磁了", at)[0] == "replace-card"
    with pytest.raises(IndexCorrupt, match=damaged.name):
        open_generation(folder, settings.var / "cache", everything=True)
    healed = settings.index / update(settings).generation
    assert healed != folder
    open_generation(healed, settings.var / "cache", everything=True).check()


def test_with_every_generation_damaged_the_problem_is_said(settings):
    for folder in [settings.index / build(settings).generation for _ in range(2)]:
        flip_a_byte(folder)
    with pytest.raises(IndexCorrupt, match="校验和不符"):
        CurrentSearcher(settings).searcher()


def test_rolling_back_serves_the_older_generation_at_once(settings, at):
    first = build(settings).generation
    base = served(settings)
    write_article(settings.articles, "later", title="后来才写的文章")
    second = update(settings).generation
    assert generations.names(settings.index)[:1] == [max(first, second)]
    generations.switch(settings.index, first)
    time.sleep(0.35)
    assert base.ask("后来才写的文章", ANYBODY, at).generation == first
    assert "later" not in ids(base, "后来才写的文章", at)


def test_old_generations_are_pruned(settings):
    made = [build(settings).generation for _ in range(5)]
    left = generations.names(settings.index)
    assert len(left) == settings.keep_generations
    assert made[-1] in left
    assert {p.name for p in settings.index.glob("gen-*")} == set(left)


def test_a_searcher_goes_with_the_last_who_asks_it(settings, at):  # A8
    build(settings)
    source = CurrentSearcher(settings)
    base = KnowledgeBase(source)
    gc.disable()
    try:
        for question in ("卡消磁了", "卡消辞了", "“身份证”换卡", "wangyindun"):
            base.ask(question, ANYBODY, at)
        base.suggest("h", ANYBODY, at)
        old = weakref.ref(source.searcher())
        write_article(settings.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
        made = build(settings)
        source.look_again()
        assert base.ask("鹦鹉托运", ANYBODY, at).generation == made.generation
        # nobody had to look for it: its files are not open any more
        assert old() is None
    finally:
        gc.enable()


def test_a_failed_build_leaves_the_old_index_and_no_rest(settings, at, monkeypatch):
    first = build(settings).generation

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checksums, "_piece", fail)
    with pytest.raises(IndexProblem, match="磁盘满了"):
        build(settings)
    monkeypatch.undo()
    assert [p.name for p in settings.index.glob("gen-*")] == [first]
    assert served(settings).ask("卡消磁了", ANYBODY, at).generation == first


SLOW_BUILD = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from indexer import build as building
    from kb.clock import now
    from kb.settings import Settings

    def slow(done, total):
        print(done, flush=True)
        time.sleep(0.2)

    building.build(Settings(articles=Path(sys.argv[1]), var=Path(sys.argv[2])), now(), slow)
""")


@pytest.mark.parametrize("progress", [1, 4])
def test_killing_a_build_leaves_the_old_index_live_and_nothing_locked(settings, at, progress):  # row 68
    first = build(settings).generation
    write_facts(settings.articles, fee_card="每张6元")  # every article is analysed again
    command = [sys.executable, "-W", "ignore", "-c", SLOW_BUILD, str(settings.articles), str(settings.var)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as job:
        while int(job.stdout.readline()) < progress:
            pass
        os.kill(job.pid, signal.SIGKILL)
    assert current(settings) == first
    assert served(settings).ask("卡消磁了", ANYBODY, at).generation == first
    unfinished = settings.index / "gen-00000000-000000-000000-000000"
    unfinished.mkdir()  # what a job killed while writing leaves
    healed = build(settings).generation
    assert {p.name for p in settings.index.glob("gen-*")} == {first, healed}
    assert not [p for p in settings.index.iterdir() if p.name.startswith(".current")]


def test_readers_keep_answering_while_builds_switch_under_them(settings, at):  # row 66
    build(settings)
    base = served(settings)
    expected = hits(base, "网银盾坏了", at)
    stop = threading.Event()
    wrong, seen, asked = [], set(), []

    def read():
        while not stop.is_set():
            try:
                answer = base.ask("网银盾坏了", ANYBODY, at)
                seen.add(answer.generation)
                asked.append(1)
                if answer.cards[0].id != "usb-key" or hits(base, "网银盾坏了", at) != expected:
                    wrong.append(answer.generation)
            except Exception as error:
                wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(5):
        build(settings)
        time.sleep(0.35)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(seen) >= 4
    assert len(asked) > 50


def test_sixteen_threads_get_the_answers_that_one_gets(sample_settings, sample_articles, at):
    questions = [q for a in sample_articles[:20] for q in a.questions[:1]]
    alone = served(sample_settings)
    expected = [hits(alone, q, at) for q in questions]
    together = served(sample_settings)
    wrong = []

    def ask(offset):
        for i in range(len(questions)):
            n = (i + offset * 3) % len(questions)
            if hits(together, questions[n], at) != expected[n]:
                wrong.append(questions[n])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_new_synonym_makes_the_update_a_full_build_and_is_understood_at_once(settings, at):
    build(settings)
    base = served(settings)
    assert ids(base, "黑匣子", at) == []
    write_lexicon(settings.articles, synonyms=["U盾 = K宝 = 网银盾 = 黑匣子"])
    assert ids(base, "黑匣子", at) == []  # the question is read with the words the index was made with
    made = update(settings)
    assert (made.added, made.unchanged) == (5, 0)
    time.sleep(0.35)
    assert ids(base, "黑匣子", at)[0] == "usb-key"
    assert ids(served(settings), "黑匣子", at)[0] == "usb-key"


def test_a_changed_fact_reindexes_the_articles_that_use_it(settings, at):  # row 53
    build(settings)
    write_facts(settings.articles, fee_card="每张88元")
    made = update(settings)
    assert (made.added, made.unchanged) == (1, 4)
    card = served(settings).ask("补一张卡要钱吗", ANYBODY, at).cards[0]
    assert "每张88元" in card.answer.text
    assert "每张88元" in [c.fee for c in card.channels]


def test_a_broken_article_is_named_and_the_others_are_indexed(settings, at):
    (settings.articles / "processes/broken.md").write_text("---\nid: [\n---\n", "utf-8")
    built = build(settings)
    assert built.added == 5
    assert [p.path for p in built.problems] == ["processes/broken.md"]
    assert ids(served(settings), "卡消磁了", at)[0] == "replace-card"


def test_an_empty_library_builds_and_answers_without_cards(settings, at):
    for path in settings.articles.rglob("*.md"):
        path.unlink()
    assert build(settings).added == 0
    answer = served(settings).ask("卡消磁了", ANYBODY, at)
    assert (answer.cards, answer.confident) == ((), False)
    assert answer.message


def test_the_manifest_counts_and_names_every_file(settings):
    folder = settings.index / build(settings).generation
    manifest = generations.read_manifest(folder)
    assert manifest.articles == 5
    keys = sorted(i.outline.key for i in open_base(settings.index, manifest.fingerprint).indexed.values())
    assert keys == ["cash-rules@1", "queue-complaint@1", "replace-card@1", "safe-account@1", "usb-key@1"]
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert present == {*manifest.files, "manifest.json"}


def test_the_same_files_build_the_same_scores(settings, tmp_path, at):
    write_article(settings.articles, "twin-a", title="双胞胎", channels=[channel(fee="2元")])
    write_article(settings.articles, "twin-b", title="双胞胎", channels=[channel(fee="2元")])
    build(settings)
    other = replace(settings, var=tmp_path / "other")
    build(other)
    assert answers(settings, at) == answers(other, at)
    assert ids(served(settings), "双胞胎", at)[:2] == ["twin-a", "twin-b"]
